"""Trends: measures over time, broken down, put into a formula and compared with an earlier period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Annotated, Final

import msgspec

from milepost.analytics import formula
from milepost.analytics.asking import Answer, EventKind, FieldName, Interval, Name, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.earlier import Comparison, earlier
from milepost.analytics.lines import Figures, Lines
from milepost.analytics.measures import OF_A_FIELD, Asked, Measure, of_no_field
from milepost.analytics.people import people
from milepost.analytics.period import between
from milepost.analytics.places import TrendsPlace
from milepost.analytics.split import Key, Lined, Split
from milepost.errors import InvalidRequest

Percentile = Annotated[float, msgspec.Meta(gt=0, lt=1)]
_MOST_IN_FORMULA: Final = len(formula.LETTERS)


class Series(EventKind, frozen=True):
    """A kind of event, and how it is measured where that is not as the question says."""

    measure: Measure | None = None
    of: FieldName | None = None
    percentile: Percentile | None = None


class Trends(Question, frozen=True, tag="trends", tag_field="question"):
    """`sum`, `average`, `min`, `max`, `percentile` and `distinct` (how many different values) are `of` a field.

    `percentile` is the one at `percentile` (0.5 is the median); so are `time_on_page` and `session_duration`, of their
    milliseconds.
    """

    measure: Measure = "events"
    #: `metadata.KEY`, `time_on_page` or `session_duration`; of `distinct` also any other field of a breakdown.
    of: FieldName | None = None
    percentile: Percentile = 0.5
    interval: Interval = "day"
    series: Annotated[tuple[Series, ...], msgspec.Meta(min_length=1, max_length=6)] = (Series(),)
    #: Lines in place of the series: `A / B * 100`, where A is the first of them.
    formula: str | None = None
    formula_name: Name = ""
    #: A field, or two: then a line is of a value of each.
    breakdown: Annotated[
        FieldName | Annotated[tuple[FieldName, ...], msgspec.Meta(min_length=1, max_length=2)] | None,
        msgspec.Meta(description="What lines are broken down by: a field, or two for pairs."),
    ] = None
    #: How many values of the breakdown are shown, largest first; the rest are one value together (`other`).
    top: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8
    #: With an earlier period; true is "previous".
    compare: bool | Comparison = False

    @property
    def compared_with(self) -> Comparison | None:
        return "previous" if self.compare is True else self.compare or None

    @property
    def by(self) -> tuple[str, ...]:
        """The fields of the breakdown."""
        return (self.breakdown,) if isinstance(self.breakdown, str) else self.breakdown or ()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the chart. `value` is the breakdown's ("" where an event has none); None without a breakdown."""

    #: Of a formula 0.
    series: int
    name: str
    value: str | None
    #: The second field's, where there are two.
    value2: str | None = None
    is_other: bool
    #: One a bucket. Counts and sums are 0 where nothing happened; the others None.
    values: list[float | None]
    #: The measure over the whole period, not the sum of the buckets; of a formula that of the totals.
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


Calculate = Callable[[Sequence[float | None]], float | None]


class _Drawn(msgspec.Struct, frozen=True):
    """What has lines, and how a figure is made of those of its series."""

    series: int
    name: str
    lined: Lined
    calculate: Calculate

    def places(self, by: tuple[str, ...]) -> Iterator[tuple[int, Key | None]]:
        """Lines by number, each with its values; the one of all others, or of all events, is the last."""
        yield from enumerate(self.lined.shown, 1)
        if not by or self.lined.others:
            yield 0, None

    def figures(self, found: list[Figures], number: int, length: int) -> tuple[list[float | None], float | None]:
        """A line's in so many intervals, and over the period."""
        each = [
            figures.line(number, length, split.measuring.nothing)
            for figures, split in zip(found, self.lined.splits, strict=True)
        ]
        values = [self.calculate(parts) for parts in zip(*(values for values, _ in each), strict=True)]
        return values, self.calculate([total for _, total in each])


async def answer(store: Store, question: Trends) -> TrendsAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    window = compiler.window
    buckets = window.buckets(question.interval)
    before = earlier(window, question.compared_with) if question.compared_with else None
    lines = _lines_of(compiler, question)
    found: list[Line] = []
    for drawn in await _drawn_of(lines, question):
        now = await lines.broken_down(drawn.lined, question.top)
        then = await lines.figures(drawn.lined, before) if before else []
        for number, key in drawn.places(question.by):
            line = _line(drawn, question, key, drawn.figures(now, number, len(buckets)))
            found.append(
                _beside(line, *drawn.figures(then, number, before.count(question.interval))) if before else line
            )
    return TrendsAnswer(
        unit=question.unit,
        first=window.first,
        last=window.last,
        timezone=question.period.timezone,
        interval=question.interval,
        measure=question.measure,
        buckets=buckets,
        lines=found,
        previous_first=before.first if before else None,
        previous_last=before.last if before else None,
    )


async def who(store: Store, question: Trends, place: TrendsPlace) -> People:
    """The units with an event behind a bar. Raises InvalidRequest for a line or bucket the answer does not have."""
    compiler = await Compiler.of(store, question)
    if place.series >= len(question.series):
        raise InvalidRequest(f"There are {len(question.series)} series, counted from 0.", field="place.series")
    lines = _lines_of(compiler, question)
    drawn = await _drawn_of(lines, question)
    lined = drawn[0 if question.formula is not None else place.series].lined
    split = lined.splits[place.series if question.formula is not None else 0]
    await lines.show_largest(lined, question.top)
    condition = f"{compiler.during} and {split.looks_at}"
    if place.bucket is not None:
        start, end = compiler.window.span(question.interval, place.bucket)
        condition = f"{between(compiler.bind, start, end)} and {condition}"
    if question.by and (place.is_other or place.value is not None or place.value2 is not None):
        key = (place.value or "", place.value2 or "")[: len(question.by)]
        if not place.is_other and key not in lined.shown:
            at = "place.value2" if len(key) > 1 and place.value2 is None else "place.value"
            raise InvalidRequest("The answer has no line with this value.", field=at)
        number = 0 if place.is_other else lined.shown.index(key) + 1
        condition += f" and {lines.line(lined)} = {number}"
    return await people(compiler, compiler.units(condition))


def _lines_of(compiler: Compiler, question: Trends) -> Lines:
    of_a_field = any(own.of is None and (own.measure or question.measure) in OF_A_FIELD for own in question.series)
    if question.of is not None and not of_a_field and question.measure not in OF_A_FIELD:
        raise of_no_field(question.measure, "of")
    return Lines(compiler, question, question.interval, question.by)


async def _drawn_of(lines: Lines, question: Trends) -> list[_Drawn]:
    """Each series by itself, or all of a formula together."""
    splits = [await _split(lines, question, place) for place in range(len(question.series))]
    if question.formula is None:
        names = (kind.name for kind in question.series)
        return [
            _Drawn(n, name, Lined([one]), itemgetter(0))
            for n, (name, one) in enumerate(zip(names, splits, strict=True))
        ]
    if len(splits) > _MOST_IN_FORMULA:
        raise InvalidRequest(
            f"A formula takes at most {_MOST_IN_FORMULA} series, A to E. Leave some out.", field="series"
        )
    read = formula.read(question.formula, len(splits))
    return [_Drawn(0, question.formula_name or question.formula, Lined(splits), read.of)]


async def _split(lines: Lines, question: Trends, place: int) -> Split:
    own = question.series[place]
    measure = own.measure or question.measure
    # What the question's is of is for those series that have none of their own, and measure a field.
    of = own.of if own.of is not None or measure not in OF_A_FIELD else question.of
    at = "of" if own.of is None and own.measure is None else f"series[{place}].of"
    percentile = question.percentile if own.percentile is None else own.percentile
    asked = Asked(measure, of, percentile, at)
    return await lines.split(own, asked, f"series[{place}]")


def _line(drawn: _Drawn, question: Trends, key: Key | None, figures: tuple[list[float | None], float | None]) -> Line:
    return Line(
        series=drawn.series,
        name=drawn.name,
        value=key[0] if key else None,
        value2=key[1] if key and len(key) > 1 else None,
        is_other=bool(question.by) and key is None,
        values=figures[0],
        total=figures[1],
    )


def _beside(line: Line, previous: list[float | None], total: float | None) -> Line:
    """With what an earlier period has at the same places."""
    length = len(line.values)
    return msgspec.structs.replace(line, previous=(previous + [None] * length)[:length], previous_total=total)
