// A number with one fewer and one more, where the server is not asked for it; stepper.css has them only with scripts.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  const input = button?.closest(".stepper")?.querySelector("input");
  if (!input) return;
  const number = Number.parseInt(input.value, 10);
  input.value = Math.max(0, (Number.isNaN(number) ? 0 : number) + Number(button.dataset.step));
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

// The button of a number that is applied at once says from what to what; the server says "Scale".
function effect(form) {
  const input = form.querySelector(".stepper input");
  const button = form.querySelector("[type=submit]");
  const reset = form.querySelector("[type=reset]");
  const changed = input.value !== input.defaultValue && /^\d+$/.test(input.value);
  button.dataset.words ??= button.textContent;
  const [before, between, after] = form.dataset.words.split("0");
  button.textContent = changed ? `${before}${input.defaultValue}${between}${input.value}${after}` : button.dataset.words;
  button.classList.toggle("primary", changed);
  button.disabled = input.value === input.defaultValue;
  if (reset) reset.hidden = !changed;
}

const every = () => { for (const form of document.querySelectorAll("form[data-words]")) effect(form); };
document.addEventListener("input", (event) => { if (event.target.closest("[data-words]")) every(); });
document.addEventListener("reset", (event) => { if (event.target.closest("#scaling")) setTimeout(every); });
for (const name of ["berth:changed", "htmx:afterSettle"]) document.addEventListener(name, every);
every();
