// The board's charts and its renewal by itself. Without it the page shows its numbers, and each table is a page.
(() => {
  /** @param {HTMLElement} root */
  const live = (root) => {
    const wall = document.body.classList.contains("wall");
    const APART = 5000;  // milliseconds between two renewals at least
    const EVERY = 60000;  // clocks run out without anybody's doing
    const MOST_BARS = 20;
    const said = document.getElementById("live-state");
    /** @param {string} words */
    const tell = (words) => { if (said) { said.hidden = !words; said.textContent = words; } };

    const plots = [...root.querySelectorAll("[data-plot]")];
    /** @type {Map<string, import("echarts").ECharts>} */
    const charts = new Map();
    /** @type {Board.Figures | null} */
    let data = null;
    /** @type {Board.Outlines | null} */
    let outlines = null;
    /** @param {number} points */
    const size = (points) => Math.round(points * (wall ? Math.min(2, Math.max(1.15, innerWidth / 1300)) : 1));
    /** @type {() => Board.Colours} */
    const colours = () => {
      const style = getComputedStyle(root);
      const names = ["surface", "soft", "line", "edge", "dot", "text", "quiet", "accent", "accent-tint", "red", "on-accent"];
      return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    };
    /** @type {(name: string, most: number) => string} */
    const shorten = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);
    const NONE = inWords("无数据", "no data");
    /** @param {number} count */
    const cases = (count) => inWords(`${count} 件`, `${count} case${count === 1 ? "" : "s"}`);
    /** @param {number | null} [value] */
    const percent = (value) => (value === null || value === undefined ? NONE : `${value.toFixed(2)}%`);

    // What all charts share: quiet axes, words in the desk's type, a tooltip drawn on the canvas (no style attributes).
    /** @type {(c: Board.Colours) => Board.Drawn} */
    const base = (c) => ({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: c.text, fontSize: size(12) },
      tooltip: { renderMode: "richText", confine: true, backgroundColor: c.surface, borderColor: c.edge, textStyle: { color: c.text, fontSize: size(12) } },
    });
    /** @type {(c: Board.Colours, right?: number) => Board.Drawn} */
    const legend = (c, right = 0) => ({ top: 0, right, icon: "roundRect", itemWidth: 14, itemHeight: 8, textStyle: { color: c.quiet, fontSize: size(12) } });
    /** @type {(c: Board.Colours, more: Board.Drawn) => Board.Drawn} */
    const across = (c, more) => ({ axisLine: { lineStyle: { color: c.edge } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { color: c.quiet, fontSize: size(11) }, ...more });
    /** @type {(c: Board.Colours, more: Board.Drawn) => Board.Drawn} */
    const up = (c, more) => ({ type: "value", axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: c.line } }, axisLabel: { color: c.quiet, fontSize: size(11) }, ...more });

    /** @type {(name: "section" | "measure", fallback: any) => any} */
    const picked = (name, fallback) => { const box = root.querySelector(`select[data-${name}]`); return box && box.value !== "" ? box.value : fallback; };

    /** @type {(rows: Board.Row[], of: Board.Of) => Board.Row[]} */
    const ranked = (rows, of) => {
      const known = rows.filter((row) => of(row).value !== null).sort((a, b) => of(b).value - of(a).value);
      if (known.length <= MOST_BARS) return known;
      return [...known.slice(0, MOST_BARS / 2), ...known.slice(-MOST_BARS / 2)];
    };
    // One ranking: names at the left, bars, a tick where each stood the period before, values in a column at the right.
    /** @type {Board.Ranking} */
    const ranking = (made, c, place, label, rows, of, words) => {
      const at = made.grid.length;
      const two = at * 2;
      const names = rows.map((row) => row.name);
      const plain = { type: "category", inverse: true, gridIndex: at, axisLine: { show: false } };
      made.title.push({ text: label, left: place.left + 4, top: place.top, textStyle: { color: c.text, fontSize: size(13), fontWeight: 600 } });
      made.grid.push({ left: place.left + size(92), top: place.top + size(26), width: Math.max(20, place.width - size(92) - size(62)), height: Math.min(place.height - size(34), rows.length * size(44)) });
      made.xAxis.push(up(c, { gridIndex: at, min: 0, max: 100, interval: 50, axisLabel: { show: false } }));
      made.yAxis.push(across(c, { ...plain, data: names, axisLabel: { color: c.text, fontSize: size(12), interval: 0, formatter: (name) => shorten(name, 7) } }));
      made.yAxis.push(across(c, { ...plain, position: "right", data: rows.map((row, number) => `${number}`), axisLabel: { color: c.text, fontSize: size(11), interval: 0, formatter: (number) => words(rows[Number(number)]) } }));
      /** @type {Board.Words} */
      const tooltip = { formatter: (p) => `${names[p.dataIndex]}\n${label} ${words(rows[p.dataIndex])}${of(rows[p.dataIndex]).parts ? inWords(`（${of(rows[p.dataIndex]).parts}）`, ` (${of(rows[p.dataIndex]).parts})`) : ""}\n${inWords("上一考核期", "The period before")} ${of(rows[p.dataIndex]).last === null ? NONE : of(rows[p.dataIndex]).last.toFixed(2)}${of(rows[p.dataIndex]).href ? inWords("\n点开：分母里的工单", "\nOpens the tickets of the denominator") : ""}` };
      made.series.push({ type: "bar", xAxisIndex: at, yAxisIndex: two, barMaxWidth: size(14), itemStyle: { color: c.accent, borderRadius: 2 }, tooltip, data: rows.map((row) => ({ value: of(row).value, href: of(row).href })) });
      made.series.push({ type: "scatter", xAxisIndex: at, yAxisIndex: two, symbol: "rect", symbolSize: [3, size(18)], itemStyle: { color: c.text }, z: 5, tooltip, data: rows.map((row) => ({ value: of(row).last === null ? "-" : of(row).last, href: of(row).href })) });
    };
    /** @type {Board.Draw<"rates">} */
    const rates = (panel, c, width, height) => {
      /** @type {{ rows: Board.Row[] }} */
      const section = panel.sections[Number(picked("section", 0))] || panel.sections[0] || { rows: [] };
      /** @type {Board.Grids} */
      const made = { ...base(c), title: [], grid: [], xAxis: [], yAxis: [], series: [] };
      if (wall) {  // read from the door: the one score
        /** @param {Board.Row} row */
        const score = (row) => row.score;
        ranking(made, c, { left: 0, top: 0, width, height }, inWords("综合得分", "Score"), ranked(section.rows, score), score, (row) => row.score.value.toFixed(2));
        return made;
      }
      const stacked = width < 640;
      const part = (stacked ? height : width) / panel.metrics.length;
      panel.metrics.forEach((metric, at) => {
        /** @param {Board.Row} row */
        const of = (row) => row.values[metric.name];
        const place = stacked ? { left: 0, top: at * part, width, height: part } : { left: at * part, top: 0, width: part, height };
        ranking(made, c, place, metric.label, ranked(section.rows, of), of, (row) => percent(of(row).value));
      });
      return made;
    };

    const LINES = [["accent", "solid", "circle"], ["text", "dashed", "rect"], ["dot", "dotted", "triangle"], ["quiet", "solid", "diamond"]];
    /** @type {Board.Draw<"course">} */
    const course = (panel, c) => ({
      ...base(c), legend: legend(c), grid: { left: size(46), right: size(24), top: size(34), bottom: size(26) },
      xAxis: across(c, { type: "category", data: panel.across, boundaryGap: panel.across.length < 3 }),
      yAxis: up(c, { min: (v) => Math.max(0, Math.floor(v.min / 10) * 10 - 10), max: 100, axisLabel: { formatter: "{value}%", color: c.quiet, fontSize: size(11) } }),
      series: panel.lines.map((line, at) => {
        const [colour, type, symbol] = LINES[at % LINES.length];
        return { type: "line", name: line.label, symbol, symbolSize: size(7), lineStyle: { color: c[colour], type, width: 2 }, itemStyle: { color: c[colour] }, tooltip: { formatter: (p) => `${panel.across[p.dataIndex]}${inWords(" 考核期", "")}\n${line.label} ${percent(p.value)}` }, data: line.values.map((value, place) => ({ value, href: line.hrefs[place] })) };
      }),
    });

    /** @type {Board.Draw<"flow">} */
    const flow = (panel, c) => {
      /** @type {(name: string, key: "in" | "closed", color: string) => Board.Drawn} */
      const bar = (name, key, color) => ({ type: "bar", name, itemStyle: { color, borderRadius: [2, 2, 0, 0] }, barMaxWidth: 16, tooltip: { formatter: (p) => `${panel.marks[p.dataIndex].label}\n${name} ${cases(p.value)}` }, data: panel.marks.map((each) => ({ value: each[key], href: each.hrefs[key] })) });
      return {
        ...base(c), legend: legend(c), grid: { left: size(38), right: size(44), top: size(34), bottom: size(26) },
        xAxis: across(c, { type: "category", data: panel.marks.map((each) => each.label.split(" ")[0]) }),
        yAxis: [up(c, { minInterval: 1, boundaryGap: [0, "30%"] }), up(c, { min: 0, max: 100, splitLine: { show: false }, axisLabel: { formatter: "{value}%", color: c.quiet, fontSize: size(11) } })],
        series: [bar(inWords("来件", "In"), "in", c.dot), bar(inWords("办结", "Closed"), "closed", c.accent),
          { type: "line", name: inWords("办结率", "Share closed"), yAxisIndex: 1, symbol: "rect", symbolSize: size(6), lineStyle: { color: c.text, type: "dashed", width: 2 }, itemStyle: { color: c.text }, tooltip: { formatter: (p) => inWords(`${panel.marks[p.dataIndex].label} 的来件\n至今办结率 ${percent(p.value)}`, `Came in ${panel.marks[p.dataIndex].label}\nclosed so far ${percent(p.value)}`) }, data: panel.marks.map((each) => ({ value: each.share, href: each.hrefs.accepted })) }],
      };
    };

    /** @type {Board.Draw<"ageing">} */
    const ageing = (panel, c) => {
      /** @type {(name: string, key: "on_time" | "late", place: number, colour: string, ink: string) => Board.Drawn} */
      const bar = (name, key, place, colour, ink) => ({ type: "bar", stack: "all", name, barMaxWidth: size(48), itemStyle: { color: colour }, label: { show: true, color: ink, fontSize: size(12), formatter: (p) => (p.value ? `${p.value}` : "") }, tooltip: { formatter: (p) => `${panel.marks[p.dataIndex].label}\n${name} ${cases(p.value)}` }, data: panel.marks.map((each) => ({ value: each[key], href: each.hrefs[place] })) });
      return { ...base(c), legend: legend(c), grid: { left: size(38), right: size(12), top: size(34), bottom: size(26) }, xAxis: across(c, { type: "category", data: panel.marks.map((each) => each.label) }), yAxis: up(c, { minInterval: 1 }), series: [bar(inWords("未逾期", "In time"), "on_time", 0, c.accent, c["on-accent"]), bar(inWords("逾期", "Overdue"), "late", 1, c.red, c.surface)] };
    };

    /** @type {Board.Draw<"hours">} */
    const hours = (panel, c) => {
      const most = panel.marks.reduce((top, mark) => Math.max(top, mark[2]), 1);
      return {
        ...base(c), grid: { left: size(88), right: size(12), top: size(8), bottom: size(66) },
        xAxis: across(c, { type: "category", data: [...Array(24).keys()].map((hour) => (hour ? `${hour}` : inWords("0 时", "0 h"))), splitArea: { show: false } }),
        yAxis: across(c, { type: "category", inverse: true, data: panel.names, axisLabel: { color: c.text, fontSize: size(12), interval: 0, formatter: (name) => shorten(name, 7) } }),
        visualMap: { min: 0, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 0, itemHeight: size(120), itemWidth: size(10), text: [cases(most), "0"], textStyle: { color: c.quiet, fontSize: size(11) }, inRange: { color: [c["accent-tint"], c.accent] } },
        series: [{ type: "heatmap", itemStyle: { borderColor: c.surface, borderWidth: 2, borderRadius: 3 }, emphasis: { itemStyle: { borderColor: c.text } }, label: { show: most < 1000, fontSize: size(11), color: c.text, formatter: (p) => `${p.value[2]}` }, tooltip: { formatter: (p) => inWords(`${panel.names[p.value[1]]} ${p.value[0]} 时\n来件 ${p.value[2]} 件`, `${panel.names[p.value[1]]}, ${p.value[0]}:00\n${cases(p.value[2])}`) },
          data: panel.marks.map(([hour, place, count, href]) => ({ value: [hour, place, count], href, label: { color: count > most * 0.55 ? c["on-accent"] : c.text } })) }],
      };
    };

    /** @type {Board.Draw<"flows">} */
    const flows = (panel, c) => {
      const names = [...new Set(panel.links.flatMap((each) => [each.source, each.target]))];
      /** @param {string} name */
      const bare = (name) => name.slice(3);
      return { ...base(c), series: [{ type: "sankey", left: 4, right: size(120), top: 8, bottom: 8, nodeGap: 7, nodeWidth: 12, draggable: false, emphasis: { focus: "adjacency" }, itemStyle: { color: c.accent, borderWidth: 0 }, lineStyle: { color: c.dot, opacity: 0.35, curveness: 0.5 },
        label: { color: c.text, fontSize: size(12), formatter: (p) => bare(p.name) }, tooltip: { formatter: (p) => (p.dataType === "edge" ? `${bare(p.data.source)} → ${bare(p.data.target)}\n${cases(p.data.value)}` : `${bare(p.name)}\n${cases(p.value)}`) },
        data: names.map((name) => ({ name })), links: panel.links }] };
    };

    // The outlines' extent in degrees: a map is not stretched to its box.
    const extent = () => {
      const all = outlines.features.flatMap((each) => each.geometry.coordinates.flat(2));
      /** @param {number} at */
      const spread = (at) => { const found = all.map((point) => point[at]); return [Math.min(...found), Math.max(...found)]; };
      const [[west, east], [south, north]] = [spread(0), spread(1)];
      const narrowing = Math.cos((south + north) / 2 * Math.PI / 180);
      return { narrowing, shape: ((east - west) * narrowing) / (north - south) };
    };
    /** @type {Board.Draw<"map">} */
    const map = (panel, c, width, height) => {
      /** @type {"open" | "score"} */
      const measure = picked("measure", "open");
      const by = new Map(panel.marks.map((each) => [each.name, each]));
      const values = panel.marks.map((each) => each[measure]).filter((value) => value !== null);
      const low = measure === "open" ? 0 : Math.min(...values, 100);
      const high = Math.max(...values, low + 1);
      const { narrowing, shape } = extent();
      const room = Math.min(width - 8, (height - 8) * shape);
      /** @param {Board.Panels["map"]["marks"][number]} each */
      const shown = (each) => (each[measure] === null ? NONE : `${each[measure]}`);
      return {
        ...base(c),
        visualMap: { min: low, max: high, show: false, inRange: { color: [c["accent-tint"], c.accent] } },
        series: [{ type: "map", map: "district", selectedMode: false, aspectScale: narrowing, layoutCenter: ["50%", "50%"], layoutSize: shape >= 1 ? room : room / shape, itemStyle: { areaColor: c.soft, borderColor: c.surface, borderWidth: 2 },
          emphasis: { label: { color: c.text }, itemStyle: { areaColor: c.edge } },
          label: { show: true, fontSize: size(11), lineHeight: size(14), color: c.text, formatter: (p) => { const each = by.get(p.name); return each ? `${shorten(p.name.replace(/街道$/, ""), 5)}\n${shown(each)}` : p.name; } },
          tooltip: { formatter: (p) => { const each = by.get(p.name); return each ? inWords(`${p.name}\n在办 ${each.open} 件，其中逾期 ${each.late} 件\n综合得分 ${each.score === null ? NONE : each.score}`, `${p.name}\nopen ${each.open}, overdue ${each.late}\nscore ${each.score === null ? NONE : each.score}`) : p.name; } },
          data: panel.marks.map((each) => ({ name: each.name, value: each[measure] === null ? NaN : each[measure], href: each.href, label: { color: each[measure] !== null && each[measure] - low > (high - low) * 0.55 ? c["on-accent"] : c.text } })) }],
      };
    };

    /** @type {Record<string, Board.Draw<any>>} */
    const DRAW = { rates, course, flow, ageing, hours, flows, map };

    /** @type {(plot: HTMLElement, c: Board.Colours) => void} */
    const paint = (plot, c) => {
      const key = plot.dataset.plot;
      const panel = data && data.panels[/** @type {keyof Board.Panels} */ (key)];
      if (!panel || !plot.clientWidth || (key === "map" && !outlines)) return;
      let chart = charts.get(key);
      plot.dataset.drawn = "";
      if (panel.empty) {
        if (chart) chart.dispose();
        charts.delete(key);
        const words = document.createElement("p");
        words.className = "quiet";
        words.textContent = inWords("这个考核期还没有可统计的工单", "Nothing to count in this period yet");
        plot.replaceChildren(words);
        return;
      }
      if (!chart) {
        chart = echarts.init(plot, null, { renderer: "canvas" });
        chart.on("click", (/** @type {Board.Pointed} */ mark) => { if (mark.data && mark.data.href) location.assign(mark.data.href); });
        charts.set(key, chart);
      }
      chart.resize();
      chart.setOption(DRAW[key](panel, c, plot.clientWidth, plot.clientHeight), true);
    };
    // One chart a task: between two of them the page answers the hand. What is asked for meanwhile is drawn in the same
    // round, so that the last chart is reached however often figures come.
    /** @type {Set<HTMLElement>} */
    const undrawn = new Set();
    const drawNext = () => {
      const [plot] = undrawn;
      undrawn.delete(plot);
      if (undrawn.size) setTimeout(drawNext);
      paint(plot, colours());
    };
    const draw = () => {
      const isDrawing = undrawn.size > 0;
      plots.forEach((plot) => undrawn.add(plot));
      if (!isDrawing) setTimeout(drawNext);
    };

    const fillSections = () => {
      const box = root.querySelector("select[data-section]");
      if (!box || !data.panels.rates) return;
      const labels = data.panels.rates.sections.map((each) => each.label);
      if (labels.join() !== box.dataset.filled) {
        const before = box.value;
        box.replaceChildren(...labels.map((label, at) => new Option(label, String(at))));
        const sizes = data.panels.rates.sections.map((each) => each.rows.length);
        box.value = before && labels[Number(before)] ? before : String(sizes.indexOf(Math.max(...sizes)));
        box.dataset.filled = labels.join();
      }
      box.closest("label").hidden = labels.length < 2;
    };

    // Nothing moves under the hand: what is pointed at or has the focus is renewed the next time.
    /** @param {Element} part */
    const held = (part) => part.matches(":hover") || part.contains(document.activeElement);
    /** @param {Board.Figures} fresh */
    const show = (fresh) => {
      data = fresh;
      Object.entries(data.numbers).forEach(([key, count]) => {
        const place = root.querySelector(`[data-number="${key}"]`);
        if (!place) return;
        place.textContent = String(count);
        const card = place.closest("div");
        card.classList.toggle("red", card.dataset.red === "1" && count > 0);
      });
      Object.entries(data.rates).forEach(([key, words]) => { const place = root.querySelector(`[data-rate="${key}"]`); if (place) place.textContent = words; });
      const score = root.querySelector("[data-score]");
      if (score) score.textContent = data.score;
      document.getElementById("computed").textContent = data.computed;
      const beside = document.getElementById("beside");
      if (beside && !held(beside)) beside.innerHTML = data.beside;
      fillSections();
      draw();
    };

    const tables = () => root.querySelectorAll("details[open][hx-get]").forEach((each) => {
      const part = each.querySelector(".as-table");
      if (!part.querySelector("table") || held(each)) return;
      fetch(each.getAttribute("hx-get"), { headers: { "HX-Request": "true" } }).then((answer) => (answer.ok ? answer.text() : "")).then((html) => { if (html && !held(each)) part.innerHTML = html; }).catch(() => {});
    });

    let asked = 0;
    let waiting = 0;
    let over = false;  // nobody is signed in any more: asking on would only be refused
    /** @type {EventSource | null} */
    let source = null;
    // What a page asks for by itself is no use of a session; a wall is in use as long as it shows something.
    const asking = { accept: "application/json", ...(wall ? {} : { "hx-request": "true" }) };
    const end = () => {
      over = true;
      if (source) source.close();
      tell(inWords("登录已失效，数字停在上面的时间，请刷新页面", "Signed out; the numbers are of the time above. Reload the page"));
    };
    const renew = () => {
      clearTimeout(waiting);
      waiting = 0;
      asked = Date.now();
      return fetch(root.dataset.board, { headers: asking }).then((answer) => {
        if (answer.status === 401 || answer.redirected) { end(); return null; }
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      }).then((fresh) => { if (!fresh) return; tell(""); if (fresh.ready) show(fresh); if (fresh.behind || !fresh.ready) soon(); }).catch(() => {
        tell(inWords("更新中断，数字停在上面的时间；几秒后再试", "No news; the numbers are of the time above, trying again in seconds"));
        soon();
      });
    };
    const soon = () => { if (!waiting && !over) waiting = setTimeout(() => renew().then(tables), Math.max(0, asked + APART - Date.now())); };

    const begin = () => {
      renew();
      if (!window.EventSource || !root.dataset.live) return;
      source = new EventSource(root.dataset.live);
      source.addEventListener("changed", soon);
      source.addEventListener("open", () => tell(""));
      source.addEventListener("error", () => tell(source.readyState === EventSource.CLOSED ? inWords("更新已停止，请刷新页面", "No more updates; reload the page") : inWords("连接中断，正在重连", "Connection lost, trying again")));
      window.addEventListener("pagehide", () => source.close());
      setInterval(() => { if (!document.hidden) soon(); }, EVERY);
    };

    root.addEventListener("change", (e) => { if (e.target.matches("[data-section], [data-measure]")) draw(); });
    root.addEventListener("click", (e) => {
      const button = e.target.closest("[data-save]");
      const chart = button && charts.get(button.dataset.save);
      if (!chart) return;
      const link = document.createElement("a");
      link.href = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: colours().surface });
      link.download = `${button.dataset.name}.png`;
      link.click();
    });
    root.querySelectorAll("button[data-save]").forEach((button) => { button.hidden = false; });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    let resized = 0;
    const sizes = new WeakMap();
    const watch = new ResizeObserver((entries) => {
      const other = entries.filter((entry) => {
        const now = `${Math.round(entry.contentRect.width)}x${Math.round(entry.contentRect.height)}`;
        const before = sizes.get(entry.target);
        sizes.set(entry.target, now);
        return before && before !== now;
      });
      if (!other.length) return;
      clearTimeout(resized);
      resized = setTimeout(draw, 100);
    });
    plots.forEach((plot) => watch.observe(plot));

    const needsMap = plots.some((plot) => plot.dataset.plot === "map");
    if (needsMap) {
      root.querySelector("[data-measure]")?.closest("label").removeAttribute("hidden");
      fetch("/board/map.json").then((answer) => answer.json()).then((found) => { outlines = found; echarts.registerMap("district", found); draw(); }).catch(() => {});
    }
    begin();
  };

  // Where the first figures of all are still computed, the page comes by itself when they are there.
  const found = document.querySelector("[data-board]");
  if (!found || !window.echarts) return;
  if (!("pending" in found.dataset)) { live(found); return; }
  const AGAIN = 3000;  // milliseconds until it is asked for once more
  const put = async () => {
    const answer = await fetch(found.dataset.board, { headers: { "hx-request": "true" } });
    if (answer.status === 401) { location.reload(); return true; }  // to the entrance
    if (!(await answer.json()).ready) return false;
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const made = page.querySelector("[data-board]");
    if (!made || "pending" in made.dataset) return false;
    found.replaceWith(made);
    live(made);
    return true;
  };
  const ask = () => { put().catch(() => false).then((done) => { if (!done) setTimeout(ask, AGAIN); }); };
  ask();
})();
