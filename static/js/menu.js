// One menu open at a time; Escape and a click elsewhere close it; arrows move in it; it turns where there is room.
const items = (menu) => [...menu.querySelectorAll("li :is(a, button, input, [aria-disabled])")].filter((item) => item.offsetParent);

// The menus of rows are alike: <template id="menu-of"> is put in when one is opened. Its addresses begin at the link of the row.
function fill(menu) {
  const pattern = document.getElementById("menu-of");
  const list = menu.querySelector("ul");
  const link = menu.closest("tr")?.querySelector("a.name");
  if (!pattern || !link || !list || list.childElementCount) return;
  list.replaceChildren(pattern.content.cloneNode(true));
  list.dataset.filled = "";
  for (const entry of list.querySelectorAll("a")) entry.setAttribute("href", link.getAttribute("href") + entry.getAttribute("href"));
}

function place(menu) {
  const panel = menu.querySelector(":scope > :not(summary)");
  menu.classList.remove("up");
  const box = panel.getBoundingClientRect();
  const top = menu.getBoundingClientRect().top;
  const foot = document.querySelector(".footbar:not([hidden])")?.getBoundingClientRect().top ?? innerHeight;
  menu.classList.toggle("up", box.bottom > Math.min(foot, innerHeight) && top - box.height > 48);
  if (box.right > innerWidth) menu.classList.add("end");
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("details.menu")) return;
  if (!menu.open) return;
  fill(menu);
  for (const other of document.querySelectorAll("details.menu[open]")) {
    if (other !== menu && !other.contains(menu)) other.open = false;
  }
  place(menu);
  menu.querySelector("input[type=search]")?.focus();
}, true);

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  menu.open = true;
  const all = items(menu).filter((item) => item.tabIndex >= 0);
  const at = all.indexOf(document.activeElement);
  all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length]?.focus();
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// A place in the nav was chosen on a phone: the drawer is done.
document.addEventListener("click", (event) => {
  if (event.target.closest(".nav a")) document.querySelector(".nav:popover-open")?.hidePopover();
});
