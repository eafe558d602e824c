// The form of calls and visits: it fills itself until somebody types into a field; places are picked as one types.
"use strict";
(() => {
  const form = document.querySelector("form#register");
  const beside = document.getElementById("beside");
  if (!form || !beside) return;
  document.documentElement.classList.add("is-scripted");
  /** @type {(name: string) => Field} */
  const field = (name) => form.elements.namedItem(name);
  const fields = form.querySelector(".register-fields");
  // One request at a time: a newer one takes the place of one that is under way.
  /** @type {AbortController | null} */
  let asking = null;
  let waiting = 0;
  const look = async () => {
    clearTimeout(waiting);
    if (asking) asking.abort();
    const mine = asking = new AbortController();
    try {
      const answer = await fetch(fields.dataset.look, { method: "POST", body: new URLSearchParams(/** @type {any} */ (new FormData(form))), headers: { "hx-request": "true" }, signal: mine.signal });
      const html = await answer.text();
      if (mine.signal.aborted) return;
      if (answer.ok) draw(html);
    } catch { /* replaced, or the line is gone: the form can be sent all the same */ } finally { if (asking === mine) asking = null; }
  };
  fields.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 450); });

  // What somebody typed is his; what the words filled in follows the words.
  const filling = ["place", "time", "contact", "object", "name"];
  const own = new Set(filling.filter((name) => field(name).value));
  /** @type {Record<string, string>} */
  const lastFilled = {};
  form.addEventListener("input", (e) => { if (filling.includes(e.target.name)) own.add(e.target.name); });
  const fill = () => {
    const found = beside.querySelector(".found");
    if (!found) return;
    filling.forEach((name) => {
      const input = field(name);
      if (own.has(name) && input.value && input.value !== lastFilled[name]) return;
      if (document.activeElement === input) return;
      const value = found.dataset[name] || "";
      if (!value && input.value !== lastFilled[name]) return;
      input.value = value;
      lastFilled[name] = value;
      own.delete(name);
    });
  };

  // The piece beside is drawn anew: what was opened stays open, and what is being written in it stays.
  /** @param {string} html */
  const draw = (html) => {
    const here = document.activeElement;
    if (here && here.matches("#beside textarea, #correction")) { waiting = setTimeout(look, 1500); return; }
    const opened = [...beside.querySelectorAll("details[open][id]")].map((each) => each.id);
    const focused = beside.contains(here) ? here.id : "";
    beside.innerHTML = html;
    opened.forEach((id) => { const part = document.getElementById(id); if (part instanceof HTMLDetailsElement) part.open = true; });
    if (focused) document.getElementById(focused)?.focus();
    // Who does not see it hears in a sentence what changed, not all of it.
    const told = document.getElementById("told-beside");
    const said = beside.querySelector(".found")?.dataset.told || "";
    if (told.textContent !== said) told.textContent = said;
    fill();
  };

  // The caller's words as they are heard, until the agent writes in his own.
  const text = field("text");
  let heardBefore = text.value;
  const hear = () => {
    const said = document.querySelector("[data-words]");
    const log = document.querySelector(".transcript");
    if (log) log.scrollTop = log.scrollHeight;
    if (!said || said.dataset.words === heardBefore || text.value !== heardBefore) return;
    text.value = heardBefore = said.dataset.words;
    look();
  };

  form.addEventListener("click", (e) => {
    const answer = e.target.closest("[data-answer]");
    if (answer) {
      form.querySelector("details.direct").open = true;
      field("answer").value = answer.dataset.answer;
      field("answer").focus();
    }
    const to = e.target.closest("a[data-to]");
    const wanted = to && document.getElementById(to.hash.slice(1));
    if (wanted) { e.preventDefault(); wanted.focus(); }
  });
  form.addEventListener("change", (e) => {
    if (e.target.name === "correction" && e.target.value) form.querySelectorAll('input[name="category"]').forEach((each) => { each.checked = false; });
    if (e.target.name === "category") field("correction").value = "";
  });
  // Enter in a line does not send the form while somebody still speaks.
  form.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); form.querySelector('button[value="save"]').click(); return; }
    if (e.key === "Enter" && e.target.tagName === "INPUT" && e.target.type !== "radio" && e.target.type !== "checkbox") { e.preventDefault(); look(); }
    if (e.altKey && /^Digit[1-3]$/.test(e.code)) {
      const choice = beside.querySelector(`input[data-category="${e.code.slice(5)}"]`);
      if (choice) { e.preventDefault(); choice.checked = true; field("correction").value = ""; }
    }
  });

  // Places: a combobox over the gazetteer.
  const input = form.querySelector("input[data-places]");
  if (input) {
    input.removeAttribute("list");
    const list = document.createElement("ul");
    list.id = "places"; list.hidden = true;
    list.setAttribute("role", "listbox"); list.setAttribute("aria-label", inWords("地名", "Places"));
    input.after(list);
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "places" }).forEach(([name, value]) => input.setAttribute(name, value));
    let at = -1;
    let timer = 0;
    let asked = 0;
    const options = () => [...list.querySelectorAll("li")];
    const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    /** @param {number} next */
    const mark = (next) => {
      at = next;
      options().forEach((each, number) => each.setAttribute("aria-selected", String(number === at)));
      const marked = options()[at];
      if (marked) { input.setAttribute("aria-activedescendant", marked.id); marked.scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
    };
    // What stands behind the name (3号楼) stays behind it.
    /** @param {HTMLElement} option */
    const pick = (option) => {
      const rest = input.value.startsWith(option.dataset.name) ? input.value.slice(option.dataset.name.length) : "";
      input.value = option.dataset.written + rest;
      own.add("place");
      close();
      look();
    };
    /** @param {{ written: string, name: string, alias: string, where: string }[]} found */
    const show = (found) => {
      list.replaceChildren(...found.map((each, number) => {
        const option = document.createElement("li");
        option.id = `place-${number}`;
        option.setAttribute("role", "option"); option.setAttribute("aria-selected", "false");
        option.dataset.written = each.written; option.dataset.name = each.name;
        const where = document.createElement("span");
        where.className = "quiet";
        where.textContent = (each.alias ? `${each.alias} · ` : "") + each.where;
        option.append(each.name, where);
        option.addEventListener("mousedown", (e) => { e.preventDefault(); pick(option); });
        return option;
      }));
      at = -1;
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(Boolean(found.length)));
    };
    const ask = async () => {
      const number = ++asked;
      const typed = input.value.trim();
      if (!typed) { close(); return; }
      try {
        const answer = await fetch(`${input.dataset.places}?q=${encodeURIComponent(typed)}`, { headers: { accept: "application/json" } });
        if (answer.ok && number === asked && document.activeElement === input) show(await answer.json());
      } catch { close(); }
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (e) => {
      if (e.isComposing) return;
      if (e.key === "Escape" && !list.hidden) { e.preventDefault(); e.stopPropagation(); close(); }
      else if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (list.hidden) { ask(); return; }
        const count = options().length;
        mark((at + (e.key === "ArrowDown" ? 1 : -1) + count) % count);
      } else if (e.key === "Enter" && at >= 0 && !list.hidden) { e.preventDefault(); e.stopPropagation(); pick(options()[at]); }
    });
  }
  // While the call runs, what is said on it; after it no more.
  const line = document.querySelector("[data-heard]");
  /** @type {string | null} */
  let heard = null;
  const listen = async () => {
    try {
      const answer = await fetch(line.dataset.heard, { headers: { "hx-request": "true" } });
      if (answer.ok) {
        const html = await answer.text();
        if (html !== heard) { heard = html; line.innerHTML = html; hear(); }
      }
    } catch { /* asked again in a moment */ }
    if (line.querySelector(".on-line")) setTimeout(listen, 2000);
  };
  if (line) setTimeout(listen, 1000);
  fill();
  hear();
})();
