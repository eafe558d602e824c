// A clause proposes its unit, a template goes into the answer, what an address points to is open. Pages work without it.
(() => {
  const opened = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (opened instanceof HTMLDetailsElement) { opened.open = true; opened.scrollIntoView(); }

  document.querySelectorAll("select[data-proposes]").forEach((select) => {
    const unit = select.form.elements.proposed_unit;
    const clause = select.form.querySelector("[data-clause]");
    let proposed = unit.value;
    /** @param {Event} [e] */
    const tell = (e) => {
      const chosen = select.selectedOptions[0];
      clause.textContent = chosen && chosen.value ? chosen.textContent : "";
      if (e && chosen && (!unit.value || unit.value === proposed)) { proposed = chosen.dataset.unit || ""; unit.value = proposed; }
    };
    select.addEventListener("change", tell);
    tell();
  });

  document.querySelectorAll("[data-template]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = button.closest("form").elements.text;
      const words = button.closest("article").querySelector("[data-text]").textContent;
      field.value = field.value.trim() ? `${field.value.trimEnd()}\n${words}` : words;
      button.closest("details.templates").open = false;
      field.focus();
      const gap = field.value.indexOf("【");
      if (gap >= 0) field.setSelectionRange(gap, field.value.indexOf("】", gap) + 1);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });
})();
