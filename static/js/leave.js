// What is typed into a form that keeps it nowhere else, <form data-unsaved>, is not left unasked.
// The server says data-unsaved="typed" where the form holds something already that is not saved.
const form = () => document.querySelector("form[data-unsaved]");
let typed = form()?.dataset.unsaved === "typed";
let leaving = false; // it is being sent, or Cancel was pressed: that is no accident

document.addEventListener("input", (event) => { typed ||= form() !== null && event.target.form === form() && event.target.name !== "find"; });
document.addEventListener("submit", (event) => { leaving = event.target === form(); });
// Escape and a click beside a dialog press Cancel, too, but may be an accident: those are no presses of a person.
document.addEventListener("click", (event) => { leaving ||= event.isTrusted && event.target.closest("a[data-cancel]") !== null; });
// The answer to what was sent is the form again, with what is wrong.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!form() || !(event.target.contains(form()) || form().contains(event.target))) return;
  typed ||= form().dataset.unsaved === "typed";
  leaving = false;
});
for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(failed, () => { leaving = false; });
window.addEventListener("beforeunload", (event) => { if (form() && typed && !leaving) event.preventDefault(); });
window.addEventListener("pageshow", () => { leaving = false; });
