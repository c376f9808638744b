// A number with one fewer and one more, where the server is not asked for it; stepper.css has them only with scripts.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  const input = button?.closest(".stepper")?.querySelector("input");
  if (!input) return;
  const number = Number.parseInt(input.value, 10);
  input.value = Math.max(0, (Number.isNaN(number) ? 0 : number) + Number(button.dataset.step));
  input.dispatchEvent(new Event("input", { bubbles: true }));
});
