// A row that opens does so at a click anywhere in it, but not where something else is meant: a link, or selecting its text.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("tr")?.querySelector(".opener");
  if (!opener || event.target.closest("a, button, input, label, summary")) return;
  if (!getSelection().isCollapsed) return;
  opener.click();
});
