// "/" goes to the page's filter where it has one, else to the search; Ctrl-K always to the search.
const typing = (target) => target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], .ace_text-input");
const filter = () => document.querySelector(".filters .find input");

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const slash = event.key === "/" && plain && !typing(event.target);
  const ctrlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  if (!(slash || ctrlK) || document.querySelector(".scrim, dialog[open]")) return;
  const field = slash && filter();
  if (field) {
    field.focus();
    field.select();
  } else if (!berth.search?.()) return;
  event.preventDefault();
});
