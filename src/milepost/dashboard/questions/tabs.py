"""The kinds of question as tabs of one page: what one asks goes along to the others as far as they can ask it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from milepost.dashboard.questions import address as a
from milepost.dashboard.questions.asked import NAMES, Name, PageQuestion

TITLES: Final[Mapping[Name, str]] = {
    "trends": "Trends",
    "funnels": "Funnels",
    "retention": "Retention",
    "paths": "Paths",
    "lifecycle": "Lifecycle",
    "tools": "Tools",
    "sessions": "Sessions",
}
#: Where each has its kinds of event, in the parts of its form and in its address; the one of many comes first.
_EVENTS: Final[Mapping[Name, tuple[str, str]]] = {
    "trends": ("steps", "s."),
    "funnels": ("steps", "s."),
    "retention": ("start", "start."),
    "paths": ("anchor", "anchor."),
    "lifecycle": ("activity", "activity."),
}
#: What else of an address the others understand: days, whom it counts, filters, the breakdown.
_SHARED: Final = (
    "days",
    "first",
    "last",
    "tz",
    "week_start",
    "compare",
    "unit",
    "field",
    "key",
    "op",
    "value",
    "traits",
)
_BROKEN_DOWN: Final[tuple[Name, ...]] = ("trends", "funnels")


class Tab(msgspec.Struct, frozen=True):
    title: str
    href: str
    here: bool


def tabs(asked: PageQuestion | None = None, *, here: str = "cohorts") -> tuple[Tab, ...]:
    """The questions, the cohorts and SQL; without a question to carry along, as they begin, on the page `here`."""
    here = asked.name if asked else here
    found = [Tab(TITLES[name], _carried(asked, name), name == here) for name in NAMES]
    return (*found, Tab("Cohorts", "/cohorts", here == "cohorts"), Tab("SQL", "/sql", here == "sql"))


def _carried(asked: PageQuestion | None, to: Name) -> str:
    if asked is None:
        return f"/{to}"
    if to == asked.name:
        return asked.url
    shared = [pair for pair in asked.pairs if pair[0] in _SHARED]
    if asked.name in _BROKEN_DOWN and to in _BROKEN_DOWN:
        shared += [pair for pair in asked.pairs if pair[0] in ("by", "by_key")]
    return a.address_of(f"/{to}", [*shared, *_events(asked, to)])


def _events(asked: PageQuestion, to: Name) -> a.Pairs:
    """Its kinds of event in the other's address. A funnel takes two or more, a trend measures each as it does all."""
    if asked.name not in _EVENTS or to not in _EVENTS:
        return []
    part, prefix = _EVENTS[asked.name][0], _EVENTS[to][1]
    said = asked.parts[part]
    rows: Sequence[a.KindRow] = said if isinstance(said, tuple) else (said,) if isinstance(said, a.KindRow) else ()
    rows = [replace(row, measure="", of=a.FilterRow()) for row in rows]
    if to not in ("trends", "funnels"):
        rows = rows[:1]
    if all(row.empty for row in rows) or (to == "funnels" and len(rows) < 2):
        return []
    return a.kind_pairs(rows[:6] if to == "trends" else rows, prefix)
