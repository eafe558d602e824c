// A page that follows running calls. Without it the page shows the same, as of when it was loaded.
(() => {
  const root = document.querySelector("[data-live]");
  if (!root || !window.EventSource) return;
  const told = document.querySelector("[data-live-state]");
  /** @param {string} words */
  const tell = (words) => { if (told) { told.hidden = !words; told.textContent = words; } };
  const turns = document.getElementById("turns");
  /** @param {string} html */
  const element = (html) => { const made = document.createElement("template"); made.innerHTML = html.trim(); return made.content.firstElementChild; };

  // Who reads what was said earlier is not pulled down by what is said now.
  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 120;
  const inner = () => turns.scrollHeight > turns.clientHeight + 8;
  const follows = () => (inner() ? turns.scrollTop + turns.clientHeight >= turns.scrollHeight - 60 : atEnd());

  // Nothing moves under the hand: a part that is pointed at or opened by hand keeps its place until it is left.
  const pointed = matchMedia("(hover: hover)").matches;
  const waiting = new Map();
  /** @type {(id: string, html: string) => void} */
  const put = (id, html) => {
    const part = document.getElementById(id);
    if (!part) return;
    if (pointed && id === "call-panel" && part.querySelector(".pick:hover")) { waiting.set(id, html); return; }
    waiting.delete(id);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
    part.innerHTML = html;
    open.forEach((each) => { const found = document.getElementById(each); if (found instanceof HTMLDetailsElement) found.open = true; });
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus({ preventScroll: true });
  };
  root.addEventListener("pointerout", () => setTimeout(() => waiting.forEach((html, id) => put(id, html)), 0));

  /**
   * @typedef {{ html: string, after: number | null }} Turn
   * @param {{ whole: boolean, turns: Turn[], gone: number[] }} data
   */
  const hear = (data) => {
    const stay = follows();
    if (data.whole) turns.replaceChildren(...data.turns.map((each) => element(each.html)));
    else {
      data.gone.forEach((number) => document.getElementById(`turn-${number}`)?.remove());
      data.turns.forEach((each) => {
        const made = element(each.html);
        const old = document.getElementById(made.id);
        if (old) { old.replaceWith(made); return; }
        const before = each.after === null ? null : document.getElementById(`turn-${each.after}`);
        if (before) before.after(made); else turns.prepend(made);
      });
    }
    if (!stay) return;
    if (inner()) turns.scrollTop = turns.scrollHeight;
  };

  const source = new EventSource(`${root.dataset.live}?since=${encodeURIComponent(root.dataset.version)}`);
  source.addEventListener("call", (e) => {
    const data = JSON.parse(e.data);
    if (turns) hear(data);
    Object.entries(data.parts).forEach(([id, html]) => put(id, html));
    if (data.state && data.state !== "running") document.querySelectorAll(".call-notes, .own-category").forEach((form) => { form.hidden = true; });
    tick();
  });
  source.addEventListener("over", () => { source.close(); tell(inWords("登录已失效，请刷新页面", "Signed out; reload the page")); });
  source.addEventListener("open", () => tell(""));
  source.addEventListener("error", () => tell(source.readyState === EventSource.CLOSED ? inWords("更新已停止，请刷新页面", "No more updates; reload the page") : inWords("连接中断，正在重连…", "Connection lost, trying again…")));
  window.addEventListener("pagehide", () => source.close());

  /** @param {number} number */
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => document.querySelectorAll("[data-since]").forEach((each) => {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(each.dataset.since)) / 1000));
    each.textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  });
  setInterval(tick, 1000);
  if (turns && inner()) turns.scrollTop = turns.scrollHeight;
})();
