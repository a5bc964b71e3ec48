"""Funnels, by the book."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from milepost.analytics.funnel import Funnel, FunnelAnswer, FunnelGroup, FunnelStep
from tests.analytics.reference.events import Event, Whom, World, unit_of, value_of
from tests.analytics.reference.figures import largest, percentile, share
from tests.analytics.reference.matching import Scope, of_kind


@dataclass(frozen=True)
class Happened:
    """An event of one unit, and of which steps it is."""

    at: datetime
    steps: frozenset[int]


Way = list[datetime]


def funnel(world: World, question: Funnel) -> FunnelAnswer:
    scope = Scope(world, question)
    of: dict[str, set[int]] = defaultdict(set)
    for place, step in enumerate(question.steps):
        for event in of_kind(world, scope.events, step):
            of[event.event_id].add(place)
    by_unit: dict[Whom, list[Event]] = defaultdict(list)
    for event in scope.events:
        if (whom := unit_of(event, question.unit)) is not None:
            by_unit[whom].append(event)

    ways: dict[Whom, Way] = {}
    values: dict[Whom, str] = {}
    find = {"ordered": ordered, "strict": strict, "any": in_any_order}[question.order]
    for whom, events in by_unit.items():
        happened = [Happened(event.at, frozenset(of.get(event.event_id, ()))) for event in events]
        way = find(happened, len(question.steps), timedelta(seconds=question.window_seconds))
        if not way:
            continue
        ways[whom] = way
        first = next(
            e for e, h in zip(events, happened, strict=True) if (h.steps if question.order == "any" else 0 in h.steps)
        )
        values[whom] = (value_of(first, question.breakdown) or "") if question.breakdown else ""

    groups: list[FunnelGroup] = []
    if question.breakdown:
        sizes: dict[str, int] = defaultdict(int)
        for value in values.values():
            sizes[value] += 1
        shown = largest(sizes, question.top)
        groups = [
            _group(question, [ways[whom] for whom in ways if values[whom] == value], value, False) for value in shown
        ]
        if len(sizes) > len(shown):
            groups.append(_group(question, [ways[whom] for whom in ways if values[whom] not in shown], None, True))
    return FunnelAnswer(
        unit=question.unit,
        first=scope.days.first,
        last=scope.days.last,
        timezone=question.period.timezone,
        total=_group(question, list(ways.values()), None, False),
        groups=groups,
    )


def ordered(events: list[Happened], steps: int, window: timedelta) -> Way:
    """The way that gets furthest; of those the one that begins first, each next step as early as it can be.

    At one instant any order will do, so instants are what follows one another. Being further at an instant never does
    harm later: hence as many steps as possible at each.
    """
    instants = [
        (at, [happened.steps for happened in together])
        for at, together in groupby((one for one in events if one.steps), key=lambda happened: happened.at)
    ]
    best: Way = []
    for place, (begin, present) in enumerate(instants):
        if not any(0 in of for of in present):
            continue
        way: Way = []
        for at, of in instants[place:]:
            if at - begin > window or len(way) == steps:
                break
            way += [at] * _matched(of, len(way), steps)
        if len(way) > len(best):
            best = way
        if len(best) == steps:
            break
    return best


def _matched(events: list[frozenset[int]], begin: int, steps: int) -> int:
    """How many steps from `begin` on can be given an event each, no event twice."""
    taken: dict[int, int] = {}

    def give(step: int, tried: set[int]) -> bool:
        for event, of in enumerate(events):
            if step in of and event not in tried:
                tried.add(event)
                if event not in taken or give(taken[event], tried):
                    taken[event] = step
                    return True
        return False

    count = 0
    while begin + count < steps and give(begin + count, set()):
        count += 1
    return count


def strict(events: list[Happened], steps: int, window: timedelta) -> Way:
    best: Way = []
    for begin, first in enumerate(events):
        way: Way = []
        for step, happened in enumerate(events[begin : begin + steps]):
            if step not in happened.steps or happened.at - first.at > window:
                break
            way.append(happened.at)
        if len(way) > len(best):
            best = way
        if len(best) == steps:
            break
    return best


def in_any_order(events: list[Happened], steps: int, window: timedelta) -> Way:
    ours = [happened for happened in events if happened.steps]
    best: Way = []
    for begin in range(len(ours)):
        # Of several at one instant the first sees all of them.
        if begin and ours[begin - 1].at == ours[begin].at:
            continue
        first_at: dict[int, datetime] = {}
        for happened in ours[begin:]:
            if happened.at - ours[begin].at > window or len(first_at) == steps:
                break
            for step in happened.steps:
                first_at.setdefault(step, happened.at)
        if len(first_at) > len(best):
            best = sorted(first_at.values())
        if len(best) == steps:
            break
    return best


def _group(question: Funnel, ways: list[Way], value: str | None, is_other: bool) -> FunnelGroup:
    reached: list[FunnelStep] = []
    counts = [sum(len(way) > place for way in ways) for place in range(len(question.steps))]
    for place, step in enumerate(question.steps):
        took = [(way[place] - way[place - 1]).total_seconds() for way in ways if place and len(way) > place]
        reached.append(
            FunnelStep(
                name=step.name,
                count=counts[place],
                of_first=share(counts[place], counts[0]),
                of_previous=share(counts[place], counts[place - 1]) if place else None,
                median_seconds=percentile(took, 0.5),
                p90_seconds=percentile(took, 0.9),
            )
        )
    whole = [(way[-1] - way[0]).total_seconds() for way in ways if len(way) == len(question.steps)]
    return FunnelGroup(value=value, is_other=is_other, steps=reached, median_seconds=percentile(whole, 0.5))
