// The rows of a table that says [data-worst]: what needs attention first, once the stream has said how each is
// ([data-rank]), else as they came. No row moves under the pointer or the focus.
const places = new WeakMap();
const rank = (row) => Number(row.querySelector("[data-rank]")?.dataset.rank ?? 9);

function order(body) {
  const rows = [...body.rows];
  for (const row of rows) if (!places.has(row)) places.set(row, places.has(body) ? Infinity : rows.indexOf(row));
  places.set(body, true);
  const wanted = [...rows].sort((a, b) => rank(a) - rank(b) || places.get(a) - places.get(b));
  if (wanted.every((row, at) => row === rows[at])) return;
  if (!body.matches(":hover, :focus-within")) body.append(...wanted);
}

document.addEventListener("berth:changed", () => document.querySelectorAll("[data-worst] > tbody").forEach(order));
