// When the server renders a form again (a row more, a row less), what was opened stays open, and what was typed while
// the answer was on its way is put back where the server still has what it was sent.
const value = (control) => (control.type === "checkbox" || control.type === "radio" ? control.checked : control.value);
const controls = (root) => [...root.querySelectorAll("input[name]:not([type=hidden], [type=file]), select[name], textarea[name]")];
const key = (control) => (control.type === "radio" ? `${control.name}=${control.value}` : control.name);
const values = (root) => new Map(controls(root).map((control) => [key(control), value(control)]));

// The page that tells what is wrong answers a POST: loading it again would send the old one over what was kept since.
if (document.getElementById("kept")) history.replaceState(history.state, "", location.href);

let sent = new Map();
let since = new Map();
let open = [];

document.addEventListener("htmx:beforeRequest", (event) => {
  sent = event.detail.target?.querySelectorAll ? values(event.detail.target) : new Map();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  if (!target?.querySelectorAll) return;
  open = [...target.querySelectorAll("details[open][id]")].map((fold) => fold.id);
  since = new Map([...values(target)].filter(([name, now]) => sent.has(name) && sent.get(name) !== now));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const control of since.size ? controls(document) : []) {
    const name = key(control);
    if (!since.has(name) || value(control) !== sent.get(name)) continue;
    if (control.type === "checkbox" || control.type === "radio") control.checked = since.get(name);
    else control.value = since.get(name);
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  open = [];
  since = new Map();
});
