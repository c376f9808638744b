// A field for several people, <input data-people="id of a datalist">: who was chosen is a chip before it, and what is
// typed after the last of them is completed from the list. What is sent is one text with commas, as without a script.
// The keys are those of a combobox: arrows, Enter takes, Escape closes; Backspace in the empty field takes the last out.
const MOST = 8;

class People {
  constructor(input) {
    this.input = input;
    const known = document.getElementById(input.dataset.people);
    this.known = [...known.options].map(({ value, text }) => ({ name: value, about: text.trim() }));
    this.pattern = known.parentElement.querySelector("template");
    this.chosen = [];
    this.required = input.required;
    this.build();
    this.split(true);
    input.addEventListener("input", () => {
      this.split();
      this.write();
      if (input.value.trim()) this.suggest();
      else this.close();
    });
    input.addEventListener("click", () => this.suggest());
    input.addEventListener("keydown", (event) => this.steer(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", ({ target }) => this.take(target.closest("[role=option]")));
    this.box.addEventListener("click", ({ target }) => {
      const button = target.closest(".tag > button");
      if (button) this.remove([...this.box.querySelectorAll(".tag")].indexOf(button.parentElement));
      if (target === this.box) input.focus();
    });
  }

  build() {
    const { input } = this;
    const focused = document.activeElement === input;
    this.box = Object.assign(document.createElement("div"), { className: "people" });
    this.list = Object.assign(document.createElement("ul"), { className: "suggest", id: `${input.id}_list`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.labels[0]?.textContent.trim() ?? "");
    this.sent = Object.assign(document.createElement("input"), { type: "hidden", name: input.name });
    input.removeAttribute("name");
    input.removeAttribute("list");
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) input.setAttribute(name, value);
    input.before(this.box);
    this.box.append(input, this.list, this.sent);
    if (focused) input.focus();
  }

  // What stands before a comma is chosen. At first only who is known: anything else stays text, to be put right.
  split(first = false) {
    const { input } = this;
    if (!first && !/[,;]/.test(input.value)) return;
    const parts = input.value.split(first ? /[\s,;]+/ : /[,;]+/);
    const rest = first ? "" : parts.pop().trimStart();
    const names = parts.flatMap((part) => part.split(/\s+/)).filter(Boolean);
    const kept = first ? names.filter((name) => !this.find(name)) : [];
    for (const name of names) if (!kept.includes(name)) this.add(this.find(name)?.name ?? name);
    input.value = first ? kept.join(", ") : rest;
    this.write();
  }

  find(name) {
    return this.known.find((person) => person.name.toLowerCase() === name.toLowerCase());
  }

  write() {
    this.input.required = this.required && !this.chosen.length;
    this.sent.value = [...this.chosen, this.input.value.trim()].filter(Boolean).join(", ");
  }

  add(name) {
    if (this.chosen.some((one) => one.toLowerCase() === name.toLowerCase())) return;
    const chip = this.pattern.content.firstElementChild.cloneNode(true);
    const [words, about] = chip.querySelectorAll("span, small");
    words.textContent = name;
    about.textContent = this.find(name)?.about ?? "";
    const button = chip.querySelector("button");
    button.ariaLabel = `${button.ariaLabel} ${name}`;
    this.input.before(chip);
    this.chosen.push(name);
  }

  remove(at) {
    if (at < 0) return;
    this.chosen.splice(at, 1);
    this.box.querySelectorAll(".tag")[at].remove();
    this.input.focus();
    this.changed();
  }

  changed() {
    this.write();
    this.input.dispatchEvent(new Event("input", { bubbles: true })); // what follows what is typed
  }

  take(option) {
    if (!option) return;
    this.input.value = "";
    this.add(option.dataset.name);
    this.changed();
  }

  matches() {
    const typed = this.input.value.trim().toLowerCase();
    const free = this.known.filter(({ name }) => !this.chosen.includes(name));
    return free.filter(({ name, about }) => name.toLowerCase().includes(typed)
      || about.toLowerCase().split(/[\s,]+/).some((word) => word.startsWith(typed))).slice(0, MOST);
  }

  suggest() {
    const found = this.matches();
    if (!found.length) { this.close(); return; }
    this.list.replaceChildren(...found.map(({ name, about }, at) => {
      const item = Object.assign(document.createElement("li"), { id: `${this.list.id}_${at}`, role: "option" });
      item.dataset.name = name;
      item.append(Object.assign(document.createElement("span"), { textContent: name }), " ", Object.assign(document.createElement("small"), { textContent: about }));
      return item;
    }));
    this.list.hidden = false;
    this.input.ariaExpanded = "true";
    this.point(this.input.value.trim() ? this.list.firstElementChild : null); // the first is taken by Enter
  }

  point(option) {
    for (const item of this.list.children) item.ariaSelected = String(item === option);
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.list.hidden = true;
    this.input.ariaExpanded = "false";
    this.point(null);
  }

  steer(event) {
    const options = this.list.hidden ? [] : [...this.list.children];
    const at = options.findIndex((item) => item.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (step) {
      event.preventDefault();
      if (!options.length) this.suggest();
      else this.point(options[(at + step + options.length + (at < 0 && step < 0)) % options.length]);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      this.take(options[at]);
    } else if (event.key === "Escape" && options.length) {
      event.stopPropagation(); // the dialog stays
      this.close();
    } else if (event.key === "Backspace" && !this.input.value) this.remove(this.chosen.length - 1);
  }
}

const begin = () => { for (const input of document.querySelectorAll("input[data-people][name]")) new People(input); };
document.addEventListener("htmx:afterSettle", begin);
begin();
