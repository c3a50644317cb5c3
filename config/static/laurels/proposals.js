// The board of proposals: a card is dragged to a stage or sent there by its menu. The server moves it or says why not,
// and answers with the board as it is now; until then the card stays where it is.
(() => {
  const place = document.querySelector("#proposals");
  if (!place) return;
  const shown = document.querySelector("#proposals-board");
  const said = document.querySelector("#proposals-said");
  const token = place.querySelector("[name=csrfmiddlewaretoken]").value;
  const asks = { declined: document.querySelector("#ask-declined"), scheduled: document.querySelector("#ask-scheduled") };
  let dragged = null;

  const say = (tone, words) => {
    said.dataset.tone = tone;
    said.textContent = words;
  };

  // What has just moved keeps the focus, so that whoever works by keyboard goes on from there.
  const focus = (id) => {
    const card = document.getElementById("proposal-" + id);
    const at = card && (card.querySelector("summary") || card.querySelector("a"));
    (at && at.checkVisibility() ? at : said).focus();
  };

  const show = (text, id) => {
    const ended = shown.querySelector(".proposals-ended").open;
    shown.innerHTML = text;
    shown.querySelector(".proposals-ended").open = ended;
    const answer = shown.querySelector("[data-said]");
    say(answer.dataset.tone, answer.dataset.said);
    focus(id);
  };

  const send = async (card, to, more = {}) => {
    card.setAttribute("aria-busy", "true");
    const body = new URLSearchParams({ proposal: card.dataset.id, seen: card.dataset.state, to, ...more });
    try {
      const answer = await fetch(place.dataset.url, {
        method: "POST", headers: { "X-CSRFToken": token }, body, redirect: "error",
      });
      if (!answer.ok) throw new Error(answer.statusText);
      show(await answer.text(), card.dataset.id);
    } catch {
      card.removeAttribute("aria-busy");
      say("refused", place.dataset.lost);
    }
  };

  // A no wants its reason and a date its activity; a step that would not be taken is sent all the same, to hear why.
  const ask = (card, to) => {
    const dialog = asks[to];
    if (!dialog || !card.dataset.steps.split(" ").includes(to)) {
      send(card, to);
      return;
    }
    const form = dialog.querySelector("form");
    form.reset();
    dialog.querySelector("[data-title]").textContent = card.dataset.title;
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue === "send") send(card, to, Object.fromEntries(new FormData(form)));
    };
    dialog.showModal();
  };

  const columnOf = (event) => event.target.closest("[data-column]");
  const mark = (column) => {
    shown.querySelectorAll("[data-over]").forEach((each) => each.removeAttribute("data-over"));
    if (column) column.dataset.over = "";
  };

  shown.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-id][draggable]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.title);
  });
  shown.addEventListener("dragover", (event) => {
    if (!dragged) return;
    const column = columnOf(event);
    if (column) event.preventDefault();
    mark(column);
  });
  shown.addEventListener("drop", (event) => {
    const column = columnOf(event);
    if (!dragged || !column) return;
    event.preventDefault();
    const card = dragged;
    const to = column.dataset.column;
    if (to !== card.dataset.state) ask(card, to);
  });
  shown.addEventListener("dragend", () => {
    dragged = null;
    mark(null);
  });

  const close = (except) => {
    shown.querySelectorAll(".proposals-card details[open]").forEach((each) => {
      if (each !== except) each.open = false;
    });
  };
  document.addEventListener("click", (event) => {
    close(event.target.closest("details"));
    const button = event.target.closest("#proposals [data-to]");
    if (button) ask(button.closest("[data-id]"), button.dataset.to);
  });
  shown.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest(".proposals-card details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
