// The code on the wall: asked for anew when its time is over.
(() => {
  const room = document.querySelector("#room");
  if (!room) return;
  const code = room.querySelector("output");
  const left = room.querySelector("meter");
  let seconds = Number(room.dataset.seconds);
  const tick = async () => {
    seconds -= 1;
    if (seconds <= 0) {
      try {
        const answer = await fetch(room.dataset.url, { redirect: "error" });
        const said = await answer.json();
        code.textContent = said.code;
        seconds = said.seconds;
      } catch {
        seconds = 3;
      }
    }
    left.value = seconds;
  };
  setInterval(tick, 1000);
})();
