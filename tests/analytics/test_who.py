"""As many people are behind a place in an answer as its figure says."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import pytest

from milepost.analytics.asking import Answer, People, Question
from milepost.analytics.funnel import FunnelAnswer
from milepost.analytics.lifecycle import LifecycleAnswer
from milepost.analytics.paths import Paths, PathsAnswer
from milepost.analytics.points import (
    FunnelPoint,
    LifecyclePoint,
    PathsPoint,
    RetentionPoint,
    SessionsPoint,
    StickinessPoint,
    ToolsPoint,
    TrendsPoint,
)
from milepost.analytics.retention import RetentionAnswer
from milepost.analytics.sessions import SessionsAnswer
from milepost.analytics.stickiness import StickinessAnswer
from milepost.analytics.tools import ToolsAnswer
from milepost.analytics.trends import Trends, TrendsAnswer
from tests.analytics.conftest import Asking, world_of
from tests.analytics.palettes import of_hard, of_shop
from tests.analytics.requests import QUESTIONS

_PALETTES = {"shop": of_shop(), "hard": of_hard()}
_AT_MOST = 12


def _places(question: Question, answer: Answer) -> Iterator[tuple[object, int | float]]:
    """The places of an answer whose figure is a number of units, each with it."""
    match answer:
        case TrendsAnswer():
            for line in answer.lines:
                point = TrendsPoint(series=line.series, value=line.value, is_other=line.is_other)
                yield point, line.total or 0
                for bucket, value in enumerate(line.values):
                    yield msgspec.structs.replace(point, bucket=bucket), value or 0
        case FunnelAnswer():
            for group in [answer.total, *answer.groups]:
                counts = [step.count for step in group.steps]
                for step, count in enumerate(counts):
                    yield FunnelPoint(step=step, value=group.value, is_other=group.is_other), count
                    if step + 1 < len(counts):
                        left = FunnelPoint(step=step, value=group.value, is_other=group.is_other, outcome="dropped")
                        yield left, count - counts[step + 1]
        case RetentionAnswer():
            for begun in answer.groups:
                for k, back in enumerate(begun.counts):
                    if back is not None:
                        yield RetentionPoint(start=begun.start, k=k), back
        case LifecycleAnswer():
            for bucket in range(len(answer.buckets)):
                yield LifecyclePoint(bucket=bucket, state="new"), answer.new[bucket]
                yield LifecyclePoint(bucket=bucket, state="returning"), answer.returning[bucket]
                yield LifecyclePoint(bucket=bucket, state="resurrected"), answer.resurrected[bucket]
                yield LifecyclePoint(bucket=bucket, state="dormant"), answer.dormant[bucket]
        case StickinessAnswer():
            for place, count in enumerate(answer.counts):
                yield StickinessPoint(n=place + 1), count
        case ToolsAnswer():
            for tool in answer.tools:
                yield ToolsPoint(tool_id=tool.tool_id), tool.units
        case PathsAnswer():
            for node in answer.nodes:
                yield PathsPoint(step=node.step, kind=node.kind, label=node.label), node.count
        case SessionsAnswer():
            yield SessionsPoint(), answer.total.units
            for figures in answer.groups:
                if figures.value is not None:
                    yield SessionsPoint(value=figures.value), figures.units


def _who_is_known(people: People, question: Question) -> bool:
    ids = [(person.customer_id, person.user_id) for person in people.items]
    return len(ids) == min(people.total, len(ids)) and (
        question.unit == "user" or len({customer for customer, _ in ids}) == len(ids)
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", _PALETTES)
def test_who(asking: Asking, name: str, question: str, seed: int) -> None:
    made = random.Random(f"who {question} {seed}")
    asked = QUESTIONS[question](made, _PALETTES[name])
    # Of these the figures are units.
    if isinstance(asked, Trends):
        asked = msgspec.structs.replace(asked, measure="units")
    if isinstance(asked, Paths):
        asked = msgspec.structs.replace(asked, per="unit")
    world = world_of(name)
    places = list(_places(asked, asking(world, asked)))
    some = [place for place in places if place[1]]
    for point, count in made.sample(places, min(3, len(places))) + made.sample(some, min(_AT_MOST, len(some))):
        people = asking.who(world, asked, point)
        assert people.total == count, (asked, point)
        assert _who_is_known(people, asked), (asked, point)
        assert bool(people.items) == bool(count)
