// Filters a list while typing: <div data-filter="id of the list"><input type="search">. Enter takes the first match.
const text = (item) => item.textContent.toLowerCase();

document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.closest("[data-filter]")?.dataset.filter);
  if (!list) return;
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  let group = null;
  for (const item of list.children) {
    if (item.matches(".group")) group = item;
    const match = words.every((word) => text(item).includes(word));
    item.hidden = !match;
    if (match && group) group.hidden = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const list = document.getElementById(event.target.closest("[data-filter]")?.dataset.filter);
  if (!list) return;
  event.preventDefault();
  list.querySelector("li:not([hidden], .group) a")?.click();
});
