// The create dialog: whatever the page shows as entered is in the draft, and #kept says whether it is. What is typed is
// sent a moment after; buttons of the form send everything anyway. Until the server has it, it is kept in this browser
// and sent again: when there was no answer, when the page goes, when the step is opened again.
// Each request has a sequence (milliseconds, growing): the server takes nothing over what was typed later.
// A button that adds or removes a row is pressed once and counts, though the page goes before it is answered: until then
// whatever is sent says it again, together with the form as it was. What it does follows from that form alone, so it is
// done once however often it arrives, and in which order.
const STORE = "berth-draft/";
const LONGEST = 24 * 3600 * 1000; // what nobody came back for
const PAUSE = 400;
const PATIENCE = 15000; // an answer that takes longer is none
const form = () => document.querySelector("#step:has([name=sequence])");
const kept = () => document.getElementById("kept");
const stepOf = (path) => path.split("/").at(-2);
const stored = (page = document) => JSON.parse(page.getElementById("kept")?.dataset.sequences || "{}");
const place = () => `${STORE}${kept().dataset.draft}/${stepOf(location.pathname)}`;

let newest = 0; // the sequence of the last thing sent or put aside
let edits = 0; // how often something was changed
let safe = 0; // up to which change the server has it
let flight = null;
let timer = 0;
let wait = 0;
let leaving = false;
let unloading = false; // the next page may have been made already, without what is answered from now on
let acting = ""; // the button that was pressed and is not answered yet
let going = null; // where the person went on to meanwhile: the value of that button, "" is Next

document.addEventListener("formdata", (event) => {
  if (event.target !== form()) return;
  newest = Math.max(Date.now(), newest + 1, (stored()[stepOf(location.pathname)] || 0) + 1);
  event.formData.set("sequence", newest);
});

const typed = (data) => [...data].filter(([name, said]) => typeof said === "string" && name !== "csrfmiddlewaretoken");
const entries = () => [...typed(new FormData(form())), ["do", acting || "look:"]];

function said(state) {
  const own = kept();
  if (!own) return;
  own.textContent = own.dataset[state];
  own.className = state === "saving" ? "" : "status bad";
  document.getElementById("made")?.setAttribute("aria-busy", state === "saving"); // it has not what was typed since
  if (state !== "saving") berth.say(own.textContent);
}

function putAside(fields = entries()) {
  try {
    localStorage.setItem(place(), JSON.stringify({ sequence: newest, path: form().action, fields }));
  } catch { /* full, or not allowed: it is sent all the same */ }
}

function arrived() {
  if (!unloading) localStorage.removeItem(place());
}

function edited() {
  edits += 1;
  leaving = unloading = false;
  putAside();
  said("saving");
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
}

function body(fields) {
  const data = new FormData();
  for (const [name, text] of fields) data.append(name, text);
  if (!data.has("do")) data.set("do", "look:");
  data.set("csrfmiddlewaretoken", document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "");
  return data;
}

// The page that the server answers with, or null: it refused. Raises where nothing is known.
async function send(path, fields, until = new AbortController()) {
  const signal = AbortSignal.any([AbortSignal.timeout(PATIENCE), until.signal]);
  const headers = { "HX-Request": "true" };
  const answer = await fetch(path, { method: "POST", body: body(fields), redirect: "manual", headers, signal });
  if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
  return answer.status === 200 ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

async function save() {
  clearTimeout(timer);
  if (edits === safe || flight || leaving || acting || !form()) return; // a form without the new row is not sent after it
  const [fields, before] = [entries(), edits];
  const sequence = newest;
  flight = new AbortController();
  try {
    const page = await send(form().action, fields, flight);
    wait = 0;
    if (page) answered(page, sequence, before);
    else said("refused");
  } catch {
    if (!leaving) {
      said("notSaved");
      wait = Math.min(wait * 2 || 1000, 30000);
      timer = setTimeout(save, wait);
    }
  } finally {
    flight = null;
  }
  if (edits !== before) timer = setTimeout(save, PAUSE);
}

function answered(page, sequence, before) {
  const there = stored(page)[stepOf(location.pathname)] || 0;
  if (there > newest) { // of another tab: this page has the last word
    newest = there;
    edits += 1;
  } else if (there === sequence && sequence > (stored()[stepOf(location.pathname)] || 0)) {
    const own = page.getElementById("kept");
    safe = before;
    if (edits === safe) {
      arrived();
      kept().replaceWith(own);
      for (const way of document.querySelectorAll("[data-discards]")) way.hidden = false;
      document.dispatchEvent(new CustomEvent("berth:changed", { detail: [] })); // for its time (times.js)
      show(page);
    } else kept().dataset.sequences = own.dataset.sequences;
  } else if (there < sequence) {
    kept().dataset.refused = page.getElementById("kept").dataset.refused; // why it is not in the draft
    said("refused");
  }
}

// What will be made, and what is no longer wrong. The fields themselves stay as they are.
function show(page) {
  const made = page.getElementById("made");
  if (made) sayOfLeft(page, made);
  if (made) document.getElementById("made")?.replaceChildren(...made.childNodes);
  document.getElementById("made")?.removeAttribute("aria-busy");
  const track = page.getElementById("track");
  if (track) document.getElementById("track").replaceWith(track);
  for (const now of page.querySelectorAll(".fold[id] > summary > .now")) {
    const mine = document.getElementById(now.closest(".fold").id)?.querySelector(":scope > summary > .now");
    if (mine && mine.textContent !== now.textContent) mine.textContent = now.textContent;
  }
  for (const now of page.querySelectorAll("[data-reads]")) document.getElementById(now.id)?.replaceWith(now);
  if (!form().elements.asked || !made) return;
  const problems = page.getElementById("problems");
  if (problems) document.getElementById("problems")?.replaceChildren(...problems.childNodes);
  else document.getElementById("problems")?.remove();
  if (!problems) form().elements.asked.remove();
  for (const control of form().querySelectorAll("[aria-invalid=true]")) {
    if (page.getElementById(control.id)?.ariaInvalid !== "true") control.removeAttribute("aria-invalid");
  }
  const texts = new Set([...page.querySelectorAll("#step .errors")].map((errors) => errors.id || errors.textContent));
  for (const errors of form().querySelectorAll(".errors")) {
    if (!texts.has(errors.id || errors.textContent)) errors.remove();
    else if (errors.id) errors.replaceChildren(...page.getElementById(errors.id).childNodes);
  }
}

// What is wrong with a field stands beside it once it was changed and left, and goes when it is put right.
const left = new Set();

function sayOfLeft(page, made) {
  const unsaid = made.querySelector("template")?.content;
  for (const control of [...left].map((id) => document.getElementById(id))) {
    if (!control?.closest(".field") || control.closest(".checks")) continue;
    const id = `${control.id}_error`;
    const [before, error] = [document.getElementById(id), page.getElementById(id) ?? unsaid?.getElementById(id)];
    const told = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((word) => word && word !== id);
    if (error) told.push(id);
    if (told.length) control.setAttribute("aria-describedby", told.join(" "));
    else control.removeAttribute("aria-describedby");
    if (error) control.ariaInvalid = "true";
    else control.removeAttribute("aria-invalid");
    if (error && before?.textContent.trim() !== error.textContent.trim()) berth.say(error.textContent.trim());
    before?.remove();
    if (error) setBeside(control, error.cloneNode(true));
  }
}

// After the field; in a row of inputs without a shape of its own below the row, over its width, with the column it is in unless the sentence names it.
function setBeside(control, error) {
  const row = control.closest(".inputs:not(.port-rows) tr");
  if (!row) (control.closest(".unit") || control).after(error);
  else {
    if (!row.nextElementSibling?.matches(".tells")) {
      const tells = document.createElement("tr");
      tells.className = "tells";
      tells.insertCell().colSpan = row.cells.length;
      row.after(tells);
    }
    const named = document.createElement("div");
    const column = control.closest("td")?.dataset.label ?? "";
    if (!error.textContent.toLowerCase().includes(column.toLowerCase())) named.dataset.label = column;
    named.append(error);
    row.nextElementSibling.cells[0].append(named);
  }
}

document.addEventListener("change", ({ target }) => {
  if (target.id && target.form && target.form === form()) left.add(target.id);
});

for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    const control = event.target;
    if (!control.name || ["find", "use"].includes(control.name) || control.type === "file" || !control.form || control.form !== form()) return;
    // What the server read out of it is true of what stood there: nothing until it has read this
    control.closest(".read")?.querySelector("[data-reads]")?.classList.add("unread");
    if (name === "input" && !control.ariaInvalid) left.delete(control.id); // it is being typed again
    edited();
  });
}

// Buttons that add and remove send all of the form; without an answer the page is as it was, and so is the draft then.
// Those that lead away do nothing to it: what they did not get to is not asked for again, only what was typed.
// So do radios that choose a workload ("use").
const acts = (elt) => ["do", "use"].includes(elt.name) && /^(?!find:|match:|go:|forget:).*:/.test(elt.value);

document.addEventListener("htmx:beforeRequest", (event) => {
  const { xhr, requestConfig: request } = event.detail;
  if (!form() || request.elt?.form !== form()) return;
  xhr.timeout = PATIENCE;
  if (!acts(request.elt)) return;
  clearTimeout(timer);
  request.edits = edits;
  request.sequence = newest;
  acting = request.elt.value;
  // Not htmx:afterRequest: another answer may have taken the button out of the page, and then that bubbles nowhere.
  xhr.addEventListener("loadend", () => acted(event.detail));
  putAside(typed(request.formData));
  said("saving");
});

function acted({ xhr, successful, requestConfig: { edits: before, sequence } }) {
  const goal = going;
  [acting, going] = ["", null];
  if (!form()) return;
  const there = stored()[stepOf(location.pathname)] || 0;
  newest = Math.max(newest, there);
  if (successful && there === sequence) safe = before;
  else edits += 1;
  if (edits === safe) arrived();
  else {
    putAside();
    said("saving");
    save();
  }
  if (successful && goal !== null) goOn(goal);
  else if (!successful && !xhr.getResponseHeader("HX-Redirect")) berth.toast(kept().dataset.undone, "bad");
}

function goOn(goal) {
  const button = [...document.querySelectorAll("button[form=step]:not([hx-post])")].find((button) => button.value === goal);
  if (button) form().requestSubmit(button);
}

// Who goes on before a button is answered goes on with what it did: a row that was taken away is not sent with the rest.
window.addEventListener("submit", (event) => {
  if (!acting || event.target !== form()) return;
  event.preventDefault();
  going = event.submitter?.value ?? "";
}, true);

window.addEventListener("submit", (event) => {
  const gone = /\/new\/([0-9a-f-]{36})\/discard\/$/.exec(new URL(event.target.action, location).pathname);
  if (gone) mine(gone[1]).forEach(([name]) => localStorage.removeItem(name));
  if (event.target !== form() || event.defaultPrevented) return;
  const own = event.submitter; // a row that has just come is not htmx's yet: its button sends the form as without scripts
  if (own && acts(own)) putAside([...typed(new FormData(form())), ["do", own.value]]);
  leaving = true;
  clearTimeout(timer);
  flight?.abort();
});

window.addEventListener("beforeunload", () => { unloading = true; });
window.addEventListener("pagehide", () => {
  if ((edits !== safe || acting) && !leaving && form()) navigator.sendBeacon(form().action, body(entries()));
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted && kept() && edits === safe) location.reload(); // the draft may have gone on
});
window.addEventListener("online", save);
document.addEventListener("visibilitychange", () => document.hidden && save());

// What this browser kept of a draft, step by step.
function mine(draft) {
  return Object.entries(localStorage).filter(([name]) => name.startsWith(STORE + draft));
}

// Whether a control shows something else than the server rendered: it was changed before this script listened.
function isChanged(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName !== "SELECT") return control.value !== control.defaultValue;
  return control.selectedIndex !== Math.max([...control.options].findIndex((option) => option.defaultSelected), 0);
}

// A page can be typed into before its scripts came, and nobody listened then.
function changedEarly() {
  const typable = "input[name]:not([type=hidden], [type=file], [name=find], [name=use]), select[name], textarea[name]";
  return form() ? [...document.querySelectorAll(typable)].filter((control) => control.form === form() && isChanged(control)) : [];
}

// After what was put back has taken the place of the form: over it, unless something was typed since.
function enter(early) {
  for (const { id, value, checked } of early) {
    const control = id && document.getElementById(id);
    if (control && !isChanged(control)) Object.assign(control, control.type === "checkbox" || control.type === "radio" ? { checked } : { value });
  }
  if (early.length && form()) edited();
}

async function recover() {
  const picked = document.querySelector("input[name=use]:checked:not([checked])"); // before htmx listened
  if (picked) addEventListener("load", () => picked.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
  const early = changedEarly().map(({ id, value, checked }) => ({ id, value, checked }));
  for (const [name, text] of mine("")) {
    if (Date.now() - JSON.parse(text).sequence > LONGEST) localStorage.removeItem(name);
  }
  const waiting = kept() ? mine(kept().dataset.draft) : [];
  const own = waiting.filter(([name]) => name === place()); // first what is shown: nobody types over what is older
  for (const entry of own) await takeUp(...entry);
  enter(early);
  for (const entry of waiting) if (!own.includes(entry)) await takeUp(...entry);
}

async function takeUp(name, text) {
  const { sequence, path, fields } = JSON.parse(text);
  if (sequence <= (stored()[stepOf(name + "/")] || 0)) localStorage.removeItem(name);
  else if (name === place() && form()) await putBack(path, fields, sequence);
  else if (await send(path, fields).catch(() => null)) localStorage.removeItem(name);
}

// What was typed here and did not arrive: the server renders it, for its rows may be others than those of the page.
async function putBack(path, fields, sequence) {
  const area = form().querySelector("[data-editor] textarea");
  if (area) {
    area.value = fields.find(([name]) => name === "text")[1].replaceAll("\r\n", "\n");
    edited();
    return;
  }
  const work = document.getElementById("work");
  work.inert = true;
  said("saving");
  let page; // not the older state of the page before it has answered: who typed over that would lose this
  for (let pause = 250; page === undefined && pause < 10000; pause *= 2) {
    page = await send(path, fields).catch(() => new Promise((done) => setTimeout(done, pause)));
  }
  // It arrived after all, and so did something newer
  if (page && stored(page)[stepOf(location.pathname)] > sequence) page = await asStored();
  work.inert = false;
  if (!page?.getElementById("work")) {
    said("notSaved");
    return;
  }
  work.replaceWith(page.getElementById("work"));
  kept().replaceWith(page.getElementById("kept"));
  document.getElementById("track").replaceWith(page.getElementById("track"));
  htmx.process(document.getElementById("work"));
  localStorage.removeItem(place());
}

// The page as the draft has it now, or null. Not loaded again: that would lose what was typed since.
async function asStored() {
  try {
    const answer = await fetch(location.href, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    return answer.status === 200 ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

recover();
