// Selecting rows: <form data-bulk> with checkboxes name="pick" and one name="all"; the bar [data-bulk-bar] says how many
// and which. Shift selects a range. A selected row that goes away is no longer selected.
let last = null;

const picks = (form) => [...form.querySelectorAll("input[name=pick]")];

function refresh(form) {
  const boxes = picks(form);
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr")?.classList.toggle("on", box.checked);
  const all = form.querySelector("input[name=all]");
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  const bar = form.querySelector("[data-bulk-bar]") || document.querySelector("[data-bulk-bar]");
  if (!bar) return;
  bar.hidden = !chosen.length;
  for (const place of bar.querySelectorAll("[data-count]")) place.textContent = chosen.length;
  const names = bar.querySelector("[data-names]");
  if (names) names.textContent = chosen.slice(0, 5).map((box) => box.value).join(", ") + (chosen.length > 5 ? " …" : "");
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form) return;
  if (event.target.name === "all") for (const box of picks(form)) box.checked = event.target.checked;
  refresh(form);
});

document.addEventListener("click", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (event.target.closest("[data-bulk-clear]")) {
    for (const each of document.querySelectorAll("form[data-bulk]")) {
      for (const box of picks(each)) box.checked = false;
      refresh(each);
    }
  }
  if (!form || event.target.name !== "pick") return;
  const boxes = picks(form);
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
  last = event.target;
});

const every = () => document.querySelectorAll("form[data-bulk]").forEach(refresh);
for (const name of ["berth:changed", "htmx:afterSettle"]) document.addEventListener(name, every);
window.addEventListener("pageshow", every);
every();
