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

function changed(node) {
  if (node.nodeName !== "TR" && node.nodeName !== "LI") return;
  node.classList.remove("changed");
  requestAnimationFrame(() => node.classList.add("changed"));
  node.addEventListener("animationend", () => node.classList.remove("changed"), { once: true });
}

// What the server last said of a row, for as long as the row is there. Only what differs from it is shown as a change,
// not the first piece of a stream.
const told = new WeakMap();

// html for an element with this id; or { order: [ids], rows: { id: html } } for one whose children are rows.
berth.put = (id, content) => withFocus(() => {
  if (id === "title") document.title = new DOMParser().parseFromString(content, "text/html").body.textContent;
  const old = document.getElementById(id);
  if (!old) return;
  if (typeof content === "string") {
    const fresh = parse(content);
    if (fresh && morph(old, fresh)) htmx.process(document.getElementById(id) || old);
    return;
  }
  const fresh = old.cloneNode(false);
  for (const row of content.order) {
    const known = document.getElementById(row);
    const node = content.rows[row] ? parse(content.rows[row]) : known?.cloneNode(true);
    if (node) fresh.append(node);
  }
  const before = new Set([...old.children].map((child) => child.id));
  children(old, fresh);
  for (const [row, html] of Object.entries(content.rows)) {
    const node = document.getElementById(row);
    if (!node) continue;
    htmx.process(node);
    if (before.has(row) && told.has(node) && told.get(node) !== html) changed(node);
    told.set(node, html);
  }
});
