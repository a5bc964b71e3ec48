"""Trends, by the book."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable

from milepost.analytics.trends import Line, Trends, TrendsAnswer
from tests.analytics.reference.days import Bucket, Days
from tests.analytics.reference.events import Event, World, unit_of, value_of
from tests.analytics.reference.figures import largest, percentile
from tests.analytics.reference.matching import Scope, as_number, of_kind


def trends(world: World, question: Trends) -> TrendsAnswer:
    scope = Scope(world, question)
    days = scope.days
    wanted = "previous" if question.compare is True else question.compare
    earlier = days.compared(question.period, wanted) if wanted else None
    lines: list[Line] = []
    for place, kind in enumerate(question.series):
        looked_at = [event for event in of_kind(world, scope.ever, kind) if _measured(event, question)]
        now = [event for event in looked_at if days.hold(event.at)]
        then = [event for event in looked_at if earlier and earlier.hold(event.at)]
        for value, is_other, belongs in _split(now, question):
            values, total = _measure([event for event in now if belongs(event)], question, days)
            before: list[float | None] | None = None
            before_total: float | None = None
            if earlier:
                found, before_total = _measure([event for event in then if belongs(event)], question, earlier)
                before = [found[n] if n < len(found) else None for n in range(len(values))]
            line = Line(
                series=place,
                name=kind.name,
                value=value,
                is_other=is_other,
                values=values,
                total=total,
                previous=before,
                previous_total=before_total,
            )
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


def _measured(event: Event, question: Trends) -> bool:
    match question.measure:
        case "events":
            return True
        case "units":
            return unit_of(event, question.unit) is not None
        case "sessions":
            return bool(event.session_id)
        case "distinct":
            return value_of(event, question.of or "") is not None
    return _number(event, question) is not None


def _number(event: Event, question: Trends) -> float | None:
    own = question.measure in ("time_on_page", "session_duration")
    return as_number(value_of(event, question.measure if own else question.of or ""))


def _split(events: list[Event], question: Trends) -> list[tuple[str | None, bool, Callable[[Event], bool]]]:
    """Each line's value, whether it is the others', and which events are its."""
    name = question.breakdown
    if name is None:
        return [(None, False, lambda _: True)]
    by_value: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_value[value_of(event, name) or ""].append(event)
    sizes = {value: _total(found, question) or 0 for value, found in by_value.items()}
    shown = largest(sizes, question.top)
    found = [(value, False, _is_one_of([value], name)) for value in shown]
    if len(sizes) == len(shown):
        return [*found]
    has_a_line = _is_one_of(shown, name)
    return [*found, (None, True, lambda event: not has_a_line(event))]


def _is_one_of(values: list[str], name: str) -> Callable[[Event], bool]:
    return lambda event: (value_of(event, name) or "") in values


def _measure(events: list[Event], question: Trends, days: Days) -> tuple[list[float | None], float | None]:
    by_bucket: dict[Bucket, list[Event]] = {bucket: [] for bucket in days.buckets(question.interval)}
    for event in events:
        by_bucket[days.bucket(event.at, question.interval)].append(event)
    return [_total(found, question) for found in by_bucket.values()], _total(events, question)


def _total(events: list[Event], question: Trends) -> float | None:
    match question.measure:
        case "events":
            return len(events)
        case "units":
            return len({unit_of(event, question.unit) for event in events})
        case "sessions":
            return len({(event.customer_id, event.session_id) for event in events})
        case "distinct":
            return len({value_of(event, question.of or "") for event in events})
    numbers = [number for event in events if (number := _number(event, question)) is not None]
    if question.measure == "sum":
        return math.fsum(numbers)
    if not numbers:
        return None
    match question.measure:
        case "average":
            return math.fsum(numbers) / len(numbers)
        case "min":
            return min(numbers)
        case "max":
            return max(numbers)
    return percentile(numbers, question.percentile)
