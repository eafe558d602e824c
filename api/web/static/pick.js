// One box that ticks all of its list, and a button that says how many are ticked.
(() => {
  document.querySelectorAll("input[data-pick-all]").forEach((all) => {
    const form = document.forms.namedItem(all.dataset.pickAll);
    /** @type {() => HTMLInputElement[]} */
    const boxes = () => [...form.elements].filter((box) => box.type === "checkbox" && box !== all && !box.disabled);
    const button = form.querySelector("button");
    const words = button.textContent;
    const tell = () => {
      const count = boxes().filter((box) => box.checked).length;
      button.disabled = !count;
      button.textContent = count ? `${words}（${count}）` : words;
      all.checked = count > 0 && count === boxes().length;
      all.indeterminate = count > 0 && !all.checked;
    };
    all.closest("[hidden]")?.removeAttribute("hidden");
    all.addEventListener("change", () => { boxes().forEach((box) => { box.checked = all.checked; }); tell(); });
    boxes().forEach((box) => box.addEventListener("change", tell));
    window.addEventListener("pageshow", tell);
    tell();
  });
})();
