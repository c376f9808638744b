// Ace over a textarea: <div data-editor> holds it. The textarea stays the form's field and always has the whole text;
// each document of it (between lines "---") has a tab and an Ace session of its own. Problems, completion and
// layout come from the server, where data-problems-url, -complete-url and -format-url say so. Lines of problems count in
// the whole text. Nothing here knows what is right: without an answer the page says that nothing was checked.
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

// What stands in the way, and what only deserves a look: never one number.
function tally(problems) {
  const warn = problems.filter(({ state }) => state === "warn").length;
  return { bad: problems.length - warn, warn };
}

// 422 is an answer: the text has problems. Anything else but 200 (a sign-in page, too) is none.
async function ask(url, fields, signal) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const headers = { "X-CSRFToken": token?.value ?? "", Accept: "application/json" };
  const answer = await fetch(url, { method: "POST", redirect: "manual", headers, body, signal });
  if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
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
    if (this.words.problemsUrl) this.check();
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
    if (this.words.problemsUrl) await this.check();
    else this.tabsAgain();
  }

  // What the server says about the text; an older question is dropped. Without an answer nothing is claimed.
  async check() {
    const text = this.area.value;
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const fields = { text, service: this.words.service ?? "" };
      const { problems, checked, whole } = await ask(this.words.problemsUrl, fields, this.asking.signal);
      if (text !== this.area.value) return;
      this.problems = problems;
      this.foot("checked", checked && `${checked}, ${new Date().toLocaleTimeString("sv")}`, whole ? "" : "warn");
      this.listAgain();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.foot("checked", this.words.unchecked, "warn");
    }
    this.show();
  }

  foot(name, words, state = "") {
    const place = this.holder.querySelector(`[data-foot=${name}]`);
    if (!place) return;
    place.textContent = words;
    place.className = state;
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
        if (/^(line|word)-/.test(marker.clazz)) session.removeMarker(marker.id);
      }
      const mine = this.of(index);
      session.setAnnotations(mine.map(({ row, column, state, sentence }) => (
        { row, column: Math.max(0, column - 1), text: sentence, type: state === "warn" ? "warning" : "error" }
      )));
      for (const { row, column, state } of mine) {
        session.addMarker(new Range(row, 0, row, 1), `line-${state || "bad"}`, "fullLine");
        const word = /^[^\s:,{}[\]]+/.exec(session.getLine(row).slice(Math.max(0, column - 1)))?.[0].length ?? 0;
        if (word) session.addMarker(new Range(row, column - 1, row, column - 1 + word), `word-${state || "bad"}`, "text");
      }
    }
  }

  tabsAgain() {
    this.holder.parentElement.querySelector("[data-do=download]").hidden = this.documents.length < 2;
    if (!this.tabs) return;
    this.tabs.replaceChildren(...this.documents.map((each, index) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = title(each.session.getValue()) || `${this.words.document} ${index + 1}`;
      if (index === this.at) tab.setAttribute("aria-current", "true");
      const wrong = this.of(index);
      for (const [state, count] of Object.entries(tally(wrong))) {
        if (!count) continue;
        const said = Object.assign(document.createElement("span"), { className: "sr", textContent: this.counted(state, count) });
        const shown = Object.assign(document.createElement("small"), { className: state, textContent: count, ariaHidden: "true" });
        tab.append(" ", shown, said);
      }
      tab.addEventListener("click", () => { this.open(index); this.ace.focus(); });
      return tab;
    }));
  }

  listAgain() {
    const section = this.list.closest("section");
    const pattern = this.list.parentElement.querySelector("template").content;
    this.list.replaceChildren(...this.problems.map(({ line, column, state, sentence }) => {
      const item = pattern.querySelector(`.${state === "warn" ? "warn" : "bad"}`).cloneNode(true);
      if (line) {
        Object.assign(item.dataset, { line, column });
        item.querySelector("a").append(String(line));
      } else item.querySelector("a").replaceWith(document.createElement("i"));
      item.querySelector("span").textContent = sentence;
      return item;
    }));
    section.hidden = !this.problems.length;
    const counts = tally(this.problems);
    const total = section.querySelector("[data-total]");
    const before = total.textContent;
    const found = Object.entries(counts).filter(([, count]) => count);
    total.textContent = found.map(([state, count]) => this.counted(state, count)).join(", ");
    section.querySelector("h2").textContent = section.dataset[counts.bad || !counts.warn ? "bad" : "warn"];
    if (before !== total.textContent) berth.say(total.textContent || this.counted("bad", 0));
  }

  // "2 problems", "1 warning"
  counted(state, count) {
    const words = this.list.closest("section").dataset;
    return count === 1 ? words[`${state}One`] : words[`${state}Many`].replace("0", count);
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
    this.put(await file.text(), `${this.words.loaded} ${file.name}`);
  }

  // Another text in the place of this one, which can be had back.
  put(text, said) {
    this.before = this.area.value;
    this.load(text);
    this.changed();
    this.ace.focus();
    this.foot("replaced", said);
    this.holder.querySelector("[data-do=back]").hidden = !this.before.trim() || this.before === this.area.value;
    berth.say(said);
  }

  takeBack() {
    this.load(this.before);
    this.changed();
    this.ace.focus();
    this.foot("replaced", "");
    this.holder.querySelector("[data-do=back]").hidden = true;
  }

  save(text, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  saveOne() {
    if (this.documents.length < 2) {
      this.save(this.area.value, this.words.filename || "manifests.yaml");
      return;
    }
    const text = this.documents[this.at].session.getValue();
    this.save(text, `${title(text).toLowerCase().replaceAll(" ", "-") || `${this.words.document}-${this.at + 1}`}.yaml`);
  }

  async format() {
    try {
      const { text, said, problems } = await ask(this.words.formatUrl, { text: this.area.value });
      if (text !== undefined) {
        this.put(text, said);
        return;
      }
      this.problems = problems;
      this.listAgain();
      this.show();
      this.jump(problems[0].line, problems[0].column);
    } catch { berth.toast(this.words.unchecked, "warn"); }
  }

  listen() {
    const tools = this.holder.parentElement;
    const acts = {
      find: () => this.ace.execCommand("find"),
      download: () => this.save(this.area.value, this.words.filename || "manifests.yaml"),
      "download-one": () => this.saveOne(),
      back: () => this.takeBack(),
      format: () => this.format(),
      add: () => { this.load(`${this.area.value.replace(/\n?$/, "\n")}---\n`); this.open(this.documents.length - 1); this.ace.focus(); },
    };
    tools.addEventListener("click", (event) => acts[event.target.closest("[data-do]")?.dataset.do]?.());
    tools.querySelector("input[type=file]")?.addEventListener("change", async (event) => {
      await this.take(event.target.files[0]);
      event.target.value = "";
    });
    for (const name of ["dragover", "dragleave", "drop"]) {
      this.holder.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files") || "readonly" in this.words) return;
        event.preventDefault();
        event.stopPropagation(); // Ace would insert it
        this.holder.classList.toggle("dropping", name === "dragover");
        if (name === "drop") this.take(event.dataTransfer.files[0]);
      }, true);
    }
    for (const place of [this.list.closest("section"), document.querySelector("[data-jumps]")]) {
      place?.addEventListener("click", (event) => {
        const item = event.target.closest("a") && event.target.closest("li[data-line]");
        if (!item) return;
        event.preventDefault();
        this.jump(Number(item.dataset.line), Number(item.dataset.column));
      });
    }
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
      this.ace.setOptions({ enableLiveAutocompletion: true, enableBasicAutocompletion: true, liveAutocompletionDelay: 150 });
      this.ace.completers = [{
        identifierRegexps: [/[\w.\-/]/],
        getCompletions: async (editor, session, position, prefix, answer) => {
          try {
            answer(null, await this.offers(session, position));
          } catch { answer(null, []); }
        },
        onInsert: (editor, { value }) => { if (value.endsWith(": ")) editor.execCommand("startAutocomplete"); },
      }];
    });
  }

  // What can stand here: only this document is asked about, and a colon that stands there already is not written again.
  async offers(session, { row, column }) {
    const { items, known } = await ask(this.words.completeUrl, { text: session.getValue(), line: row + 1, column: column + 1 });
    if (!known) this.foot("checked", this.words.unchecked, "warn");
    const colon = /^[\w.-]*:/.test(session.getLine(row).slice(column));
    return items.map(({ name, insert, kind, about, required }, at) => ({
      caption: name,
      value: colon ? insert.replace(/:\s*$/, "") : insert,
      meta: [kind, required && this.words.required].filter(Boolean).join(", "),
      docText: about,
      score: items.length - at,
    }));
  }
}

for (const holder of document.querySelectorAll("[data-editor]")) holder.editor = new Editor(holder);
