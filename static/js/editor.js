// Ace over a textarea: <div data-editor> holds it. The textarea stays the form's field and always has the whole text;
// each document of it (between lines "---") has a tab and an Ace session of its own. Problems and completion come from the
// server, where data-problems-url and data-complete-url say so; lines in them count in the whole text.
const LIMIT = 1000000;
const { Range } = ace.require("ace/range");
const { EditSession } = ace.require("ace/edit_session");
const { UndoManager } = ace.require("ace/undomanager");
ace.config.set("useStrictCSP", true);
ace.config.set("loadWorkerFromBlob", false);

// [{ head: the separator line, body }]: joined again they are the text, byte for byte.
function split(text) {
  const documents = [];
  let at = 0;
  for (const mark of text.matchAll(/^---(?:[ \t].*)?(?:\n|$)/gm)) {
    if (mark.index > at || documents.length) documents.push({ body: text.slice(at, mark.index) });
    at = mark.index + mark[0].length;
    (documents.next ??= []).push(mark[0]);
  }
  documents.push({ body: text.slice(at) });
  const heads = documents.next ?? [];
  const skipped = heads.length === documents.length ? 0 : 1;
  documents.forEach((each, index) => { each.head = heads[index - skipped] ?? ""; });
  return documents;
}

const lines = (text) => text.split("\n").length - 1;

function title(body) {
  const kind = /^kind:[ \t]*["']?([\w.-]+)/m.exec(body)?.[1];
  const name = /^metadata:[ \t]*\n(?:[ \t]+.*\n)*?[ \t]+name:[ \t]*["']?([\w.-]+)/m.exec(body)?.[1];
  return [kind, name].filter(Boolean).join(" ");
}

async function ask(url, fields) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  const answer = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token?.value ?? "", Accept: "application/json" },
    body: new URLSearchParams(fields),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

class Editor {
  constructor(holder) {
    this.holder = holder;
    this.words = holder.dataset;
    this.area = holder.querySelector("textarea");
    this.tabs = holder.parentElement.querySelector("[data-tabs]");
    this.list = document.getElementById(this.words.list);
    this.problems = [...this.list.querySelectorAll("li[data-line]")].map((item) => ({
      line: Number(item.dataset.line),
      column: Number(item.dataset.column),
      state: item.dataset.state,
      sentence: item.dataset.sentence,
    }));
    ace.config.set("basePath", this.words.ace);
    this.place = document.createElement("div");
    this.area.before(this.place);
    this.area.classList.add("sr");
    this.area.tabIndex = -1;
    this.area.setAttribute("aria-hidden", "true");
    this.ace = ace.edit(this.place, this.options());
    this.ace.commands.addCommand({ name: "send", bindKey: "Ctrl-Enter", exec: () => this.area.form?.requestSubmit() });
    this.ace.commands.removeCommand("showSettingsMenu");
    this.load(this.area.value);
    this.original = this.area.value;
    this.listen();
    if (this.words.completeUrl) this.complete();
  }

  options() {
    return {
      readOnly: "readonly" in this.words,
      minLines: 14,
      maxLines: Math.max(18, Math.floor((innerHeight - 330) / 20)),
      showPrintMargin: false,
      useSoftTabs: true,
      tabSize: 2,
      scrollPastEnd: 0,
      fixedWidthGutter: true,
      enableKeyboardAccessibility: true,
      textInputAriaLabel: this.words.label,
    };
  }

  load(text) {
    const cursor = this.at ?? 0;
    this.documents = split(text.replace(/\r\n?/g, "\n"));
    for (const each of this.documents) {
      each.session = new EditSession(each.body);
      each.session.setUndoManager(new UndoManager());
      each.session.setOptions({ useWorker: false, useSoftTabs: true, tabSize: 2, mode: "ace/mode/yaml" });
      each.session.on("change", () => this.changed());
    }
    this.open(Math.min(cursor, this.documents.length - 1));
    this.area.value = this.text();
  }

  text() {
    return this.documents.map((each) => each.head + each.session.getValue()).join("");
  }

  // Lines before each document in the whole text.
  offsets() {
    let before = 0;
    return this.documents.map((each) => {
      before += lines(each.head);
      const mine = before;
      before += lines(each.session.getValue());
      return mine;
    });
  }

  open(index) {
    this.at = index;
    this.ace.setSession(this.documents[index].session);
    this.show();
  }

  changed() {
    this.area.value = this.text();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), 600);
    this.foot("state", this.area.value === this.original ? "" : this.words.unsaved);
  }

  // After typing paused: a new "---" makes a new tab, and the server is asked what it thinks.
  async settle() {
    if (this.documents.some((each) => /^---/m.test(each.session.getValue()))) {
      const where = this.ace.getCursorPosition();
      const line = this.offsets()[this.at] + where.row + 1;
      this.load(this.area.value);
      this.jump(line, where.column + 1);
    }
    if (!this.words.problemsUrl) {
      this.tabsAgain();
      return;
    }
    const text = this.area.value;
    try {
      const { problems, checked } = await ask(this.words.problemsUrl, { text });
      if (text !== this.area.value) return;
      this.problems = problems;
      this.foot("checked", checked ? `${this.words.checked} ${checked}` : "");
      this.listAgain();
    } catch {
      this.foot("checked", this.words.unchecked);
    }
    this.show();
  }

  foot(name, words) {
    const place = this.holder.querySelector(`[data-foot=${name}]`);
    if (place) place.textContent = words;
  }

  of(index) {
    const offsets = this.offsets();
    const [from, to] = [offsets[index], offsets[index + 1] ?? Infinity];
    return this.problems.filter(({ line }) => line > from && line <= to).map((each) => ({ ...each, row: each.line - from - 1 }));
  }

  show() {
    this.tabsAgain();
    const offsets = this.offsets();
    for (const [index, { session }] of this.documents.entries()) {
      session.setOption("firstLineNumber", offsets[index] + 1); // as the server counts
      for (const marker of Object.values(session.getMarkers(false))) {
        if (marker.clazz.startsWith("line-")) session.removeMarker(marker.id);
      }
      const mine = this.of(index);
      session.setAnnotations(mine.map(({ row, column, state, sentence }) => (
        { row, column: Math.max(0, column - 1), text: sentence, type: state === "warn" ? "warning" : "error" }
      )));
      for (const { row, state } of mine) session.addMarker(new Range(row, 0, row, 1), `line-${state || "bad"}`, "fullLine");
    }
  }

  tabsAgain() {
    if (!this.tabs) return;
    this.tabs.replaceChildren(...this.documents.map((each, index) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = title(each.session.getValue()) || `${this.words.document} ${index + 1}`;
      if (index === this.at) tab.setAttribute("aria-current", "true");
      const wrong = this.of(index).length;
      if (wrong) tab.append(Object.assign(document.createElement("small"), { className: "bad", textContent: ` ${wrong}` }));
      tab.addEventListener("click", () => { this.open(index); this.ace.focus(); });
      return tab;
    }));
  }

  listAgain() {
    const section = this.list.closest("section");
    const pattern = this.list.parentElement.querySelector("template").content;
    this.list.replaceChildren(...this.problems.map(({ line, column, state, sentence }) => {
      const item = pattern.querySelector(`.${state === "warn" ? "warn" : "bad"}`).cloneNode(true);
      Object.assign(item.dataset, { line, column });
      item.querySelector("a").append(String(line));
      item.querySelector("span").textContent = sentence;
      return item;
    }));
    section.hidden = !this.problems.length;
    section.querySelector("[data-total]").textContent = this.problems.length || "";
  }

  jump(line, column) {
    const offsets = this.offsets();
    const index = Math.max(0, offsets.findLastIndex((offset) => offset < line));
    if (index !== this.at) this.open(index);
    this.ace.gotoLine(line - offsets[index], Math.max(0, column - 1), true);
    this.ace.focus();
  }

  async take(file) {
    if (!file) return;
    if (file.size > LIMIT) {
      berth.toast(this.words.tooLarge, "bad");
      return;
    }
    this.load(await file.text());
    this.changed();
    this.ace.focus();
  }

  save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.area.value], { type: "application/yaml" }));
    link.download = this.words.filename || "manifests.yaml";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  async format() {
    try {
      const { text } = await ask(this.words.formatUrl, { text: this.area.value });
      if (text) { this.load(text); this.changed(); }
    } catch { berth.toast(this.words.unchecked, "warn"); }
  }

  listen() {
    const tools = this.holder.parentElement;
    const acts = {
      find: () => this.ace.execCommand("find"),
      copy: () => navigator.clipboard?.writeText(this.area.value).then(() => berth.toast(berth.words.copied)),
      download: () => this.save(),
      format: () => this.format(),
      add: () => { this.load(`${this.area.value.replace(/\n?$/, "\n")}---\n`); this.open(this.documents.length - 1); this.ace.focus(); },
    };
    tools.addEventListener("click", (event) => acts[event.target.closest("[data-do]")?.dataset.do]?.());
    tools.querySelector("input[type=file]")?.addEventListener("change", async (event) => {
      await this.take(event.target.files[0]);
      event.target.value = "";
    });
    for (const name of ["dragover", "drop"]) {
      this.holder.addEventListener(name, (event) => {
        if (!event.dataTransfer.types.includes("Files") || "readonly" in this.words) return;
        event.preventDefault();
        if (name === "drop") this.take(event.dataTransfer.files[0]);
      });
    }
    this.list.closest("section").addEventListener("click", (event) => {
      const item = event.target.closest("a") && event.target.closest("li[data-line]");
      if (!item) return;
      event.preventDefault();
      this.jump(Number(item.dataset.line), Number(item.dataset.column));
    });
    this.ace.selection.on("changeCursor", () => this.cursor());
    this.ace.on("changeSession", () => { this.ace.selection.on("changeCursor", () => this.cursor()); this.cursor(); });
    this.cursor();
    this.area.form?.addEventListener("submit", () => { this.sent = true; });
    window.addEventListener("beforeunload", (event) => {
      if (!this.sent && this.area.value !== this.original && !("readonly" in this.words)) event.preventDefault();
    });
  }

  cursor() {
    const { row, column } = this.ace.getCursorPosition();
    const line = this.offsets()[this.at] + row + 1;
    this.foot("cursor", this.words.position.replace(/1|0/g, (digit) => (digit === "1" ? line : column + 1)));
  }

  complete() {
    ace.config.loadModule("ace/ext/language_tools", () => {
      this.ace.setOptions({ enableLiveAutocompletion: true, enableBasicAutocompletion: true });
      this.ace.completers = [{
        identifierRegexps: [/[\w.\-/]/],
        getCompletions: async (editor, session, { row, column }, prefix, answer) => {
          try {
            const line = this.offsets()[this.at] + row + 1;
            const { items } = await ask(this.words.completeUrl, { text: this.area.value, line, column: column + 1 });
            answer(null, items.map(({ value, kind, about }) => ({ caption: value, value, meta: kind, docText: about })));
          } catch { answer(null, []); }
        },
      }];
    });
  }
}

for (const holder of document.querySelectorAll("[data-editor]")) holder.editor = new Editor(holder);
