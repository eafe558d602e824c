// Keyboard for staff, rows as links, a question before what cannot be undone. Pages work without it.
(() => {
  const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && e.target.type !== "radio";
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
  let at = -1;
  const mark = (to) => {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(all.length - 1, to));
    all.forEach((row, i) => row.classList.toggle("marked", i === at));
    all[at].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("click", (e) => {
    const row = e.target.closest("tr[data-href]");
    if (row && !e.target.closest("a, button, form")) location.href = row.dataset.href;
  });
  document.addEventListener("submit", (e) => {
    const asked = e.target.dataset.confirm;
    if (asked && !window.confirm(asked)) { e.preventDefault(); return; }
    e.target.querySelectorAll("button").forEach((b) => setTimeout(() => { b.disabled = true; }, 0));
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("button[disabled]").forEach((b) => { b.disabled = false; }));
  const details = document.getElementById("correct");
  if (details) {
    const other = details.querySelector("[data-overrides]");
    details.addEventListener("input", () => {
      other.disabled = false;
      document.querySelectorAll('input[type="radio"][name="category"]').forEach((r) => { r.disabled = Boolean(other.value); });
    });
    details.addEventListener("toggle", () => { if (details.open) { other.disabled = false; other.focus(); } });
    const form = document.getElementById("accept");
    form.addEventListener("submit", () => { if (!other.value) other.disabled = true; });
  }
  // The simulator: a sent form is emptied, the newest line is in view, a reply names the letter it answers.
  document.addEventListener("htmx:afterRequest", (e) => {
    const form = e.target.closest && e.target.closest("form[data-clear]");
    if (!form) return;
    form.querySelectorAll("button").forEach((b) => setTimeout(() => { b.disabled = false; }, 0));
    if (!e.detail.successful) return;
    form.querySelectorAll('input:not([name="person"]), textarea').forEach((field) => { field.value = ""; });
  });
  const toTheEnd = () => { const screen = document.getElementById("chat"); if (screen) screen.scrollTop = screen.scrollHeight; };
  document.addEventListener("htmx:afterSwap", (e) => { if (e.target.id === "chat" && e.detail.requestConfig.verb === "post") toTheEnd(); });
  toTheEnd();
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-reply]");
    const form = document.getElementById("write");
    if (!button || !form) return;
    form.elements.replies_to.value = button.dataset.reply;
    form.elements.subject.value = `回复：${button.dataset.subject}`;
    form.elements.text.focus();
  });
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Escape" && document.getElementById("accept")) { location.href = "/tickets?queue=1"; return; }
    if (typing(e)) return;
    const key = e.key.toLowerCase();
    if (key === "/") { const box = document.querySelector('[data-key="/"]'); if (box) { e.preventDefault(); box.focus(); } }
    else if (key === "j") mark(at + 1);
    else if (key === "k") mark(at - 1);
    else if (key === "enter" && at >= 0 && rows()[at]) location.href = rows()[at].dataset.href;
    else if (/^[1-3]$/.test(key)) { const choice = document.querySelector(`input[data-key="${key}"]`); if (choice) choice.checked = true; }
    else if (key === "e" && details) { e.preventDefault(); details.open = true; }
    else if (key === "enter" && document.getElementById("accept") && e.target.tagName !== "BUTTON" && e.target.tagName !== "A" && e.target.tagName !== "SUMMARY") {
      document.querySelector("#accept button.primary").click();
    }
  });
})();
