"""Mistakes in a plan's playbooks are named with their line, what is wrong, and how to mend it."""

from __future__ import annotations

from importlib import resources

import pytest

from milepost.errors import PlanError
from milepost.plan import load_plan, parse_plan

_PLAN = resources.files("milepost.plan").joinpath("default.toml").read_text("utf-8").partition("[[playbooks]]")[0]
_BOOK = """\
[[playbooks]]
id = "one"
action = "Do it"
reason = "Because of {total_events} events"

[[playbooks.when]]
fact = "total_events"
at_least = 1

[[playbooks]]
id = "two"
action = "Do that"
reason = "Because"

[[playbooks.when]]
fact = "tools_30"
below = 2

[[playbooks.when]]
fact = "untried_tool"
missing = false
"""
_LINES = _PLAN.count("\n")


def fault_of(text: str) -> str:
    with pytest.raises(PlanError) as caught:
        parse_plan(_PLAN + text, "plan.toml")
    return caught.value.message


def test_the_playbooks_are_read() -> None:
    plan = parse_plan(_PLAN + _BOOK, "plan.toml")
    assert [playbook.id for playbook in plan.playbooks] == ["one", "two"]
    assert plan.playbooks[1].when[0].below == 2
    assert len(load_plan().playbooks) >= 6


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"tools_30"', '"tools_3"', 16, "'tools_3' is not a known fact; the known ones are active_days_28"),
        ('fact = "tools_30"', 'fact = "prediction.churn"', 16, "'prediction.churn' is not predicted; there"),
        ("{total_events}", "{prediction.goes_quiet}", 4, "the customer reads this, and predictions"),
        ('fact = "tools_30"\nbelow = 2', 'fact = "prediction.goes_quiet"\nis = true', 17, "prediction.goes_quiet is a"),
        ('reason = "Because"\n', 'reason = "Because"\nsegment = "Big Spenders"\n', 14, "'Big Spenders' is none"),
        ("{total_events}", "{total_event}", 4, "'total_event' is not a known fact"),
        ("{total_events}", "{total_events", 4, "has an unmatched brace"),
        ('reason = "Because"\n', 'reason = "Because"\n[playbooks.team]\nsay = "Hi {nix}"\n', 15, "'nix' is not a"),
        ("below = 2", 'is = "x"', 17, "tools_30 is a number"),
        ("below = 2", "below = 2\nat_least = 1", 15, "takes one of below, at_least, is, missing; it has below"),
        ('"untried_tool"\nmissing = false', '"growth_stage"\nis = "bloom"', 21, "'bloom' is not a known growth stage"),
        ("missing = false", "below = 3", 21, "untried_tool is not a number; use is"),
        ('id = "two"', 'id = "one"', 11, "'one' appears twice"),
        ('id = "two"', 'id = "two"\ntool = "nix"', 12, "'nix' is not a known tool; the known ones are business-case"),
        ('id = "two"', 'id = "two"\ntool = "{weakest_competency}"', 12, "names no tool; {untried_tool} and"),
        ('id = "two"', 'id = "two"\npriority = 101', 12, "is 101; it takes 1 to 100"),
        ('id = "two"', 'id = "two"\nurl = "javascript:x"', 12, "is not an address"),
        ('id = "two"', 'id = "two"\nhold_out = 0.6', 12, "is 0.6; it takes 0 to 0.5"),
        ('id = "two"', 'id = "two"\nkind = " "', 12, "is empty or longer than 60 characters; say what such"),
        ('id = "two"', 'id = "two"\nprio = 1', 10, "unknown field `prio`"),
        (
            'fact = "tools_30"\nbelow = 2',
            "events = { tool = \"nix\", at_most = 0 }",
            16,
            "'nix' is not a known tool",
        ),
        ('fact = "tools_30"\nbelow = 2', "events = { last_days = 3 }", 16, "does not say which"),
        ("below = 2", "below = 2\n[playbooks.done]", 18, "says nothing; give it an event_type"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in _BOOK
    message = fault_of(_BOOK.replace(old, new))
    assert message.startswith(f"plan.toml, line {_LINES + line}: "), message
    assert said in message


def test_a_playbook_for_everybody_is_a_mistake() -> None:
    assert "everybody would get it" in fault_of('[[playbooks]]\nid = "x"\naction = "a"\nreason = "b"\n')


def test_the_coach_s_own_numbers() -> None:
    with pytest.raises(PlanError, match=r"coach\.hold_out: is 0\.9; it takes 0 to 0\.5"):
        parse_plan(_PLAN.replace("hold_out = 0.1", "hold_out = 0.9"), "plan.toml")
