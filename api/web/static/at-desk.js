// Who has this ticket open and who has claimed it: told to the others, and claimed when one begins to act on it.
(() => {
  const line = () => document.getElementById("at-desk");
  if (!line()) return;
  const EVERY = 25000;
  const ends = new AbortController();
  const leaving = () => ends.signal.aborted;
  const token = () => document.querySelector('input[name="csrf"]').value;
  const none = /** @returns {null} */ () => null;  // the line is gone
  /** @type {(act: string, fields: Record<string, any>) => Promise<Response>} */
  const post = (act, fields) => fetch(`${line().dataset.signs}/${act}`, {
    method: "POST", body: new URLSearchParams({ csrf: token(), ...fields }), headers: { "hx-request": "true" }, signal: ends.signal,
  }).catch(none);
  /** @param {string} text */
  const put = (text) => {
    const made = new DOMParser().parseFromString(text, "text/html").getElementById("at-desk");
    const now = line();
    if (!made || !now) return;
    const had = now.contains(document.activeElement);
    now.replaceWith(made);
    if (had) { const button = made.querySelector("button"); if (button) button.focus(); }
  };
  /** @param {Response} answer */
  const draw = async (answer) => {
    if (answer && answer.ok) { put(await answer.text()); return; }
    const said = answer && answer.status !== 401 ? new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent.trim() : "";
    if (leaving()) return;
    const anew = await fetch(line().dataset.fetch, { headers: { "hx-request": "true" } }).catch(none);
    if (anew && anew.ok) put(await anew.text());
    if (said) { const told = document.createElement("p"); told.className = "red"; told.setAttribute("role", "alert"); told.textContent = said; line().append(told); }
  };

  let acted = false, claiming = false;
  const sign = async () => {
    if (document.hidden || leaving() || !line().dataset.signs) return;
    const acts = acted;
    acted = false;
    await draw(await post("here", { acts }));
  };
  const claim = async () => {
    acted = true;
    const at = line();
    if (claiming || !at.dataset.signs || "mine" in at.dataset || "taken" in at.dataset) return;
    claiming = true;
    await draw(await post("claim", {}));
    claiming = false;
  };
  /** @param {Element} target */
  const counts = (target) => target.closest && target.closest("#accept, #review, details[id^='move-'], [data-merge], [data-split], form[action$='/ask-back']");
  /** @param {PageEvents["input"]} e */
  const acting = (e) => { if (counts(e.target)) claim(); };
  document.addEventListener("input", acting);
  document.addEventListener("change", acting);
  document.addEventListener("desk:acts", claim);

  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (!form.matches("form[data-at-desk]")) return;
    e.preventDefault();
    e.stopPropagation();
    await draw(await fetch(form.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form))), headers: { "hx-request": "true" } }).catch(none));
  }, true);
  document.addEventListener("live:at_desk", () => fetch(line().dataset.fetch, { headers: { "hx-request": "true" } }).then(draw, () => {}));

  if (line().dataset.signs) {
    setInterval(sign, EVERY);
    document.addEventListener("desk:leaves", () => ends.abort());
    window.addEventListener("pageshow", sign);
    document.addEventListener("visibilitychange", sign);
    window.addEventListener("pagehide", () => {
      const at = line().dataset.signs;
      if (at && !leaving()) navigator.sendBeacon(`${at}/left`, new URLSearchParams({ csrf: token() }));
    });
  }
})();
