// The documents of a text: taken apart, named, and put together again.

// [{ head: the separator line, body }]: joined again they are the text, byte for byte. A separator with words of its
// own ("--- # mine", "--- {a: 1}") stays in the body, where it is seen.
function split(text) {
  const starts = [...text.matchAll(/^---(?=[ \t\n]|$)/gm)].map(({ index }) => index).filter(Boolean);
  return [0, ...starts].map((start, at) => {
    const piece = text.slice(start, starts[at]);
    const head = /^---[ \t]*(?:\n|$)/.exec(piece)?.[0] ?? "";
    return { head, body: piece.slice(head.length) };
  });
}

// The texts of documents, each from its separator on, so that joined they stay apart whatever was typed or taken away.
function pieces(documents) {
  return documents.map(({ head, body }, at) => {
    const apart = at && !head && !/^---(?=[ \t\n]|$)/.test(body) ? "---\n" : head;
    const first = apart && body && !apart.endsWith("\n") ? `${apart}\n` : apart;
    const last = at < documents.length - 1 && (body || first) && !(body || first).endsWith("\n") ? "\n" : "";
    return { head: first, body: `${body}${last}` };
  });
}

const joined = (documents) => pieces(documents).map(({ head, body }) => head + body).join("");

// What one tab holds after typing or pasting: itself, or several. A separator above the first is not one more document.
function parts({ head, body }) {
  const found = split(body);
  if (found.length > 1 && !found[0].head && !found[0].body.trim()) found.shift();
  if (found.length < 2 && !found[0].head) return null;
  found[0].head = /^---/.test(found[0].body) ? "" : head || found[0].head;
  return found;
}

// The text of a file, UTF-8 or UTF-16 with its byte order mark; anything else is refused, for its characters would be
// replaced without a word.
async function textOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const mark = bytes[0] << 8 | bytes[1];
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

const lines = (text) => text.split("\n").length - 1;

function title(body) {
  const kind = /^kind:[ \t]*["']?([\w.-]+)/m.exec(body)?.[1];
  const name = /^metadata:[ \t]*\n(?:[ \t]+.*\n)*?[ \t]+name:[ \t]*["']?([\w.-]+)/m.exec(body)?.[1];
  return [kind, name].filter(Boolean).join(" ");
}
