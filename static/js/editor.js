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

// What stands in the way, and what only deserves a look: never one number.
function tally(problems) {
  const warn = problems.filter(({ state }) => state === "warn").length;
  return { bad: problems.length - warn, warn };
}

// The names and values in a sentence, in the order in which they stand in it, set as code.
function coded(sentence, codes) {
  const parts = [];
  let at = 0;
  for (const code of codes) {
    const start = code ? sentence.indexOf(code, at) : -1;
    if (start < 0) continue;
    parts.push(sentence.slice(at, start), Object.assign(document.createElement("code"), { textContent: code }));
    at = start + code.length;
  }
  return [...parts, sentence.slice(at)];
}

// Where on a line the word begins that another one can take the place of: a whole word, at or after the column.
function wordAt(text, column, word) {
  const [from, sign] = [Math.max(0, column - 1), word.replace(/[^\w\s]/g, "\\$&")];
  const match = word && new RegExp(`(^|[\\s:,{[])${sign}(?=$|[\\s:,}\\]])`).exec(text.slice(from));
  return match ? from + match.index + match[1].length : -1;
}

// How many lines a field takes: its own, and those below that are in it. 0 where it shares its line with another.
function heightOf(session, row) {
  const [, indent, key] = /^( *)([^\s#-][^:]*:(?=\s|$).*)$/.exec(session.getLine(row)) ?? [];
  if (key === undefined) return 0;
  let height = 1;
  for (let at = row + 1; at < session.getLength(); at += 1) {
    const [, inner, rest] = /^( *)(.*)$/.exec(session.getLine(at));
    const isInside = inner.length > indent.length || (inner.length === indent.length && /^-(\s|$)/.test(rest));
    if (rest && !isInside) break;
    if (rest) height = at - row + 1;
  }
  return height;
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
      detail: item.dataset.detail,
      removable: "removable" in item.dataset,
      codes: [...item.querySelectorAll("span > code:not(.quiet)")].map((code) => code.textContent),
    }));
    this.told = this.problems;
    this.drafted = Boolean(document.getElementById("kept"));
    ace.config.set("basePath", this.words.ace);
    this.place = document.createElement("div");
    this.area.before(this.place);
    this.area.classList.add("sr");
    this.area.tabIndex = -1;
    this.area.setAttribute("aria-hidden", "true");
    this.ace = ace.edit(this.place, this.options());
    this.ace.setOption("maxLines", this.room());
    const hint = this.holder.parentElement.querySelector(".hint");
    for (const part of [this.ace.renderer.scroller, this.ace.textInput.getElement()]) {
      if (hint) part.setAttribute("aria-describedby", hint.id);
    }
    this.ace.commands.addCommand({ name: "send", bindKey: "Ctrl-Enter", exec: () => this.area.form?.requestSubmit() });
    this.ace.commands.removeCommand("showSettingsMenu");
    this.load(this.area.value);
    this.original = this.area.value;
    this.listen();
    this.hold();
    this.holder.dataset.ready = ""; // from now on its tools do something
    if (this.words.completeUrl) completeIn(this);
    if (this.words.problemsUrl && !("quiet" in this.words)) this.check();
  }

  options() {
    return {
      readOnly: "readonly" in this.words,
      minLines: 14,
      maxLines: 14.5,
      showPrintMargin: false,
      useSoftTabs: true,
      tabSize: 2,
      scrollPastEnd: 0,
      fixedWidthGutter: true,
      enableKeyboardAccessibility: true,
      textInputAriaLabel: this.words.label,
    };
  }

  // As many lines as fit between what is above and below; half of one more shows that the text goes on.
  room() {
    const whole = this.holder.parentElement;
    const [top, foot] = [whole.getBoundingClientRect().top + scrollY, document.querySelector(".footbar")?.offsetHeight ?? 0];
    const height = innerHeight - top - (whole.offsetHeight - this.place.offsetHeight) - foot;
    return Math.max(18, Math.floor((height - 34) / 20)) + 0.5;
  }

  load(text) {
    const cursor = this.at ?? 0;
    this.documents = split(text.replace(/\r\n?/g, "\n")).map((each) => this.begin(each));
    this.open(Math.min(cursor, this.documents.length - 1));
    this.area.value = this.text();
    this.settled = this.area.value;
    this.cursor();
  }

  begin({ head, body }) {
    const session = new EditSession(body);
    session.setUndoManager(new UndoManager());
    session.setOptions({ useWorker: false, useSoftTabs: true, tabSize: 2, mode: "ace/mode/yaml" });
    session.on("change", () => this.changed());
    return { head, session };
  }

  written() {
    return this.documents.map(({ head, session }) => ({ head, body: session.getValue() }));
  }

  text() {
    return joined(this.written());
  }

  // Lines before each document in the whole text.
  offsets() {
    let before = 0;
    return pieces(this.written()).map(({ head, body }) => {
      const mine = before + lines(head);
      before = mine + lines(body);
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
    this.area.dispatchEvent(new Event("input", { bubbles: true })); // of a draft it is kept (draft.js)
    this.hold();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), 600);
    if (!this.drafted) this.foot("state", this.area.value === this.original ? "" : this.words.unsaved);
  }

  // After typing paused: a tab that holds several documents becomes several, and the server is asked what it thinks.
  async settle() {
    clearTimeout(this.timer);
    const found = this.written().map(parts);
    if (found.some(Boolean)) this.divide(found);
    this.settled = this.area.value;
    if (this.words.problemsUrl) await this.check();
    else this.tabsAgain();
  }

  // The other tabs keep what can be undone in them; of this one the text before the pause can be had back.
  divide(found) {
    const { row, column } = this.ace.getCursorPosition();
    const [line, height, count] = [this.offsets()[this.at] + row + 1, lines(this.area.value), this.documents.length];
    this.documents = this.documents.flatMap((each, at) => found[at]?.map((part) => this.begin(part)) ?? [each]);
    this.area.value = this.text();
    this.at = -1;
    this.go(Math.max(1, line - height + lines(this.area.value)), column + 1);
    if (this.documents.length > count) {
      this.offer(this.settled, this.words.divided.replace("0", this.documents.length));
    }
  }

  // What the server says about the text; an older question is dropped. Without an answer nothing is claimed.
  async check() {
    const text = this.area.value;
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const fields = { text, name: this.words.name ?? "", kind: this.words.kind ?? "" };
      const { problems, checked, whole } = await ask(this.words.problemsUrl, fields, this.asking.signal);
      if (text !== this.area.value) return;
      this.problems = text === this.original ? this.withTold(problems) : problems;
      this.unknown = false;
      this.foot("checked", checked && `${checked}, ${new Date().toLocaleTimeString("sv")}`, whole ? "" : "warn");
      this.listAgain();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.foot("checked", this.words.unchecked, "warn");
      this.unknown = true;
      this.hold();
    }
    this.show();
  }

  // What came with the page (the cluster may have refused it) is true until the text is another one.
  withTold(problems) {
    const more = problems.filter(({ line }) => !this.told.some((each) => each.line === line));
    const same = (told) => problems.find(({ line, sentence }) => line === told.line && sentence === told.sentence) ?? told;
    return [...this.told.map(same), ...more].sort((one, other) => one.line - other.line);
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
    for (const tool of this.holder.parentElement.querySelectorAll(".toolbar :is([data-several], [data-one])")) {
      tool.hidden = "several" in tool.dataset === this.documents.length < 2;
    }
    if (!this.tabs) return;
    const had = [...this.tabs.children].indexOf(document.activeElement); // drawn again, the focus stays
    this.tabs.replaceChildren(...this.documents.map((each, index) => {
      const tab = document.createElement("button");
      tab.type = "button";
      const named = title(each.session.getValue()) || `${this.words.document} ${index + 1}`;
      tab.append(Object.assign(document.createElement("span"), { className: "named", textContent: named }));
      if (index === this.at) tab.setAttribute("aria-current", "true");
      const wrong = this.of(index);
      for (const [state, count] of Object.entries(tally(wrong))) {
        if (!count) continue;
        const said = Object.assign(document.createElement("span"), { className: "sr", textContent: this.counted(state, count) });
        const shown = Object.assign(document.createElement("small"), { className: state, textContent: count, ariaHidden: "true" });
        const glyph = this.list.parentElement.querySelector("template").content.querySelector(`li.${state} svg`);
        if (glyph) shown.prepend(glyph.cloneNode(true));
        tab.append(" ", shown, said);
      }
      tab.addEventListener("click", () => { this.open(index); this.ace.focus(); });
      return tab;
    }));
    if (had >= 0) this.tabs.children[Math.min(had, this.documents.length - 1)].focus();
  }

  listAgain() {
    const section = this.list.closest("section");
    const pattern = this.list.parentElement.querySelector("template").content;
    const errorsFirst = this.problems.toSorted((one, other) => (one.state === "warn") - (other.state === "warn"));
    this.list.replaceChildren(...errorsFirst.map((problem) => {
      const { line, column, state, sentence, detail, codes = [], instead, excess } = problem;
      const item = pattern.querySelector(`.${state === "warn" ? "warn" : "bad"}`).cloneNode(true);
      if (line) {
        Object.assign(item.dataset, { line, column });
        item.querySelector("a").append(String(line));
      } else item.querySelector("a").replaceWith(document.createElement("i"));
      item.querySelector("span").replaceChildren(...coded(sentence, codes));
      if (detail) {
        item.querySelector("span").append(" ", Object.assign(document.createElement("code"), { className: "quiet", textContent: detail }));
      }
      const height = excess ? this.excess(problem)?.height : 0;
      if (height) {
        const button = pattern.querySelector("[data-delete]").cloneNode(true);
        const words = height > 1 ? button.dataset.many : button.dataset.one;
        button.textContent = words.replace(/[01]/g, (digit) => (digit === "0" ? line : line + height - 1));
        button.addEventListener("click", () => this.cut(problem));
        item.append(button);
      } else if (this.spot(problem)) {
        const button = pattern.querySelector("[data-change]").cloneNode(true);
        button.ariaLabel += instead;
        if (instead.length < 25) button.textContent = button.ariaLabel;
        button.addEventListener("click", () => this.change(problem));
        item.append(button);
      }
      return item;
    }));
    section.hidden = !this.problems.length;
    section.querySelector("[data-leave-out]").hidden = !this.problems.some(({ removable }) => removable);
    const counts = tally(this.problems);
    const total = section.querySelector("[data-total]");
    const before = total.textContent;
    const found = Object.entries(counts).filter(([, count]) => count);
    total.textContent = found.map(([state, count]) => this.counted(state, count)).join(", ");
    this.hold();
    // What was found pushes down what the page was asked for
    if (document.activeElement?.id === "difference") document.activeElement.scrollIntoView({ block: "nearest" });
    if (before !== total.textContent) berth.say(total.textContent || this.counted("bad", 0));
  }

  // What goes on is grey, with the reason beside it, while errors are known or nothing was changed. It can be pressed all
  // the same: the server decides, and knows more.
  hold() {
    const [{ bad }, base] = [tally(this.problems), this.area.form?.elements.base];
    const reason = document.querySelector("[data-errors]");
    if (!reason) return;
    const isSame = base && this.area.value.trimEnd() === base.value.trimEnd();
    reason.textContent = bad ? this.counted("bad", bad) : isSame ? reason.dataset.same : "";
    for (const button of [reason.closest(".acts").querySelector(".primary"), document.querySelector("#difference [value=save]")]) {
      button?.classList.toggle("held", isSame || (bad > 0 && !this.unknown));
      button?.setAttribute("aria-describedby", reason.id);
    }
  }

  // "2 errors", "1 warning"
  counted(state, count) {
    const words = this.list.closest("section").dataset;
    return count === 1 ? words[`${state}One`] : words[`${state}Many`].replace("0", count);
  }

  // Where the word stands that is to be changed; null where the text has another one by now.
  spot({ line, column, was }) {
    const offsets = this.offsets();
    const index = offsets.findLastIndex((offset) => offset < line);
    if (!was || index < 0 || "readonly" in this.words) return null;
    const [row, { session }] = [line - offsets[index] - 1, this.documents[index]];
    const [text, single] = [session.getLine(row) ?? "", was.replace(/^"(.*)"$/, "'$1'")];
    const start = Math.max(wordAt(text, column, was), wordAt(text, column, single));
    return start < 0 ? null : { session, range: new Range(row, start, row, start + was.length), start };
  }

  // The lines of a field that has no place here, where it has lines of its own.
  excess({ line }) {
    const offsets = this.offsets();
    const index = offsets.findLastIndex((offset) => offset < line);
    if (index < 0 || "readonly" in this.words) return null;
    const [row, { session }] = [line - offsets[index] - 1, this.documents[index]];
    return { session, row, height: heightOf(session, row) };
  }

  cut(problem) {
    const { session, row, height } = this.excess(problem);
    if (!height) return;
    session.remove(new Range(row, 0, row + height, 0));
    this.jump(problem.line, 1);
    this.settle();
  }

  change(problem) {
    const spot = this.spot(problem);
    if (!spot) return;
    spot.session.replace(spot.range, problem.instead);
    this.jump(problem.line, spot.start + problem.instead.length + 1);
    this.settle();
  }

  go(line, column) {
    const offsets = this.offsets();
    const index = Math.max(0, offsets.findLastIndex((offset) => offset < line));
    if (index !== this.at) this.open(index);
    this.ace.gotoLine(line - offsets[index], Math.max(0, column - 1), true);
  }

  jump(line, column) {
    this.go(line, column);
    this.ace.focus();
  }

  // Files in the place of the text: one as it is, several one after the other.
  async take(files) {
    const all = [...files];
    if (!all.length) return;
    if (all.reduce((sum, { size }) => sum + size, 0) > LIMIT) {
      berth.toast(this.words.tooLarge, "bad");
      return;
    }
    let texts;
    try {
      texts = await Promise.all(all.map(textOf));
    } catch {
      berth.toast(this.words.notText, "bad");
      return;
    }
    const documents = texts.flatMap((text) => split(text.replace(/\r\n?/g, "\n")));
    this.put(joined(documents), `${this.words.loaded} ${all.map(({ name }) => name).join(", ")}`);
  }

  // Another text in the place of this one, which can be had back.
  put(text, said) {
    const before = this.area.value;
    this.load(text);
    this.changed();
    this.ace.focus();
    this.offer(before, said);
  }

  // Both ways: what is taken back can be had again.
  takeBack() {
    this.put(this.before, this.words.takenBack);
  }

  offer(before, said) {
    this.before = before;
    this.foot("replaced", said);
    this.holder.querySelector("[data-do=back]").hidden = !before.trim() || before === this.area.value;
    berth.say(said);
  }

  add() {
    this.documents.push(this.begin({ head: "---\n", body: "" }));
    this.open(this.documents.length - 1);
    this.changed();
    this.ace.focus();
  }

  // The open document goes; the last one stays, for it can be emptied.
  remove(button) {
    if (this.documents.length < 2) return;
    const [before, at] = [this.area.value, this.at];
    const [gone] = this.documents.splice(at, 1);
    if (!at && this.documents[0].head.trim() === "---") this.documents[0].head = gone.head;
    this.open(Math.min(at, this.documents.length - 1));
    this.changed();
    this.settle();
    this.offer(before, `${this.words.removed} ${title(gone.session.getValue()) || `${this.words.document} ${at + 1}`}`);
    if (button.hidden) this.tabs.querySelector("[aria-current]").focus();
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
      add: () => this.add(),
      remove: (button) => this.remove(button),
    };
    tools.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      acts[button?.dataset.do]?.(button);
    });
    tools.querySelector("input[type=file]")?.addEventListener("change", async (event) => {
      await this.take(event.target.files);
      event.target.value = "";
    });
    for (const name of ["dragover", "dragleave", "drop"]) {
      this.holder.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files") || "readonly" in this.words) return;
        event.preventDefault();
        event.stopPropagation(); // Ace would insert it
        this.holder.classList.toggle("dropping", name === "dragover");
        if (name === "drop") this.take(event.dataTransfer.files);
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
      if (!this.sent && !this.drafted && this.area.value !== this.original && !("readonly" in this.words)) event.preventDefault();
    });
  }

  cursor() {
    const { row, column } = this.ace.getCursorPosition();
    const numbers = [column + 1, this.offsets()[this.at] + row + 1]; // as in the gutter
    this.foot("cursor", this.words.position.replace(/[01]/g, (digit) => numbers[digit]));
  }
}

for (const holder of document.querySelectorAll("[data-editor]")) holder.editor = new Editor(holder);
