// When the server renders a form again (a row more, a row less), what was opened stays open, and what was typed while
// the answer was on its way is put back where the server still has what it was sent.
const value = (control) => (control.type === "checkbox" || control.type === "radio" ? control.checked : control.value);
const controls = (root) => [...root.querySelectorAll("input[name]:not([type=hidden], [type=file]), select[name], textarea[name]")];
const key = (control) => (control.type === "radio" ? `${control.name}=${control.value}` : control.name);
const values = (root) => new Map(controls(root).map((control) => [key(control), value(control)]));

// The page that tells what is wrong answers a POST: loading it again would send the old one over what was kept since.
if (document.getElementById("kept")) history.replaceState(history.state, "", location.href);

let since = new Map();
let open = [];

// What a control is called once the row is gone that is being removed: the rows after it move up.
function moved(name, [path, row]) {
  if (!path || !name.startsWith(path)) return name;
  const [number, ...rest] = name.slice(path.length).split("-");
  if (Number(number) === row) return "";
  return Number(number) > row ? [path + (Number(number) - 1), ...rest].join("-") : name;
}

// Each request has its own: while a button is on its way, a search may be sent and answered.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { target, requestConfig: request, elt } = event.detail;
  const [, path, row] = /^drop:(.*-)(\d+)$/.exec(elt.value ?? "") ?? [];
  request.removed = path ? [path, Number(row)] : [];
  request.sent = target?.querySelectorAll ? values(target) : new Map();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig: { sent, removed } } = event.detail;
  if (!target?.querySelectorAll) return;
  open = [...target.querySelectorAll("details[open][id]")].map((fold) => fold.id);
  const later = [...values(target)].filter(([name, now]) => sent.has(name) && sent.get(name) !== now);
  since = new Map(later.map(([name, now]) => [moved(name, removed), { now, before: sent.get(name) }]));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const control of since.size ? controls(document) : []) {
    const typed = since.get(key(control));
    if (!typed || value(control) !== typed.before) continue;
    if (control.type === "checkbox" || control.type === "radio") control.checked = typed.now;
    else control.value = typed.now;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  open = [];
  since = new Map();
});
