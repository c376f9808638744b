// Rows of a form come and go on the server; after that the focus is where the work goes on: in the new row, or on the
// button that added it. Enter in a field is the form's main button, never "remove row".
let pressed = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.requestConfig.triggeringEvent?.submitter || event.detail.elt;
  pressed = button?.name ? `${button.name}=${button.value}` : "";
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!pressed || document.activeElement !== document.body) return;
  const [name, value] = pressed.split("=");
  const buttons = [...event.detail.elt.querySelectorAll?.(`button[name="${CSS.escape(name)}"]`) || []];
  (buttons.find((button) => button.value === value) || buttons[0])?.focus();
  pressed = "";
});

document.addEventListener("keydown", (event) => {
  const main = event.target.form?.querySelector("[data-main]") || document.querySelector(`[data-main][form="${event.target.form?.id}"]`);
  if (event.key !== "Enter" || !main || !event.target.matches("input:not([type=checkbox], [type=radio], [type=file])")) return;
  event.preventDefault();
  main.click();
});
