// 草稿: what is typed survives a closed browser. It lies in this browser under the user's id and the page's address, is
// gone once it was sent, after seven days, and at sign-out; another user's is dropped twelve hours after it was written.
(() => {
  const PREFIX = "desk:draft:", SENDING = "desk:sending", DAY = 86400000, KEPT = 7 * DAY, OTHERS = DAY / 2;
  const user = document.body.dataset.user;
  /** @typedef {{ at: number, fields: [name: string, held: any][] }} Draft */
  /** @type {(key: string) => Draft | null} */
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const mine = () => keys().filter((key) => key.startsWith(`${PREFIX}${user}:`));

  // What was being sent has arrived when a page follows that is no refusal and no entrance.
  /** @type {() => string[]} */
  const sending = () => { try { return JSON.parse(sessionStorage.getItem(SENDING)) || []; } catch { return []; } };
  // Who came back or loaded the page again may have met with an error between: then it has not arrived.
  /** @type {Partial<PerformanceNavigationTiming>} */
  const visit = performance.getEntriesByType("navigation")[0] || {};
  const arrived = (visit.responseStatus || 200) < 400 && (visit.type || "navigate") === "navigate";
  if (user && arrived && !document.querySelector("[data-refused]")) sending().forEach((key) => localStorage.removeItem(key));
  sessionStorage.removeItem(SENDING);
  if (!user) return;
  keys().forEach((key) => {
    const age = Date.now() - (read(key)?.at || 0);
    if (age > KEPT || (age > OTHERS && !key.startsWith(`${PREFIX}${user}:`))) localStorage.removeItem(key);
  });

  const NOT = /^(hidden|password|file|submit|button|search|reset)$/;
  /** @param {HTMLFormElement} form */
  const kept = (form) => form && form.method === "post" && !form.querySelector('input[type="password"]') && !form.matches(".whoami, [data-no-draft]");
  /** @type {(form: HTMLFormElement) => [name: string, field: Field][]} */
  const fields = (form) => {
    /** @type {Record<string, number>} */
    const count = {};
    return [...form.elements].filter((field) => field.name && !NOT.test(field.type)).map((field) => {
      count[field.name] = (count[field.name] ?? -1) + 1;
      return [`${field.name}.${count[field.name]}`, field];
    });
  };
  /** @param {HTMLFormElement} form */
  const keyOf = (form) => {
    const action = form.getAttribute("action") || "";
    const same = [...document.forms].filter((other) => (other.getAttribute("action") || "") === action).indexOf(form);
    return `${PREFIX}${user}:${location.pathname} ${action} ${same}`;
  };
  /** @type {(field: Field) => field is HTMLInputElement} */
  const ticks = (field) => field.type === "radio" || field.type === "checkbox";
  /** @param {Field} field */
  const value = (field) => (ticks(field) ? field.checked : field.value);

  /** @type {WeakSet<Field>} */
  const touched = new WeakSet();
  /** @type {Map<HTMLFormElement, number>} */
  const timers = new Map();
  /** @param {HTMLFormElement} form */
  const save = (form) => {
    clearTimeout(timers.get(form));
    timers.delete(form);
    /** @param {Field} field */
    const group = (field) => ticks(field) && [...form.elements].some((other) => other.name === field.name && touched.has(other));
    const found = fields(form).filter(([, field]) => touched.has(field) || group(field)).map(([name, field]) => [name, value(field)]);
    const says = found.some(([, held]) => typeof held === "string" && held.trim());
    try {
      if (says) localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), fields: found }));
      else localStorage.removeItem(keyOf(form));
    } catch { /* the browser's room is full or closed: the page works as before */ }
  };
  /** @param {PageEvents["input"]} e */
  const soon = (e) => {
    const form = e.target.form;
    if (!kept(form) || NOT.test(e.target.type)) return;
    touched.add(e.target);
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => save(form), 300));
  };
  document.addEventListener("input", soon);
  document.addEventListener("change", soon);
  const flush = () => [...timers.keys()].forEach(save);
  window.addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });

  /** @param {HTMLFormElement} form */
  const drop = (form) => {
    clearTimeout(timers.get(form));
    timers.delete(form);
    localStorage.removeItem(keyOf(form));
    form.querySelectorAll(".draft-line").forEach((line) => line.remove());
  };
  /** @type {(form: HTMLFormElement, at: number) => void} */
  const offer = (form, at) => {
    const line = document.createElement("p"), words = document.createElement("span"), button = document.createElement("button");
    const when = new Date(at), two = (/** @type {number} */ n) => String(n).padStart(2, "0");
    line.className = "draft-line";
    line.setAttribute("role", "status");
    words.textContent = `${inWords("已恢复未发送的草稿", "Your unsent draft is back")}（${two(when.getMonth() + 1)}-${two(when.getDate())} ${two(when.getHours())}:${two(when.getMinutes())}）`;
    button.type = "button";
    button.className = "link";
    button.textContent = inWords("丢弃", "Discard");
    button.addEventListener("click", () => {
      form.reset();
      fields(form).forEach(([, field]) => { touched.delete(field); field.dispatchEvent(new Event("desk:reset", { bubbles: true })); });
      drop(form);
      const first = form.querySelector("textarea, input:not([type=hidden])");
      if (first) first.focus();
    });
    line.append(words, " ", button);
    form.prepend(line);
  };
  /** @param {ParentNode} within */
  const restore = (within) => [...within.querySelectorAll("form")].filter(kept).forEach((form) => {
    if (form.querySelector(".draft-line")) return;
    const draft = read(keyOf(form));
    if (!draft) return;
    const there = new Map(fields(form));
    const other = draft.fields.filter(([name, held]) => there.has(name) && value(there.get(name)) !== held);
    if (!other.length) return;
    other.forEach(([name, held]) => {
      const field = there.get(name);
      if (ticks(field)) field.checked = held;
      else field.value = held;
      touched.add(field);
      field.dispatchEvent(new Event("desk:restored", { bubbles: true }));
      for (let part = field.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    });
    offer(form, draft.at);
  });
  restore(document);
  document.addEventListener("htmx:afterSwap", (e) => restore(e.target));

  // Sent by the page: known when the next one comes. Sent by a script: known at once.
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented || !kept(e.target)) return;
    save(e.target);
    sessionStorage.setItem(SENDING, JSON.stringify([...sending(), keyOf(e.target)]));
  });
  document.addEventListener("desk:sent", (e) => drop(e.target));
  document.addEventListener("htmx:afterRequest", (e) => { const form = e.target.closest?.("form"); if (form && e.detail.successful && e.detail.requestConfig.verb !== "get" && kept(form)) drop(form); });

  // Words of residents do not stay behind on a machine that others use: who signs out is asked, and they go.
  window.addEventListener("submit", (e) => {
    const form = e.target;
    flush();
    const left = mine();
    if (!form.matches(".whoami") || !left.length || form.dataset.asked) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    const dialog = document.createElement("dialog"), words = document.createElement("p"), row = document.createElement("div");
    words.textContent = inWords(`有 ${left.length} 份草稿没有发送。退出后会从这台电脑上删除。`, `${left.length} drafts were not sent. Signing out deletes them from this computer.`);
    row.className = "row";
    /** @type {(label: string, kind: string, act: () => void) => HTMLButtonElement} */
    const add = (label, kind, act) => { const made = document.createElement("button"); made.type = "button"; made.textContent = label; made.className = kind; made.addEventListener("click", () => { dialog.close(); act(); }); row.append(made); return made; };
    add(inWords("取消", "Cancel"), "", () => {}).autofocus = true;
    add(inWords("删除草稿并退出", "Delete the drafts and sign out"), "primary", () => { mine().forEach((key) => localStorage.removeItem(key)); form.dataset.asked = "yes"; form.requestSubmit(); });
    dialog.append(words, row);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }, true);
})();
