"use strict";
// Draws the charts from the page's data block, and makes its switches and its search work.
(() => {
  const data = JSON.parse(document.getElementById("charts").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const font = { family: getComputedStyle(document.body).fontFamily, size: 13 };
  const config = { displayModeBar: false, responsive: true, showTips: false };
  // Plotly reads a few tags in texts; what came out of an image has none.
  const plain = (text) =>
    text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const lines = (text, width, most) => {
    const found = [];
    for (let rest = text; rest; ) {
      if (found.length === most) { found[most - 1] += "…"; break; }
      const cut = rest.length > width ? rest.lastIndexOf(" ", width) : width;
      const end = cut > width / 2 ? cut : width;
      found.push(rest.slice(0, end));
      rest = rest.slice(end).trimStart();
    }
    return found.map(plain).join("<br>");
  };
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const hoverlabel = () => ({
    bgcolor: colour("card"), bordercolor: colour("line"), align: "left",
    font: { ...font, color: colour("ink") }, namelength: -1,
  });
  const hoverWidth = () => (innerWidth < 620 ? 34 : 64);
  const layout = (more) => ({
    margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)", font: { ...font, color: colour("ink") },
    hoverlabel: hoverlabel(), dragmode: false, ...more,
  });

  const drawTreemap = (element) => {
    const tiles = data[element.dataset.chart][element.dataset.view];
    const trace = {
      type: "treemap", branchvalues: "total", sort: true,
      ids: tiles.labels.map((_, at) => String(at)),
      labels: tiles.labels.map((label) => plain(cut(label, 22))),
      parents: tiles.parents.map((at) => (at < 0 ? "" : String(at))),
      values: tiles.bytes,
      customdata: tiles.sizes.map((size, at) =>
        [size, tiles.shares[at], lines(tiles.paths[at], hoverWidth(), 5)]),
      marker: {
        colors: tiles.colours.map((name, at) => (at ? colour(name) : "rgba(0,0,0,0)")),
        line: { width: 1.5, color: colour("card") },
        depthfade: false, cornerradius: 3, pad: { t: 22, l: 3, r: 3, b: 3 },
      },
      root: { color: "rgba(0,0,0,0)" },
      level: element.dataset.level || "0",
      texttemplate: "%{label}<br>%{customdata[0]}",
      hovertemplate: "%{customdata[2]}<br>%{customdata[0]}, %{customdata[1]} of all layers<extra></extra>",
      textfont: { ...font }, pathbar: { visible: true, thickness: 26, textfont: { ...font, color: colour("ink") } },
      tiling: { packing: "squarify", pad: 2 },
    };
    return Plotly.react(element, [trace], layout({ uniformtext: { mode: "hide", minsize: 10 } }), config);
  };

  const fillZoom = (select, element) => {
    const tiles = data[element.dataset.chart][element.dataset.view];
    const whole = tiles.bytes[0];
    const parents = new Set(tiles.parents);
    select.replaceChildren();
    const name = (at) => (at ? tiles.paths[at] : "all layers");
    tiles.bytes.forEach((bytes, at) => {
      if (!parents.has(at) || (at && bytes < whole / 50)) return;
      const option = document.createElement("option");
      option.value = String(at);
      option.textContent = `${cut(name(at), 70)} (${tiles.sizes[at]})`;
      select.append(option);
    });
    select.value = element.dataset.level || "0";
  };

  const drawBars = (element) => {
    const bars = data[element.dataset.chart];
    const rows = bars.heads.map((_, at) => at);
    const room = Math.max(20, Math.floor(element.clientWidth / 7.6));
    const largest = Math.max(1, ...rows.map((at) =>
      bars.series.reduce((sum, one) => sum + one.bytes[at], 0)));
    const traces = bars.series.map((one) => ({
      type: "bar", orientation: "h", name: one.name, x: one.bytes, y: rows, width: 0.34, offset: 0.08,
      marker: { color: colour(one.colour), cornerradius: 3 },
      customdata: rows.map((at) => [lines(bars.texts[at], hoverWidth(), 9), plain(bars.hovers[at])]),
      hovertemplate: "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }));
    const annotations = rows.map((at) => ({
      x: 0, y: at, xref: "x", yref: "y", xanchor: "left", yanchor: "middle", yshift: 0, showarrow: false,
      align: "left", font: { ...font, color: colour("ink") },
      text: `<b>${plain(bars.heads[at])}</b>  ${plain(cut(bars.texts[at], Math.max(12, room - bars.heads[at].length - 3)))}`,
    }));
    annotations.forEach((one) => { one.y -= 0.14; });
    return Plotly.react(element, traces, layout({
      barmode: "stack", showlegend: false, annotations, height: rows.length * 50 + 12,
      xaxis: { visible: false, fixedrange: true, range: [0, largest * 1.001] },
      yaxis: { visible: false, fixedrange: true, range: [rows.length - 0.42, -0.5] },
    }), config);
  };

  const charts = [...document.querySelectorAll("[data-chart]")];
  const draw = (element) =>
    element.classList.contains("treemap") ? drawTreemap(element) : drawBars(element);
  const drawAll = () => charts.forEach(draw);

  charts.filter((element) => element.classList.contains("treemap")).forEach((element) => {
    const panel = element.closest(".panel");
    const select = panel.querySelector("select");
    const buttons = [...panel.querySelectorAll("[data-view-of]")];
    fillZoom(select, element);
    draw(element);
    const zoom = (level) => { element.dataset.level = level; return drawTreemap(element); };
    select.addEventListener("change", () => zoom(select.value));
    element.on("plotly_treemapclick", (event) => {
      const level = event.nextLevel === undefined ? element.dataset.level : event.nextLevel;
      element.dataset.level = level || "0";
      select.value = element.dataset.level;
    });
    buttons.forEach((button) => button.addEventListener("click", () => {
      buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
      element.dataset.view = button.dataset.viewOf;
      element.dataset.level = "0";
      fillZoom(select, element);
      drawTreemap(element);
    }));
  });
  charts.filter((element) => !element.classList.contains("treemap")).forEach(draw);
  dark.addEventListener("change", drawAll);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (width === innerWidth) return;
    width = innerWidth;
    drawAll();
  });

  // Long tables show their first rows until they are asked for more, or searched.
  const SHORT = 12;
  const tables = [...document.querySelectorAll("table[data-search]")].map((table) => ({
    table, rows: [...table.tBodies[0].rows], open: false, button: null,
    region: table.closest(".scroll"),
  }));
  const input = document.getElementById("search");
  const count = document.getElementById("found");
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    let all = 0;
    for (const one of tables) {
      const found = one.rows.filter((row) => {
        const text = row.textContent.toLowerCase();
        return words.every((word) => text.includes(word));
      });
      const visible = new Set(words.length || one.open ? found : found.slice(0, SHORT));
      one.rows.forEach((row) => { row.hidden = !visible.has(row); });
      one.region.hidden = words.length > 0 && !found.length;
      if (one.button) {
        one.button.hidden = words.length > 0;
        one.button.setAttribute("aria-expanded", String(one.open));
        one.button.textContent = one.open ? "Show fewer rows" : `Show all ${one.rows.length} rows`;
      }
      shown += found.length;
      all += one.rows.length;
    }
    count.textContent = words.length ? `${shown} of ${all} rows` : "";
  };
  for (const one of tables) {
    if (one.rows.length <= SHORT) continue;
    one.button = document.createElement("button");
    one.button.type = "button";
    one.button.className = "more";
    one.button.addEventListener("click", () => { one.open = !one.open; filter(); });
    one.region.append(one.button);
  }
  input.addEventListener("input", filter);
  filter();
  // Paper is white, narrow, and cannot be asked for more.
  const paper = (printing) => {
    document.documentElement.classList.toggle("light", printing);
    charts.forEach((element) => { element.style.width = printing ? "660px" : ""; });
    drawAll();
  };
  addEventListener("beforeprint", () => {
    tables.forEach((one) => {
      one.region.hidden = false;
      one.rows.forEach((row) => { row.hidden = false; });
    });
    paper(true);
  });
  addEventListener("afterprint", () => { paper(false); filter(); });
  document.documentElement.dataset.ready = "true";
})();
