// The palette: the search over everything in a dialog. Its results come from the server; what was opened lately is known
// to this browser only: it is forgotten on signing out, and on each page for signing in, so that nobody sees another's.
const RECENT = "berth-recent";
const MOST = 8;
const SHOWN = 3;
const pattern = document.getElementById("palette-pattern");
let palette = null;
let input = null;
let list = null;

const recent = {
  all() {
    try {
      const kept = JSON.parse(localStorage.getItem(RECENT));
      return Array.isArray(kept) ? kept.filter((one) => typeof one?.url === "string" && one.url.startsWith("/projects/")) : [];
    } catch {
      return [];
    }
  },
  keep(entries) {
    try {
      localStorage.setItem(RECENT, JSON.stringify(entries.slice(0, MOST)));
    } catch { /* a browser that keeps nothing has no recents */ }
  },
  forget() {
    try {
      localStorage.removeItem(RECENT);
    } catch { /* nothing is kept */ }
  },
};

// The page of a Service, a workload or a pod says in its address what it is.
function note() {
  const thing = location.pathname.match(/^\/projects\/([^/]+)\/(?:(service|pod)|(workload)\/[^/]+)\/([^/]+)\//);
  if (!thing || document.querySelector("main[data-error]")) return;
  const entry = { url: thing[0], project: decodeURIComponent(thing[1]), icon: `${thing[2] || thing[3]}s`, name: decodeURIComponent(thing[4]) };
  recent.keep([entry, ...recent.all().filter((one) => one.url !== entry.url)]);
}

const options = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

// What was opened lately and has the words, above the results; a result that is there already moves up, with its state.
function putRecent() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const entries = recent.all().filter((one) => one.url !== location.pathname && words.every((word) => `${one.name} ${one.project}`.toLowerCase().includes(word)));
  if (!entries.length) return;
  const part = document.getElementById("palette-recent").content.cloneNode(true);
  const group = part.querySelector("ul");
  const shape = group.firstElementChild;
  shape.remove();
  for (const one of entries.slice(0, words.length ? SHOWN : MOST)) {
    const known = options().find((option) => option.getAttribute("href") === one.url)?.closest("li");
    if (known) {
      group.append(known);
      continue;
    }
    const item = shape.cloneNode(true);
    item.firstElementChild.href = one.url;
    item.querySelector("span > span").textContent = one.name;
    item.querySelector("small").textContent = one.project;
    const use = item.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${["services", "workloads", "pods"].includes(one.icon) ? one.icon : "file"}`));
    group.append(item);
  }
  list.prepend(part);
}

// What is called as was typed stands first, above what was opened lately: Enter opens it.
function putExact() {
  const named = (option) => [...(option.querySelector("span")?.childNodes || [])].filter((node) => node.nodeName !== "SMALL").map((node) => node.textContent).join("").trim().toLowerCase();
  const typed = list.dataset.q.trim().toLowerCase();
  const exact = options().filter((option) => option.href && named(option) === typed);
  if (!exact.length) return;
  const pattern = document.getElementById("palette-recent"); // the same shape with other words
  const part = pattern.content.cloneNode(true);
  const [head, group] = part.children;
  head.textContent = pattern.dataset.exact;
  head.id = "found-exact";
  group.setAttribute("aria-labelledby", head.id);
  group.replaceChildren(...exact.map((option) => option.closest("li")));
  list.prepend(part);
}

// What can be done on the page below: the buttons of its head and its menu More, in which only what one may do is a link.
function putActions() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const title = document.querySelector("header.head h1")?.textContent.toLowerCase() || "";
  const links = new Map([...document.querySelectorAll("header.head .acts a[href]")].map((link) => [link.href, link]));
  const fits = (label) => words.every((word) => `${label} ${title}`.includes(word)) && (!words.length || words.some((word) => label.includes(word)));
  const known = new Set(options().map((option) => option.href));
  const wanted = [...links.values()].filter((link) => !known.has(link.href) && fits(link.textContent.toLowerCase()));
  if (!wanted.length) return;
  const part = document.getElementById("palette-page").content.cloneNode(true);
  const group = part.querySelector("ul");
  const shape = group.firstElementChild;
  group.replaceChildren(...wanted.map((link) => {
    const item = shape.cloneNode(true);
    item.firstElementChild.href = link.href;
    item.querySelector("span").textContent = link.textContent.trim();
    const icon = link.querySelector("use")?.getAttribute("href");
    if (icon) item.querySelector("use").setAttribute("href", icon);
    return item;
  }));
  list.prepend(part);
}

function arrived({ detail }) {
  list.dataset.q = detail.requestConfig.parameters.q; // not what is typed by now: Enter opens a result of just that
  putRecent();
  putActions();
  putExact();
  for (const group of list.querySelectorAll("[role=group]")) {
    const [head, rest] = [group.previousElementSibling, group.querySelectorAll("li").length];
    const count = head?.querySelector("span");
    if (count && !group.querySelector("[href*='&kind=']")) count.textContent = rest; // some may stand above by now
    if (rest) continue;
    head?.remove();
    group.remove();
  }
  options().forEach((option, at) => { option.id = `option-${at}`; });
  input.setAttribute("aria-expanded", String(options().length > 0));
  choose(options()[0]);
  list.scrollTop = 0;
}

// It comes into the page when it is first opened.
function make() {
  document.body.append(pattern.content.cloneNode(true));
  palette = document.getElementById("palette");
  input = document.getElementById("palette-q");
  list = document.getElementById("palette-results");
  htmx.process(palette);
  list.addEventListener("htmx:afterSwap", arrived);
  list.addEventListener("mousemove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen()) choose(option);
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette || event.target.closest("[data-leave]")) palette.close();
  });
  palette.addEventListener("submit", (event) => event.target.matches("[data-theme-form]") && palette.close());
  palette.addEventListener("close", () => {
    htmx.trigger(input, "htmx:abort");
    list.replaceChildren();
    delete list.dataset.q;
    choose(null);
    input.setAttribute("aria-expanded", "false");
  });
  input.addEventListener("keydown", steer);
}

function steer(event) {
  const all = options();
  const at = all.indexOf(chosen());
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length) {
    event.preventDefault();
    choose(all[(at + step + all.length) % all.length]);
  } else if (event.key === "Enter" && !event.isComposing && all[at] && list.dataset.q === input.value) {
    event.preventDefault(); // else the page of the search is opened: these are not the results for what is typed
    all[at].click();
  }
}

function open(typed = "") {
  if (document.querySelector(".scrim, dialog[open]")) return false;
  if (!palette) make();
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  palette.showModal();
  input.value = typed;
  input.focus();
  htmx.trigger(input, "look");
  return true;
}

if (pattern) {
  berth.search = open;
  for (const opener of document.querySelectorAll(".topbar [data-palette]")) {
    opener.addEventListener("click", (event) => {
      if (!event.ctrlKey && !event.metaKey && open(opener.value)) event.preventDefault();
    });
    opener.addEventListener("input", () => { if (open(opener.value)) opener.value = ""; });
  }
  note();
}
if (document.body.matches(".door")) recent.forget();
document.addEventListener("submit", (event) => event.target.action?.endsWith?.("/signout/") && recent.forget());
