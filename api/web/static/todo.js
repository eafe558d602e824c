// Many signed at once: how many are chosen stands on the button, and one box chooses all. The page works without it.
(() => {
  const form = document.getElementById("batch");
  if (!form) return;
  const all = form.querySelector("input[data-all]");
  const button = form.querySelector("button[data-sign]");
  const words = button.textContent;
  const boxes = [...document.querySelectorAll('input[form="batch"]')];
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    button.textContent = chosen ? button.dataset.sign.replace("{}", String(chosen)) : words;
    button.disabled = !chosen;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.hidden = false;
  all.nextElementSibling.textContent = inWords("全选本页待签收", "Choose all to sign");
  all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); tell(); });
  boxes.forEach((box) => box.addEventListener("change", tell));
  window.addEventListener("pageshow", tell);
  tell();
})();
