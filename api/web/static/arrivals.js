// New tickets announce themselves at the top edge and wait to be asked for; who has which ticket is written in place.
(() => {
  const pill = document.getElementById("arrivals");
  if (!pill) return;
  const button = pill.querySelector("button");
  const fresh = new Set();
  const none = /** @returns {null} */ () => null;  // the line is gone
  /** @param {string} id */
  const shown = (id) => document.querySelector(`[data-ticket="${CSS.escape(id)}"]`);
  const tell = () => {
    button.hidden = !fresh.size;
    button.firstChild.textContent = inWords(`${fresh.size} 条新来件 `, `${fresh.size} new `);
  };
  document.addEventListener("live:arrived", (e) => {
    e.detail.split(" ").filter((id) => id && !shown(id)).forEach((id) => fresh.add(id));
    tell();
  });

  // The queue beside a ticket is drawn anew where it stands; a list begins again at its first page.
  const show = async () => {
    const nav = document.getElementById("beside");
    if (!nav) {
      const first = new URL(location.href);
      first.searchParams.delete("after");
      location.href = first.href;
      return;
    }
    const answer = await fetch(nav.dataset.beside, { headers: { "hx-request": "true" } }).catch(none);
    if (!answer || !answer.ok) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("beside");
    const low = nav.scrollTop, asked = document.activeElement === button || nav.contains(document.activeElement);
    nav.replaceWith(made);
    made.scrollTop = low;
    fresh.clear();
    tell();
    const here = made.querySelector("[aria-current]") || made.querySelector("a");
    if (asked && here) here.focus({ preventScroll: true });
  };
  button.addEventListener("click", show);

  // Who has what: many changes at once are looked up once.
  let looking = 0;
  const look = async () => {
    looking = 0;
    const answer = await fetch("/tickets/claims", { headers: { "hx-request": "true" } }).catch(none);
    if (!answer || !answer.ok) return;
    const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
    const names = new Map([...piece.querySelectorAll("li")].map((line) => [line.dataset.ticket, line.textContent]));
    document.querySelectorAll("[data-holder]").forEach((part) => {
      const words = names.get(part.dataset.holder) || "";
      if (part.textContent !== words) part.textContent = words;
    });
  };
  document.addEventListener("live:claimed", () => { if (!looking) looking = setTimeout(look, 300); });
})();
