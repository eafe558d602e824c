// N, anywhere on the desk where nothing is being typed: a call to be registered.
"use strict";
document.addEventListener("keydown", (e) => {
  if (e.key.toLowerCase() !== "n" || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  if (e.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  e.preventDefault();
  location.href = "/register";
});
