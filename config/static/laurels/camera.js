// The camera at the door. It tells the door what codes it sees; they are read by the browser if it can, else by the server.
(() => {
  const box = document.querySelector("#camera");
  if (!box) return;
  const words = box.dataset;
  const video = box.querySelector("video");
  const button = box.querySelector("button");
  const said = box.querySelector("[role=status]");
  const canvas = document.createElement("canvas");
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const SIDE = 640;
  const QUALITY = 0.7;
  const OWN_PAUSE = 200;
  const STILL_PAUSE = 600;
  const FAILED_PAUSE = 3000;
  const ANSWER_WITHIN = 10000;
  let stream = null;

  const say = (sentence) => {
    // What is said already is not said again: a screen reader would repeat it at every look.
    if (said.textContent !== sentence) said.textContent = sentence;
  };
  const why = (error) =>
    ({
      NotAllowedError: words.denied,
      SecurityError: words.denied,
      NotFoundError: words.none,
      OverconstrainedError: words.none,
      NotReadableError: words.busy,
      AbortError: words.busy,
    })[error.name] || words.failed;

  // Both ways answer with the codes in sight, and how many milliseconds later to look again.
  const byBrowser = (detector) => async () => {
    try {
      return [(await detector.detect(video)).map((found) => found.rawValue), OWN_PAUSE];
    } catch {
      // A frame that is not there yet.
      return [[], OWN_PAUSE];
    }
  };
  const still = () => {
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  };
  const post = async (body) => {
    const tooLong = new AbortController();
    const timer = setTimeout(() => tooLong.abort(), ANSWER_WITHIN);
    try {
      return await fetch(words.url, {
        method: "POST",
        headers: { "Content-Type": "image/jpeg", "X-CSRFToken": token },
        body,
        redirect: "manual",
        signal: tooLong.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  };
  const byServer = async () => {
    const tell = (sentence) => stream && say(sentence);
    try {
      if (!navigator.onLine) throw new Error("offline");
      const answer = await post(await still());
      if (answer.ok) {
        const { codes } = await answer.json();
        tell("");
        return [codes, STILL_PAUSE];
      }
      if (answer.status === 429) return [[], 1000 * Number(answer.headers.get("Retry-After")) || FAILED_PAUSE];
      tell(words.again);
    } catch {
      tell(words.offline);
    }
    return [[], FAILED_PAUSE];
  };
  const way = async () => {
    try {
      // Some browsers have a detector with nothing behind it.
      const known = await BarcodeDetector.getSupportedFormats();
      if (known.includes("qr_code")) return byBrowser(new BarcodeDetector({ formats: ["qr_code"] }));
    } catch {
      // And some have none.
    }
    return byServer;
  };

  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = true;
    button.textContent = words.open;
  };
  const watch = async (mine, look) => {
    while (stream === mine) {
      let pause = OWN_PAUSE;
      if (!document.hidden && video.videoWidth) {
        const at = new Date().toISOString();
        const [codes, next] = await look();
        // What was seen before the camera was stopped counts: somebody held it there.
        codes.forEach((code) => box.dispatchEvent(new CustomEvent("seen", { bubbles: true, detail: { code, at } })));
        pause = next;
      }
      await new Promise((done) => setTimeout(done, pause));
    }
  };
  const open = async () => {
    button.disabled = true;
    say("");
    try {
      const look = await way();
      const mine = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      stream = mine;
      mine.getVideoTracks()[0].addEventListener("ended", () => {
        if (stream !== mine) return;
        close();
        say(words.ended);
      });
      video.srcObject = mine;
      video.hidden = false;
      await video.play();
      button.textContent = words.close;
      watch(mine, look);
    } catch (error) {
      close();
      say(why(error));
    }
    button.disabled = false;
  };

  if (!navigator.mediaDevices) {
    say(isSecureContext ? words.unable : words.insecure);
    return;
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    if (!stream) return open();
    close();
    say("");
  });
})();
