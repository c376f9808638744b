// What the other behaviours share: saying something, a toast, and htmx's manners.
const berth = (window.berth = {
  words: document.body.dataset,

  // For screen readers: the one live region.
  say(words) {
    const said = document.getElementById("said");
    if (said) said.textContent = words;
  },

  // A small answer, gone after a while; also said.
  toast(words, state = "ok", actions = []) {
    const place = document.getElementById("toasts");
    const pattern = document.getElementById("toast-pattern");
    if (!place || !pattern) return null;
    const toast = pattern.content.firstElementChild.cloneNode(true);
    toast.classList.add(state);
    const use = toast.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#g-${state === "busy" ? "busy" : state}`));
    toast.querySelector("div").textContent = words;
    for (const [label, act] of actions) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn small";
      button.textContent = label;
      button.addEventListener("click", () => { toast.remove(); act(); });
      toast.querySelector("div").append(" ", button);
    }
    place.replaceChildren(toast);
    if (!actions.length) setTimeout(() => toast.remove(), 6000);
    return toast;
  },
});

document.addEventListener("click", (event) => {
  event.target.closest("[data-close]")?.closest(".toast, .notice")?.remove();
});

// The server's own toast leaves, too, but for one with links: whoever moves by keys has to reach them.
setTimeout(() => document.querySelector("#toasts > .ok:not(:has(a))")?.remove(), 8000);

// So does one that was read by whoever goes on with a form: on a phone it stands over what follows the boxes.
document.addEventListener("change", (event) => {
  if (event.target.closest("main form")) document.querySelector("#toasts > .ok:not(:has(a, .btn.small:not([data-close])))")?.remove();
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});

// No answer at all: what was typed stays, and the page says so.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => berth.toast(berth.words.noAnswer, "bad"));
}

// After a form came back with errors, the first wrong control has the focus; after another step, its heading has.
document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  if (!part.querySelector || part.contains(document.activeElement) && document.activeElement !== document.body) return;
  const goal = part.querySelector("[data-focus], [aria-invalid=true]") || (part.id === "main" ? part : null);
  goal?.focus({ preventScroll: false });
});
