"""Trends, by the book."""

from __future__ import annotations

import ast
import math
import operator
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from milepost.analytics.measures import Measure
from milepost.analytics.trends import Line, Trends, TrendsAnswer
from tests.analytics.reference.days import Bucket, Days
from tests.analytics.reference.events import Event, World, unit_of, value_of
from tests.analytics.reference.figures import largest, percentile
from tests.analytics.reference.matching import Scope, as_number, of_kind

#: A value of each field of the breakdown.
Value = tuple[str, ...]
Figure = float | None
_FIELDS = ("sum", "average", "min", "max", "percentile", "distinct")
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class _Series:
    """A series' events in all of time, and its measure."""

    events: list[Event]
    question: Trends
    measure: Measure
    of: str
    at: float

    @classmethod
    def of_question(cls, scope: Scope, question: Trends, place: int) -> _Series:
        own = question.series[place]
        measure = own.measure or question.measure
        of = (own.of or question.of or "") if measure in _FIELDS else measure
        found = cls([], question, measure, of, own.percentile or question.percentile)
        events = [event for event in of_kind(scope.world, scope.ever, own) if found._measures(event)]
        return cls(events, question, measure, of, found.at)

    def _measures(self, event: Event) -> bool:
        match self.measure:
            case "events":
                return True
            case "units":
                return unit_of(event, self.question.unit) is not None
            case "sessions":
                return bool(event.session_id)
            case "distinct":
                return value_of(event, self.of) is not None
        return as_number(value_of(event, self.of)) is not None

    def total(self, events: Sequence[Event]) -> Figure:
        match self.measure:
            case "events":
                return len(events)
            case "units":
                return len({unit_of(event, self.question.unit) for event in events})
            case "sessions":
                return len({(event.customer_id, event.session_id) for event in events})
            case "distinct":
                return len({value_of(event, self.of) for event in events})
        numbers = [number for event in events if (number := as_number(value_of(event, self.of))) is not None]
        if self.measure == "sum":
            return math.fsum(numbers)
        if not numbers:
            return None
        match self.measure:
            case "average":
                return math.fsum(numbers) / len(numbers)
            case "min":
                return min(numbers)
            case "max":
                return max(numbers)
        return percentile(numbers, self.at)

    def figures(self, days: Days, values: Sequence[Value] | None, others: Sequence[Value]) -> list[Figure]:
        """By bucket, and over all of the days: of events with one of `values` (None: any) and none of `others`."""
        found = [
            event
            for event in self.events
            if days.hold(event.at)
            if values is None or _value(event, self.question) in values
            if _value(event, self.question) not in others
        ]
        by_bucket: dict[Bucket, list[Event]] = {bucket: [] for bucket in days.buckets(self.question.interval)}
        for event in found:
            by_bucket[days.bucket(event.at, self.question.interval)].append(event)
        return [*(self.total(events) for events in by_bucket.values()), self.total(found)]

    def sizes(self, days: Days) -> dict[Value, float]:
        """The measure by value, in the period."""
        by_value: dict[Value, list[Event]] = defaultdict(list)
        for event in self.events:
            if days.hold(event.at):
                by_value[_value(event, self.question)].append(event)
        return {value: self.total(events) or 0 for value, events in by_value.items()}


def trends(world: World, question: Trends) -> TrendsAnswer:
    scope = Scope(world, question)
    days = scope.days
    wanted = "previous" if question.compare is True else question.compare
    earlier = days.compared(question.period, wanted) if wanted else None
    series = [_Series.of_question(scope, question, place) for place in range(len(question.series))]
    lines: list[Line] = []
    for place, name, parts in _groups(question, series):
        for value, chosen, others in _split(question, [one.sizes(days) for one in parts]):
            now = _combined(question, [one.figures(days, chosen, others) for one in parts])
            line = Line(
                series=place,
                name=name,
                value=value[0] if value else None,
                value2=value[1] if value and len(value) > 1 else None,
                is_other=bool(others),
                values=now[:-1],
                total=now[-1],
            )
            if earlier:
                then = _combined(question, [one.figures(earlier, chosen, others) for one in parts])
                beside = (then[:-1] + [None] * len(now))[: len(now) - 1]
                line = msgspec.structs.replace(line, previous=beside, previous_total=then[-1])
            lines.append(line)
    return TrendsAnswer(
        unit=question.unit,
        first=days.first,
        last=days.last,
        timezone=question.period.timezone,
        interval=question.interval,
        measure=question.measure,
        buckets=[days.shown(bucket) for bucket in days.buckets(question.interval)],
        lines=lines,
        previous_first=earlier.first if earlier else None,
        previous_last=earlier.last if earlier else None,
    )


def _groups(question: Trends, series: list[_Series]) -> list[tuple[int, str, list[_Series]]]:
    """What has lines: each series by itself, or all of a formula together."""
    if question.formula is not None:
        return [(0, question.formula_name or question.formula, series)]
    return [(place, question.series[place].name, [one]) for place, one in enumerate(series)]


def _split(
    question: Trends, sizes: list[dict[Value, float]]
) -> list[tuple[Value | None, list[Value] | None, list[Value]]]:
    """Each line's value, the values of its events (None: any), and those that its events do not have."""
    if question.breakdown is None:
        return [(None, None, [])]
    every: list[Value] = []
    for found in sizes:
        every += [value for value in largest(found, len(found)) if value not in every]
    shown = every[: question.top]
    lines: list[tuple[Value | None, list[Value] | None, list[Value]]] = [(value, [value], []) for value in shown]
    return [*lines, (None, None, shown)] if len(every) > len(shown) else lines


def _value(event: Event, question: Trends) -> Value:
    by = question.breakdown
    names = (by,) if isinstance(by, str) else by or ()
    return tuple(value_of(event, name) or "" for name in names)


def _combined(question: Trends, figures: list[list[Figure]]) -> list[Figure]:
    if question.formula is None:
        return figures[0]
    tree = ast.parse(question.formula.strip(), mode="eval").body
    return [_worked_out(tree, dict(zip("ABCDE", row, strict=False))) for row in zip(*figures, strict=True)]


def _worked_out(node: ast.expr, figures: dict[str, Figure]) -> Figure:
    """A formula of those that the tests make up, by Python's own parser."""
    match node:
        case ast.Name(id=name):
            return figures[name]
        case ast.Constant(value=int(value) | float(value)):
            return value
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _worked_out(left, figures), _worked_out(right, figures)
            if one is None or other is None or (isinstance(op, ast.Div) and other == 0):
                return None
            found = _OPERATORS[type(op)](one, other)
            return found if math.isfinite(found) else None
    raise TypeError(node)
