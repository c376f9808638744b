// What the editor asks the server: questions, and among them what can be written at the cursor.

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

function completeIn(own) {
  ace.config.loadModule("ace/ext/language_tools", () => {
    own.ace.setOptions({ enableLiveAutocompletion: true, enableBasicAutocompletion: true, liveAutocompletionDelay: 150 });
    own.ace.completers = [{
      identifierRegexps: [/[\w.\-/]/],
      getCompletions: async (editor, session, position, prefix, answer) => {
        try {
          answer(null, await offers(own, session, position));
        } catch { answer(null, []); }
      },
      onInsert: (editor, { value }) => { if (value.endsWith(": ")) editor.execCommand("startAutocomplete"); },
    }];
  });
}

// What can stand here: only this document is asked about, and a colon that stands there already is not written again.
async function offers(own, session, { row, column }) {
  const { items, known } = await ask(own.words.completeUrl, { text: session.getValue(), line: row + 1, column: column + 1 });
  if (!known) own.foot("checked", own.words.unchecked, "warn");
  const colon = /^[\w.-]*:/.test(session.getLine(row).slice(column));
  return items.map(({ name, insert, kind, about, required }, at) => ({
    caption: name,
    value: colon ? insert.replace(/:\s*$/, "") : insert,
    meta: [kind, required && own.words.required].filter(Boolean).join(", "),
    docText: about,
    score: items.length - at,
  }));
}
