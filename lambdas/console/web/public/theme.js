// Sets the ground to light or dark before the first thing is drawn: the console itself comes later, and would flash. state/theme.ts decides the same.
;(function () {
  var asked = new URLSearchParams(location.search).get('theme')
  try {
    asked = asked || localStorage.getItem('mirrorwatch.theme')
  } catch (e) {
    // A browser that keeps nothing shows the system's.
  }
  var dark = asked === 'dark' || (asked !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.style.colorScheme = dark ? 'dark' : 'light'
  document.documentElement.classList.toggle('mw-dark', dark)
})()
