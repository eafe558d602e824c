// A sign-in that is over must not cost words: it is looked for before a form with something typed is sent, and one signs
// in beside the page. Pages work without it: the entrance leads back to the page the form was on.
(() => {
  const user = document.body.dataset.user;
  if (!user) return;
  const FRESH = 20000;
  let known = 0;
  /** @type {HTMLDialogElement | null} */
  let dialog = null;
  /** @type {(() => void)[]} */
  let then = [];

  /** @type {() => Promise<{ user: string, name: string, csrf: string } | null>} */
  const look = async () => {
    const answer = await fetch("/session", { headers: { "hx-request": "true" }, cache: "no-store" });
    if (answer.status === 401) return null;
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  /** @param {{ csrf: string }} found */
  const renew = (found) => {
    document.querySelectorAll('input[name="csrf"]').forEach((field) => { field.value = found.csrf; });
    known = Date.now();
  };
  /**
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} name
   * @param {string} words
   * @param {string} [kind]
   */
  const make = (name, words, kind) => { const made = document.createElement(name); made.textContent = words; if (kind) made.className = kind; return made; };

  const resume = async () => {
    const found = await look().catch(/** @returns {null} */ () => null);
    if (!found || !dialog) return;
    if (found.user !== user) {
      dialog.querySelector("[data-told]").textContent = inWords(`现在登录的是${found.name}。没有发送的内容仍留给原来的用户。`, `Now ${found.name} is signed in. What was not sent stays with the user before.`);
      then = [];
      return;
    }
    renew(found);
    const go = then;
    then = [];
    dialog.close();
    go.forEach((act) => act());
  };
  /** @param {() => void} [act] what goes on when one is signed in again */
  const ask = (act) => {
    if (act) then.push(act);
    if (dialog) return;
    dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "signed-out");
    const head = make("h2", inWords("登录已过期", "Signed out")), words = make("p", inWords("您写的内容还在。在新窗口登录后，这里会接着办。", "What you wrote is still here. Sign in in a new window and go on.")), row = make("div", "", "row");
    head.id = "signed-out";
    words.dataset.told = "";
    words.setAttribute("role", "status");
    const later = make("button", inWords("先不登录", "Not now")), again = make("button", inWords("我已登录，继续", "Signed in, go on")), door = make("a", inWords("登录", "Sign in"), "button primary");
    later.type = again.type = "button";
    later.addEventListener("click", () => { then = []; dialog.close(); });
    again.addEventListener("click", async () => { await resume(); if (dialog) words.textContent = inWords("还没有登录，请先在新窗口登录。", "Not signed in yet; do it in the new window first."); });
    door.href = "/login?next=/signed-in";
    door.target = "_blank";
    door.rel = "opener";
    row.append(later, again, door);
    dialog.append(head, words, row);
    dialog.addEventListener("close", () => { dialog.remove(); dialog = null; });
    document.body.append(dialog);
    dialog.showModal();
    door.focus();
  };
  const channel = new BroadcastChannel("desk:session");
  channel.addEventListener("message", resume);
  window.addEventListener("focus", () => { if (dialog) resume(); });
  document.addEventListener("desk:signed-out", () => ask());
  document.addEventListener("desk:check", () => look().then((found) => { if (!found) ask(); }, () => {}));
  document.addEventListener("htmx:responseError", (e) => {
    if (e.detail.xhr.status === 401 && e.detail.requestConfig.verb !== "get") ask();
  });

  const typed = new WeakSet();
  document.addEventListener("input", (e) => { if (e.target.form) typed.add(e.target.form); });
  const elsewhere = "[data-talk], [data-at-desk], [hx-post], .whoami";
  window.addEventListener("submit", (e) => {
    const form = e.target, by = e.submitter;
    if (form.method !== "post" || form.matches(elsewhere) || !typed.has(form) || Date.now() - known < FRESH) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    const send = () => form.requestSubmit(by && by.isConnected ? by : undefined);
    look().then((found) => {
      if (!found || found.user !== user) ask(send);
      else { renew(found); send(); }
    }, () => say(form, inWords("网络不通，没有发出；写的内容还在，请稍后再发", "No network, not sent; what you wrote is still here")));
  }, true);
  /** @type {(form: HTMLFormElement, words: string) => void} */
  const say = (form, words) => {
    const told = form.querySelector(".not-sent") || make("p", "", "not-sent red");
    told.setAttribute("role", "alert");
    told.textContent = words;
    form.append(told);
  };
})();
