"""A plan that was written for version 2 of the scores: it is read, and what becomes of it is said."""

from __future__ import annotations

import pytest

from milepost.errors import PlanError
from milepost.plan import Plan, parse_plan, read_otherwise
from milepost.plan.edit import Weights, with_weights
from milepost.plan.load import default_text
from milepost.plan.model import Components

_WEIGHTS = "competencies = 20\nbreadth = 10\nconsistency = 40\nrecency = 25\nmomentum = 5\noutcomes = 20\n"


def _plan_of(weights: str) -> str:
    """The default plan with version 2's scoring."""
    before, _, rest = default_text().partition("[scoring]")
    after = rest.partition("[risk]")[2]
    return f"{before}[scoring]\nrecency_half_life_days = 5\n[scoring.components]\n{weights}\n[risk]{after}"


def test_a_plan_that_left_the_weights_as_they_were_has_those_of_today() -> None:
    text = _plan_of(_WEIGHTS)
    assert _parts(text) == Components()
    assert [line.split(" ")[0] for line in read_otherwise(text)] == [
        "scoring.recency_half_life_days", "scoring.components.momentum",
    ]  # fmt: skip
    assert read_otherwise(default_text()) == []


def test_weights_by_hand_keep_their_proportions() -> None:
    text = _plan_of(_WEIGHTS.replace("consistency = 40", "consistency = 60"))
    parts = _parts(text)
    assert (parts.competencies, parts.breadth, parts.outcomes) == (20, 10, 20)
    assert (parts.consistency, parts.lately, parts.recency, parts.habit) == (30, 20, 25, 15)
    assert "consistency = 30, lately = 20, recency = 25, habit = 15" in read_otherwise(text)[1]
    # Said by half, with the new ones beside it, and with words for numbers.
    assert _parts(_plan_of("momentum = 0\nlately = 1")) == Components(lately=1)
    assert "counts for nothing" in read_otherwise(_plan_of("momentum = 0\nlately = 1"))[1]
    assert "remove it" in read_otherwise(_plan_of('momentum = "much"'))[1]


def test_a_weight_changed_on_the_page_brings_the_text_up_to_date() -> None:
    text = _plan_of(_WEIGHTS.replace("consistency = 40", "consistency = 60"))
    changed = with_weights(text, Weights(parts={"habit": 50.0}))
    assert read_otherwise(changed) == []
    assert _parts(changed) == Components(20, 10, 30, 20, 25, 50, 20)


_PLAYBOOK = """
[[playbooks]]
id = "{id}"
title = "Pick it up again"
action = "{action}"
reason = "It was quiet."
when = [{{ fact = "{fact}", below = 20 }}]
team = {{ action = "Call", reason = "{reason}" }}
"""


def test_a_playbook_that_asks_for_momentum_is_set_aside() -> None:
    def playbook(name: str, fact: str = "active_weeks", action: str = "Open it", reason: str = "Quiet.") -> str:
        return _PLAYBOOK.format(id=name, fact=fact, action=action, reason=reason)

    before = len(parse_plan(default_text(), "plan").playbooks)
    momentum, told = playbook("old", "part.momentum"), playbook("told", reason="Momentum {part.momentum}.")
    text = default_text() + momentum + told + playbook("new")
    plan = parse_plan(text, "plan")
    assert [one.id for one in plan.playbooks[before:]] == ["new"]
    assert [line.partition(" asks for part.momentum")[0] for line in read_otherwise(text)] == [
        "the playbook 'old'", "the playbook 'told'",
    ]  # fmt: skip
    # Weights may still be changed, and mistakes are told by the line they are on.
    assert parse_plan(with_weights(text, Weights(parts={"habit": 50.0})), "plan").scoring.components.habit == 50
    wrong = default_text() + momentum + playbook("new", "no.such.fact")
    with pytest.raises(PlanError) as refused:
        parse_plan(wrong, "plan")
    line = int(str(refused.value).partition("line ")[2].partition(":")[0])
    assert "no.such.fact" in wrong.splitlines()[line - 1]


def _parts(text: str) -> Components:
    plan: Plan = parse_plan(text, "plan")
    return plan.scoring.components
