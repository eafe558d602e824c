// Rows as links, a question before what cannot be undone, ten seconds to undo the rest. Pages work without it.
(() => {
  /** @type {Find} */
  const find = (what) => document.querySelector(what);

  // What was just done is told once; a copied address does not tell it again.
  const address = new URL(location.href);
  if (address.searchParams.has("done")) { address.searchParams.delete("done"); history.replaceState(null, "", address); }

  // On a phone the menu is a strip: where one is stands in its middle, not beyond its edge.
  const here = find(".top > nav > [aria-current]");
  if (here) {
    const strip = here.parentElement;
    const centre = () => { strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2; };
    centre();
    strip.addEventListener("htmx:afterSwap", centre);  // a number beside an entry makes the strip longer
    strip.addEventListener("touchstart", () => strip.removeEventListener("htmx:afterSwap", centre), { once: true, passive: true });
  }

  // What is wider than the window begins in the middle of where it starts.
  const wide = find("[data-from]");
  const start = wide && wide.querySelector(wide.dataset.from);
  if (start) {
    const [at, frame] = [start.getBoundingClientRect(), wide.getBoundingClientRect()];
    wide.scrollLeft += at.left + at.width / 2 - frame.left - frame.width / 2;
  }

  // A search that is come back to is no new one; which of its results is opened is told, not who opens it.
  const search = find("[data-search]");
  if (search) { address.searchParams.set("s", search.dataset.search); history.replaceState(null, "", address); }
  /** @param {PageEvents["click"]} e */
  const opened = (e) => { const link = e.target.closest("[data-opened]"); if (link && e.button < 2) navigator.sendBeacon(link.dataset.opened); };
  document.addEventListener("click", opened);
  document.addEventListener("auxclick", opened);

  /** @type {(sentence: string, form: HTMLFormElement, button: HTMLElement) => void} */
  const ask = (sentence, form, button) => {
    const dialog = document.createElement("dialog");
    const words = document.createElement("p");
    words.textContent = sentence;
    const acts = document.createElement("div");
    acts.className = "row";
    /** @type {(label: string, kind: string, act: () => void) => HTMLButtonElement} */
    const make = (label, kind, act) => {
      const made = document.createElement("button");
      made.type = "button"; made.textContent = label; made.className = kind;
      made.addEventListener("click", () => { dialog.close(); act(); });
      acts.append(made);
      return made;
    };
    make(inWords("取消", "Cancel"), "", () => {});
    const yes = make(inWords("确定", "Yes"), "primary", () => { form.dataset.asked = "yes"; form.requestSubmit(button); });
    dialog.append(words, acts);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  };
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.dataset.confirm && form.dataset.asked !== "yes") { e.preventDefault(); ask(form.dataset.confirm, form, e.submitter); return; }
    delete form.dataset.asked;
    if (form.method === "post") form.querySelectorAll("button").forEach((b) => setTimeout(() => { b.disabled = true; }, 0));
  });
  /** @param {HTMLElement} img */
  const notShown = (img) => { if (img.matches && img.matches(".sent-picture")) { const p = img.closest("p"); p.className = "quiet"; p.textContent = inWords("（无法显示，请下载查看）", "(cannot be shown, please download)"); } };
  document.addEventListener("error", (e) => notShown(e.target), true);
  document.querySelectorAll("img.sent-picture").forEach((img) => { if (img.complete && !img.naturalWidth) notShown(img); });
  window.addEventListener("pageshow", () => document.querySelectorAll("button[disabled]").forEach((b) => { b.disabled = false; }));
  document.addEventListener("click", (e) => {
    const row = e.target.closest("tr[data-href]");
    if (row && !e.target.closest("a, button, form, input, label, .tick") && !String(getSelection())) location.href = row.dataset.href;
    if (e.target.closest("[data-print]")) window.print();
    const quote = e.target.closest("[data-quote], [data-insert]");
    if (quote) { const field = cite(quote); if (field) field.focus(); }
  });

  // How many of a list are chosen; with none there is nothing to send.
  const count = () => document.querySelectorAll("[data-chosen]").forEach((part) => {
    const many = document.querySelectorAll(`input[name="${part.dataset.chosen}"]:checked`).length;
    part.textContent = many ? inWords(`${many} 件`, `${many}`) : "";
    part.closest("button").disabled = !many;
  });
  document.addEventListener("change", count);
  window.addEventListener("pageshow", () => setTimeout(count, 0));
  count();

  // What is quoted takes the place of what was quoted before; words of the clerk's own stay, and it goes below them.
  let cited = "";
  /** @param {HTMLElement} quote */
  const cite = (quote) => {
    const direct = find("details#move-answer_directly");
    if (!direct) return null;
    direct.open = true;
    const field = direct.querySelector("textarea");
    const words = quote.dataset.quote || quote.dataset.insert;
    const own = cited && field.value.endsWith(cited) ? field.value.slice(0, -cited.length) : field.value && `${field.value.trimEnd()}\n`;
    field.value = own + words;
    cited = words;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return field;
  };
  document.addEventListener("desk:cite", (e) => { const field = cite(e.target); if (field) field.scrollIntoView({ block: "nearest" }); });

  // 撤回 is offered for as many seconds as the server says are left; then the page of the case is the place for it.
  document.querySelectorAll("form[data-undo]").forEach((form) => {
    const ends = performance.now() + Number(form.dataset.undo) * 1000, shown = form.querySelector("[data-left]");
    const tick = () => {
      const left = Math.ceil((ends - performance.now()) / 1000);
      if (left <= 0) { clearInterval(timer); if (!form.contains(document.activeElement)) form.remove(); else shown.textContent = ""; return; }
      shown.textContent = inWords(`（${left} 秒）`, ` (${left} s)`);
    };
    const timer = setInterval(tick, 250);
    tick();
  });

  // A correction takes the place of the suggestion: then none of the three need be chosen.
  const details = find("details#correct");
  if (details) {
    const other = details.querySelector('input[name="correction"]');
    const choices = document.querySelectorAll('#accept input[type="radio"]');
    other.addEventListener("input", () => choices.forEach((r) => { r.disabled = Boolean(other.value); }));
    // Not at its toggle: that is told late, and would take the keys from whoever has gone on to the next.
    details.querySelector("summary").addEventListener("click", () => setTimeout(() => { if (details.open) other.focus(); }, 0));
  }
  // Whoever was not reached cannot have said anything.
  const callback = find("form#callback");
  if (callback) callback.addEventListener("change", () => {
    const missed = callback.elements.reached.value === "no";
    callback.querySelectorAll("fieldset[data-reached]").forEach((part) => { part.hidden = missed; part.disabled = missed; });
    ["resolved", "satisfaction"].forEach((name) => callback.elements[name].forEach((/** @type {HTMLInputElement} */ r) => { r.required = !missed; }));
  });

  // The simulator: a sent form is emptied, the newest line stays in view, a reply names the letter it answers.
  const screen = () => document.getElementById("chat");
  const toTheEnd = () => { const shown = screen(); if (shown) shown.scrollTop = shown.scrollHeight; };
  let low = true;
  document.addEventListener("htmx:beforeSwap", () => { const shown = screen(); if (shown) low = shown.scrollHeight - shown.scrollTop - shown.clientHeight < 40; });
  document.addEventListener("htmx:afterSwap", (e) => {
    const shown = screen();
    if (shown && e.target.contains(shown) && (low || e.detail.requestConfig.verb === "post")) toTheEnd();
  });
  document.addEventListener("htmx:afterRequest", (e) => {
    const offline = document.getElementById("offline");
    if (offline) offline.hidden = e.detail.successful;
    const form = e.target.closest && e.target.closest("form[data-clear]");
    if (!form) return;
    form.querySelectorAll("button").forEach((b) => setTimeout(() => { b.disabled = false; }, 0));
    if (!e.detail.successful) return;
    form.querySelectorAll('input:not([name="person"]), textarea').forEach((field) => { field.value = ""; });
  });
  toTheEnd();
  const kind = document.querySelector('.phone select[name="kind"]');
  if (kind) {
    const picture = kind.form.elements.file;
    const offer = () => { picture.hidden = kind.value !== "image"; };
    kind.addEventListener("change", offer);
    // A message is worded anew once; the next one is a new one.
    kind.form.addEventListener("htmx:afterRequest", () => { if (kind.dataset.once === kind.value) kind.value = "text"; });
    offer();  // a reloaded page keeps what was chosen
  }
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-reply]");
    const form = find("form#write");
    if (!button || !form) return;
    form.elements.replies_to.value = button.dataset.reply;
    form.elements.subject.value = inWords(`回复：${button.dataset.subject}`, `Re: ${button.dataset.subject}`);
    form.elements.text.focus();
  });

  // What scrolls aside and holds nothing to step to is a stop of its own for the keyboard.
  document.querySelectorAll(".scroll:not([tabindex])").forEach((part) => {
    if (part.querySelector("a, button, input, select, textarea, summary")) return;
    part.tabIndex = 0;
    part.setAttribute("role", "group");
    const head = part.closest("section, main").querySelector("h2, h1");
    if (head) part.setAttribute("aria-label", head.textContent.trim());
  });

  // Who signs out is gone from everywhere: the page asks and says nothing more for a session that is over. What is under
  // way is ended without htmx, which would call that an error; so a page that is come back to is read anew.
  let leaving = false;
  /** @type {Set<XMLHttpRequest>} */
  const asking = new Set();
  document.addEventListener("htmx:beforeSend", (e) => {
    const asked = e.detail.xhr;
    asking.add(asked);
    asked.addEventListener("loadend", () => asking.delete(asked));
  });
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented || !e.target.matches(".whoami")) return;
    leaving = true;
    asking.forEach((asked) => { asked.onabort = null; asked.abort(); });
    document.dispatchEvent(new CustomEvent("desk:leaves"));
  });
  window.addEventListener("pageshow", () => { if (leaving) location.reload(); });
  document.addEventListener("htmx:beforeRequest", (e) => { if (leaving) e.preventDefault(); });

  // Who leaves the page of a resident he has to himself gives him back to the queue.
  const claimed = find("form[data-release]");
  if (claimed) window.addEventListener("pagehide", () => { if (!leaving) navigator.sendBeacon(claimed.action, new FormData(claimed)); });
})();
