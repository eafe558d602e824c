// Photos before they go: gathered from several shots, made smaller on the phone, shown small, each removable.
(() => {
  const EDGE = 2048;
  const LARGE = 1500000;
  /** @type {(picture: ImageBitmap, edge: number) => HTMLCanvasElement} */
  const draw = (picture, edge) => {
    const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  };
  // Large photos are drawn anew: less to send, and where they were taken does not go along.
  /** @type {(file: File, picture: ImageBitmap) => Promise<File>} */
  const smaller = async (file, picture) => {
    if (file.size < LARGE) return file;
    const blob = await new Promise((done) => { draw(picture, EDGE).toBlob(done, "image/jpeg", 0.85); });
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  };
  document.querySelectorAll("[data-photos]").forEach((part) => {
    const list = part.querySelector(".thumbs");
    /** @type {Map<HTMLInputElement, File[]>} */
    const kept = new Map();
    part.classList.add("drawn");
    /** @param {HTMLInputElement} input */
    const give = (input) => {
      const given = new DataTransfer();
      kept.get(input).forEach((each) => given.items.add(each));
      input.files = given.files;
    };
    /** @type {(input: HTMLInputElement, file: File, picture: ImageBitmap | null) => void} */
    const show = (input, file, picture) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.className = "quiet";
      name.textContent = file.name;
      if (picture) { const canvas = draw(picture, 240); canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", file.name); item.append(canvas); }
      const away = document.createElement("button");
      away.type = "button";
      away.textContent = inWords("移除", "Remove");
      away.setAttribute("aria-label", `${away.textContent} ${file.name}`);
      away.addEventListener("click", () => {
        kept.set(input, kept.get(input).filter((each) => each !== file));
        give(input);
        item.remove();
        input.focus();
      });
      item.append(name, away);
      list.append(item);
    };
    part.querySelectorAll('input[type="file"]').forEach((input) => {
      kept.set(input, []);
      input.addEventListener("change", async () => {
        for (const chosen of [...input.files].filter((each) => !kept.get(input).includes(each))) {
          let picture = null;
          try { picture = await createImageBitmap(chosen); } catch { /* no picture that a browser draws: the desk looks at it */ }
          const file = picture ? await smaller(chosen, picture) : chosen;
          kept.get(input).push(file);
          show(input, file, picture);
        }
        give(input);
      });
    });
  });
})();
