// Conversations, live: what is new is put in without touching what is being typed. Pages work without it.
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  /** @type {Find} */
  const find = (what) => document.querySelector(what);
  const more = find("#talk-new");
  const lines = () => find("#talk-lines");
  /** @param {HTMLElement} box */
  const isLow = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const toTheEnd = () => { const box = lines(); if (box) box.scrollTop = box.scrollHeight; };
  let unseen = 0, waiting = "";

  const tell = () => {
    if (!more) return;
    more.hidden = !unseen;
    more.textContent = live.id === "talks" ? inWords(`${unseen} 个新会话`, `${unseen} new conversations`) : inWords(`${unseen} 条新消息`, `${unseen} new messages`);
  };

  // The server's moments against the visitor's clock: a clock that is wrong must not make a resident wait an hour.
  let ahead = 0;
  /** @type {(at: string, bare: boolean) => string} */
  const since = (at, bare) => {
    const seconds = Math.max(0, Math.round((Date.now() - ahead - Date.parse(at)) / 1000));
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    const said = seconds < 60 ? inWords(`${seconds} 秒`, `${seconds} s`) : hours < 1 ? inWords(`${minutes} 分钟`, `${minutes} min`) : inWords(`${hours} 小时 ${minutes % 60} 分钟`, `${hours} h ${minutes % 60} min`);
    return bare ? said : inWords(`${said}前`, `${said} ago`);
  };
  const tick = () => {
    document.querySelectorAll("[data-ago]").forEach((part) => { part.textContent = since(part.dataset.ago, "bare" in part.dataset); });
    document.querySelectorAll("form[data-until]").forEach((form) => {
      const left = Math.ceil((Date.parse(form.dataset.until) - (Date.now() - ahead)) / 1000);
      const button = form.querySelector("button");
      const words = left > 0 ? inWords(`撤回（${left} 秒内）`, `Take back (${left} s)`) : inWords("撤回", "Take back");
      if (button.textContent !== words) button.textContent = words;
    });
  };

  /** @type {(box: HTMLElement, piece: { children: Iterable<Element> }, first: boolean) => number} */
  const put = (box, piece, first) => {
    let fresh = 0, before = null;
    for (const line of [...piece.children]) {
      const known = document.getElementById(line.id);
      if (!known) {
        if (!first) { before ? before.after(line) : box.prepend(line); before = line; }
        fresh += 1;
      } else {
        if (known.outerHTML !== line.outerHTML) { known.replaceWith(line); before = line; } else before = known;
      }
    }
    return fresh;
  };

  /** @param {string} text */
  const merge = (text) => {
    const piece = new DOMParser().parseFromString(text, "text/html");
    const head = piece.getElementById("talk-head"), now = find("#talk-head");
    if (head && now && now.innerHTML !== head.innerHTML && !now.contains(document.activeElement)) now.replaceWith(head);
    else if (head && now && now.contains(document.activeElement) && now.innerHTML !== head.innerHTML) { now.replaceWith(head); const field = find("[data-say] textarea"); if (field) field.focus(); }
    const box = lines();
    if (box) {
      const low = isLow(box);
      const fresh = put(box, piece.getElementById("talk-lines"), false);
      const mine = waiting === "sent";
      if (low || mine) { toTheEnd(); unseen = 0; } else unseen += fresh;
      waiting = "";
    } else {
      const rows = find("#talk-rows"), found = piece.getElementById("talk-rows");
      const there = new Set([...found.children].map((row) => row.id));
      [...rows.children].forEach((row) => row.classList.toggle("gone", Boolean(row.id) && !there.has(row.id)));
      unseen = [...found.children].filter((row) => row.id && !document.getElementById(row.id)).length;
      put(rows, { children: [...found.children].filter((row) => row.id && document.getElementById(row.id)) }, true);
    }
    tell();
    tick();
  };
  let fetching = false, again = false;
  const refresh = async () => {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(live.dataset.fetch, { headers: { "hx-request": "true" } });
      if (answer.headers.get("date")) ahead = Math.abs(Date.now() - Date.parse(answer.headers.get("date"))) > 5000 ? Date.now() - Date.parse(answer.headers.get("date")) : 0;
      if (answer.ok) merge(await answer.text());
      else if (answer.status === 401) document.dispatchEvent(new CustomEvent("desk:signed-out"));
    } catch { /* the line is told of below */ } finally {
      fetching = false;
      if (again) { again = false; refresh(); }
    }
  };

  if (more) more.addEventListener("click", () => {
    if (live.id === "talks") { location.reload(); return; }
    unseen = 0; tell(); toTheEnd();
  });
  const box = lines();
  if (box) { toTheEnd(); live.addEventListener("scroll", () => { if (unseen && isLow(lines())) { unseen = 0; tell(); } }, true); }

  document.addEventListener("live:changed", refresh);  // stream.js holds the line
  setInterval(tick, 1000);
  tick();

  // Acts of this page are sent behind it; what it shows of them comes back as what anybody's acts do.
  /** @type {(form: HTMLFormElement, words: string) => void} */
  const fault = (form, words) => {
    const told = form.querySelector("[data-fault]") || find("[data-say] [data-fault]");
    if (told) { told.textContent = words; told.hidden = !words; }
  };
  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (!form.matches("form[data-talk]")) return;
    e.preventDefault();
    e.stopPropagation();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form))), headers: { "hx-request": "true" } });
      if (answer.ok) {
        fault(form, "");
        form.querySelectorAll("textarea").forEach((field) => { field.value = ""; });
        form.dispatchEvent(new CustomEvent("desk:sent", { bubbles: true }));
        if (form.elements.once) form.elements.once.value = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
        waiting = "sent";
        delete form.dataset.busy;  // the next sentence may go while what was sent is fetched
        await refresh();
      } else if (answer.status === 401) {
        fault(form, inWords("登录已过期，没有发出；文字还在，登录后再发", "Signed out, not sent; your words are still here, sign in and send them"));
        document.dispatchEvent(new CustomEvent("desk:signed-out"));
      } else {
        const said = new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent.trim();
        fault(form, said || inWords("没有发出，请稍后再试", "Not sent; try again in a moment"));
      }
    } catch { fault(form, inWords("网络不通，没有发出；文字还在，请稍后再发", "No network, not sent; your words are still here, send them later")); } finally { delete form.dataset.busy; }
  }, true);

  const field = find("[data-say] textarea");
  if (!field) return;
  /** @param {string} words */
  const insert = (words) => { field.setRangeText(words, field.selectionStart, field.selectionEnd, "end"); field.focus(); sign(); };
  document.addEventListener("click", (e) => {
    const phrase = e.target.closest("[data-phrase]");
    if (phrase) { insert(phrase.dataset.phrase); const list = phrase.closest("details"); if (list) list.open = false; }
  });
  field.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); field.form.requestSubmit(); }
    const digit = e.altKey && /^Digit([1-9])$/.exec(e.code);
    const phrase = digit && document.querySelectorAll("[data-phrase]")[Number(digit[1]) - 1];
    if (phrase) { e.preventDefault(); insert(phrase.dataset.phrase); }
  });
  // The resident is shown that somebody types: told at most every five seconds.
  let signed = 0;
  const sign = () => {
    if (!field.value.trim() || Date.now() - signed < 5000) return;
    signed = Date.now();
    fetch(field.dataset.typing, { method: "POST", headers: { "x-csrf-token": field.form.elements.csrf.value, "hx-request": "true" } }).catch(() => {});
  };
  field.addEventListener("input", sign);
})();
