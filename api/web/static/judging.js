// Requests judged by keys: J and K go from one to the next, A approves, R asks for the reason and Enter refuses with it.
(() => {
  const cards = [...document.querySelectorAll("[data-judge]")];
  if (!cards.length) return;
  let at = -1;
  /** @param {PageEvents["keydown"]} e */
  const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);
  /** @type {(card: HTMLElement, verdict: "approve" | "refuse") => void} */
  const press = (card, verdict) => { const button = card.querySelector(`button[name="verdict"][value="${verdict}"]`); if (button) button.click(); };
  /** @param {number} to */
  const go = (to) => {
    at = Math.max(0, Math.min(cards.length - 1, to));
    cards.forEach((card, i) => card.classList.toggle("marked", i === at));
    cards[at].focus();
    cards[at].scrollIntoView({ block: "nearest" });
  };
  /** @param {HTMLElement} card */
  const word = (card) => card.querySelector('form input[name="text"]');
  cards.forEach((card, i) => {
    card.addEventListener("focusin", () => { at = i; cards.forEach((each) => each.classList.toggle("marked", each === card)); });
    const reason = word(card);
    const refuse = card.querySelector('button[name="verdict"][value="refuse"]');
    if (!reason || !refuse) return;
    // A refusal without a reason helps nobody: the field asks for it before the form goes.
    refuse.addEventListener("click", (e) => {
      if (reason.value.trim()) return;
      e.preventDefault();
      reason.setCustomValidity(inWords("不同意时请写明理由", "Write why you refuse"));
      reason.reportValidity();
    });
    reason.addEventListener("input", () => reason.setCustomValidity(""));
    reason.addEventListener("keydown", (e) => {
      if (e.isComposing) return;
      if (e.key === "Enter") { e.preventDefault(); press(card, card.dataset.refusing ? "refuse" : "approve"); }
      else if (e.key === "Escape") { delete card.dataset.refusing; reason.setCustomValidity(""); card.focus(); e.stopPropagation(); }
    });
    reason.addEventListener("blur", () => { if (!reason.value.trim()) delete card.dataset.refusing; });
  });
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e) || document.querySelector("dialog[open]")) return;
    const key = e.key.toLowerCase();
    if (key === "j") { e.preventDefault(); go(at + 1); }
    else if (key === "k") { e.preventDefault(); go(at < 0 ? 0 : at - 1); }
    else if (key === "a" && at >= 0) { e.preventDefault(); press(cards[at], "approve"); }
    else if (key === "r" && at >= 0 && word(cards[at])) { e.preventDefault(); cards[at].dataset.refusing = "1"; word(cards[at]).focus(); }
  });
})();
