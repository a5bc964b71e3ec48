"""Retention, by the book."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from milepost.analytics.retention import Group, Retention, RetentionAnswer
from tests.analytics.reference.events import Event, Whom, World, unit_of
from tests.analytics.reference.matching import Scope, of_kind


def retention(world: World, question: Retention) -> RetentionAnswer:
    scope = Scope(world, question)
    days, interval = scope.days, question.interval
    starts = days.dates(interval)
    place = {start: number for number, start in enumerate(starts)}

    def places(events: list[Event]) -> dict[Whom, set[int]]:
        found: dict[Whom, set[int]] = defaultdict(set)
        for event in events:
            if (whom := unit_of(event, question.unit)) is not None and days.hold(event.at):
                found[whom].add(place[days.named(days.day(event.at), interval)])
        return found

    began = of_kind(world, scope.ever, question.start)
    if question.kind == "first_time":
        first: dict[Whom, Event] = {}
        for event in began:
            if (whom := unit_of(event, question.unit)) is not None:
                first.setdefault(whom, event)
        began = list(first.values())
    joined, back = places(began), places(of_kind(world, scope.events, question.back))

    groups: list[Group] = []
    for number, start in enumerate(starts):
        whose = [whom for whom in joined if number in joined[whom]]
        counts: list[int | None] = [len(whose)]
        for later in range(number + 1, number + question.intervals + 1):
            if later >= len(starts):
                counts.append(None)
            elif question.bounded:
                counts.append(sum(later in back.get(whom, ()) for whom in whose))
            else:
                counts.append(sum(any(at >= later for at in back.get(whom, ())) for whom in whose))
        open_cells = [
            cell
            for cell, count in enumerate(counts)
            if count is not None and _open(scope, question, starts[number + cell])
        ]
        groups.append(
            Group(start=start, size=len(whose), counts=counts, open_from=open_cells[0] if open_cells else None)
        )
    return RetentionAnswer(
        unit=question.unit,
        first=days.first,
        last=days.last,
        timezone=question.period.timezone,
        interval=interval,
        groups=groups,
        average=[_average(groups, cell) for cell in range(question.intervals + 1)],
    )


def _open(scope: Scope, question: Retention, start: date) -> bool:
    """Whether more may come: the period cuts the interval short, or it is not over today."""
    ends = scope.days.moved(start, question.interval, 1) - timedelta(days=1)
    return ends > scope.days.last or ends >= scope.days.today


def _average(groups: list[Group], cell: int) -> float | None:
    complete = [
        (count, group.size)
        for group in groups
        if (count := group.counts[cell]) is not None and (group.open_from is None or cell < group.open_from)
    ]
    whole = sum(size for _, size in complete)
    return sum(count for count, _ in complete) / whole if whole else None
