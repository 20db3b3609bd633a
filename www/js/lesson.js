// A lesson looks on: a cycle that ends appears beside the text, and a condition that it fulfils gets its tick.
const lesson = document.getElementById('lesson');
const own = document.getElementById('own-cycles');
const checks = [...document.querySelectorAll('.checks li')];

const link = (cycle, words) => {
  const made = document.createElement('a');
  made.href = '/cycles/' + cycle;
  made.textContent = words;
  return made;
};

const tick = async () => {
  const { lessons } = await (await fetch('/lessons.json')).json();
  const { seen } = lessons.find(({ number }) => number === Number(lesson.dataset.number));
  seen.forEach(({ seen: words, cycle }, at) => {
    if (!words || checks[at].classList.contains('seen')) return;
    checks[at].classList.add('seen');
    checks[at].querySelector('.tick').textContent = '✓';
    checks[at].lastElementChild.append(' ', cycle ? link(cycle, words) : `(${words})`);
  });
  if (seen.every(({ seen: words }) => words)) {
    document.getElementById('done').textContent = 'Done: this server has seen all of it.';
  }
};

const show = ({ number, request, status }) => {
  if (own.querySelector(`[href="/cycles/${number}"]`)) return;
  const count = document.getElementById('count');
  count.textContent = Number(count.textContent) + 1;
  document.getElementById('none').hidden = true;
  const row = document.createElement('li');
  const words = document.createElement('code');
  words.textContent = request;
  const result = document.createElement('span');
  result.className = 'code-' + Math.floor(status / 100);
  result.textContent = status;
  row.append(link(number, '#' + number), ' ', words, ' ', result);
  own.prepend(row);
  while (own.children.length > 8) own.lastElementChild.remove();
};

if (own && window.EventSource) {
  const paths = lesson.dataset.cycles.split(' ').filter(Boolean);
  const belongs = (path) => paths.some((mine) => path === mine || path.startsWith(mine + '/'));
  const events = new EventSource('/cycles/live?after=' + lesson.dataset.last);
  events.addEventListener('open', () => (lesson.dataset.live = 'yes'));
  // A server that was started again counts from 1 again: the cycles of the one before are gone.
  let run = null;
  events.addEventListener('run', ({ data }) => {
    if (run && run !== data) {
      own.replaceChildren();
      document.getElementById('count').textContent = 0;
    }
    run = data;
  });
  events.addEventListener('message', (event) => {
    const cycle = JSON.parse(event.data);
    if (belongs(cycle.request.split(' ')[1].split('?')[0])) show(cycle);
    tick();
  });
}
