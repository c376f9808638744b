// Copies the value beside the button: data-copy, or the text of the element that data-copy-from names.
async function put(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http has no clipboard API: a hidden field and the old command still work there.
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "sr" });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("refused");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copyFrom);
  try {
    await put(button.dataset.copy ?? from?.value ?? from?.textContent ?? "");
    berth.toast(berth.words.copied);
    button.focus();
  } catch {
    berth.toast(berth.words.notCopied, "warn");
  }
});
