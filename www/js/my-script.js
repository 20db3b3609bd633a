// The script of the course notes: /formtest links it. Open the browser's console to see the first line.
console.log('Friday'.concat('is today'));

// Why not onclick="..." in the HTML? The page says Content-Security-Policy: default-src 'self', so the browser runs
// scripts from files like this one only. Text that somebody smuggled into a page is then just text.
const button = document.querySelector('#alert');
if (button) {
  button.addEventListener('click', () => alert('Friday'.concat('is today')));
}
