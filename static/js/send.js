// A form that changes something of the cluster, <form data-again> or <form data-unsaved>, is sent once the console has said
// that it is there and who is signed in: without that the page stays as it is, with what was typed.
// What is sent is kept in this tab until a page at another address shows, for the answer may never come, or be a page for
// signing in: the same person finds it on the page again, and nobody else does.
// data-again: for do=edit the server shows the form as typed and changes nothing; data-again="opened": as it was opened.
// Other forms have their fields filled in.
const STORE = "berth-sent";
const PATIENCE = 15000; // an answer that takes longer is none
const { person, whoUrl, ...words } = document.body.dataset;
const form = () => document.querySelector("form[data-again], form[data-unsaved]");
const opened = ({ dataset: { again, unsaved } }) => (again === undefined ? unsaved === "" : again === "opened");
const NEVER = ["csrfmiddlewaretoken", "do", "sure"]; // who comes back decides anew

let asking = false;
let passes = false;
let goes = false; // it is kept: leaving the page loses nothing

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE));
  } catch { return null; }
}

function write(kept) {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(kept));
    return true;
  } catch { return false; } // full, or not allowed
}

function keep(own, ended = false) {
  const fields = [...new FormData(own)].filter(([name, text]) => typeof text === "string" && !NEVER.includes(name));
  return write({ person, page: new URL(own.action).pathname, fields, ended });
}

// Who is signed in by now. Raises where nobody answers.
async function who(signal) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
  const answer = await fetch(whoUrl, { headers, signal, redirect: "manual", cache: "no-store" });
  if ([502, 503, 504].includes(answer.status)) throw new Error(String(answer.status));
  if (answer.status === 401) return { signIn: answer.headers.get("HX-Redirect") };
  return answer.ok ? answer.json() : { person }; // whatever it is, the answer to the form says it better
}

window.addEventListener("submit", async (event) => {
  const own = event.target;
  if (passes || !whoUrl || own !== form() && !own.matches("[data-again]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (asking) return;
  asking = true;
  const until = new AbortController();
  berth.wait(() => until.abort());
  try {
    answered(own, event.submitter, await who(AbortSignal.any([until.signal, AbortSignal.timeout(PATIENCE)])));
  } catch {
    berth.waited();
    if (!until.signal.aborted) berth.toast(words.noAnswer, "bad");
  } finally {
    asking = false;
  }
}, true);

function answered(own, button, { person: now, says, token, signIn }) {
  berth.waited();
  if (signIn) {
    goes = keep(own, true);
    if (goes) location.assign(signIn);
    else berth.toast(words.sessionEnded, "bad");
  } else if (now !== person) berth.toast(says, "bad");
  else {
    // Who signed in again in another tab has another token
    for (const field of token ? document.querySelectorAll("input[name=csrfmiddlewaretoken]") : []) field.value = token;
    keep(own);
    passes = true;
    own.requestSubmit(button?.form === own ? button : null);
    passes = false;
  }
}

// What is asked while one types is answered with the way to sign in.
document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  if (xhr.status === 401 && person && form()) goes = keep(form(), true);
});
window.addEventListener("beforeunload", (event) => { if (goes) event.stopImmediatePropagation(); }, true);

// What a person saw (a hidden field) comes back with what they typed.
function fill(own, fields) {
  for (const control of [...own.elements].filter(({ name }) => name && !NEVER.includes(name))) {
    const texts = fields.filter(([name]) => name === control.name).map(([, text]) => text);
    if (control.type === "checkbox" || control.type === "radio") control.checked = texts.includes(control.value);
    else if (texts.length) control.value = texts[0];
    if (control.type !== "hidden") control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return [...own.elements].some(({ name, type }) => name && type !== "hidden");
}

function ask(own, fields) {
  const again = Object.assign(document.createElement("form"), { method: "post", action: own.action, enctype: "multipart/form-data" });
  again.addEventListener("formdata", ({ formData }) => {
    const token = own.elements.csrfmiddlewaretoken.value;
    for (const [name, text] of [...fields, ["csrfmiddlewaretoken", token], ["do", "edit"]]) formData.append(name, text);
  });
  document.body.append(again);
  again.submit();
}

function back(kept) {
  const own = form();
  if (own && opened(own)) {
    write({ ...kept, ended: false, shown: true });
    if (own.dataset.again) ask(own, kept.fields);
    else if (fill(own, kept.fields)) told();
  } else if (own && kept.shown) told();
}

function told() {
  write({ ...read(), shown: false });
  berth.toast(words.typedBack);
}

// What the create dialog keeps of a step (draft.js).
function drafted(path) {
  const [, draft, step] = /\/new\/([0-9a-f-]{36})\/([a-z]+)\/$/.exec(path) ?? [];
  return Boolean(draft && localStorage.getItem(`berth-draft/${draft}/${step}`));
}

// The page for signing in, which leads to `next`.
function signsIn(kept, path) {
  const mine = kept?.page === path;
  if (mine) write({ ...kept, ended: true });
  else if (!kept?.ended) sessionStorage.removeItem(STORE);
  const said = document.getElementById("ended");
  if (said && (mine || drafted(path))) said.textContent = said.dataset.kept;
}

function begin() {
  const [kept, next] = [read(), document.querySelector("form input[name=next]")];
  if (!person && next) signsIn(kept, new URL(next.value, location).pathname);
  if (!kept || !person) return;
  if (kept.person !== person || kept.page !== location.pathname && !kept.ended) sessionStorage.removeItem(STORE);
  else if (kept.page === location.pathname) back(kept);
}

begin();
