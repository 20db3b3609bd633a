// The list refreshes itself, and a cycle can be sent again: by this browser, with its own cookies or without.
const live = document.getElementById('live');
if (live && window.EventSource) {
  const list = document.getElementById('cycles');
  const events = new EventSource('/cycles/live?after=' + live.dataset.last);
  events.addEventListener('open', () => (live.textContent = 'Live: new cycles appear by themselves.'));
  events.addEventListener('message', (event) => {
    const cycle = JSON.parse(event.data);
    const row = document.createElement('tr');
    const cell = (tag, text, name) => {
      const made = document.createElement(tag);
      made.textContent = text;
      if (name) made.className = name;
      row.append(made);
      return made;
    };
    const head = cell('th', '');
    head.scope = 'row';
    const link = document.createElement('a');
    link.href = '/cycles/' + cycle.number;
    link.textContent = '#' + cycle.number;
    head.append(link);
    cell('td', cycle.request, 'request');
    cell('td', cycle.status, 'code-' + Math.floor(cycle.status / 100));
    const source = document.createElement('a');
    source.href = '/source/' + cycle.source.replace(':', '#L');
    source.append(document.createElement('code'));
    source.firstChild.textContent = cycle.source;
    cell('td', '').append(source);
    cell('td', cycle.milliseconds + ' ms');
    list.prepend(row);
    while (list.rows.length > 200) list.lastElementChild.remove();
  });
}

const recorded = async () => (await fetch('/cycles', { headers: { Accept: 'application/json' } })).json();

const again = document.getElementById('again');
if (again) {
  const send = (label, credentials) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.textContent = label;
    button.addEventListener('click', async () => {
      const { method, target, headers, body } = JSON.parse(again.dataset.request);
      // No copy from the browser's own cache: the server is to be asked.
      const options = { method, credentials, headers, cache: 'no-store' };
      if (body) options.body = body;
      // The answer may be a redirect, and the browser shows a script only where that ends; so the list is asked which
      // cycle the request itself became.
      const before = Math.max(0, ...(await recorded()).map((cycle) => cycle.number));
      await fetch(target, options);
      const asked = (cycle) => cycle.number > before && cycle.request === method + ' ' + target;
      const made = (await recorded()).find(asked);
      if (made) location.href = '/cycles/' + made.number;
    });
    again.append(button);
  };
  send('Send again', 'same-origin');
  send('Send again without the cookie', 'omit');
}
