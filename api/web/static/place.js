// The place on the district's own map: one tap chooses the street. Without this the select beside it does the same.
(() => {
  const map = document.querySelector(".streets");
  const select = document.querySelector("select#area");
  if (!map || !select) return;
  const paths = [...map.querySelectorAll("path")];
  const said = document.getElementById("here-said");
  const latitude = document.querySelector("input#latitude"), longitude = document.querySelector("input#longitude");
  /** @param {string} code */
  const streetOf = (code) => {
    const option = [...select.options].find((each) => each.value === code);
    const group = option && option.closest("optgroup");
    return group ? group.querySelector("option").value : "";
  };
  const show = () => {
    const street = streetOf(select.value);
    map.querySelectorAll("path, text").forEach((each) => {
      each.classList.toggle("chosen", Boolean(street) && (each.dataset.code || each.dataset.of) === street);
    });
  };
  /** @param {string} code */
  const choose = (code) => {
    if (streetOf(select.value) !== code) select.value = code;
    show();
  };
  const forget = () => { latitude.value = ""; longitude.value = ""; said.textContent = ""; };
  select.addEventListener("change", () => { forget(); show(); });
  paths.forEach((path) => path.addEventListener("click", () => {
    forget();
    choose(path.dataset.code);
    said.textContent = inWords(`已选 ${path.dataset.name}`, `${path.dataset.name} chosen`);
  }));

  // Even-odd rule: a point is inside where a ray from it crosses the outline an odd number of times.
  /** @type {(ring: [number, number][], x: number, y: number) => boolean} */
  const inside = (ring, x, y) => {
    let odd = false;
    for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at += 1) {
      const [ax, ay] = ring[at], [bx, by] = ring[before];
      if ((ay > y) !== (by > y) && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
    return odd;
  };
  const button = document.getElementById("here");
  if (navigator.geolocation && window.isSecureContext) {
    button.hidden = false;
    button.addEventListener("click", () => {
      said.textContent = inWords("正在取位置…", "Finding where you are…");
      navigator.geolocation.getCurrentPosition((found) => {
        const { latitude: y, longitude: x } = found.coords;
        const path = paths.find((each) => JSON.parse(each.dataset.rings).some((/** @type {[number, number][]} */ ring) => inside(ring, x, y)));
        if (!path) { said.textContent = inWords("您现在不在本区，请在上面选街道", "You are not in this district now; choose a street above"); return; }
        choose(path.dataset.code);
        latitude.value = y.toFixed(6); longitude.value = x.toFixed(6);
        said.textContent = inWords(`您在${path.dataset.name}，位置会随诉求一起提交`, `You are in ${path.dataset.name}; the place goes along with your report`);
      }, () => { said.textContent = inWords("没有取到位置，请在上面选街道", "Your place was not found; choose a street above"); }, { timeout: 10000, maximumAge: 60000 });
    });
  }
  document.getElementById("on-map").hidden = false;
  show();
})();
