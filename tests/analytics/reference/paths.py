"""Paths, by the book."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Literal

from milepost.analytics.paths import Link, Node, Paths, PathsAnswer
from tests.analytics.reference.events import Event, World, unit_of, value_of
from tests.analytics.reference.figures import largest
from tests.analytics.reference.matching import Scope, of_kind

#: What a run is of: a customer's session, or a unit.
Of = tuple[str, str]
Place = tuple[int, Literal["label", "other", "end"], str]


def paths(world: World, question: Paths) -> PathsAnswer:
    scope = Scope(world, question)
    runs: dict[Of, list[Event]] = defaultdict(list)
    for event in scope.events:
        if question.per == "unit":
            of = unit_of(event, question.unit)
        else:
            of = (event.customer_id, event.session_id) if event.session_id else None
        if of is not None:
            runs[of].append(event)
    anchors = {event.event_id for event in of_kind(world, scope.events, question.anchor)} if question.anchor else None

    walked: list[list[str]] = []
    for events in runs.values():
        steps = _steps(events if question.direction == "next" else events[::-1], anchors, question.label)
        if steps is not None:
            walked.append(steps[: question.depth])

    shown: list[list[str]] = []
    for step in range(question.depth):
        counts = Counter(steps[step] for steps in walked if len(steps) > step)
        shown.append(largest(counts, question.top))

    nodes: Counter[Place] = Counter()
    links: Counter[tuple[Place, Place]] = Counter()
    for steps in walked:
        places: list[Place] = [(0, "label", question.anchor.name if question.anchor else "")]
        for number, label in enumerate(steps):
            places.append((number + 1, "label", label) if label in shown[number] else (number + 1, "other", ""))
        if len(steps) < question.depth:
            places.append((len(steps) + 1, "end", ""))
        nodes.update(places)
        links.update(pairwise(places))

    order = sorted(nodes)
    return PathsAnswer(
        unit=question.unit,
        first=scope.days.first,
        last=scope.days.last,
        timezone=question.period.timezone,
        direction=question.direction,
        per=question.per,
        runs=len(walked),
        nodes=[Node(step=place[0], kind=place[1], label=place[2], count=nodes[place]) for place in order],
        links=[
            Link(source=order.index(source), target=order.index(target), count=count)
            for (source, target), count in links.items()
        ],
    )


def _steps(events: list[Event], anchors: set[str] | None, label: str) -> list[str] | None:
    """The labels after the first of the anchors, each run of the same one once; None where this is no run."""
    last: str | None = None
    if anchors is not None:
        place = next((place for place, event in enumerate(events) if event.event_id in anchors), None)
        if place is None:
            return None
        last = value_of(events[place], label)
        events = events[place + 1 :]
    steps: list[str] = []
    for event in events:
        value = value_of(event, label)
        if value is not None and value != last:
            steps.append(value)
            last = value
    return steps if steps or anchors is not None else None
