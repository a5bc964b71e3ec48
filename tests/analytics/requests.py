"""Makes up questions: from a palette of what a set of events is worth asking about, and from whoever picks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from milepost.analytics.asking import EventKind, Filter, Interval, Period, Question, Unit
from milepost.analytics.funnel import Funnel, Order
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.measures import OF_A_FIELD, Measure
from milepost.analytics.paths import Paths
from milepost.analytics.retention import Retention
from milepost.analytics.sessions import SessionBreakdown, Sessions
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.tools import Tools
from milepost.analytics.trends import Series, Trends

T = TypeVar("T")
_UNITS: tuple[Unit, ...] = ("customer", "user")
_TRAITS: tuple[Literal["now", "then"], ...] = ("now", "then")
_MEASURES: tuple[Measure, ...] = (
    "events", "events", "units", "units", "sessions", "sessions", "time_on_page", "session_duration",
    "sum", "average", "min", "max", "percentile", "distinct",
)  # fmt: skip
_DURATIONS = ("time_on_page", "session_duration")
_ORDERS: tuple[Order, ...] = ("ordered", "strict", "any")
_INTERVALS: tuple[Interval, ...] = ("hour", "day", "week", "month")
_BREAKDOWNS: tuple[SessionBreakdown | None, ...] = (
    None, "device_type", "browser", "referrer_source", "primary_tool", "landing_page",
)  # fmt: skip


class Picker(Protocol):
    """random.Random, or hypothesis."""

    def choice(self, options: Sequence[T], /) -> T: ...


@dataclass(frozen=True)
class Palette:
    """`short` are periods that may be asked by the hour."""

    periods: Sequence[Period]
    short: Sequence[Period]
    kinds: Sequence[EventKind]
    filters: Sequence[Filter]
    fields: Sequence[str]
    windows: Sequence[int] = field(default=(1, 60, 1800, 3600, 86_400, 7 * 86_400, 366 * 86_400))


Ask = Callable[[Picker, Palette], Question]


def _filters(pick: Picker, palette: Palette) -> tuple[Filter, ...]:
    return tuple(pick.choice(palette.filters) for _ in range(pick.choice((0, 0, 0, 1, 2))))


def _measure(pick: Picker, palette: Palette) -> tuple[Measure, str | None]:
    """A measure, and what it is of."""
    measure = pick.choice(_MEASURES)
    if measure == "distinct":
        return measure, pick.choice(palette.fields)
    if measure not in OF_A_FIELD:
        return measure, None
    return measure, pick.choice([*_DURATIONS, *(one for one in palette.fields if one.startswith("metadata."))])


def _series(pick: Picker, palette: Palette) -> Series:
    """A kind of event, at times with a measure of its own."""
    kind = pick.choice(palette.kinds)
    told = {name: getattr(kind, name) for name in kind.__struct_fields__}
    if pick.choice((True, True, False)):
        return Series(**told)
    measure, of = _measure(pick, palette)
    return Series(**told, measure=measure, of=of, percentile=pick.choice((None, 0.25)))


def trends(pick: Picker, palette: Palette) -> Trends:
    interval = pick.choice(_INTERVALS)
    measure, of = _measure(pick, palette)
    formula = pick.choice((None, None, "A / B", "A / B * 100", "(A - B) / (A + 2 * B)", "B + 1", "A - A / 2.5"))
    one, other = pick.choice(palette.fields), pick.choice(palette.fields)
    return Trends(
        period=pick.choice(palette.short if interval == "hour" else palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
        measure=measure,
        of=of,
        percentile=pick.choice((0.5, 0.9, 0.123)),
        interval=interval,
        series=tuple(_series(pick, palette) for _ in range(pick.choice((2, 3) if formula else (1, 2)))),
        formula=formula,
        formula_name=pick.choice(("", "Ratio 🧭")),
        breakdown=pick.choice((None, one, (one,), (one, other))),
        top=pick.choice((1, 2, 3, 8)),
        compare=pick.choice((False, False, True, "previous", "month_ago", "year_ago")),
    )


def funnel(pick: Picker, palette: Palette) -> Funnel:
    return Funnel(
        period=pick.choice(palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
        steps=tuple(pick.choice(palette.kinds) for _ in range(pick.choice((2, 2, 3, 3, 4, 5)))),
        order=pick.choice(_ORDERS),
        window_seconds=pick.choice(palette.windows),
        breakdown=pick.choice((None, pick.choice(palette.fields))),
        top=pick.choice((1, 2, 8)),
    )


def retention(pick: Picker, palette: Palette) -> Retention:
    return Retention(
        period=pick.choice(palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
        start=pick.choice(palette.kinds),
        back=pick.choice(palette.kinds),
        kind=pick.choice(("first_time", "recurring")),
        interval=pick.choice(("day", "week", "month")),
        intervals=pick.choice((1, 3, 12)),
        bounded=pick.choice((True, False)),
    )


def paths(pick: Picker, palette: Palette) -> Paths:
    return Paths(
        period=pick.choice(palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
        anchor=pick.choice((None, pick.choice(palette.kinds))),
        direction=pick.choice(("next", "previous")),
        label=pick.choice(("tool_id", "event_type", pick.choice(palette.fields))),
        per=pick.choice(("session", "unit")),
        depth=pick.choice((1, 2, 4, 6)),
        top=pick.choice((1, 2, 6)),
    )


def lifecycle(pick: Picker, palette: Palette) -> Lifecycle:
    return Lifecycle(
        period=pick.choice(palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
        activity=pick.choice(palette.kinds),
        interval=pick.choice(("day", "week", "month")),
    )


def stickiness(pick: Picker, palette: Palette) -> Stickiness:
    return Stickiness(
        period=pick.choice(palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
        activity=pick.choice(palette.kinds),
        interval=pick.choice(("day", "week", "month")),
    )


def tools(pick: Picker, palette: Palette) -> Tools:
    return Tools(
        period=pick.choice(palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
    )


def sessions(pick: Picker, palette: Palette) -> Sessions:
    return Sessions(
        period=pick.choice(palette.periods),
        unit=pick.choice(_UNITS),
        filters=_filters(pick, palette),
        traits=pick.choice(_TRAITS),
        interval=pick.choice(("day", "week", "month")),
        breakdown=pick.choice(_BREAKDOWNS),
        top=pick.choice((1, 2, 8)),
    )


QUESTIONS: dict[str, Ask] = {
    "trends": trends,
    "funnel": funnel,
    "retention": retention,
    "paths": paths,
    "lifecycle": lifecycle,
    "stickiness": stickiness,
    "tools": tools,
    "sessions": sessions,
}
