// A field that was refused is no longer called wrong once it was changed: nobody has looked at it since. Where the server
// looks while one types (draft.js), it says so itself. Not "change": that comes when a field is left, after the answer to it.
document.addEventListener("input", ({ target }) => {
  // A quantity that is typed with a suffix of its own has that unit, whatever the list beside it said
  const units = target.parentElement?.querySelector("[data-units]");
  const suffix = units && units !== target && /(?:^[\d.]+e[+-]?\d+|[A-Za-z]+)$/i.exec(target.value)?.[0];
  if (suffix) units.value = [...units.options].some(({ value }) => value === suffix) ? suffix : "";
});
document.addEventListener("input", ({ target }) => {
  const own = target.form;
  if (target.ariaInvalid !== "true" || !own || own.elements.sequence) return;
  const told = (target.getAttribute("aria-describedby") ?? "").split(" ");
  const wrong = new Set([`${target.id}_error`, ...told.filter((id) => id.endsWith("_error"))]);
  const same = [...own.elements].filter((each) => each === target || (each.name === target.name && each.ariaInvalid === "true"));
  for (const control of same) {
    control.removeAttribute("aria-invalid");
    const rest = told.filter((id) => id && !wrong.has(id)).join(" ");
    if (rest) control.setAttribute("aria-describedby", rest);
    else control.removeAttribute("aria-describedby");
  }
  for (const id of wrong) {
    const error = document.getElementById(id);
    const row = error?.closest(".tells");
    error?.remove();
    if (row && !row.querySelector(".errors")) row.remove();
  }
  if (!own.querySelector("[aria-invalid=true]")) document.getElementById("problems")?.remove();
});

// What was reviewed is no longer what is typed: the button says what a press does now.
document.addEventListener("input", ({ target }) => {
  const button = target.form?.querySelector("[data-again-words]");
  if (button) button.textContent = button.dataset.againWords;
});
