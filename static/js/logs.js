// The log page where scripts run: it follows. Rows come from the server as it renders them for the page; here they are
// put below the others, and the oldest go. Scrolling up pauses: what comes meanwhile is kept, counted, and shown later.
const MOST = 5000; // lines in the page, and as many that wait while it is paused
let source = null;
let address = "";
let last = ""; // the stamp of what came last: from there the server goes on
let again = 0;
let tries = 0;
let paused = false;
let waiting = []; // rows that came while the page was paused
let lost = 0; // of those, how many no longer fit
let hit = -1;
let moved = 0; // when a person last did something that scrolls

const page = () => document.getElementById("log");
const lines = () => document.getElementById("log-lines");
const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 40;

function say(state, glyph, words) {
  const status = document.getElementById("log-state");
  if (!status || status.textContent === words) return;
  status.className = `status ${state}`;
  status.querySelector("use").setAttribute("href", status.querySelector("use").getAttribute("href").replace(/#.*/, `#g-${glyph}`));
  status.lastChild.data = words;
}

function count(list, rows, sign) {
  for (const row of rows) {
    const pod = row.querySelector("b")?.title.split("/")[0];
    const chip = row.querySelector("code") && list.counts.get(pod);
    if (chip) chip.textContent = Number(chip.textContent) + sign;
    const level = row.querySelector(".level");
    if (!level) continue;
    const [, warnings, errors] = document.querySelectorAll("#log-levels .chip");
    for (const one of level.classList.contains("bad") ? [warnings, errors] : [warnings]) {
      const number = one?.querySelector("b");
      if (number) number.textContent = Math.max(0, Number(number.textContent) + sign);
    }
  }
}

// Which number belongs to which pod.
function keys(list) {
  const chips = [...document.querySelectorAll("#log-pods .chip")];
  list.counts = new Map(chips.map((chip) => [chip.title, chip.querySelector("b")]));
}

function append(rows) {
  const list = lines();
  if (!list || !rows.length) return;
  if (!list.counts) keys(list);
  const fresh = document.createElement("template");
  fresh.innerHTML = rows.slice(-MOST).join("");
  const added = [...fresh.content.children];
  list.append(fresh.content);
  count(list, added, 1);
  const surplus = [...list.children].slice(0, Math.max(0, list.children.length - MOST));
  count(list, surplus, -1);
  for (const row of surplus) row.remove();
  document.getElementById("log-nothing")?.setAttribute("hidden", "");
  list.hidden = false;
}

// Twice: what was outside the screen was only estimated.
function toEnd() {
  const list = lines();
  if (!list) return;
  list.scrollTop = list.scrollHeight;
  requestAnimationFrame(() => { if (!paused) list.scrollTop = list.scrollHeight; });
}

function newer() {
  const button = document.getElementById("log-newer");
  const all = waiting.length + lost;
  if (!button) return;
  button.hidden = !paused || !all;
  const words = all === 1 ? button.dataset.one : button.dataset.many;
  button.firstChild.data = (words || "").replace("0", all.toLocaleString("en"));
}

function pause(stop) {
  const log = page();
  if (!log || paused === stop) return;
  paused = stop;
  if (!stop) {
    append(waiting);
    waiting = [];
    lost = 0;
    toEnd();
  }
  const now = new Date().toISOString().slice(11, 19);
  if (stop) say("idle", "stopped", log.dataset.paused.replace("00:00:00", now));
  else say("ok", "live", log.dataset.following);
  const button = document.getElementById("log-follow");
  if (button) button.hidden = !stop;
  const hold = document.getElementById("log-pause");
  if (hold) hold.hidden = stop;
  newer();
}

function receive(event) {
  tries = 0;
  const { lines: rows = [], chips, problem } = JSON.parse(event.data);
  if (problem) document.getElementById("log-problem").textContent = problem;
  if (event.lastEventId) last = event.lastEventId;
  if (chips) merge(chips);
  if (!paused) {
    say("ok", "live", page().dataset.following);
    append(rows);
    toEnd();
    return;
  }
  waiting.push(...rows);
  lost += Math.max(0, waiting.length - MOST);
  waiting = waiting.slice(-MOST);
  newer();
}

// Pods that have come: their keys, with the numbers that the others had.
function merge(html) {
  const list = lines();
  const old = document.getElementById("log-pods");
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  const fresh = parsed.content.firstElementChild;
  if (!fresh || !list) return;
  const numbers = new Map([...document.querySelectorAll("#log-pods .chip")].map((chip) => [chip.title, chip.querySelector("b").textContent]));
  for (const chip of fresh.querySelectorAll(".chip")) chip.querySelector("b").textContent = numbers.get(chip.title) || "0";
  if (old) old.replaceWith(fresh);
  else document.querySelector(".toolbar").prepend(fresh);
  keys(list);
  page().classList.remove("alone");
}

function close() {
  clearTimeout(again);
  source?.close();
  source = null;
}

function open() {
  close();
  const url = new URL(address, location.href);
  if (last) url.searchParams.set("cursor", last);
  const mine = (source = new EventSource(url));
  mine.addEventListener("message", receive);
  mine.addEventListener("ping", () => {
    tries = 0;
    if (!paused) say("ok", "live", page().dataset.following);
  });
  mine.addEventListener("gone", () => { close(); location.reload(); });
  mine.addEventListener("over", () => { close(); say("idle", "stopped", page().dataset.over); });
  mine.addEventListener("later", retry);
  mine.addEventListener("error", () => {
    if (mine.readyState === EventSource.CLOSED) retry();
    else if (tries++ > 2 && !paused) say("busy", "busy", page().dataset.reconnecting);
  });
}

// Refused, or the console is down: the page itself knows whether there is something to wait for.
async function retry() {
  close();
  tries += 1;
  if (!paused) say("busy", "busy", page()?.dataset.reconnecting || "");
  const wait = Math.random() * Math.min(10000, 1000 * 2 ** tries) + 500;
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
    if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) {
      location.reload();
      return;
    }
  } catch { /* down: try later */ }
  again = setTimeout(open, wait);
}

function scrolled() {
  const list = lines();
  if (!list || !source) return;
  if (paused && atEnd(list)) pause(false);
  else if (!paused && !atEnd(list)) pause(true);
}

function watch() {
  const log = page();
  const wanted = log?.dataset.stream || "";
  hit = -1;
  const find = document.getElementById("find");
  if (document.getElementById("log-problem")?.textContent) find?.setAttribute("aria-invalid", "true");
  else find?.removeAttribute("aria-invalid");
  hits();
  if (wanted === address) return;
  close();
  address = wanted;
  last = "";
  paused = false;
  waiting = [];
  lost = 0;
  if (!wanted) return;
  const list = lines();
  // the page goes to the end by itself; only what a person does then pauses
  toEnd();
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) list?.addEventListener(name, () => { moved = Date.now(); }, { passive: true });
  list?.addEventListener("scroll", () => { if (Date.now() - moved < 1500) scrolled(); }, { passive: true });
  open();
}

// What is found: one after the other.
function hits() {
  const marks = lines()?.querySelectorAll("mark") || [];
  const shown = document.getElementById("log-hits");
  if (!shown || !document.getElementById("find")?.value) return marks;
  shown.textContent = marks.length && hit >= 0 ? `${hit + 1} / ${marks.length}` : `${marks.length}`;
  return marks;
}

function step(by) {
  const marks = hits();
  if (!marks.length) return;
  pause(true);
  for (const mark of lines().querySelectorAll("mark[aria-current]")) mark.removeAttribute("aria-current");
  hit = hit < 0 ? (by > 0 ? 0 : marks.length - 1) : (hit + by + marks.length) % marks.length;
  marks[hit].setAttribute("aria-current", "true");
  marks[hit].scrollIntoView({ block: "center" });
  hits();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("#log-previous, #log-next, #log-newer, #log-follow, #log-pause");
  if (!button) return;
  if (button.id === "log-previous") step(-1);
  else if (button.id === "log-next") step(1);
  else pause(button.id === "log-pause");
});

let asleep = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(asleep);
  if (!address) return;
  if (document.hidden) asleep = setTimeout(close, 60000);
  else if (!source) open();
});
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => event.persisted && address && open());
document.addEventListener("htmx:afterSettle", watch);
watch();
