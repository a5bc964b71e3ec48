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
from milepost.analytics.places import (
    FunnelPlace,
    LifecyclePlace,
    PathsPlace,
    RetentionPlace,
    SessionsPlace,
    StickinessPlace,
    ToolsPlace,
    TrendsPlace,
)
from milepost.analytics.retention import RetentionAnswer
from milepost.analytics.sessions import SessionsAnswer
from milepost.analytics.stickiness import StickinessAnswer
from milepost.analytics.tools import ToolsAnswer
from milepost.analytics.trends import Trends, TrendsAnswer
from tests.analytics.conftest import Asking, world_of
from tests.analytics.palettes import of_hard, of_shop
from tests.analytics.requests import QUESTIONS
from tests.support.examples import examples

_PALETTES = {"shop": of_shop(), "hard": of_hard()}
_AT_MOST = 12


def _places(question: Question, answer: Answer) -> Iterator[tuple[object, int | float]]:
    """The places of an answer whose figure is a number of units, each with it."""
    match answer:
        case TrendsAnswer():
            for line in answer.lines:
                place = TrendsPlace(series=line.series, value=line.value, value2=line.value2, is_other=line.is_other)
                yield place, line.total or 0
                for bucket, value in enumerate(line.values):
                    yield msgspec.structs.replace(place, bucket=bucket), value or 0
        case FunnelAnswer():
            for group in [answer.total, *answer.groups]:
                counts = [step.count for step in group.steps]
                for step, count in enumerate(counts):
                    yield FunnelPlace(step=step, value=group.value, is_other=group.is_other), count
                    if step + 1 < len(counts):
                        left = FunnelPlace(step=step, value=group.value, is_other=group.is_other, outcome="dropped")
                        yield left, count - counts[step + 1]
        case RetentionAnswer():
            for begun in answer.groups:
                for k, back in enumerate(begun.counts):
                    if back is not None:
                        yield RetentionPlace(start=begun.start, k=k), back
        case LifecycleAnswer():
            for bucket in range(len(answer.buckets)):
                yield LifecyclePlace(bucket=bucket, state="new"), answer.new[bucket]
                yield LifecyclePlace(bucket=bucket, state="returning"), answer.returning[bucket]
                yield LifecyclePlace(bucket=bucket, state="resurrected"), answer.resurrected[bucket]
                yield LifecyclePlace(bucket=bucket, state="dormant"), answer.dormant[bucket]
        case StickinessAnswer():
            for index, count in enumerate(answer.counts):
                yield StickinessPlace(n=index + 1), count
        case ToolsAnswer():
            for tool in answer.tools:
                yield ToolsPlace(tool_id=tool.tool_id), tool.units
        case PathsAnswer():
            for node in answer.nodes:
                yield PathsPlace(step=node.step, kind=node.kind, label=node.label), node.count
        case SessionsAnswer():
            yield SessionsPlace(), answer.total.units
            for figures in answer.groups:
                if figures.value is not None:
                    yield SessionsPlace(value=figures.value), figures.units


def _who_is_known(people: People, question: Question) -> bool:
    ids = [(person.customer_id, person.user_id) for person in people.items]
    return len(ids) == min(people.total, len(ids)) and (
        question.unit == "user" or len({customer for customer, _ in ids}) == len(ids)
    )


@pytest.mark.hypothesis  # for a soak, with more of them
@pytest.mark.parametrize("seed", range(examples(4)))
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", _PALETTES)
def test_who(asking: Asking, name: str, question: str, seed: int) -> None:
    made = random.Random(f"who {question} {seed}")
    asked = QUESTIONS[question](made, _PALETTES[name])
    # Of these the figures are units.
    if isinstance(asked, Trends):
        kinds = tuple(msgspec.structs.replace(kind, measure=None, of=None) for kind in asked.series)
        formula = None if asked.formula is None else "A"
        asked = msgspec.structs.replace(asked, measure="units", of=None, series=kinds, formula=formula)
    if isinstance(asked, Paths):
        asked = msgspec.structs.replace(asked, per="unit")
    world = world_of(name)
    places = list(_places(asked, asking(world, asked)))
    some = [place for place in places if place[1]]
    for place, count in made.sample(places, min(3, len(places))) + made.sample(some, min(_AT_MOST, len(some))):
        people = asking.who(world, asked, place)
        assert people.total == count, (asked, place)
        assert _who_is_known(people, asked), (asked, place)
        assert bool(people.items) == bool(count)
