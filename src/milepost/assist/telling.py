"""An answer as text that reads well: a heading, figures as a table, the rest as lines, and when it was true.

A model that is shown the text alone has all that it needs; programs read the structured content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from milepost.analytics.tables import table_of

#: Rows of a list, and columns of a table, that are written out; the rest is counted.
_MOST_ROWS: Final = 60
_MOST_COLUMNS: Final = 16
#: Characters of a value inside a table or a line.
_WIDEST: Final = 400
_ASKED: Final = "ask_"


class Told(msgspec.Struct, frozen=True):
    """What is said beside an answer: `as_of` is when it was true (ISO 8601), `page` where a person sees it."""

    name: str
    title: str
    as_of: str
    units: Mapping[str, str]
    page: str | None


def text_of(told: Told, answer: Any) -> str:
    """The answer in words and tables (Markdown)."""
    lines = [f"# {told.title}", "", *_figures(told.name, answer), ""]
    if told.units:
        lines.append("Units: " + "; ".join(f"{field}: {unit}" for field, unit in told.units.items()) + ".")
    lines.append(f"As of {told.as_of}.")
    if told.page:
        lines.append(f"Page: {told.page}")
    return "\n".join(lines)


def as_of(answer: Any) -> str | None:
    """When an answer says it was true; None where it does not say."""
    if not isinstance(answer, dict):
        return None
    for place in (answer, answer.get("insights")):
        if isinstance(place, dict):
            for name in ("fresh_as_of", "as_of"):
                if isinstance(said := place.get(name), str):
                    return said
    return None


def _figures(name: str, answer: Any) -> Iterator[str]:
    if name.startswith(_ASKED):
        days = f"{answer['first']} to {answer['last']} ({answer['timezone']}), by {answer['unit']}"
        yield from (days, "")
        columns, rows = table_of(name.removeprefix(_ASKED), answer)
        yield from _table(columns, rows)
    elif isinstance(answer, str):
        yield answer
    else:
        yield from _lines(answer)


def _lines(value: Any, depth: int = 0) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, list):
        yield from _list(value, depth)
        return
    for name, part in value.items():
        if isinstance(part, dict) and part:
            yield f"{indent}- {name}:"
            yield from _lines(part, depth + 1)
        elif isinstance(part, list) and part and isinstance(part[0], dict):
            yield f"{indent}- {name} ({len(part)}):"
            yield from ("", *_list(part, depth), "")
        else:
            yield f"{indent}- {name}: {_cell(part)}"


def _list(values: list[Any], depth: int) -> Iterator[str]:
    if not values:
        yield "None."
    elif all(isinstance(one, dict) for one in values):
        # What no row has says nothing; what is left without a column is in the structured content.
        names = list(dict.fromkeys(name for one in values for name, part in one.items() if part not in (None, [], {})))
        shown = names[:_MOST_COLUMNS]
        yield from _table(shown, [[one.get(name) for name in shown] for one in values])
        if len(names) > len(shown):
            yield f"Further fields, not shown: {', '.join(names[len(shown) :])}."
    else:
        yield from (f"{'  ' * depth}- {_cell(one)}" for one in values[:_MOST_ROWS])
        if len(values) > _MOST_ROWS:
            yield f"... and {len(values) - _MOST_ROWS} more."


def _table(columns: list[str], rows: list[list[object]]) -> Iterator[str]:
    if not rows:
        yield "None."
        return
    yield "| " + " | ".join(map(_cell, columns)) + " |"
    yield "|" + " --- |" * len(columns)
    for row in rows[:_MOST_ROWS]:
        yield "| " + " | ".join(map(_cell, row)) + " |"
    if len(rows) > _MOST_ROWS:
        yield f"... and {len(rows) - _MOST_ROWS} more rows."


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            text = f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
        case str():
            text = value
        case _:
            text = msgspec.json.encode(value).decode()
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= _WIDEST else text[:_WIDEST] + "…"
