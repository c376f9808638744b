// What is typed into a form that keeps it nowhere else, <form data-unsaved>, is not left unasked. Cancel is a word.
// The server says data-unsaved="typed" where the form holds something already that is not saved.
const form = () => document.querySelector("form[data-unsaved]");
let typed = form()?.dataset.unsaved === "typed";
let sent = false;

document.addEventListener("input", (event) => { typed ||= form() !== null && event.target.form === form() && event.target.name !== "find"; });
document.addEventListener("htmx:afterSettle", () => { typed ||= form()?.dataset.unsaved === "typed"; });
document.addEventListener("submit", () => { sent = true; });
document.addEventListener("click", (event) => { sent ||= event.target.closest("[data-cancel]") !== null; });
window.addEventListener("beforeunload", (event) => { if (form() && typed && !sent) event.preventDefault(); });
window.addEventListener("pageshow", () => { sent = false; });
