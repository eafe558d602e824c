// A callback by keys: a number answers the question one is at and goes to the next, Enter saves and takes the next resident.
(() => {
  const form = document.querySelector("form[data-by-keys]");
  if (!form) return;
  const questions = () => [...form.querySelectorAll("fieldset")].filter((part) => !part.hidden && !part.disabled);
  const next = form.querySelector('button[name="then"][value="next"]');
  const words = form.querySelector("textarea");
  let at = 0;
  form.querySelectorAll("fieldset").forEach((part) => {
    part.querySelectorAll('input[type="radio"]').forEach((choice, i) => {
      const key = document.createElement("kbd");
      key.textContent = String(i + 1);
      key.setAttribute("aria-hidden", "true");
      choice.closest("label").after(key);
    });
    part.addEventListener("focusin", () => { const found = questions().indexOf(part); if (found >= 0) show(found, false); });
  });
  /** @param {number} to */
  const show = (to, focus = true) => {
    const all = questions();
    at = Math.max(0, Math.min(all.length, to));
    form.querySelectorAll("fieldset").forEach((part) => part.classList.toggle("asking-now", part === all[at]));
    if (!focus) return;
    const place = all[at] ? all[at].querySelector("input:checked") || all[at].querySelector("input") : next;
    place.focus();
    (all[at] || next).scrollIntoView({ block: "nearest" });
  };
  /** @param {PageEvents["keydown"]} e */
  const typing = (e) => e.target.tagName === "TEXTAREA" || (e.target.tagName === "INPUT" && e.target.type !== "radio");
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || document.querySelector("dialog[open]")) return;
    if (typing(e)) { if (e.key === "Escape") { e.target.blur(); show(at); } return; }
    if (/^[1-9]$/.test(e.key)) {
      const part = questions()[at];
      const choice = part && part.querySelectorAll('input[type="radio"]')[Number(e.key) - 1];
      if (!choice) return;
      e.preventDefault();
      choice.checked = true;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
      show(at + 1);
    } else if (e.key === "Backspace") { e.preventDefault(); show(at - 1); }
    else if (e.key.toLowerCase() === "t") { e.preventDefault(); words.focus(); }
    else if (e.key === "Enter" && !/^(BUTTON|A|SUMMARY)$/.test(e.target.tagName)) { e.preventDefault(); next.click(); }
  });
  show(0, matchMedia("(hover: hover)").matches);  // on a phone the page begins at its top
})();
