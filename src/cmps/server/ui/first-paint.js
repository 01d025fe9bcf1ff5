// Why: modules run after the first paint. Who chose a theme that is not the machine's would see the
// other one flash at every load, so the choice is put on the document before anything is drawn.

try {
  const { theme } = JSON.parse(localStorage.getItem("cmps") ?? "{}");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // nothing legible is remembered: the machine's theme it is
}
