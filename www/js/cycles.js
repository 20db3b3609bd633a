// Adds new cycles to the list as they end, and sends a request again: from this browser, with its own cookies or without.
// Everything else on these pages works without a script.

const KEPT = 200;

// An element with a text, and with a class if there is one.
const made = (tag, text, name) => {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
};

const linked = (link, path, text) => {
  link.href = path;
  link.textContent = text;
  return link;
};

const code = (status) => 'code-' + Math.floor(status / 100);

// A file that a page fetched goes below the page.
const fold = (cycle, page) => {
  const request = page.querySelector('.request');
  let details = request.querySelector('details');
  if (!details) {
    details = document.createElement('details');
    details.append(made('summary', ''), document.createElement('ul'));
    request.append(details);
  }
  const item = made('li', '');
  item.append(linked(made('a', ''), '/cycles/' + cycle.number, '#' + cycle.number));
  item.append(' ' + cycle.request + ' ', made('span', cycle.status, code(cycle.status)));
  const list = details.querySelector('ul');
  list.append(item);
  details.querySelector('summary').textContent = list.children.length + ' more for this page';
};

const who = (cycle) => {
  const known = cycle.visitor
    ? linked(made('a', '', 'hue-' + cycle.hue), '/cycles?visitor=' + encodeURIComponent(cycle.visitor), cycle.visitor)
    : made('span', 'stranger');
  return [known, ' ', made('span', cycle.program, 'quiet')];
};

const add = (cycle, list) => {
  const row = document.getElementById('row').content.querySelector('tr').cloneNode(true);
  const [number, when, visitor, connection, request, status, changed, place, time] = row.cells;
  row.id = 'c' + cycle.number;
  linked(number.firstElementChild, '/cycles/' + cycle.number, '#' + cycle.number);
  when.textContent = cycle.time;
  visitor.append(...who(cycle));
  linked(connection.firstElementChild, '/cycles?connection=' + cycle.connection, cycle.connection);
  request.firstElementChild.textContent = cycle.request;
  status.textContent = cycle.status;
  status.className = code(cycle.status);
  changed.textContent = cycle.changed;
  linked(place.firstElementChild, '/source/' + cycle.source.replace(':', '#L'), cycle.source.replace('src/', ''));
  time.textContent = cycle.milliseconds.toFixed(2) + ' ms';
  if (list.dataset.order) return list.append(row);
  list.prepend(row);
  while (list.rows.length > KEPT) list.lastElementChild.remove();
};

const show = (cycle, list) => {
  if (list.querySelector(`[href="/cycles/${cycle.number}"]`)) return;
  const page = cycle.page && document.getElementById('c' + cycle.page);
  if (page) fold(cycle, page);
  else add(cycle, list);
};

const live = document.getElementById('live');
if (live && window.EventSource) {
  const list = document.getElementById('cycles');
  // The server is told the newest number on this page, so that it sends every cycle since then. It sends only what this
  // list was asked for.
  const asked = new URLSearchParams(location.search);
  asked.set('after', live.dataset.last);
  const events = new EventSource('/cycles/live?' + asked);
  // While the list is paused, new cycles wait here.
  let waiting = null;
  const say = (text) => (live.textContent = text);
  const open = () => say('Live: new cycles appear here as they end.');
  events.addEventListener('open', () => waiting || open());
  events.addEventListener('error', () => say('Not live: the server does not answer now.'));
  // A server that was started again counts from 1 again: the cycles of the one before are gone.
  let run = null;
  events.addEventListener('run', ({ data }) => {
    if (run && run !== data) {
      list.replaceChildren();
      waiting = waiting && [];
    }
    run = data;
  });
  events.addEventListener('message', (event) => {
    const cycle = JSON.parse(event.data);
    if (!waiting) return show(cycle, list);
    waiting.push(cycle);
    say('Paused: ' + waiting.length + ' new.');
  });
  const pause = made('button', 'Pause', 'plain');
  pause.type = 'button';
  pause.addEventListener('click', () => {
    const late = waiting;
    waiting = late ? null : [];
    pause.textContent = late ? 'Pause' : 'Go on';
    if (!late) return say('Paused: 0 new.');
    late.forEach((cycle) => show(cycle, list));
    open();
  });
  document.getElementById('does').prepend(pause);
}

// The memory is shown anew every two seconds, while somebody looks at it.
const memory = document.getElementById('memory');
if (memory) {
  const renew = async () => {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.getElementById('memory');
    // A link that has the focus must not go away, nor what is marked to be copied.
    const isUsed = memory.contains(document.activeElement) || !getSelection().isCollapsed;
    if (fresh && !isUsed) memory.replaceChildren(...fresh.childNodes);
  };
  let timer = setInterval(() => document.hidden || renew(), 2000);
  const pause = made('button', 'Pause', 'plain');
  pause.type = 'button';
  pause.addEventListener('click', () => {
    if (timer) clearInterval(timer);
    timer = timer ? null : setInterval(renew, 2000);
    pause.textContent = timer ? 'Pause' : 'Go on';
  });
  document.getElementById('pause').prepend(pause);
}

const recorded = async () => (await fetch('/cycles', { headers: { Accept: 'application/json' } })).json();

const sendAgain = async (again, credentials) => {
  const { method, target, headers, body } = JSON.parse(again.dataset.request);
  // The browser must ask the server, not its own cache.
  const options = { method, credentials, headers, cache: 'no-store' };
  if (body) options.body = body;
  // If the answer is a redirect, the browser shows a script only the last page. So the list says which cycle the
  // request is.
  const before = Math.max(0, ...(await recorded()).map((cycle) => cycle.number));
  await fetch(target, options);
  const isIt = (cycle) => cycle.number > before && cycle.request === method + ' ' + target;
  const cycle = (await recorded()).find(isIt);
  if (cycle) location.href = '/cycles/' + cycle.number;
};

const again = document.getElementById('again');
if (again) {
  const button = (label, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'plain';
    made.textContent = label;
    made.addEventListener('click', () => act(made));
    return made;
  };
  const buttons = [];
  const line = document.querySelector('#curl code');
  if (line && navigator.clipboard) {
    const copy = async (button) => {
      await navigator.clipboard.writeText(line.textContent);
      button.textContent = 'Copied';
    };
    buttons.push(button('Copy as curl', copy));
  }
  if (again.dataset.request) {
    buttons.push(button('Send again', () => sendAgain(again, 'same-origin')));
    buttons.push(button('Send again without the cookie', () => sendAgain(again, 'omit')));
  }
  again.prepend(...buttons);
}
