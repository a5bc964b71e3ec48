"""A playbook's texts with a customer's facts in them, and the figures behind a recommendation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Final

from milepost.coach.facts import Value
from milepost.coach.said import Evidence
from milepost.plan.coach import PREDICTION, Condition, EventsCondition, Kind

#: What an event of a type is, as in "has not ..." and "... twice".
_VERBS: Final = {
    "tool_usage": "used a tool",
    "export_action": "exported",
    "competency_milestone": "recorded a milestone",
    "scaling_metric": "reported a figure",
    "professional_action": "recorded a professional step",
    "navigation": "opened a page",
    "content_interaction": "read content",
    "resource_generation": "made a resource",
    "resource_share": "shared a resource",
    "systematic_progression": "moved ahead",
}
#: "1 days", but not "11 days" or "0.1 points".
_ONE: Final = re.compile(r"(?<![\d.,])1 (day|week|time|point|event|export|session|tool|milestone|resource)s\b")


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
    return one("".join(parts))


def one(text: str) -> str:
    """`text` with "1 day" where a number of it made that "1 days"."""
    return _ONE.sub(r"1 \1", text)


def times(count: int) -> str:
    """How often, as people say it."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


def verb(about: EventsCondition, tools: Mapping[str, str]) -> str:
    """What the events of a condition are: `shared a resource`, `used Cost Calculator`. `tools`: names by id."""
    tool = tools.get(about.tool, about.tool) if about.tool else ""
    if tool and about.event_type in (None, "tool_usage"):
        what = f"used {tool}"
    elif about.event_type is not None:
        what = _VERBS[about.event_type] + (f" in {tool}" if tool else "")
    else:
        return f"used “{about.section}”"
    return f"{what} (“{about.section}”)" if about.section else what


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
    tools: Mapping[str, str],
) -> list[Evidence]:
    """A figure for each condition, in the plan's order; a fact that two conditions ask for has one. The customer reads
    them, so a prediction is none."""
    found = []
    for condition in conditions:
        if condition.events is not None:
            about = condition.events
            what, when = verb(about, tools), f"in the last {about.last_days} days" if about.last_days else "so far"
            # Counted no further than the condition asks.
            least = "at least " if about.at_least is not None and counts[about] else ""
            found.append(Evidence(f"{what[:1].upper()}{what[1:]}, {when}", f"{least}{times(counts[about])}"))
        elif condition.fact is not None and not condition.fact.startswith(PREDICTION):
            kind, label = kinds[condition.fact]
            word = facts.get(f"{condition.fact}_name") or facts.get(condition.fact)
            found.append(Evidence(label, in_words(word, kind)))
    return list({one.label: one for one in found}.values())
