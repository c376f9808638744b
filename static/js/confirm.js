// Data would be lost: the button works once the name is typed. <input data-confirm="orders">; the server asks, too.
function check(input) {
  const form = input.form;
  const ready = [...form.querySelectorAll("input[data-confirm]")].every((each) => each.disabled || each.value === each.dataset.confirm);
  for (const button of form.querySelectorAll("[data-confirmed]")) {
    button.toggleAttribute("aria-disabled", !ready);
    if (!ready) button.setAttribute("aria-disabled", "true");
  }
}

const all = () => document.querySelectorAll("input[data-confirm]").forEach(check);
document.addEventListener("input", (event) => event.target.matches("input[data-confirm]") && check(event.target));
document.addEventListener("click", (event) => {
  if (event.target.closest("button[aria-disabled=true], a[aria-disabled=true]")) event.preventDefault();
}, true);
document.addEventListener("htmx:afterSettle", all);
all();
