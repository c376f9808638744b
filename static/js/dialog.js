// A dialog that the server rendered open: the focus is in it, Escape and a click beside it take the way out it offers.
const front = () => document.querySelector(".scrim > dialog[open]");

function enter() {
  const dialog = front();
  // Nothing under the scrim can be reached by Tab, the bar and the navigation no more than the page.
  const under = dialog ? [...document.body.children].filter((part) => !part.contains(dialog) && !part.matches(".toasts, [role=status]")) : [];
  for (const part of under) part.inert = true;
  if (!dialog || dialog.contains(document.activeElement)) return;
  (dialog.querySelector("[autofocus]") || dialog.querySelector("input[type=radio]:checked") || dialog.querySelector("input:not([type=hidden]), a, button"))?.focus();
}

const leave = () => front()?.querySelector("[data-cancel]")?.click();
document.addEventListener("keydown", (event) => event.key === "Escape" && leave());
document.addEventListener("click", (event) => event.target.matches(".scrim") && leave());
document.addEventListener("htmx:afterSettle", enter);
enter();
