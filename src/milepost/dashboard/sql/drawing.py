"""The answer of a statement as a table, and as a chart where it has the columns for one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup

from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions.context import stamp
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Table
from milepost.links import customer_url
from milepost.reporting.answers import Cell as Value
from milepost.reporting.answers import CellKind, SqlAnswer
from milepost.reporting.saved import Chart

#: Rows of the table on the page; a file has all.
SHOWN: Final = 500
_LINES: Final = 6
_POINTS: Final = 1000
_BARS: Final = 20
_LONGEST_CELL: Final = 300


def panel_of(answer: SqlAnswer, chart: Chart, seconds: float) -> Panel:
    """The table, drawn as asked where the answer has what that takes. `seconds`: how long it took."""
    columns = tuple(Column(column.name, numeric=column.kind == "number") for column in answer.columns)
    kinds = [column.kind for column in answer.columns]
    named = [column.name for column in answer.columns]
    rows = tuple(
        tuple(_cell(value, kind, name) for value, kind, name in zip(row, kinds, named, strict=True))
        for row in answer.rows[:SHOWN]
    )
    table = Table("Answer", columns, rows)
    said = _said(answer, seconds)
    if chart == "line" and (found := _lines(answer)):
        spec, legend = found
        return Panel("answer", "Answer", said, table, spec, legend if len(legend) > 1 else (), "large")
    if chart == "bar" and (bars := _bars(answer)):
        count = len(bars["rows"]) if isinstance(bars["rows"], list) else 1
        return Panel("answer", "Answer", said, table, bars, size=f"rows-{max(1, count)}")
    return Panel("answer", "Answer", said, table)


def wanting(answer: SqlAnswer, chart: Chart) -> str:
    """What the answer lacks for its chart; "" where it lacks nothing, or none is asked for."""
    if not answer.rows:
        return ""
    if chart == "line" and _lines(answer) is None:
        return "A line chart takes a first column of days or times, each once, and numbers beside it."
    if chart == "bar" and _bars(answer) is None:
        return "A bar chart takes a first column of names and a column of numbers, none of them below zero."
    return ""


def _said(answer: SqlAnswer, seconds: float) -> Markup:
    rows = len(answer.rows)
    text = Markup("{}{} {} in {} s").format(
        "The first " if answer.more else "", markup.number(rows), fmt.plural(rows, "row"),
        markup.number(seconds, digits=2),
    )  # fmt: skip
    return text + (Markup("; the table shows {}").format(markup.number(SHOWN)) if rows > SHOWN else Markup(""))


def _cell(value: Value, kind: CellKind, name: str) -> Cell:
    if value is None:
        return Cell(Markup('<span class="muted">null</span>'))
    if isinstance(value, bool):
        return Cell(Markup("{}").format("yes" if value else "no"))
    if isinstance(value, int | float):
        return Cell(markup.number(value, digits=0 if float(value).is_integer() else 3))
    if kind == "day" and (day := _day(value)):
        return Cell(markup.day(day))
    if kind == "time" and (at := _moment(value)):
        return Cell(markup.moment(at))
    shown = value if len(value) <= _LONGEST_CELL else f"{value[:_LONGEST_CELL]}…"
    if name == "customer_id" and value:
        return Cell(Markup('<a href="{}"><bdi>{}</bdi></a>').format(customer_url(value), fmt.visible_name(shown)))
    return Cell(Markup("<bdi>{}</bdi>").format(fmt.visible_name(shown)))


def _lines(answer: SqlAnswer) -> tuple[dict[str, object], tuple[Key, ...]] | None:
    numbers = _numbers(answer)[:_LINES]
    if len(answer.rows) < 2 or not numbers or answer.columns[0].kind not in ("day", "time"):
        return None
    read = _day if answer.columns[0].kind == "day" else _moment
    rows = sorted(
        ((at, row) for row in answer.rows[:_POINTS] if (at := read(str(row[0]))) is not None),
        key=lambda pair: stamp(pair[0]),
    )
    stamps = [stamp(at) for at, _ in rows]
    if len(rows) < 2 or len(set(stamps)) < len(stamps):
        return None
    whole_days = all(stamp(at)[11:19] in ("", "00:00:00") for at, _ in rows)
    names = [answer.columns[place].name for place in numbers]
    spec: dict[str, object] = {
        "kind": "lines",
        "buckets": [one[:10] for one in stamps] if whole_days else stamps,
        "interval": "day" if whole_days else "hour",
        "format": "number",
        "unit": "",
        "partial": {},
        "series": [
            {"name": name, "mark": str(at), "values": [_figure(row[place]) for _, row in rows]}
            for at, (name, place) in enumerate(zip(names, numbers, strict=True))
        ],
    }
    return spec, tuple(Key(name, str(at)) for at, name in enumerate(names))


def _bars(answer: SqlAnswer) -> dict[str, object] | None:
    numbers = [place for place in _numbers(answer) if place]
    if not answer.rows or not numbers:
        return None
    rows: list[dict[str, Any]] = [
        {"name": "null" if row[0] is None else str(row[0])[:100], "value": figure, "count": figure}
        for row in answer.rows
        if (figure := _figure(row[numbers[0]])) is not None
    ]
    if any(row["value"] < 0 for row in rows):
        return None
    unit = answer.columns[numbers[0]].name
    return {"kind": "ranking", "format": "number", "unit": unit, "rows": rows[:_BARS]} if rows else None


def _numbers(answer: SqlAnswer) -> list[int]:
    return [place for place, column in enumerate(answer.columns) if column.kind == "number"]


def _figure(value: Value) -> float | int | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _day(text: str) -> date | None:
    """None for what PostgreSQL has and Python has not, such as infinity or a year before Christ."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text if "+" in text[10:] else f"{text}+00:00")
    except ValueError:
        return None
