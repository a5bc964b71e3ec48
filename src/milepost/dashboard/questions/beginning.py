"""The funnel that stands there before anybody has chosen one: the way that most customers went."""

from __future__ import annotations

from typing import Final, Literal, cast

from milepost.access.services import AnyRequest, services
from milepost.analytics.asking import Period
from milepost.analytics.paths import Paths, PathsAnswer
from milepost.api.answering import answers_briefly
from milepost.dashboard.questions.address import NAMED, KindRow
from milepost.errors import Problem
from milepost.names.names import list_names
from milepost.plan import Plan

_DAYS: Final = 30
_STEPS: Final = 3


def planned_steps(plan: Plan) -> tuple[KindRow, ...]:
    """The plan's first two names of events; none where it has no two."""
    named = [rule.name for rule in plan.events if "*" not in rule.name][:2]
    steps = tuple(KindRow(event=f"{NAMED}{one}") for one in named)
    return steps if len(steps) == 2 else ()


async def first_steps(request: AnyRequest) -> tuple[KindRow, ...]:
    """What a funnel begins with: the plan's names, else the most common sequence of the last days, by the
    names of events where they have some, else by their types. None where it has no two steps, or takes too long."""
    if planned := planned_steps(services(request).plan):
        return planned
    async with services(request).database.transaction() as connection:
        named = len(await list_names(connection, q=None, limit=2)) > 1
    labels: tuple[Literal["event_name", "event_type"], ...] = ("event_name", "event_type") if named else ("event_type",)
    for label in labels:
        question = Paths(period=Period(days=_DAYS), per="unit", label=label, depth=_STEPS, top=12)
        try:
            found = await answers_briefly(request, [question])
        except Problem:
            return ()  # the page says what the trouble is when it asks its own question
        steps = common_way(cast(PathsAnswer, found.answers[0])) if found else []
        if len(steps) > 1:
            return tuple(KindRow(event=f"{NAMED}{one}" if label == "event_name" else one) for one in steps)
    return ()


def common_way(answer: PathsAnswer) -> list[str]:
    """From the beginning on always where most went, to nothing that was there before."""
    here = next((at for at, node in enumerate(answer.nodes) if node.step == 0), None)
    way: list[str] = []
    while here is not None and len(way) < _STEPS:
        on = [link for link in answer.links if link.source == here and answer.nodes[link.target].kind == "label"]
        on = [link for link in on if answer.nodes[link.target].label not in way]
        best = max(on, key=lambda link: link.count, default=None)
        here = best.target if best else None
        if here is not None:
            way.append(answer.nodes[here].label)
    return way
