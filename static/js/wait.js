// A wait is visible after 300 ms (a thin bar), explained after 5 s, and can be cancelled.
let bar = 0;
let words = 0;
let toast = null;

function begin(cancel) {
  end();
  bar = setTimeout(() => document.getElementById("topbar")?.classList.add("waiting"), 300);
  words = setTimeout(() => {
    toast = berth.toast(berth.words.waiting, "busy", [[berth.words.cancel, () => { cancel(); end(); }]]);
  }, 5000);
}

function end() {
  clearTimeout(bar);
  clearTimeout(words);
  document.getElementById("topbar")?.classList.remove("waiting");
  toast?.remove();
  toast = null;
}

Object.assign(berth, { wait: begin, waited: end });

document.addEventListener("htmx:beforeRequest", ({ detail: { xhr, elt } }) => {
  begin(() => htmx.trigger(elt, "htmx:abort"));
  xhr.addEventListener("loadend", end); // htmx:afterRequest of an element that has left the page is heard by nobody
});

// Whole pages: the browser shows little while a slow one is on its way. A second click sends nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.target === "_blank") return;
  if (form.dataset.sent && Date.now() - form.dataset.sent < 1500) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = Date.now();
  if (!event.submitter?.hasAttribute("data-download")) begin(() => window.stop());
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const plain = link && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button;
  if (!plain || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname === location.pathname && link.search === location.search) return;
  begin(() => window.stop());
});
window.addEventListener("pagehide", end);
window.addEventListener("pageshow", end);
