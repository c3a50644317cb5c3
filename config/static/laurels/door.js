// The door: every scan is kept with its own time and nonce, then sent; offline it waits here and is sent later.
(() => {
  const door = document.querySelector("#door");
  if (!door) return;
  const words = door.dataset;
  const at = "laurels-door-" + words.activity;
  const shown = document.querySelector("#result");
  const count = document.querySelector("#waiting");
  const list = document.querySelector("#scans");
  const form = document.querySelector("#code-form");
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const OUT_OF_SIGHT = 5000;
  const CODE_LENGTH = 160;
  const inSight = new Map();
  // Where the browser keeps nothing for a page, scans wait in the page itself.
  let held = null;
  let sending = false;

  const read = (name, otherwise) => {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const write = (name, what) => {
    try {
      localStorage.setItem(name, JSON.stringify(what));
      return true;
    } catch {
      return false;
    }
  };
  const queue = () => held ?? read(at, []);
  const keep = (scans) => {
    held = write(at, scans) ? null : scans;
    count.textContent = scans.length ? words.waiting + " " + scans.length : "";
  };
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");
  let device = read("laurels-device", "");
  if (!device) {
    device = "phone-" + random().slice(0, 6);
    write("laurels-device", device);
  }

  const say = (kind, title, detail) => {
    shown.dataset.kind = kind;
    shown.querySelector("b").textContent = title;
    shown.querySelector("span").textContent = detail;
    if (navigator.vibrate) navigator.vibrate(kind === "came" ? 60 : [120, 60, 120]);
  };
  const tell = (result) => {
    const title = { came: words.came, already: words.already }[result.status] || words.refused;
    const guests = result.guests ? " +" + result.guests : "";
    const isPlain = result.status === "came" && result.name;
    say(result.status, title, (result.name + guests + " " + (isPlain ? "" : result.sentence)).trim());
    const line = document.createElement("li");
    line.dataset.kind = result.status;
    line.textContent = (result.name ? result.name + guests + ": " : "") + result.sentence;
    list.prepend(line);
    while (list.children.length > 20) list.lastChild.remove();
  };

  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      while (queue().length) {
        const some = queue().slice(0, 50);
        const answer = await fetch(words.url, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": token },
          body: JSON.stringify({ scans: some }),
          // Whoever is logged out is sent to the login, which is no answer and no lack of a connection either.
          redirect: "manual",
        });
        if (!answer.ok) {
          say("waiting", words.kept, words.again);
          break;
        }
        const results = (await answer.json()).results;
        // Only what was answered goes: what was scanned meanwhile stays.
        const done = new Set(some.map((scan) => scan.nonce));
        keep(queue().filter((scan) => !done.has(scan.nonce)));
        results.forEach(tell);
      }
    } catch {
      say("waiting", words.kept, words.offline);
    }
    sending = false;
  };
  const take = (what, at) => {
    keep([...queue(), { nonce: random(), scanned_at: at || new Date().toISOString(), device, ...what }]);
    send();
  };
  door.addEventListener("seen", (event) => {
    // A camera sees a code many times, and many codes: each counts anew once it has been away for a while.
    const code = event.detail.code.slice(0, CODE_LENGTH);
    const before = inSight.get(code);
    inSight.set(code, Date.now());
    if (code && !(Date.now() - before < OUT_OF_SIGHT)) take({ code }, event.detail.at);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = form.elements.code.value.trim();
    if (code) take({ code });
    form.elements.code.value = "";
    form.elements.code.focus();
  });
  const more = document.querySelector("#walk-in");
  more?.addEventListener("submit", (event) => {
    event.preventDefault();
    const member = more.elements.member.value.trim();
    const reason = more.elements.reason.value.trim();
    if (member) take({ member, ...(reason ? { reason } : {}) });
    more.reset();
  });
  const guests = document.querySelector("#guests");
  guests?.addEventListener("submit", (event) => {
    event.preventDefault();
    take({ guests: Number(guests.elements.guests.value) });
    guests.reset();
  });

  keep(queue());
  addEventListener("online", send);
  setInterval(() => queue().length && send(), 15000);
  if (queue().length) send();
})();
