// A button to copy each command. Everything else on these pages works without a script.
for (const figure of document.querySelectorAll('.command')) {
  const code = figure.querySelector('code');
  if (!code || !navigator.clipboard) continue; // only https and localhost have a clipboard
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    // What stands in .answer is what comes back, not what is typed.
    const typed = code.cloneNode(true);
    typed.querySelectorAll('.answer').forEach((answer) => answer.remove());
    const lines = typed.textContent.split('\n').map((line) => line.trimEnd());
    await navigator.clipboard.writeText(lines.join('\n').trim());
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  });
  code.closest('pre').after(button); // so that the Tab key comes to it before what is seen behind it
}
