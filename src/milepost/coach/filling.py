"""A playbook's texts with a customer's facts in them, and the figures behind a recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from milepost.coach.facts import Value
from milepost.coach.said import Evidence
from milepost.plan.coach import Condition, EventsCondition, Kind


def fill(text: str, facts: Mapping[str, Value], kinds: Mapping[str, tuple[Kind, str]]) -> str | None:
    """The text for this customer, each `{fact}` as its value; None where a fact it names is not known: no sentence is
    left with a hole."""
    parts = []
    for before, name, _, _ in Formatter().parse(text):
        parts.append(before)
        if name is not None:
            value = facts.get(name)
            if value is None:
                return None
            parts.append(in_words(value, kinds.get(name, ("text", ""))[0]))
    return "".join(parts)


def in_words(value: Value, kind: Kind) -> str:
    """A fact's value as people read it."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if kind == "share":
        return f"{value * 100:.0f}%"
    if kind == "number":
        return f"{value:,.1f}".removesuffix(".0")
    return f"{value:,.0f}"


def evidence(
    conditions: tuple[Condition, ...],
    facts: Mapping[str, Value],
    counts: Mapping[EventsCondition, int],
    kinds: Mapping[str, tuple[Kind, str]],
) -> list[Evidence]:
    """A figure for each condition, in the plan's order; a fact that two conditions ask for has one."""
    found = []
    for condition in conditions:
        if condition.events is not None:
            about = condition.events
            what = " ".join(filter(None, (about.event_type, about.tool, about.section))).replace("_", " ")
            when = f"last {about.last_days} days" if about.last_days else "ever"
            found.append(Evidence(f"Events ({what}), {when}", str(counts[about])))
        elif condition.fact is not None:
            kind, label = kinds[condition.fact]
            word = facts.get(f"{condition.fact}_name") or facts.get(condition.fact)
            found.append(Evidence(label, in_words(word, kind)))
    return list({one.label: one for one in found}.values())
