"""Which recommendations are due: conditions, texts, and the limits that nothing breaks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.coach.facts import Known
from milepost.coach.filling import fill, in_words
from milepost.coach.playbooks import Made, Offer, Past, due, holds, is_held_out, offers
from milepost.coach.said import Evidence
from milepost.plan import load_plan
from milepost.plan.coach import Condition, EventsCondition, known_facts
from tests.coach.people import NOON, days, plan_with
from tests.support.examples import examples, repeatable

_FACTS: dict[str, Any] = {
    "total_events": 12,
    "tools_30": 1,
    "low_impact_share": 0.825,
    "systematic_progression_rate": 1234.5,
    "inconsistent_system_usage": False,
    "professional_credibility_trend": "declining",
    "current_scaling_score": None,
    "untried_tool": "business-case",
    "untried_tool_name": "Business Case Builder",
}


def known(counts: dict[EventsCondition, int] | None = None, **facts: Any) -> Known:
    return Known(_FACTS | facts, frozenset(), counts or {})


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({"fact": "total_events", "at_least": 12}, True),
        ({"fact": "total_events", "at_least": 13}, False),
        ({"fact": "total_events", "below": 12}, False),
        ({"fact": "total_events", "below": 13}, True),
        ({"fact": "professional_credibility_trend", "is": "declining"}, True),
        ({"fact": "professional_credibility_trend", "is": "stable"}, False),
        ({"fact": "inconsistent_system_usage", "is": False}, True),
        ({"fact": "inconsistent_system_usage", "is": True}, False),
        # What is not known is neither below nor at least anything, nor is it anything.
        ({"fact": "current_scaling_score", "below": 100}, False),
        ({"fact": "current_scaling_score", "at_least": 0}, False),
        ({"fact": "current_scaling_score", "missing": True}, True),
        ({"fact": "current_scaling_score", "missing": False}, False),
        ({"fact": "total_events", "missing": False}, True),
        ({"events": {"event_type": "export_action", "at_least": 2}}, True),
        ({"events": {"event_type": "export_action", "at_most": 1}}, False),
    ],
)
def test_conditions(condition: dict[str, Any], wanted: bool) -> None:
    asked = msgspec.convert(condition, Condition)
    counts = {asked.events: 2} if asked.events else {}
    assert holds(asked, known(counts)) is wanted


def test_texts_take_facts_and_are_never_left_with_a_hole() -> None:
    kinds = known_facts(["sales_execution"], {})
    text = (
        "{tools_30} of 4 tools, {low_impact_share} low, {systematic_progression_rate} a week: {untried_tool_name} {{x}}"
    )
    assert fill(text, _FACTS, kinds) == "1 of 4 tools, 82% low, 1,234.5 a week: Business Case Builder {x}"
    assert fill("{current_scaling_score}", _FACTS, kinds) is None
    assert fill("{untried_tool.__class__}", _FACTS, kinds) is None
    assert in_words(True, "flag") == "yes"


def test_a_playbook_is_about_whichever_tool_a_fact_names() -> None:
    plan = plan_with(
        {
            "id": "try",
            "tool": "{untried_tool}",
            "action": "Try {untried_tool_name}",
            "when": [{"fact": "tools_30", "at_least": 1}],
        }
    )
    (offer,) = offers(known(), plan)
    assert (offer.tool_id, offer.done_tool, offer.asks_for) == ("business-case", "business-case", "tool:business-case")
    assert offer.action == "Try Business Case Builder"
    assert offer.evidence == [Evidence("Tools used in 30 days", "1")]
    assert offers(known(untried_tool=None, untried_tool_name=None), plan) == []


def test_every_default_playbook_can_come_about() -> None:
    """With facts that fit, each makes a whole sentence."""
    plan = load_plan()
    facts: dict[str, Any] = {
        **dict.fromkeys(known_facts([c.id for c in plan.competencies], {}), 1),
        **{f"{name}_name": name for name in ("untried_tool", "weakest_tool", "weakest_competency")},
        "untried_tool": "business-case",
        "weakest_tool": "business-case",
        "weakest_competency": "sales_execution",
        "total_events": 50,
        "points_28": 100,
        "total_exports_generated": 3,
        "total_resources_shared": 0,
        "low_business_impact_actions": True,
        "missed_days": 3.5,
        "current_scaling_score": 50,
    }
    counts = {c.events: 0 for p in plan.playbooks for c in p.when if c.events}
    found = {offer.playbook for offer in offers(Known(facts, frozenset(), counts), plan)}
    found |= {o.playbook for o in offers(Known(facts | {"days_since_last_activity": 20}, frozenset(), counts), plan)}
    found |= {o.playbook for o in offers(Known(facts | {"days_since_first_event": 40}, frozenset(), counts), plan)}
    assert found == {playbook.id for playbook in plan.playbooks}
    facts |= {"days_since_last_activity": 20, "days_since_first_event": 40}
    for made in offers(Known(facts, frozenset(), counts), plan):
        assert not any("{" in text for text in made.team)
        assert not made.team.action.startswith("Suggest"), "the plan says what the team does"


def test_without_a_text_for_the_team_the_conditions_become_one() -> None:
    share = {"event_type": "resource_share", "last_days": 28, "at_most": 0}
    when = [{"fact": "total_events", "at_least": 1}, {"events": share}]
    team = {"reason": "Active on {active_days_28} days."}
    (found,) = offers(
        known({msgspec.convert(share, EventsCondition): 0}), plan_with({"id": "p", "team": team, "when": when})
    )
    # The plan's own reason names what is not known of this customer.
    assert found.team == (
        "Suggest to them: Do it",
        "12 events in all, has not shared a resource in the last 28 days.",
        "Because. Do it.",
    )
    assert found.evidence[1] == Evidence("Shared a resource, in the last 28 days", "never")


def offer(playbook: str, asks_for: str = "", rank: float = 50, cool_down: int = 30) -> Offer:
    return Offer(
        source="playbook",
        playbook=playbook,
        asks_for=asks_for or playbook,
        rank=rank,
        title="T",
        action="A",
        reason="R",
        evidence=[],
        cool_down_days=cool_down,
    )


def nobody(_: str) -> bool:
    return False


def everybody(_: str) -> bool:
    return True


def names(made: list[Made]) -> list[str]:
    return [one.offer.playbook for one in made]


def test_best_first_each_thing_once_and_no_more_than_may_be_open() -> None:
    possible = [offer("a", "x", 10), offer("b", "x", 90), offer("c", "y", 50), offer("d", "z", 40)]
    assert names(due(possible, [], most_open=2, now=NOON, held_out=nobody)) == ["b", "c"]
    open_one = Past("e", "y", NOON - days(3), None, open=True, held_out=False)
    assert names(due(possible, [open_one], most_open=2, now=NOON, held_out=nobody)) == ["b"]


def test_cool_down_counts_from_when_it_was_made_and_from_when_the_same_was_dismissed() -> None:
    past = Past("a", "x", NOON - days(30), None, open=False, held_out=False)
    assert names(due([offer("a", "x")], [past], most_open=3, now=NOON, held_out=nobody)) == ["a"]
    before = NOON - timedelta(seconds=1)
    assert due([offer("a", "x")], [past], most_open=3, now=before, held_out=nobody) == []
    other = Past("b", "x", NOON - days(90), NOON - days(29), open=False, held_out=False)
    assert due([offer("a", "x")], [other], most_open=3, now=NOON, held_out=nobody) == []


def test_a_day_s_limit_ends_both_arms() -> None:
    left = {"a": 1}
    assert names(due([offer("a")], [], most_open=3, now=NOON, held_out=nobody, left=left)) == ["a"]
    assert left == {"a": 0}
    for arm in (nobody, everybody):
        assert due([offer("a")], [], most_open=3, now=NOON, held_out=arm, left=left) == []


def test_who_is_held_out_passes_the_same_rules_and_takes_no_place() -> None:
    possible = [offer("a", "x", 90), offer("b", "y", 80), offer("c", "z", 70)]
    made = due(possible, [], most_open=1, now=NOON, held_out=lambda playbook: playbook == "a")
    assert [(one.offer.playbook, one.held_out) for one in made] == [("a", True), ("b", False)]


def test_the_first_of_a_playbook_is_marked() -> None:
    past = Past("a", "x", NOON - days(60), None, open=False, held_out=False)
    made = due([offer("a"), offer("b")], [past], most_open=3, now=NOON, held_out=nobody)
    assert {one.offer.playbook: one.is_first for one in made} == {"a": False, "b": True}


def test_the_hold_out_is_by_chance_stable_and_another_for_each_playbook() -> None:
    customers = [f"c{number}" for number in range(20_000)]
    held = {p: {c for c in customers if is_held_out("seed", c, p, 0.1)} for p in ("a", "b")}
    for playbook, some in held.items():
        assert 0.09 < len(some) / len(customers) < 0.11
        assert some == {c for c in customers if is_held_out("seed", c, playbook, 0.1)}
        assert some <= {c for c in customers if is_held_out("seed", c, playbook, 0.2)}
    assert 0.07 < len(held["a"] & held["b"]) / len(held["a"]) < 0.13
    assert not any(is_held_out("seed", c, "a", 0.0) for c in customers)


_OFFERS = st.lists(
    st.builds(
        offer,
        st.sampled_from("abcd"),
        st.sampled_from("xyz"),
        st.integers(1, 100).map(float),
        st.sampled_from([1, 7, 30]),
    ),
    max_size=6,
    unique_by=lambda one: one.playbook,
)
_STEPS = st.lists(
    st.tuples(st.integers(0, 20), _OFFERS, st.lists(st.sampled_from(["dismiss", "expire", "keep"]), max_size=4)),
    max_size=12,
)


@given(_STEPS, st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=examples(300), derandomize=repeatable())
def test_no_sequence_of_days_breaks_a_limit(
    steps: list[tuple[int, list[Offer], list[str]]], most_open: int, a_day: int
) -> None:
    """Days pass, recommendations are dismissed or run out; whatever was possible on each day, the rules hold."""
    now, history, cooling = NOON, list[Past](), dict[int, int]()
    for passed, possible, fates in steps:
        now += days(passed)
        left = dict.fromkeys("ab", a_day)
        made = due(possible, history, most_open=most_open, now=now, held_out=lambda p: p == "c", left=left)
        for one in made:
            for number, past in enumerate(history):
                if past.playbook == one.offer.playbook:
                    assert now - past.made_at >= days(one.offer.cool_down_days)
                    assert not past.open
                if past.asks_for == one.offer.asks_for:
                    assert past.dismissed_at is None or now - past.dismissed_at >= days(one.offer.cool_down_days)
                    assert one.held_out or not past.open or past.held_out, number
            cooling[len(history)] = one.offer.cool_down_days
            history.append(Past(one.offer.playbook, one.offer.asks_for, now, None, True, one.held_out))
        shown = [past for past in history if past.open and not past.held_out]
        assert len(shown) <= most_open
        assert len({past.asks_for for past in shown}) == len(shown)
        assert all(count >= 0 for count in left.values())
        # A second look at the same moment makes nothing more.
        assert not due(possible, history, most_open=most_open, now=now, held_out=lambda p: p == "c", left=left)
        for number, fate in enumerate(fates[: len(history)]):
            if fate == "dismiss" and history[number].open and not history[number].held_out:
                history[number] = history[number]._replace(open=False, dismissed_at=now)
            elif fate == "expire":
                history[number] = history[number]._replace(open=False)
