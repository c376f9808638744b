// The page's one stream. Pieces arrive as JSON and are put in place; the pill in the top bar says how fresh the page is.
// Our own EventSource instead of htmx's extension: that one swaps whole elements (focus and open menus are lost), and
// asks for ever after the server said "not you" (204, 403).
let source = null;
let address = "";
let heard = 0; // when the server last said anything
let tries = 0;
let lostTimer = 0;
let againTimer = 0;
let pill = null; // the pill as it was before the stream was lost

function element(moment, shape) {
  const time = document.createElement("time");
  time.dateTime = new Date(moment).toISOString();
  time.dataset.time = shape;
  return time;
}

function show(state, glyph, words, time) {
  const live = document.getElementById("live");
  if (!live) return;
  pill = pill || live.cloneNode(true);
  live.className = `live ${state}`;
  const use = live.querySelector("use");
  use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#g-${glyph}`));
  live.querySelector("b").textContent = words;
  const span = live.querySelector("span") || live.appendChild(document.createElement("span"));
  span.replaceChildren(...(time ? ["clock", "minute"].map((shape) => element(time, shape)) : []));
  grey();
  document.dispatchEvent(new CustomEvent("berth:changed", { detail: [] })); // times.js writes the words
}

// The notice stands from the moment on in which the pill says it.
function tell(since) {
  const notice = document.getElementById("lost-notice")?.content.firstElementChild.cloneNode(true);
  if (!notice || document.getElementById("lost")) return;
  notice.querySelector("time").dateTime = new Date(since).toISOString();
  document.getElementById("answer")?.prepend(notice);
}

// Colour is a claim about now: a page that is not live has none.
function grey() {
  const stale = document.querySelector("#live.warn") !== null;
  document.getElementById("main").classList.toggle("stale", stale);
}

function found() {
  heard = Date.now();
  tries = 0;
  clearTimeout(lostTimer);
  lostTimer = 0;
  document.getElementById("lost")?.remove();
  const live = document.getElementById("live");
  if (pill && live) live.replaceWith(pill);
  pill = null;
  grey();
}

function lost() {
  if (lostTimer) return;
  const { reconnecting, asOf } = document.getElementById("stream")?.dataset || {};
  // What is shown was older than the stream.
  const said = Date.parse(document.querySelector("#live time")?.dateTime) || 0;
  lostTimer = setTimeout(() => {
    show("busy", "busy", reconnecting, said);
    lostTimer = setTimeout(() => {
      if (!said) tell(heard);
      show("warn", "warn", asOf, said || heard);
    }, 4000);
  }, 2000);
}

function close() {
  clearTimeout(againTimer);
  source?.close();
  source = null;
}

// Not answered as a stream: signed out, no longer allowed, gone, or the console is down. The page itself knows.
async function again() {
  close();
  lost();
  tries += 1;
  const wait = Math.random() * Math.min(10000, 1000 * 2 ** tries) + 500;
  try {
    const page = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
    if (page.type === "opaqueredirect" || [401, 403, 404].includes(page.status)) {
      location.reload();
      return;
    }
  } catch { /* down: try later */ }
  againTimer = setTimeout(open, wait);
}

function receive(event) {
  const pieces = JSON.parse(event.data);
  found();
  for (const [id, content] of Object.entries(pieces)) berth.put(id, content);
  grey();
  document.dispatchEvent(new CustomEvent("berth:changed", { detail: Object.keys(pieces) }));
}

function open() {
  close();
  const mine = (source = new EventSource(address));
  mine.addEventListener("message", receive);
  mine.addEventListener("ping", found);
  mine.addEventListener("gone", () => { close(); location.reload(); });
  mine.addEventListener("later", again);
  mine.addEventListener("error", () => (mine.readyState === EventSource.CLOSED ? again() : lost()));
}

// Opens the stream the page names; called again after a swap that may have brought another page.
function watch() {
  const holder = document.querySelector("[sse-connect]");
  const wanted = holder ? holder.getAttribute("sse-connect") : "";
  if (wanted === address && (source || !wanted)) return;
  close();
  address = wanted;
  if (!address) return;
  heard = Date.now();
  open();
}

// Half-open connections tell nobody: the server speaks at least every 15 s.
setInterval(() => {
  if (source && Date.now() - heard > 40000) again();
}, 5000);

// A hidden page needs no stream, and browsers allow few connections to one server.
let asleep = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(asleep);
  if (document.hidden) asleep = setTimeout(close, 5000);
  else if (address && !source) open();
});
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => event.persisted && address && open());
document.addEventListener("htmx:afterSettle", watch);
watch();
