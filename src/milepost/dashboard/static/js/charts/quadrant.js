// Practice against results: every customer a mark, or cells of a grid by how many are in them. Shapes say the quarter.
(() => {
  "use strict";
  const { chartKinds, chartFormats: formats, number } = window.milepost;
  const looks = { both: ["c0", "circle"], practice: ["c1", "triangle"], results: ["c2", "diamond"], neither: ["other", "circle", true] };

  chartKinds.quadrant = (theme, spec, width) => {
    const [practice, results] = spec.lines;
    const narrow = width < 560;
    const axis = (name, gap, side) => ({
      type: "value", min: 0, max: 100, interval: 25, ...theme.axis, splitLine: { show: false }, name, nameLocation: "middle", nameGap: gap, nameTextStyle: { ...theme.text, ...side },
      axisLine: { show: true, lineStyle: { color: theme.c["line-strong"] } },
    });
    const most = Math.max(1, ...(spec.cells ?? []).map((cell) => cell.customers));
    const largest = Math.min(22, Math.max(10, (width - 80) / (100 / spec.step) * 0.9));
    const series = spec.quarters.map(({ quarter, name }) => {
      const [colour, symbol, hollow] = looks[quarter];
      const customers = (spec.customers ?? []).filter((one) => one.quarter === quarter).map((one) => ({ value: one.at, name: one.name, link: one.link }));
      const cells = (spec.cells ?? []).filter((cell) => cell.quarter === quarter).map((cell) => ({
        value: cell.at.map((place) => (place + 0.5) * spec.step), customers: cell.customers, cell: cell.at, link: cell.link,
        symbolSize: 5 + (largest - 5) * Math.sqrt(cell.customers / most),
      }));
      return {
        // Our build of ECharts has no scatter: a line without its line is one.
        type: "line", lineStyle: { width: 0, opacity: 0 }, showSymbol: true, name, symbol, symbolSize: 10, data: [...customers, ...cells], clip: false, cursor: "pointer",
        itemStyle: hollow
          ? { color: "transparent", borderColor: theme.c[colour], borderWidth: 1.5 }
          : { color: theme.c[colour], opacity: 0.78, borderColor: theme.c.paper, borderWidth: 1 },
        emphasis: { focus: "none", itemStyle: { opacity: 1, borderColor: theme.c.ink } },
      };
    });
    const corner = (quarter, at, position) => {
      const { name, customers } = spec.quarters.find((one) => one.quarter === quarter);
      const said = narrow ? number(customers, "compact") : `${name}: ${number(customers, "compact")}`;
      return { value: at, label: { show: true, position, formatter: said } };
    };
    // The quarters' names stand in their corners, at places that are not seen; the lines between them are series too.
    const still = { type: "line", silent: true, tooltip: { show: false }, emphasis: { disabled: true }, clip: false };
    const divider = { ...still, symbol: "none", z: 1, lineStyle: { color: theme.c["line-strong"], width: 1, type: [4, 4] } };
    series.push(
      { ...divider, data: [[practice, 0], [practice, 100]] },
      { ...divider, data: [[0, results], [100, results]] },
      {
        ...still, z: 4, symbol: "circle", symbolSize: 0.1, lineStyle: { width: 0, opacity: 0 },
        label: { ...theme.text, color: theme.c.ink, fontWeight: 500, distance: 8, backgroundColor: theme.c.paper, padding: [2, 4], borderRadius: 3 },
        data: [corner("results", [0, 100], [8, 6]), corner("both", [100, 100], [-8, 6]), corner("neither", [0, results], [8, 6]), corner("practice", [100, results], [-8, 6])]
          .map((one, at) => ({ ...one, label: { ...one.label, align: at % 2 ? "right" : "left", verticalAlign: "top" } })),
      },
    );
    const between = (place) => `${place * spec.step}–${(place + 1) * spec.step}`;
    return {
      ...theme.base,
      grid: { left: 44, right: 16, top: 12, bottom: 40 },
      xAxis: axis("Practice →", 24, {}), yAxis: axis("Results →", 30, {}),
      tooltip: {
        trigger: "item", confine: true, padding: 0, borderWidth: 1, borderColor: theme.c["line-strong"], backgroundColor: theme.c.raised, transitionDuration: 0, textStyle: { ...theme.text, color: theme.c.ink },
        formatter: ({ data, seriesName }) => data?.customers === undefined
          ? formats.tip(data.name, [{ name: "Practice", value: number(data.value[0], "1") }, { name: "Results", value: number(data.value[1], "1"), note: seriesName }])
          : formats.tip(seriesName, [{ name: "Practice", value: between(data.cell[0]) }, { name: "Results", value: between(data.cell[1]) }, { name: "Customers", value: number(data.customers) }]),
      },
      series,
    };
  };
})();
