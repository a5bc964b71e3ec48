"""Every question, asked many ways of real and of generated events, is answered as the reference does."""

from __future__ import annotations

import random
from datetime import date
from typing import Literal

import pytest

from milepost.analytics.asking import Filter, Period
from milepost.analytics.trends import Trends
from tests.analytics.comparing import differences, expected
from tests.analytics.conftest import Asking, world_of
from tests.analytics.palettes import COLUMNS, ON_CUSTOMERS, TRAITS, every_filter, of_hard, of_oulad, of_shop
from tests.analytics.requests import QUESTIONS
from tests.support.examples import examples

_PALETTES = {
    "shop": of_shop(),
    "oulad": of_oulad(),
    "hard": of_hard(),
    "one customer": of_hard(),
    "nothing": of_hard(),
}
#: How many questions of each kind, as `examples` counts.
_HOW_MANY = {"shop": 8, "oulad": 8, "hard": 16, "one customer": 4, "nothing": 2}
_CASES = [
    pytest.param(name, question, seed, id=f"{name}-{question}-{seed}")
    for name, how_many in _HOW_MANY.items()
    for question in QUESTIONS
    for seed in range(examples(how_many))
]
_AT: tuple[Literal["now", "then"], ...] = ("now", "then")
_WHOLE_YEAR = Period(first=date(2018, 1, 1), last=date(2018, 12, 31), timezone="Australia/Lord_Howe")


@pytest.mark.hypothesis  # for a soak, with more of them
@pytest.mark.parametrize(("name", "question", "seed"), _CASES)
def test_questions(asking: Asking, name: str, question: str, seed: int) -> None:
    world = world_of(name)
    asked = QUESTIONS[question](random.Random(f"{question} {seed}"), _PALETTES[name])
    assert differences(asking(world, asked), expected(world, asked)) == [], asked


@pytest.mark.parametrize("condition", [*every_filter(), *ON_CUSTOMERS], ids=repr)
def test_filters(asking: Asking, condition: Filter) -> None:
    world = world_of("hard")
    for at in _AT if condition.field.startswith(("trait.", "person.")) else _AT[:1]:
        asked = Trends(period=_WHOLE_YEAR, interval="month", filters=(condition,), traits=at)
        assert differences(asking(world, asked), expected(world, asked)) == [], asked


@pytest.mark.parametrize(
    "field", [*COLUMNS, "metadata.n", "metadata.x", "metadata.x.y", "metadata.ключ", "metadata.it's"]
)
def test_breakdowns(asking: Asking, field: str) -> None:
    world = world_of("hard")
    for top in (3, 50):
        asked = Trends(period=_WHOLE_YEAR, interval="month", breakdown=field, top=top, compare=True)
        assert differences(asking(world, asked), expected(world, asked)) == [], asked


@pytest.mark.parametrize("field", TRAITS)
@pytest.mark.parametrize("at", ["now", "then"])
def test_breakdowns_by_traits(asking: Asking, field: str, at: Literal["now", "then"]) -> None:
    world = world_of("hard")
    for top in (3, 50):
        asked = Trends(period=_WHOLE_YEAR, interval="month", breakdown=field, top=top, compare=True, traits=at)
        assert differences(asking(world, asked), expected(world, asked)) == [], asked
