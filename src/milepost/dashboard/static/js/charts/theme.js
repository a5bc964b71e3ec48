// Our one theme for ECharts: every colour is a custom property of the page, so light and dark are the page's own.
(() => {
  "use strict";
  const names = ["ink", "soft", "line", "line-strong", "paper", "raised", "better", "worse", "series", "accent", "other",
    "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];
  // A mark differs by its dash and its symbol as well: colour never stands alone.
  const dashes = ["solid", [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2], [12, 4], [3, 3, 8, 3]];
  const symbols = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond"];

  function colours() {
    // light-dark() is only resolved where it is used: a probe uses each property once.
    const probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    const found = {};
    for (const name of names) {
      probe.style.color = `var(--${name})`;
      found[name] = getComputedStyle(probe).color;
    }
    probe.remove();
    return found;
  }

  function mark(c, name) {
    const special = { other: [c.other, [2, 2], "circle"], new: [c.c0, "solid", "circle"], returning: [c.c3, "solid", "circle"],
      resurrected: [c.better, "solid", "circle"], dormant: [c.worse, "solid", "circle"] }[name];
    const at = Number(name) % 8;
    const [colour, dash, symbol] = special ?? [c[`c${at}`], dashes[at], symbols[at]];
    return { colour, dash, symbol };
  }

  window.milepost.chartTheme = () => {
    const c = colours();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const text = { color: c.soft, fontSize: 12, fontFamily: "Inter, Inter fallback, system-ui, sans-serif" };
    return {
      c,
      mark: (name) => mark(c, name),
      base: {
        animation: !still, animationDuration: 220, animationDurationUpdate: 220, animationEasing: "cubicOut",
        textStyle: text, backgroundColor: "transparent",
        aria: { enabled: matchMedia("(prefers-contrast: more)").matches, label: { enabled: false }, decal: { show: true } },
      },
      text,
      axis: { axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...text, hideOverlap: true } },
      hairline: { show: true, lineStyle: { color: c.line, width: 1 } },
    };
  };
})();
