// Filters a list while typing: <div data-filter="id of the list"><input type="search">. Enter takes the first match.
const text = (item) => item.textContent.toLowerCase();

function filter(input) {
  const list = document.getElementById(input.closest("[data-filter]")?.dataset.filter);
  if (!list) return;
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let group = null;
  for (const item of list.children) {
    if (item.matches(".group")) group = item;
    const match = words.every((word) => text(item).includes(word));
    item.hidden = !match;
    if (match && group) group.hidden = false;
  }
}

document.addEventListener("input", (event) => filter(event.target));

// A list that arrived after something was typed.
document.addEventListener("htmx:load", ({ target }) => {
  const input = target.id && document.querySelector(`[data-filter="${CSS.escape(target.id)}"] input`);
  if (input?.value) filter(input);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const list = document.getElementById(event.target.closest("[data-filter]")?.dataset.filter);
  if (!list || event.target.form) return; // a form has its own answer to Enter
  event.preventDefault();
  list.querySelector("li:not([hidden], .group) a")?.click();
});
