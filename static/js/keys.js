// "/" goes to the page's filter (or the search), Ctrl-K to the search, where there is one.
const typing = (target) => target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], .ace_text-input");

document.addEventListener("keydown", (event) => {
  const search = document.querySelector(".topbar search input");
  const filter = document.querySelector(".filters .find input") || search;
  const wanted = event.key === "k" && (event.ctrlKey || event.metaKey) ? search : event.key === "/" && !event.ctrlKey && !event.metaKey && !typing(event.target) ? filter : null;
  if (!wanted || document.querySelector(".scrim")) return;
  event.preventDefault();
  wanted.focus();
  wanted.select();
});
