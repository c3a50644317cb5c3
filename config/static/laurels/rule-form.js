// The rule form: a button beside a finding writes the mend into the text, which is then checked again.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-mend]");
  const text = document.querySelector("textarea[name=text]");
  if (!button || !text) return;
  const from = Number(button.dataset.from);
  const to = Number(button.dataset.to);
  // The server counts characters, a textarea counts UTF-16 units.
  const signs = Array.from(text.value);
  const start = signs.slice(0, from).join("").length;
  const end = signs.slice(0, to).join("").length;
  text.setRangeText(button.dataset.mend, start, end, "end");
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
});
