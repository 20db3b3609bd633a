// A button to copy each command, and the focus for what scrolls. Everything else on these pages works without a script.
const sizes = new ResizeObserver((changes) => {
  for (const { target: pre } of changes) {
    const scrolls = pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight;
    if (scrolls) pre.setAttribute('tabindex', 0);
    else pre.removeAttribute('tabindex');
  }
});
document.querySelectorAll('pre').forEach((pre) => sizes.observe(pre));

for (const figure of document.querySelectorAll('.command')) {
  const code = figure.querySelector('code');
  if (!code || !navigator.clipboard) continue; // only https and localhost have a clipboard
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  const say = (word) => {
    button.textContent = word;
    button.ariaLabel = word + ': ' + code.textContent;
  };
  say('Copy');
  button.addEventListener('click', async () => {
    // What stands in .answer is what comes back, not what is typed.
    const typed = code.cloneNode(true);
    typed.querySelectorAll('.answer').forEach((answer) => answer.remove());
    const lines = typed.textContent.split('\n').map((line) => line.trimEnd());
    await navigator.clipboard.writeText(lines.join('\n').trim());
    say('Copied');
    setTimeout(say, 2000, 'Copy');
  });
  code.closest('pre').after(button); // so that the Tab key comes to it before what is seen behind it
}
