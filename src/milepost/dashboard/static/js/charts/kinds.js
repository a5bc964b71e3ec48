// What each kind of chart looks like: from the JSON the server wrote beside the table to ECharts' options.
(() => {
  "use strict";
  const formats = window.milepost.chartFormats;
  const number = window.milepost.number;

  const tooltip = (theme, rest) => ({
    confine: true, padding: 0, borderWidth: 1, borderColor: theme.c["line-strong"], backgroundColor: theme.c.raised,
    transitionDuration: 0, textStyle: { ...theme.text, color: theme.c.ink }, ...rest,
  });
  // Shares end at a round step above the largest, and never above 100 %: the last tick stands clear of the one below.
  function percentScale(spec) {
    const largest = Math.max(0, ...(spec.series ?? []).flatMap((series) => [...series.values, ...(series.previous ?? [])]).map((value) => value ?? 0));
    const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((one) => largest / one <= 5) ?? 0.25;
    return { min: 0, max: Math.min(1, Math.max(step, Math.ceil(largest / step - 1e-9) * step)), interval: step };
  }
  const valueAxis = (theme, spec) => ({
    type: "value", ...theme.axis, splitLine: theme.hairline, minInterval: ["percent", "fixed"].includes(spec.format) ? 0.01 : 1,
    ...(spec.format === "percent" ? percentScale(spec) : {}),
    axisLabel: { ...theme.axis.axisLabel, formatter: formats.tick(spec.format) },
    name: spec.unit ? spec.unit : "", nameLocation: "end", nameGap: 12,
    nameTextStyle: { ...theme.text, align: "left", padding: [0, 0, 0, -28] },
  });
  const grid = { left: 4, right: 20, top: 32, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" };

  // Of its first and last interval the period may have a part alone: dotted or pale, they do not look like a fall.
  const cut = (spec, at) => Boolean(spec.partial?.[at]);
  function lineSeries(theme, spec, series) {
    const { colour, dash, symbol } = theme.mark(series.mark);
    const long = series.values.length > 1;
    const whole = long && cut(spec, series.values.length - 1) ? series.values.length - 1 : series.values.length;
    const begin = long && cut(spec, 0) ? 1 : 0;
    // A point between two gaps belongs to no line: it is drawn, or nobody would see it.
    const gap = (at) => (series.values[at] ?? null) === null;
    const alone = series.values.some((_, at) => !gap(at) && gap(at - 1) && gap(at + 1));
    const common = { type: "line", symbol, symbolSize: 7, showSymbol: alone, showAllSymbol: true, connectNulls: false, itemStyle: { color: colour }, emphasis: { focus: "none" } };
    const drawn = [{
      ...common, name: series.name, data: series.values.map((value, at) => at < whole && at >= begin ? value : null), mark: series.mark, links: series.links,
      lineStyle: { color: colour, width: 2, type: dash }, areaStyle: spec.series.length === 1 ? { color: colour, opacity: 0.1 } : undefined,
    }];
    if (whole < series.values.length || begin) {
      drawn.push({
        ...common, name: series.name, links: series.links, mark: series.mark,
        data: series.values.map((value, at) => (whole < series.values.length && at >= whole - 1) || (begin && at <= 1) ? value : null), lineStyle: { color: colour, width: 2, type: [2, 3] },
      });
    }
    // Of many lines each with its past nothing could be read: then the table and the tooltip have it.
    if (series.previous && spec.series.length <= 3) {
      drawn.push({
        ...common, name: `${series.name}, before`, data: series.previous, silent: true, z: 1, symbol: "none",
        lineStyle: { color: spec.series.length === 1 ? theme.c.other : colour, width: 1.5, type: "dashed", opacity: 0.6 }, itemStyle: { color: theme.c.other },
      });
    }
    return drawn;
  }

  // ', +8 %': a figure against an earlier one, where there is one.
  const beside = (now, was) => now !== null && was ? `, ${now > was ? "+" : ""}${number(now / was - 1, "percent")}` : "";

  function overTime(theme, spec, series, extra = {}) {
    const read = formats.value(spec.format);
    return {
      ...theme.base, grid,
      xAxis: {
        type: "category", data: spec.buckets, boundaryGap: extra.bars ?? false, ...theme.axis,
        axisLine: { show: true, lineStyle: { color: theme.c["line-strong"] } },
        axisLabel: { ...theme.axis.axisLabel, formatter: (stamp) => formats.bucket(stamp, spec.interval, "axis") },
      },
      yAxis: valueAxis(theme, spec),
      tooltip: tooltip(theme, {
        trigger: "axis", axisPointer: { type: extra.bars ? "shadow" : "line", lineStyle: { color: theme.c["line-strong"] }, shadowStyle: { color: theme.c.line, opacity: 0.5 } },
        formatter: (items) => {
          const at = items[0].dataIndex;
          const rows = spec.series.map((s) => ({
            name: s.name, mark: s.mark, value: read(spec.kind === "lifecycle" ? Math.abs(s.values[at]) : s.values[at]),
            note: s.previous ? `before: ${read(s.previous[at])}${beside(s.values[at], s.previous[at])}` : "",
          }));
          // What the team noted of these days stands below the figures.
          for (const text of (spec.annotations?.[at] ?? []).slice(0, 4)) rows.push({ name: text });
          const soFar = cut(spec, at) ? `, ${spec.partial[at]}` : "";
          return formats.tip(formats.bucket(spec.buckets[at], spec.interval) + soFar, rows);
        },
      }),
      series,
    };
  }

  function bar(theme, spec, series, extra = {}) {
    const { colour } = theme.mark(series.mark);
    return {
      type: "bar", name: series.name, links: series.links, itemStyle: { color: colour, borderRadius: extra.stack ? 0 : [2, 2, 0, 0] }, barMaxWidth: 40, barCategoryGap: "28%",
      data: series.values.map((value, at) => cut(spec, at) ? { value, itemStyle: { opacity: 0.55 } } : value), ...extra,
    };
  }

  const pen = document.createElement("canvas").getContext("2d");
  // A name that is cut so that the figure after it stays.
  function fitted(name, figure, room) {
    pen.font = "12px Inter, system-ui, sans-serif";
    // Apart from it: of a name that is read from the right, or says so, the figure is no part.
    const apart = (text) => `\u2068${text}\u2069${figure}`;
    if (pen.measureText(name + figure).width <= room) return apart(name);
    const letters = [...name];
    while (letters.length > 1 && pen.measureText(`${letters.join("")}…${figure}`).width > room) letters.pop();
    return apart(`${letters.join("").trimEnd()}…`);
  }

  // A name in at most two lines of so many pixels; what still does not fit is cut, and the table has it whole.
  function wrapped(name, room) {
    pen.font = "13px Inter, system-ui, sans-serif";
    if (pen.measureText(name).width <= room) return name;
    const words = name.split(" ");
    let first = words.shift();
    while (words.length && pen.measureText(`${first} ${words[0]}`).width <= room) first += ` ${words.shift()}`;
    return words.length ? `${first}\n${words.join(" ")}` : first;
  }

  // Names on bars that lie, in a room of their own at the left; figures in one at the right, so that none is over a bar.
  function lying(theme, spec, rows, width) {
    pen.font = "13px Inter, system-ui, sans-serif";
    const widest = Math.ceil(Math.max(...rows.names.map((name) => pen.measureText(name).width))) + 4;
    const room = Math.min(widest, Math.max(90, Math.min(360, width * 0.4)));
    pen.font = "12px Inter, system-ui, sans-serif";
    const figures = Math.ceil(Math.max(...rows.figures.map((text) => pen.measureText(text).width))) + 16;
    return {
      ...theme.base, grid: { left: room + 12, right: figures, top: 4, bottom: 4, outerBoundsMode: "none" },
      xAxis: { type: "value", show: false, max: rows.max, min: 0 },
      yAxis: [{
        type: "category", inverse: true, data: rows.names, ...theme.axis,
        axisLabel: { ...theme.text, color: theme.c.ink, fontSize: 13, lineHeight: 15, width: room, overflow: "truncate", interval: 0, align: "left", margin: room + 8, formatter: (name) => wrapped(name, room) },
      }, {
        type: "category", inverse: true, position: "right", data: rows.figures, ...theme.axis,
        axisLabel: { ...theme.text, color: theme.c.ink, interval: 0, margin: 8 },
      }],
    };
  }

  const kinds = {
    lines: (theme, spec) => overTime(theme, spec, spec.series.flatMap((series) => lineSeries(theme, spec, series))),
    bars: (theme, spec) => overTime(theme, spec, spec.series.map((series) => bar(theme, spec, series)), { bars: true }),
    lifecycle: (theme, spec) => {
      const options = overTime(theme, spec, spec.series.map((series) => bar(theme, spec, series, { stack: "all" })), { bars: true });
      options.yAxis.axisLabel.formatter = (value) => number(Math.abs(value), "compact");
      return options;
    },

    curve: (theme, spec) => {
      const read = formats.value(spec.format);
      const alone = spec.series.length === 1;
      const line = (series) => {
        const { colour, dash } = theme.mark(series.mark);
        return { type: "line", name: series.name, data: series.values, symbol: "circle", symbolSize: alone ? 6 : 4, lineStyle: { color: colour, width: 2, type: alone ? "solid" : dash }, itemStyle: { color: colour }, areaStyle: alone ? { color: colour, opacity: 0.1 } : undefined };
      };
      return {
        ...theme.base, grid: { ...grid, bottom: 24 },
        xAxis: { type: "category", data: spec.categories, boundaryGap: false, ...theme.axis, name: spec.unit, nameLocation: "middle", nameGap: 26, nameTextStyle: theme.text, axisLine: { show: true, lineStyle: { color: theme.c["line-strong"] } } },
        yAxis: { ...valueAxis(theme, { format: spec.format }), min: 0, max: 1, interval: 0.25 },
        tooltip: tooltip(theme, { trigger: "axis", formatter: ([item]) => formats.tip(`${item.name} ${spec.unit}`, spec.series.map((series) => ({ name: series.name, mark: series.mark, value: read(series.values[item.dataIndex]) }))) }),
        series: spec.series.map(line),
      };
    },

    columns: (theme, spec) => {
      const read = formats.value(spec.format);
      return {
        ...theme.base, grid: { ...grid, bottom: 24 },
        xAxis: { type: "category", data: spec.categories, ...theme.axis, name: spec.axis, nameLocation: "middle", nameGap: 26, nameTextStyle: theme.text, axisLine: { show: true, lineStyle: { color: theme.c["line-strong"] } } },
        yAxis: valueAxis(theme, spec),
        tooltip: tooltip(theme, { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: theme.c.line, opacity: 0.5 } }, formatter: ([item]) => formats.tip(`${item.name} of ${spec.categories.length}`, [{ name: spec.series[0].name, mark: "0", value: read(item.value) }]) }),
        series: spec.series.map((series) => bar(theme, spec, series)),
      };
    },

    grouped: (theme, spec, width) => {
      const room = Math.max(40, Math.floor((width - 72) / spec.categories.length) - 12);
      const read = formats.value(spec.format);
      return {
        ...theme.base, grid,
        xAxis: { type: "category", data: spec.categories, ...theme.axis, axisLabel: { ...theme.axis.axisLabel, width: room, overflow: "truncate", interval: 0 }, axisLine: { show: true, lineStyle: { color: theme.c["line-strong"] } } },
        yAxis: valueAxis(theme, spec),
        tooltip: tooltip(theme, { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: theme.c.line, opacity: 0.5 } }, formatter: (items) => formats.tip(items[0].name, spec.series.map((s) => ({ name: s.name, mark: s.mark, value: read(s.values[items[0].dataIndex]) }))) }),
        series: spec.series.map((series) => bar(theme, spec, series, { barGap: "8%" })),
      };
    },

    ranking: (theme, spec, width, height) => {
      const read = formats.value(spec.format);
      // As many as two lines of a name have room for: they come largest first, and the table has them all.
      const rows = spec.rows.slice(0, Math.max(1, Math.floor(height / 30)));
      const names = rows.map((row) => row.name);
      const top = spec.format === "percent" ? 1 : Math.max(1, ...rows.map((row) => row.value));
      const figures = rows.map((row) => spec.format === "percent" ? `${read(row.value)}  ${number(row.count, "compact")}` : number(row.value, "compact"));
      return {
        ...lying(theme, spec, { names, figures, max: top }, width),
        tooltip: tooltip(theme, { trigger: "item", formatter: ({ dataIndex }) => formats.tip(names[dataIndex], [{ name: spec.unit, value: read(rows[dataIndex].value) }]) }),
        series: [{
          type: "bar", barWidth: 14, links: rows.map((row) => row.link), data: rows.map((row) => row.value), itemStyle: { color: theme.c.c0, borderRadius: 2 },
          showBackground: true, backgroundStyle: { color: theme.c.line, borderRadius: 2 },
        }],
      };
    },

    // Beside those who reached a step, those who dropped off before it.
    funnel: (theme, spec, width) => {
      const names = spec.steps.map((step, at) => `${at + 1}. ${step.name}`);
      const figures = spec.steps.map((step) => `${number(step.share ?? 0, "percent")}  ${number(step.count, "compact")}`);
      const dropped = spec.steps.map((step, at) => at ? Math.max(0, spec.steps[at - 1].count - step.count) : 0);
      return {
        ...lying(theme, spec, { names, figures, max: spec.steps[0].count || 1 }, width),
        tooltip: tooltip(theme, {
          trigger: "item",
          formatter: ({ dataIndex: at, seriesIndex }) => seriesIndex
            ? formats.tip(`Dropped off before step ${at + 1}`, [
              { name: spec.unit, value: number(dropped[at]) },
              { name: "of the step before", value: number(dropped[at] / (spec.steps[at - 1].count || 1), "percent") },
            ])
            : formats.tip(names[at], [
              { name: spec.unit, value: number(spec.steps[at].count) },
              { name: "of the first step", value: number(spec.steps[at].share ?? 0, "percent") },
              ...(at ? [{ name: "median time", value: formats.lasting(spec.steps[at].median) }] : []),
            ]),
        }),
        series: [{
          type: "bar", name: "reached", stack: "all", barWidth: 24, links: spec.steps.map((step) => step.link), data: spec.steps.map((step) => step.count), itemStyle: { color: theme.c.c0, borderRadius: 2 },
          showBackground: true, backgroundStyle: { color: theme.c.line, borderRadius: 2 },
        }, {
          type: "bar", name: "dropped", stack: "all", barWidth: 24, links: spec.steps.map((step, at) => dropped[at] ? step.dropped : ""), data: dropped,
          itemStyle: { color: theme.c.worse, opacity: 0.28, borderRadius: 2 }, emphasis: { itemStyle: { opacity: 0.5 } },
        }],
      };
    },

    sankey: (theme, spec, width) => {
      // Where there is no room for the names of all steps, the first of them stand there, and the table has the rest.
      const steps = Math.max(...spec.nodes.map((node) => node.step));
      const deep = Math.min(steps, Math.max(1, Math.floor(width / (width < 600 ? 130 : 100)) - 1));
      const there = (at) => spec.nodes[at].step <= deep;
      const colour = (node) => node.kind === "end" ? theme.c.worse : node.kind === "other" ? theme.c.other : theme.c.c0;
      const room = Math.min(180, Math.max(48, (width - 60) / (deep + 1) - 24));
      return {
        ...theme.base,
        note: deep < steps ? `Drawn up to step ${deep} of ${steps}, as far as there is room.` : "",
        tooltip: tooltip(theme, {
          trigger: "item",
          formatter: ({ dataType, data }) => {
            if (dataType === "node") return formats.tip(spec.nodes[Number(data.name)].name, [{ name: spec.unit, value: number(data.count) }]);
            const [from, to] = [spec.nodes[Number(data.from)], spec.nodes[Number(data.to)]];
            return formats.tip(`${from.name} → ${to.name}`, [{ name: spec.unit, value: number(data.value) }, { name: "of those there", value: number(data.value / (from.count || 1), "percent") }]);
          },
        }),
        series: [{
          type: "sankey", left: 2, top: 8, bottom: 8, right: room + 8, nodeWidth: 8, nodeGap: 14, layoutIterations: 24, draggable: false, orient: "horizontal",
          emphasis: { focus: "adjacency" }, lineStyle: { color: "source", opacity: 0.22, curveness: 0.5 },
          labelLayout: { hideOverlap: true },
          label: { ...theme.text, color: theme.c.ink, formatter: ({ data }) => fitted(spec.nodes[Number(data.name)].name, `  ${number(data.count, "compact")}`, room) },
          data: spec.nodes.map((node, at) => ({ name: String(at), depth: spec.backwards ? deep - node.step : node.step, count: node.count, link: node.link, itemStyle: { color: colour(node), borderWidth: 0 } })).filter((_, at) => there(at)),
          links: spec.links.filter((link) => there(link.source) && there(link.target)).map((link) => {
            const [from, to] = spec.backwards ? [link.target, link.source] : [link.source, link.target];
            return { source: String(from), target: String(to), from: link.source, to: link.target, value: link.count };
          }),
        }],
      };
    },
  };
  window.milepost.chartKinds = kinds;
})();
