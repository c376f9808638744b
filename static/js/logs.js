// The log page where scripts run: it follows. Rows come from the server as it renders them for the page; here they are
// put below the others, and the oldest go. Scrolling up pauses: what comes meanwhile is kept, counted, and shown later.
const MOST = 5000; // lines in the page, and as many that wait while it is paused
const PART = 200; // rows of a part: what is laid out, and goes, together
let source = null;
let address = "";
let last = ""; // the stamp of what came last: from there the server goes on
let again = 0;
let tries = 0;
let paused = false;
let waiting = []; // what came and is not in the page yet: for the next frame, or while it is paused
let held = 0; // rows in it
let lost = 0; // rows that no longer fitted into it
let frame = 0;
let total = 0; // rows in the page
const parts = new WeakMap(); // of a part of the rows: how many, of which pods and levels
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

// What a part of the rows that the page came with is made of; of others the server says it.
function made(part) {
  const of = { size: part.childElementCount, pods: {}, warn: part.querySelectorAll(".level").length, bad: part.querySelectorAll(".level.bad").length };
  for (const label of part.querySelectorAll("li:not(.event) > b")) {
    const [pod] = label.title.split("/");
    of.pods[pod] = (of.pods[pod] || 0) + 1;
  }
  return of;
}

function add(node, by) {
  if (node && by) node.textContent = Math.max(0, Number(node.textContent) + by);
}

function count(list, of, sign) {
  for (const [pod, lines] of Object.entries(of.pods)) add(list.counts.get(pod), sign * lines);
  const [, warnings, errors] = document.querySelectorAll("#log-levels .chip");
  add(warnings?.querySelector("b"), sign * of.warn);
  add(errors?.querySelector("b"), sign * of.bad);
  errors?.classList.toggle("some", errors.querySelector("b").textContent !== "0");
}

// Which number belongs to which pod.
function keys(list) {
  const chips = [...document.querySelectorAll("#log-pods .chip")];
  list.counts = new Map(chips.map((chip) => [chip.title, chip.querySelector("b")]));
}

// Rows go into the last part, or begin another one; the oldest parts go. Nothing is done for each row.
function append(list, { lines: rows, pods, warn, bad }) {
  let last = list.lastElementChild;
  let of = last && (parts.get(last) || made(last));
  if (!of || of.size + rows.length > PART) {
    last = list.appendChild(document.createElement("ol"));
    of = { size: 0, pods: {}, warn: 0, bad: 0 };
  }
  last.insertAdjacentHTML("beforeend", rows.join(""));
  of.size += rows.length;
  of.warn += warn;
  of.bad += bad;
  for (const [pod, lines] of Object.entries(pods)) of.pods[pod] = (of.pods[pod] || 0) + lines;
  parts.set(last, of);
  total += rows.length;
  count(list, { pods, warn, bad }, 1);
}

function drop(list) {
  const first = list.firstElementChild;
  const of = parts.get(first) || made(first);
  count(list, of, -1);
  total -= of.size;
  first.remove();
}

// Said where rows came that the page could not keep until it was looked at again.
function skipped(number) {
  const part = document.createElement("ol");
  part.innerHTML = '<li class="event"><time></time><b></b><span class="said"></span></li>';
  part.querySelector(".said").textContent = page().dataset.skipped.replace("0", number.toLocaleString("en"));
  parts.set(part, { size: 0, pods: {}, warn: 0, bad: 0 });
  return part;
}

// All that waits, once in a frame; a tab that nobody sees has none.
function flush() {
  frame = 0;
  const list = lines();
  if (!list || paused || !waiting.length) return;
  if (!list.counts) keys(list);
  if (lost) {
    while (list.firstElementChild) drop(list); // it is not what stood before these
    list.append(skipped(lost));
  }
  for (const batch of waiting) append(list, batch);
  while (total > MOST) drop(list);
  waiting = [];
  held = lost = 0;
  document.getElementById("log-nothing")?.setAttribute("hidden", "");
  list.hidden = false;
  list.scrollTop = list.scrollHeight;
}

function hold(batch) {
  waiting.push(batch);
  held += batch.lines.length;
  while (held > MOST) {
    const { length } = waiting.shift().lines;
    held -= length;
    lost += length;
  }
  if (paused) newer();
  else frame = frame || requestAnimationFrame(flush);
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
  const all = held + lost;
  if (!button) return;
  button.hidden = !paused || !all;
  const words = all === 1 ? button.dataset.one : button.dataset.many;
  button.firstChild.data = (words || "").replace("0", all.toLocaleString("en"));
}

function pause(stop) {
  const log = page();
  if (!log || !address || paused === stop) return;
  paused = stop;
  if (!stop) {
    flush();
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
  const { chips, problem, ...batch } = JSON.parse(event.data);
  if (problem) document.getElementById("log-problem").textContent = problem;
  if (event.lastEventId) last = event.lastEventId;
  if (chips) merge(chips);
  if (!paused) say("ok", "live", page().dataset.following);
  if (batch.lines) hold(batch);
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
  for (const [field, problem] of [["find", "log-problem"], ["log-at", "log-at-problem"]]) {
    const bad = document.getElementById(problem)?.textContent.trim();
    document.getElementById(field)?.[bad ? "setAttribute" : "removeAttribute"]("aria-invalid", "true");
  }
  hits();
  if (log && lines() !== tended) tend();
  if (wanted === address) return;
  close();
  const still = paused && Boolean(address); // who paused and chooses another pod or level has paused that, too
  address = wanted;
  last = "";
  paused = false;
  waiting = [];
  held = lost = total = 0;
  if (!wanted) return;
  const list = lines();
  total = list?.querySelectorAll("li").length || 0;
  // the page goes to the end by itself, or stops where it was sent to; else only what a person does pauses
  if (document.getElementById("here")) pause(true);
  else toEnd();
  if (still) requestAnimationFrame(() => pause(true));
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) list?.addEventListener(name, () => { moved = Date.now(); }, { passive: true });
  list?.addEventListener("scroll", () => { if (Date.now() - moved < 1500) scrolled(); }, { passive: true });
  open();
}

// What is found: one after the other.
function hits() {
  const marks = lines()?.querySelectorAll("mark") || [];
  const shown = document.getElementById("log-hits");
  if (!shown || !document.getElementById("find")?.value) return marks;
  // A pattern that is none found nothing, not even nothing.
  if (document.getElementById("log-problem")?.textContent.trim()) shown.textContent = "";
  else shown.textContent = marks.length && hit >= 0 ? `${hit + 1} / ${marks.length}` : `${marks.length}`;
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

// The line at hand: the one under the pointer, or to which the arrows came. What can be done with it stands in it.
let tended = null; // the list whose lines are looked after
let acts = null;

function near(line) {
  if (!line || line === acts.parentElement || !line.querySelector(":scope > .at")) return;
  const [around, link, copy, only] = acts.children;
  const address = new URL(line.querySelector(".at").getAttribute("href"), location.href).href;
  const label = line.querySelector(":scope > b");
  const others = new URL(location.href);
  around.href = link.dataset.copy = address;
  around.hidden = !/[?&](filter|level|hide)=/.test(location.search);
  copy.dataset.copy = line.querySelector("code, .said").textContent;
  only.hidden = document.querySelectorAll("#log-pods .chip").length < 2;
  others.searchParams.delete("hide");
  for (const chip of document.querySelectorAll("#log-pods .chip")) {
    if (chip.title !== label.title.split("/")[0]) others.searchParams.append("hide", chip.title);
  }
  only.href = others.href;
  line.append(acts);
}

// The line above or below: of the next part where this one ends. At first the one at the lower edge.
function beside(list, line, up) {
  if (!line) {
    const { left, bottom, top } = list.getBoundingClientRect();
    return document.elementFromPoint(left + 24, Math.max(top + 8, bottom - 56))?.closest("#log-lines li") || list.lastElementChild?.lastElementChild;
  }
  const [sibling, part, edge] = up ? ["previousElementSibling", "previousElementSibling", "lastElementChild"] : ["nextElementSibling", "nextElementSibling", "firstElementChild"];
  return line[sibling] || line.parentElement[part]?.[edge];
}

function walk(event) {
  if (!["ArrowUp", "ArrowDown"].includes(event.key) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const list = lines();
  const now = list.querySelector("li.here");
  const next = beside(list, now, event.key === "ArrowUp");
  if (!next) return;
  event.preventDefault();
  if (event.target !== list) list.focus(); // what was pressed goes to another line
  now?.classList.remove("here");
  next.classList.add("here");
  near(next);
  pause(true);
  next.scrollIntoView({ block: "nearest" });
}

function tend() {
  tended = lines();
  acts = document.getElementById("log-acts")?.content.firstElementChild.cloneNode(true);
  if (!tended || !acts) return;
  tended.addEventListener("pointerover", (event) => near(event.target.closest("li")));
  tended.addEventListener("keydown", walk);
  const here = document.getElementById("here");
  near(here);
  here?.scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("#log-previous, #log-next, #log-newer, #log-follow, #log-pause");
  if (!button) return;
  if (button.id === "log-previous") step(-1);
  else if (button.id === "log-next") step(1);
  else pause(button.id === "log-pause");
});

// Enter sends a change of the form: as the same form that is sent, it would be two requests, and one of them cut off.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "log-at") return;
  event.preventDefault();
  event.target.blur();
  event.target.focus();
});

let asleep = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(asleep);
  if (!address) return;
  if (document.hidden) asleep = setTimeout(close, 60000);
  else if (!source) open();
});
window.addEventListener("resize", () => { if (address && !paused) toEnd(); }); // lines wrap anew
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => event.persisted && address && open());
document.addEventListener("htmx:afterSettle", watch);
watch();
