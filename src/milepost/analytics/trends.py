"""Trends: a measure over time, broken down and compared with an earlier period."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Final

import msgspec

from milepost.analytics.asking import Answer, EventKind, FieldName, Interval, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.earlier import Comparison, earlier
from milepost.analytics.measures import Asked, Measure, Measuring, measuring
from milepost.analytics.people import people
from milepost.analytics.period import Window, between
from milepost.analytics.places import TrendsPlace
from milepost.errors import InvalidRequest
from milepost.store.queries import load

_SQL = load("milepost.analytics", "trends.sql")
#: Columns of few values: sums of all of them, bucket by bucket, take no memory to speak of.
_FEW_VALUES: Final = (
    "event_type", "tool_id", "tool_section", "business_impact", "competency_area", "current_arr", "target_arr",
    "growth_stage", "device_type", "browser", "referrer_source",
)  # fmt: skip


class Trends(Question, frozen=True, tag="trends", tag_field="question"):
    """`sum`, `average`, `min`, `max`, `percentile` and `distinct` (how many different values) are `of` a field.

    `percentile` is the one at `percentile` (0.5 is the median); so are `time_on_page` and `session_duration`, of their
    milliseconds.
    """

    measure: Measure = "events"
    #: `metadata.KEY`, `time_on_page` or `session_duration`; of `distinct` also any other field of a breakdown.
    of: FieldName | None = None
    percentile: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5
    interval: Interval = "day"
    series: Annotated[tuple[EventKind, ...], msgspec.Meta(min_length=1, max_length=6)] = (EventKind(),)
    breakdown: FieldName | None = None
    #: How many values of the breakdown are shown, largest first; the rest are one value together (`other`).
    top: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8
    #: With an earlier period; true is "previous".
    compare: bool | Comparison = False

    @property
    def compared_with(self) -> Comparison | None:
        return "previous" if self.compare is True else self.compare or None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the chart. `value` is the breakdown's ("" where an event has none); None without a breakdown."""

    series: int
    name: str
    value: str | None
    is_other: bool
    #: One a bucket. Counts and sums are 0 where nothing happened; the others None.
    values: list[float | None]
    #: The measure over the whole period, not the sum of the buckets.
    total: float | None
    #: The same of the period that this is compared with, side by side; the total is that of all of its days.
    previous: list[float | None] | None = None
    previous_total: float | None = None


class TrendsAnswer(Answer, frozen=True):
    """`buckets`: the local start of each: a date, or for hours a time with its offset."""

    interval: Interval
    measure: Measure
    buckets: list[date | datetime]
    lines: list[Line]
    #: The days, both included, that these are compared with.
    previous_first: date | None = None
    previous_last: date | None = None


@dataclass
class _Series:
    """One series on its way to lines: which events are its, the breakdown's expression, and the values shown."""

    kind: str
    events: str
    measuring: Measuring
    value: str | None
    shown: list[str]
    others: bool

    def line(self, compiler: Compiler) -> str:
        """An expression of the line an event belongs to: its value's place from 1, or 0."""
        if self.value is None or not self.shown:
            return "toUInt8(0)"
        return f"toUInt8(indexOf({compiler.bind(self.shown, 'Array(String)')}, toString({self.value})))"


@dataclass
class _Figures:
    """A measure, by line; missing is nothing."""

    values: dict[int, dict[int, float]] = field(default_factory=dict)
    totals: dict[int, float] = field(default_factory=dict)


async def answer(store: Store, question: Trends) -> TrendsAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    window = compiler.window
    buckets = window.buckets(question.interval)
    before = earlier(window, question.compared_with) if question.compared_with else None
    lines: list[Line] = []
    for place, kind in enumerate(question.series):
        series, now = await _now(compiler, question, place)
        then = await _figures(compiler, question, before, series) if before else None
        places: list[tuple[int, str | None]] = list(enumerate(series.shown, 1))
        if series.value is None or series.others:
            places.append((0, None))
        for number, value in places:
            values, total = _of(now, number, len(buckets), series)
            line = Line(
                series=place,
                name=kind.name,
                value=value,
                is_other=series.value is not None and number == 0,
                values=values,
                total=total,
            )
            if before and then:
                length = before.count(question.interval)
                previous, previous_total = _of(then, number, length, series)
                side_by_side = (previous + [None] * len(buckets))[: len(buckets)]
                line = msgspec.structs.replace(line, previous=side_by_side, previous_total=previous_total)
            lines.append(line)
    return TrendsAnswer(
        unit=question.unit,
        first=window.first,
        last=window.last,
        timezone=question.period.timezone,
        interval=question.interval,
        measure=question.measure,
        buckets=buckets,
        lines=lines,
        previous_first=before.first if before else None,
        previous_last=before.last if before else None,
    )


async def who(store: Store, question: Trends, place: TrendsPlace) -> People:
    """The units with an event behind a bar. Raises InvalidRequest for a line or bucket the answer does not have."""
    compiler = await Compiler.of(store, question)
    if place.series >= len(question.series):
        raise InvalidRequest(f"There are {len(question.series)} series, counted from 0.", field="place.series")
    series = await _series(compiler, question, place.series)
    condition = f"{compiler.during} and {series.events}"
    if place.bucket is not None:
        start, end = compiler.window.span(question.interval, place.bucket)
        condition = f"{between(compiler.bind, start, end)} and {condition}"
    if series.value is not None and (place.is_other or place.value is not None):
        if not place.is_other and place.value not in series.shown:
            raise InvalidRequest("The answer has no line with this value.", field="place.value")
        number = 0 if place.is_other else series.shown.index(place.value or "") + 1
        condition += f" and {series.line(compiler)} = {number}"
    return await people(compiler, compiler.units(condition))


async def _now(compiler: Compiler, question: Trends, place: int) -> tuple[_Series, _Figures]:
    """One series with its figures in the period."""
    if question.breakdown not in _FEW_VALUES or question.measure == "sessions":
        series = await _series(compiler, question, place)
        return series, await _figures(compiler, question, compiler.window, series)
    kind, events, measured = await _events(compiler, question, place)
    value = await compiler.value(question.breakdown, "breakdown")
    rows = await compiler.rows(
        tuple[int, int, int, float, str],
        _SQL["broken_down"],
        top=str(question.top),
        value=value,
        bucket=compiler.window.place(question.interval, compiler.bind),
        events=f"{compiler.window.during(compiler.bind)} and {events}",
        states=measured.states(),
        kept=measured.kept(),
        merged=measured.merged(),
        merged_by_text=measured.merged("over (partition by text)"),
    )
    names = {line: name for line, _, _, _, name in rows if line}
    shown = [names[line] for line in sorted(names)]
    series = _Series(kind, events, measured, value, shown, any(not row[0] for row in rows))
    return series, _by_line([row[:4] for row in rows])


async def _events(compiler: Compiler, question: Trends, place: int) -> tuple[str, str, Measuring]:
    """The kind of event of a series, the condition of its events in all of time, and its measure."""
    kind = await compiler.kind(question.series[place], f"series[{place}]")
    measured = await measuring(compiler, Asked(question.measure, question.of, question.percentile, "of"))
    return kind, f"{compiler.ever} and {kind} and {measured.looks_at}", measured


async def _series(compiler: Compiler, question: Trends, place: int) -> _Series:
    kind, events, measured = await _events(compiler, question, place)
    if question.breakdown is None:
        return _Series(kind, events, measured, None, [], False)
    value = await compiler.value(question.breakdown, "breakdown")
    rows = await compiler.rows(
        tuple[str, float],
        _SQL["values"],
        value=value,
        figure=measured.at_once(),
        events=f"{compiler.window.during(compiler.bind)} and {events}",
        most=str(question.top + 1),
    )
    shown = [text for text, _ in rows[: question.top]]
    return _Series(kind, events, measured, value, shown, len(rows) > question.top)


async def _figures(compiler: Compiler, question: Trends, window: Window, series: _Series) -> _Figures:
    rolled_up = question.measure == "units" and series.value is None
    slots = {
        "source": await compiler.source(question, series.kind) if rolled_up else "events final",
        "line": series.line(compiler),
        "bucket": window.place(question.interval, compiler.bind),
        "events": f"{window.during(compiler.bind)} and {series.events}",
    }
    statement = _SQL["sessions" if question.measure == "sessions" else "lines"]
    if question.measure != "sessions":
        slots |= {"states": series.measuring.states(), "merged": series.measuring.merged()}
    return _by_line(await compiler.rows(tuple[int, int, int, float], statement, **slots))


def _by_line(rows: list[tuple[int, int, int, float]]) -> _Figures:
    """Figures from rows of line, bucket, whether it is the whole period, value."""
    found = _Figures()
    for line, bucket, whole, value in rows:
        if whole:
            found.totals[line] = value
        else:
            found.values.setdefault(line, {})[bucket] = value
    return found


def _of(found: _Figures, line: int, length: int, series: _Series) -> tuple[list[float | None], float | None]:
    nothing = series.measuring.nothing
    values = found.values.get(line, {})
    return [values.get(bucket, nothing) for bucket in range(length)], found.totals.get(line, nothing)
