"""Pictures in the style of the server's pages: Inter, warm white, the one green, hairlines; lines differ by pattern as
well as by colour. The colours are those of the pages; a test compares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import altair as alt
import msgspec

from milepost.notebook.frames import Row

Chart = alt.Chart | alt.LayerChart | alt.FacetChart
_FONT: Final = "Inter, system-ui, sans-serif"
_DASHES: Final = [[1, 0], [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2], [12, 4], [3, 3, 8, 3]]
_STATES: Final = ["new", "returning", "resurrected", "dormant"]
_TALL: Final = 260
_WIDE: Final = 620


class Colours(msgspec.Struct, frozen=True):
    """Named as the pages' custom properties; `lines` are c0 to c7."""

    paper: str
    ink: str
    soft: str
    line: str
    series: str
    better: str
    worse: str
    lines: tuple[str, ...]


# fmt: off
LIGHT: Final = Colours("#fdfcfa", "#24211d", "#6b655c", "#e9e5de", "#3f8f80", "#1f5fa8", "#a84a00", (
    "#2f7f71", "#7d5aa6", "#a8741a", "#56718e", "#b0527a", "#76852a", "#8a6650", "#2b8aa3",
))
DARK: Final = Colours("#191816", "#ece8e1", "#a49d92", "#34312d", "#5aa896", "#7fb2ec", "#f0a05c", (
    "#5aa896", "#b394dc", "#d8a94f", "#92abc6", "#e08bb0", "#b1c162", "#c39c84", "#66bfd6",
))

# fmt: on


def plot(name: str, answer: Any, rows: list[Row], *, dark: bool = False) -> Chart:
    """The picture of an answer to a question, `name` as in milepost/assist/tools.toml."""
    colours = DARK if dark else LIGHT
    data = alt.InlineData(values=[{column: _plain(value) for column, value in row.items()} for row in rows])
    chart = _PLOTS[name](alt.Chart(data), answer, rows, colours)
    days = f"{answer['first']} to {answer['last']}, by {answer['unit']}"
    return _styled(chart.properties(title=alt.Title(_TITLES[name], subtitle=days)), colours)


def _plain(value: Any) -> Any:
    """A time as the clock of its zone shows it: pictures are drawn in UTC, so that no reader's zone moves a day."""
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None).isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value


def _styled(chart: Chart, colours: Colours) -> Chart:
    hairline: dict[str, Any] = {
        "domain": False,
        "ticks": False,
        "labelPadding": 8,
        "gridColor": colours.line,
        "gridWidth": 1,
    }
    words: dict[str, Any] = {
        "labelColor": colours.soft,
        "titleColor": colours.soft,
        "labelFontSize": 12,
        "titleFontWeight": "normal",
    }
    title: dict[str, Any] = {"anchor": "start", "color": colours.ink, "fontSize": 14, "fontWeight": 600, "offset": 12}
    styled: Chart = chart.configure(
        background=colours.paper,
        font=_FONT,
        padding=16,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**hairline, **words),
        axisX=alt.AxisConfig(grid=False),
        legend=alt.LegendConfig(
            labelColor=colours.ink, titleColor=colours.soft, orient="top", title=None, symbolStrokeWidth=2
        ),
        title=alt.TitleConfig(**title, subtitleColor=colours.soft, subtitleFontSize=12),
    )
    return styled


def _size(chart: alt.Chart) -> alt.Chart:
    return chart.properties(width=_WIDE, height=_TALL)


def _when(answer: Any) -> alt.X:
    shown = (
        "%d %b %H:%M" if answer.get("interval") == "hour" else "%b %Y" if answer.get("interval") == "month" else "%d %b"
    )
    axis = alt.Axis(format=shown, labelFlush=True, tickCount=8)
    return alt.X("bucket:T", title=None, axis=axis, scale=alt.Scale(type="utc"))


def _bands(answer: Any) -> alt.X:
    """As `_when`, for bars: each as wide as there is room."""
    shown = "%b %Y" if answer.get("interval") == "month" else "%d %b"
    axis = alt.Axis(format=shown, formatType="utc", labelOverlap=True, labelAngle=0, labelFlush=True)
    return alt.X("utcyearmonthdate(bucket):O", title=None, axis=axis)


def _trends(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:
    names = list(dict.fromkeys(row["line"] for row in rows))
    alone = len(names) == 1
    scale = alt.Scale(domain=names, range=[colours.series] if alone else [*colours.lines[: len(names)]])
    dashes = alt.Scale(domain=names, range=[_DASHES[place % len(_DASHES)] for place in range(len(names))])
    line = chart.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=24)).encode(
        x=_when(answer),
        y=alt.Y("value:Q", title=str(answer["measure"]).replace("_", " ")),
        color=alt.Color("line:N", scale=scale, legend=None if alone else alt.Legend()),
        strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=None),
        tooltip=["line:N", "bucket:T", "value:Q"],
    )
    if not any("previous" in row for row in rows):
        return _size(line)
    before = chart.mark_line(strokeWidth=1.5, strokeDash=[4, 3], opacity=0.6, color=colours.soft).encode(
        x=_when(answer), y="previous:Q", detail="line:N"
    )
    return alt.layer(before, line).properties(width=_WIDE, height=_TALL)


def _bars(chart: alt.Chart, y: alt.Y, x: alt.X, colours: Colours, tooltip: list[Any]) -> alt.Chart:
    marked = chart.mark_bar(color=colours.series, cornerRadiusEnd=2, height=alt.RelativeBandSize(0.7))
    bars: alt.Chart = marked.encode(y=y, x=x, tooltip=tooltip).properties(width=_WIDE)
    return bars


def _funnel(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:
    steps = list(dict.fromkeys(f"{row['step']}. {row['name']}" for row in rows))
    named = chart.transform_calculate(stage="datum.step + '. ' + datum.name")
    bars = _bars(
        named,
        alt.Y("stage:N", title=None, sort=steps),
        alt.X("of_first:Q", title="of the first step", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        colours,
        ["group:N", "stage:N", "count:Q", alt.Tooltip("of_first:Q", format=".1%")],
    )
    if not answer["groups"]:
        return bars
    return bars.encode(row=alt.Row("group:N", title=None, header=alt.Header(labelColor=colours.soft)))


def _retention(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:
    square = chart.mark_rect(stroke=colours.paper, strokeWidth=1).encode(
        x=alt.X("after:O", title=f"{answer['interval']}s later", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("start:O", title=None, timeUnit="utcyearmonthdate"),
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(domain=[0, 1], range=[colours.paper, colours.series]),
            legend=alt.Legend(format="%", gradientLength=160),
        ),
        tooltip=["start:T", "size:Q", "after:Q", "count:Q", alt.Tooltip("share:Q", format=".1%")],
    )
    figures = chart.mark_text(fontSize=11, color=colours.ink).encode(
        x="after:O", y=alt.Y("start:O", timeUnit="utcyearmonthdate"), text=alt.Text("share:Q", format=".0%")
    )
    groups = len({row["start"] for row in rows})
    return alt.layer(square, figures).properties(width=_WIDE, height=max(60, 26 * groups))


def _lifecycle(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:  # noqa: ARG001
    signed = chart.transform_calculate(signed="datum.state === 'dormant' ? -datum.count : datum.count")
    range_ = [colours.lines[0], colours.lines[3], colours.better, colours.worse]
    return _size(
        signed.mark_bar().encode(
            x=_bands(answer),
            y=alt.Y("signed:Q", title=f"{answer['unit']}s"),
            color=alt.Color("state:N", scale=alt.Scale(domain=_STATES, range=range_), legend=alt.Legend()),
            tooltip=["bucket:T", "state:N", "count:Q"],
        )
    )


def _stickiness(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:  # noqa: ARG001
    return _size(
        chart.mark_bar(color=colours.series, cornerRadiusEnd=2).encode(
            x=alt.X("intervals:O", title=f"active in so many {answer['interval']}s", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("count:Q", title=f"{answer['unit']}s"),
            tooltip=["intervals:Q", "count:Q"],
        )
    )


def _tools(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:  # noqa: ARG001
    x = alt.X("share:Q", title=f"of active {answer['unit']}s", axis=alt.Axis(format="%"))
    return _bars(chart, alt.Y("tool_id:N", title=None, sort="-x"), x, colours, ["tool_id:N", "units:Q", "events:Q"])


def _sessions(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:  # noqa: ARG001
    return _size(
        chart.mark_bar(color=colours.series, cornerRadiusEnd=2).encode(
            x=_bands(answer),
            y=alt.Y("sessions:Q", title="sessions"),
            tooltip=["bucket:T", "sessions:Q", "median_seconds:Q"],
        )
    )


def _paths(chart: alt.Chart, answer: Any, rows: list[Row], colours: Colours) -> Chart:  # noqa: ARG001
    way = chart.transform_calculate(way="(datum.step + 1) + '. ' + datum['from'] + ' → ' + datum['to']")
    y = alt.Y(
        "way:N", title=None, sort=alt.EncodingSortField("runs", order="descending"), axis=alt.Axis(labelLimit=320)
    )
    return _bars(way, y, alt.X("runs:Q", title="runs"), colours, ["way:N", "runs:Q"])


_PLOTS: Final[Mapping[str, Callable[[alt.Chart, Any, list[Row], Colours], Chart]]] = {
    "ask_trends": _trends, "ask_funnel": _funnel, "ask_retention": _retention, "ask_paths": _paths,
    "ask_lifecycle": _lifecycle, "ask_stickiness": _stickiness, "ask_tools": _tools, "ask_sessions": _sessions,
}  # fmt: skip
_TITLES: Final[Mapping[str, str]] = {
    "ask_trends": "Trends", "ask_funnel": "Funnel", "ask_retention": "Retention", "ask_paths": "Paths",
    "ask_lifecycle": "Lifecycle", "ask_stickiness": "Stickiness", "ask_tools": "Tool adoption",
    "ask_sessions": "Sessions",
}  # fmt: skip
