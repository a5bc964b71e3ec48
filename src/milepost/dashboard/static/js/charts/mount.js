// Draws every chart of the page from the JSON beside its table, and draws it again when the theme or the width changes.
(() => {
  "use strict";
  const drawn = new Map();

  function draw(figure) {
    const box = figure.querySelector(".canvas");
    const spec = JSON.parse(figure.dataset.spec);
    // A chart that cannot be seen has no width: it is drawn once it is switched to.
    if (!box || !box.clientWidth || !window.echarts) return;
    const theme = window.milepost.chartTheme();
    let chart = drawn.get(figure);
    if (!chart) {
      chart = window.echarts.init(box, null, { renderer: "canvas" });
      drawn.set(figure, chart);
      chart.on("click", (item) => follow(figure, item));
    }
    const { note = "", ...option } = window.milepost.chartKinds[spec.kind](theme, spec, box.clientWidth, box.clientHeight);
    chart.setOption(option, true);
    say(box, note);
    place(figure, chart);
    figure.dataset.drawn = "";
  }

  // What the drawing leaves out for want of room.
  function say(box, note) {
    let line = box.parentElement.querySelector(".canvas-note");
    if (!line && !note) return;
    if (!line) {
      line = document.createElement("p");
      line.className = "hint canvas-note";
      box.after(line);
    }
    line.textContent = note;
    line.hidden = !note;
  }

  // The grid's own box, without the labels of its axes: annotations lie over that.
  const gridOf = (chart) => chart.getModel().getComponent("grid")?.coordinateSystem?.getRect();
  function place(figure, chart) {
    const overlay = figure.querySelector("[data-annotations]");
    const grid = overlay && gridOf(chart);
    if (!grid) return;
    const box = { left: grid.x, top: grid.y, width: grid.width, height: grid.height };
    for (const [side, pixels] of Object.entries(box)) overlay.style[side] = `${pixels}px`;
    overlay.dataset.placed = "";
  }

  function follow(figure, item) {
    const link = item.data?.link || drawn.get(figure).getOption().series[item.seriesIndex]?.links?.[item.dataIndex];
    if (!link) return;
    if (window.milepost.showBehind) window.milepost.showBehind(link); else location.assign(link);
  }

  function drawAll() {
    for (const [figure, chart] of drawn) if (!figure.isConnected) { chart.dispose(); drawn.delete(figure); }
    for (const figure of document.querySelectorAll("[data-spec]")) draw(figure);
  }

  // -- Chart or table: the choice is part of the address, so a link shows the same -----------------------
  function switchTo(figure, view) {
    figure.dataset.view = view;
    for (const button of figure.querySelectorAll("[data-view-button]")) button.setAttribute("aria-pressed", String(button.dataset.viewButton === view));
    for (const field of document.querySelectorAll("input[data-view-field]")) { field.value = view; field.disabled = view === "chart"; }
    const here = new URL(location.href);
    if (document.querySelector("input[data-view-field]")) {
      if (view === "table") here.searchParams.set("view", "table"); else here.searchParams.delete("view");
      history.replaceState(history.state, "", here);
    }
    if (view === "chart") draw(figure);
  }

  // -- PNG: the title, the sentence and the drawing, twice as fine as the screen --------------------------
  function picture(figure) {
    const chart = drawn.get(figure);
    if (!chart) return;
    const ratio = 2;
    const page = getComputedStyle(document.body);
    const source = chart.renderToCanvas({ pixelRatio: ratio });
    const title = figure.querySelector("h2, h3").textContent;
    const sentence = (document.querySelector("[data-finding]") ?? figure.querySelector("figcaption p"))?.textContent.trim() ?? "";
    const keys = [...figure.querySelectorAll(".legend li")];
    const head = (keys.length ? 92 : 68) * ratio;
    const canvas = document.createElement("canvas");
    canvas.width = source.width + 48 * ratio;
    canvas.height = source.height + head + 16 * ratio;
    const pen = canvas.getContext("2d");
    pen.fillStyle = page.backgroundColor;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = page.color;
    pen.font = `600 ${16 * ratio}px Inter, sans-serif`;
    pen.fillText(sentence, 24 * ratio, 32 * ratio, canvas.width - 48 * ratio);
    pen.font = `400 ${12 * ratio}px Inter, sans-serif`;
    pen.fillText(title, 24 * ratio, 54 * ratio);
    let x = 24 * ratio;
    for (const key of keys) {
      pen.fillStyle = getComputedStyle(key.querySelector(".swatch")).color;
      pen.fillRect(x, 70 * ratio, 12 * ratio, 3 * ratio);
      pen.fillStyle = page.color;
      const name = key.querySelector(".key").textContent;
      pen.fillText(name, x + 18 * ratio, 76 * ratio);
      x += pen.measureText(name).width + 40 * ratio;
    }
    pen.drawImage(source, 24 * ratio, head);
    const grid = figure.querySelector("[data-annotations]") && gridOf(chart);
    if (grid) {
      pen.strokeStyle = page.color;
      pen.globalAlpha = 0.6;
      pen.setLineDash([3 * ratio, 3 * ratio]);
      for (const line of figure.querySelectorAll("[data-annotations] line")) {
        const at = 24 * ratio + ratio * (grid.x + grid.width * parseFloat(line.getAttribute("x1")) / 100);
        pen.beginPath();
        pen.moveTo(at, head + ratio * grid.y);
        pen.lineTo(at, head + ratio * (grid.y + grid.height));
        pen.stroke();
      }
    }
    canvas.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `milepost-${figure.dataset.chart}-${new Date().toISOString().slice(0, 10)}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-view-button], [data-png]");
    if (!button) return;
    const figure = button.closest("[data-chart]");
    if ("png" in button.dataset) picture(figure); else switchTo(figure, button.dataset.viewButton);
  });
  const again = () => requestAnimationFrame(drawAll);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  document.addEventListener("htmx:afterSettle", drawAll);
  addEventListener("beforeprint", drawAll);
  let width = innerWidth;
  function resize() {
    width = innerWidth;
    for (const chart of drawn.values()) chart.resize();
    again();
  }
  addEventListener("resize", () => { if (innerWidth !== width) resize(); });
  // Something else of the page made room, or took it.
  addEventListener("milepost:room", resize);
  // Labels are measured when they are drawn: the font has to be there first.
  document.fonts.ready.then(drawAll);
})();
