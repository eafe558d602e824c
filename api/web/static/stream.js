// The page's one line to the server: what comes on it is told to the other scripts as events of the document (live:…).
// A browser opens six lines to one server, and a page out of sight needs none. Pages work without it.
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const NAMES = ["changed", "arrived", "claimed", "at_desk"];
  let at = live.dataset.at, broken = false, clearing = 0;
  /** @type {EventSource | null} */
  let source = null;
  /** @param {string} words */
  const say = (words) => document.querySelectorAll("[data-line]").forEach((part) => { if (part.textContent !== words) part.textContent = words; });
  /** @param {MessageEvent} e */
  const here = (e) => {
    at = e.lastEventId;
    if (!broken) return;
    broken = false;
    say(inWords("连接已恢复，中断时的变化都已补上", "Connected again; nothing was missed"));
    clearTimeout(clearing);
    clearing = setTimeout(() => say(""), 6000);
  };
  const cut = () => {
    broken = true;
    clearTimeout(clearing);
    say(inWords("连接中断，正在重连，收到的不会丢", "Connection lost, trying again; nothing gets lost"));
    if (source && source.readyState === EventSource.CLOSED) { source = null; setTimeout(listen, 3000); document.dispatchEvent(new CustomEvent("desk:check")); }
  };
  const listen = () => {
    if (source || document.hidden) return;
    const address = new URL(live.dataset.live, location.href);
    address.searchParams.set("after", at);
    source = new EventSource(address);
    source.addEventListener("here", here);
    source.addEventListener("error", cut);
    NAMES.forEach((name) => source.addEventListener(name, (e) => {
      at = e.lastEventId;
      document.dispatchEvent(new CustomEvent(`live:${name}`, { detail: e.data }));
    }));
  };
  const hush = () => { if (source) source.close(); source = null; };
  document.addEventListener("visibilitychange", () => { if (document.hidden) hush(); else listen(); });
  window.addEventListener("pagehide", hush);
  document.addEventListener("desk:leaves", hush);
  window.addEventListener("pageshow", listen);
  listen();
})();
