// Keys for staff: one table, from which they work, the line at the bottom is written and the ? dialog is made.
(() => {
  const OFF = "desk:no-keys";
  /** @type {Find} */
  const find = (what) => document.querySelector(what);
  /** @type {<S extends string>(what: S) => Found<S>[]} */
  const all = (what) => [...document.querySelectorAll(what)];
  /** @param {PageEvents["keydown"]} e */
  const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && !/^(radio|checkbox)$/.test(e.target.type);
  const acts = () => document.dispatchEvent(new CustomEvent("desk:acts"));

  const rows = () => all("[data-rows] tbody tr");
  let at = -1;
  /** @param {number} to */
  const mark = (to) => {
    const list = rows();
    if (!list.length) return;
    at = Math.max(0, Math.min(list.length - 1, to));
    list.forEach((row, i) => row.classList.toggle("marked", i === at));
    list[at].scrollIntoView({ block: "nearest" });
  };
  // The ticket beside this one in the queue that nobody else has: or the first when this one has left the queue.
  /** @param {1 | -1} step */
  const beside = (step) => {
    const links = all(".waiting a[data-ticket]");
    let to = links.findIndex((link) => link.hasAttribute("aria-current"));
    to = to < 0 ? 0 : to + step;
    while (links[to] && links[to].querySelector("[data-holder]:not(:empty)")) to += step;
    if (links[to]) location.href = links[to].href;
  };

  // The list one came from, as it was narrowed, is the one to go back to.
  const LIST = "desk:list";
  if (rows().length && location.pathname === "/tickets") sessionStorage.setItem(LIST, location.href);
  const back = () => sessionStorage.getItem(LIST) || "/tickets?queue=1";

  const quotes = () => all("button[data-quote]");
  let next = 0;
  const cite = () => {
    const found = quotes(), quote = found[next % found.length];
    next += 1;
    const part = quote.closest("details");
    if (part) part.open = true;
    quote.dispatchEvent(new CustomEvent("desk:cite", { bubbles: true }));
    acts();
    const name = part ? part.querySelector("summary").textContent : inWords("知识", "The article");
    tell(inWords(`已把“${name}”引用到直接答复${found.length > 1 ? "，再按 K 换下一条" : ""}`, `“${name}” is quoted in the answer${found.length > 1 ? "; K again for the next" : ""}`));
  };
  let fading = 0;
  /** @param {string} words */
  const tell = (words) => {
    let told = document.getElementById("keys-told");
    if (!told) { told = document.createElement("p"); told.id = "keys-told"; told.className = "keys-told"; told.setAttribute("role", "status"); document.body.append(told); }
    told.textContent = words;
    clearTimeout(fading);
    fading = setTimeout(() => { told.textContent = ""; }, 4000);
  };

  const desk = () => find("#accept") || find("#review");
  /** @param {string} what */
  const click = (what) => () => find(what).click();
  /** @param {string} what */
  const there = (what) => () => find(what);
  const correct = () => find("details#correct"), direct = () => find("details#move-answer_directly");
  /** @type {(part: HTMLDetailsElement, field: string) => void} */
  const open = (part, field) => { part.open = true; const to = part.querySelector(field); if (to) to.focus(); };
  const marked = () => at >= 0 && rows()[at];
  /**
   * @typedef {{ shown: string, words: string, line: boolean, when: () => any }} Shown
   * @type {(Shown & { keys: string[], act: (key: string) => void })[]}
   */
  const TABLE = [
    { keys: ["enter"], shown: "Enter", words: inWords("打开", "open"), line: true, when: () => !desk() && rows().length, act: () => { if (marked()) location.href = rows()[at].dataset.href; } },
    { keys: ["enter"], shown: "Enter", words: inWords("采纳并下一条", "accept, next"), line: true, when: there("#accept"), act: click("#accept button.primary") },
    { keys: ["enter"], shown: "Enter", words: inWords("确认无误", "all right"), line: true, when: there("#review"), act: click("#review button.primary") },
    { keys: ["1", "2", "3"], shown: "1–3", words: inWords("选分类", "category"), line: true, when: there("#accept input[data-key]"), act: (key) => { const choice = find(`#accept input[data-key="${key}"]`); if (choice) { choice.checked = true; acts(); } } },
    { keys: ["e"], shown: "E", words: inWords("改", "change"), line: true, when: correct, act: () => { open(correct(), 'input[name="correction"]'); acts(); } },
    { keys: ["e"], shown: "E", words: inWords("改正", "correct"), line: true, when: there('#review [data-key="e"]'), act: click('#review [data-key="e"]') },
    { keys: ["s"], shown: "S", words: inWords("拆分", "split"), line: true, when: there("[data-split] button"), act: click("[data-split] button") },
    { keys: ["m"], shown: "M", words: inWords("并单", "merge"), line: true, when: there("[data-merge] button"), act: click("[data-merge] button") },
    { keys: ["k"], shown: "K", words: inWords("引用知识", "quote knowledge"), line: true, when: () => direct() && quotes().length, act: cite },
    { keys: ["a"], shown: "A", words: inWords("写直接答复", "write an answer"), line: false, when: direct, act: () => open(direct(), "textarea") },
    { keys: ["l"], shown: "L", words: inWords("展开知识", "show knowledge"), line: false, when: there('details[data-key="l"]'), act: () => { const part = find('details[data-key="l"]'); part.open = !part.open; part.scrollIntoView({ block: "nearest" }); } },
    { keys: ["g"], shown: "G", words: inWords("领取、放回", "take, give back"), line: true, when: there('#at-desk [data-key="g"]'), act: click('#at-desk [data-key="g"]') },
    { keys: ["j"], shown: "J", words: inWords("下一条", "next"), line: true, when: there(".waiting"), act: () => beside(1) },
    { keys: ["h", "p"], shown: "H", words: inWords("上一条", "previous"), line: true, when: there(".waiting"), act: () => beside(-1) },
    { keys: ["j"], shown: "J", words: inWords("向下选", "down"), line: true, when: () => !find(".waiting") && rows().length, act: () => mark(at + 1) },
    { keys: ["k", "h", "p"], shown: "K", words: inWords("向上选", "up"), line: true, when: () => !find(".waiting") && rows().length, act: () => mark(at - 1) },
    { keys: ["n"], shown: "N", words: inWords("登记来电", "enter a call"), line: false, when: there('.top a[href="/register"]'), act: () => { location.href = "/register"; } },
    { keys: ["x"], shown: "X", words: inWords("勾选", "tick"), line: false, when: there("[data-rows] input[type=checkbox]"), act: () => { const box = marked() && rows()[at].querySelector("input[type=checkbox]"); if (box) box.click(); } },
    { keys: ["r"], shown: "R", words: inWords("显示新来件", "show what is new"), line: false, when: there("#arrivals"), act: () => { const more = find("#arrivals button"); if (more && !more.hidden) more.click(); } },
    { keys: ["z", "u"], shown: "Z", words: inWords("撤回刚才的操作", "take back"), line: false, when: there("form[data-undo]"), act: click("form[data-undo] button") },
    { keys: ["/"], shown: "/", words: inWords("查找", "find"), line: true, when: there('[data-key="/"]'), act: () => { const box = find('input[data-key="/"]'); box.focus(); box.select(); } },
    { keys: ["?"], shown: "?", words: inWords("全部快捷键", "all keys"), line: true, when: () => true, act: () => help() },
  ];
  const BACK = { shown: "Esc", words: inWords("回到列表", "back to the list"), line: true, when: there(".workplace") };
  const live = () => TABLE.filter((each) => each.when());
  const off = () => localStorage.getItem(OFF) === "yes";

  /** @param {string} words */
  const kbd = (words) => { const made = document.createElement("kbd"); made.textContent = words; return made; };
  const write = () => all("p[data-keys]").forEach((part) => {
    part.replaceChildren();
    [...live(), ...(BACK.when() ? [BACK] : [])].filter((each) => each.line).forEach((each, i) => part.append(i ? " · " : "", kbd(each.shown), ` ${each.words}`));
  });

  const help = () => {
    const dialog = document.createElement("dialog");
    dialog.className = "key-help";
    dialog.setAttribute("aria-labelledby", "key-help");
    const head = document.createElement("h2");
    head.id = "key-help";
    head.textContent = inWords("本页的快捷键", "Keys of this page");
    const list = document.createElement("dl");
    [...live(), ...(BACK.when() ? [BACK] : [])].forEach((each) => {
      const name = document.createElement("dt"), words = document.createElement("dd");
      name.append(kbd(each.shown));
      words.textContent = each.words;
      list.append(name, words);
    });
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.checked = off();
    box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "yes" : "no"));
    label.className = "check";
    label.append(box, inWords(" 在这台电脑上停用单键快捷键（? 仍可用）", " No single keys on this computer (? still works)"));
    const row = document.createElement("div"), close = document.createElement("button");
    row.className = "row";
    close.type = "button";
    close.textContent = inWords("关闭", "Close");
    close.addEventListener("click", () => dialog.close());
    row.append(close);
    dialog.append(head, list, label, row);
    const before = /** @type {HTMLElement} */ (document.activeElement);
    dialog.addEventListener("close", () => { dialog.remove(); if (before && before.focus) before.focus(); });
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
  };

  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented || find("dialog[open]")) return;
    if (e.key === "Escape") {
      if (typing(e)) e.target.blur();
      else if (find("#review")) location.href = "/tickets?queue=1&sample=1";
      else if (BACK.when()) location.href = back();
      return;
    }
    if (typing(e)) return;
    const key = e.key.toLowerCase();
    if (off() && key !== "?") return;
    if (key === "enter" && /^(BUTTON|A|SUMMARY)$/.test(e.target.tagName)) return;
    const entry = live().find((each) => each.keys.includes(key));
    if (!entry) return;
    e.preventDefault();
    entry.act(key);
  });
  document.addEventListener("click", (e) => { if (e.target.closest("[data-open-keys]")) help(); });
  write();
  new MutationObserver(write).observe(find("#at-desk")?.parentNode || document.body, { childList: true });
})();
