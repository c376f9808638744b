// Selecting rows. <div class="footbar" data-bulk="id of the table"> says how many and which (data-bulk-count,
// data-bulk-names, data-bulk-clear; an element with data-one and data-many has the words of an action on them); in the table, checkboxes name="pick" (value: name or kind/name; else its name is in data-name) and one data-all="pick". Shift selects a range.
// A selected row that goes away is no longer selected. A button with data-needs (id of a box) is grey until that is ticked.
let last = null;

const bars = () => document.querySelectorAll("[data-bulk]");
const picks = (bar) => [...document.querySelectorAll(`#${bar.dataset.bulk} input[name=pick]`)];
const barOf = (box) => [...bars()].find((bar) => box.closest(`#${bar.dataset.bulk}`));

function refresh(bar) {
  const boxes = picks(bar);
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr")?.classList.toggle("on", box.checked);
  const all = document.querySelector(`#${bar.dataset.bulk} input[data-all]`);
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  if (bar.hidden === Boolean(chosen.length)) bar.hidden = !chosen.length;
  if (bar.hidden) return;
  const count = bar.querySelector("[data-bulk-count]");
  const names = bar.querySelector("[data-bulk-names]");
  if (count) {
    if (count.hidden) count.hidden = false;
    count.textContent = berth.words.selected.replace("0", chosen.length);
  }
  for (const words of bar.querySelectorAll("[data-one]")) {
    words.textContent = chosen.length === 1 ? words.dataset.one : words.dataset.many.replace("0", chosen.length);
  }
  if (names) names.textContent = chosen.slice(0, 5).map((box) => box.dataset.name ?? box.value.split("/").pop()).join(", ") + (chosen.length > 5 ? " …" : "");
}

// A button that acts on what is ticked in its form (beside one thing: "also"; else [data-of]) says how much that is.
function tally(words) {
  const form = words.closest("button").form;
  const also = form.querySelectorAll(`input[name=${words.dataset.of ?? "also"}]:checked`).length;
  const many = () => words.dataset.many.replace(/0(?=[^0]*$)/, also);
  words.textContent = [words.dataset.also, words.dataset.one][also] ?? many();
}

const every = () => {
  bars().forEach(refresh);
  document.querySelectorAll("[data-needs]").forEach((button) => {
    button.disabled = !document.getElementById(button.dataset.needs).checked;
  });
  document.querySelectorAll("[data-also]").forEach(tally);
};

function choose(boxes, checked) {
  for (const box of boxes) box.checked = checked;
  every();
}

document.addEventListener("change", (event) => {
  if (["also", "object", "sure"].includes(event.target.name)) every();
  const bar = event.target.matches("input[type=checkbox]") && barOf(event.target);
  if (!bar) return;
  if (event.target.dataset.all) choose(picks(bar), event.target.checked);
  else every();
});

document.addEventListener("click", (event) => {
  const bar = event.target.closest("[data-bulk]");
  if (bar && event.target.closest("[data-bulk-clear]")) {
    event.preventDefault();
    choose(picks(bar), false);
  }
  const mine = event.target.name === "pick" && barOf(event.target);
  if (!mine) return;
  const boxes = picks(mine);
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) choose(boxes.slice(from, to + 1), event.target.checked);
  last = event.target;
});

for (const name of ["berth:changed", "htmx:afterSettle"]) document.addEventListener(name, every);
window.addEventListener("pageshow", every);
every();
