// Changes a piece of the page into what the server now says, and touches nothing else: the focus, what is selected,
// what is open and typed stay. Children are matched by id, else by place.
const USERS = { DETAILS: ["open"], INPUT: ["checked", "value"], DIALOG: ["open"], TIME: ["title"] };

function attributes(old, fresh) {
  const kept = USERS[old.nodeName] || [];
  for (const { name, value } of fresh.attributes) {
    if (!kept.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!kept.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

function alike(old, fresh) {
  return old.nodeName === fresh.nodeName && (old.id || "") === (fresh.id || "");
}

function children(old, fresh) {
  const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = next.id ? known.get(next.id) : at && !at.id && alike(at, next) ? at : null;
    if (!same) {
      old.insertBefore(next, at);
      continue;
    }
    if (same !== at) old.insertBefore(same, at);
    else at = at.nextSibling;
    morph(same, next);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return false;
  if (old.dataset && "filled" in old.dataset) return false; // by a script (menu.js)
  if (!alike(old, fresh)) {
    old.replaceWith(fresh);
    return true;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
    return true;
  }
  // What a script put into an element that the server sends empty (a row's menu) stays.
  if ("filled" in old.dataset && !fresh.firstElementChild) return false;
  attributes(old, fresh);
  // The words of a time are the script's (times.js) where the server leaves them out.
  if (old.nodeName !== "TIME" || fresh.textContent) children(old, fresh);
  return true;
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function withFocus(work) {
  const focused = document.activeElement;
  work();
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

// A row that changed fades its ground, once. Where many change one after the other that would say nothing, and cost each
// frame of the screen; it says it again when they have come to rest.
const CALM = 8; // rows, in so many ms
const WHILE = 2000;
let recent = [];

function changed(node) {
  const now = performance.now();
  recent = [...recent.filter((moment) => now - moment < WHILE), now].slice(-CALM - 1);
  if (recent.length > CALM || (node.nodeName !== "TR" && node.nodeName !== "LI")) return;
  node.classList.remove("changed");
  requestAnimationFrame(() => node.classList.add("changed"));
  node.addEventListener("animationend", () => node.classList.remove("changed"), { once: true });
}

// What the server last said of a row, for as long as the row is there. Only what differs from it is shown as a change,
// not the first piece of a stream.
const told = new WeakMap();

// htmx looks through all of a piece; most have nothing of its own.
function process(node, html) {
  if (node && html.includes(" hx-")) htmx.process(node);
}

// One row: as it is, as it is now, or new.
function rowOf(id, html) {
  const known = document.getElementById(id);
  if (html === undefined || known === null) return html === undefined ? known : parse(html);
  const differs = told.has(known) && told.get(known) !== html;
  morph(known, parse(html));
  const node = document.getElementById(id);
  if (differs) changed(node);
  return node;
}

function rows(old, { order, rows: news }) {
  let at = old.firstElementChild;
  for (const id of order) {
    const html = news[id];
    const node = rowOf(id, html);
    if (!node) continue;
    if (at && !at.isConnected) at = node; // it was replaced
    if (node === at) at = at.nextElementSibling;
    else old.insertBefore(node, at);
    if (html === undefined) continue;
    process(node, html);
    told.set(node, html);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}

// html for an element with this id; or { order: [ids], rows: { id: html } } for one whose children are rows.
berth.put = (id, content) => withFocus(() => {
  if (id === "title") document.title = new DOMParser().parseFromString(content, "text/html").body.textContent;
  const old = document.getElementById(id);
  if (!old) return;
  if (typeof content !== "string") {
    rows(old, content);
    return;
  }
  const fresh = parse(content);
  if (fresh && morph(old, fresh)) process(document.getElementById(id) || old, content);
});
