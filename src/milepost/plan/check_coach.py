"""Every rule of a plan's coach that its types cannot say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from milepost.plan.coach import (
    NAMES_A_COMPETENCY,
    NAMES_A_TOOL,
    PREDICTION,
    Coach,
    Condition,
    Done,
    EventsCondition,
    Kind,
    Playbook,
    known_facts,
    placeholders,
)
from milepost.plan.ids import id_faults

_ONE = re.compile(r"\{(\w+)\}\Z")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,79}\Z")
_MOST_PLAYBOOKS: Final = 200
#: Texts that the team neither shows nor says to a customer.
_ONLY_THE_TEAM: Final = ("team.action", "team.reason")


class _Words(msgspec.Struct, frozen=True):
    """The ids of the plan that playbooks may name."""

    tools: set[str]
    competencies: set[str]
    stages: tuple[str, ...]
    predictions: Mapping[str, str]


def faults(
    coach: Coach,
    playbooks: tuple[Playbook, ...],
    tools: Collection[str],
    competencies: Collection[str],
    stages: Collection[str],
    predictions: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Every rule the types cannot say, as (path, what is wrong and how to mend it)."""
    found = [
        (path, f"is {value:g}; it takes {low:g} to {high:g}")
        for path, value, low, high in (
            ("coach.hold_out", coach.hold_out, 0, 0.5),
            ("coach.expected_customers", coach.expected_customers, 40, 10_000_000),
            ("coach.most_open", coach.most_open, 1, 20),
            ("coach.expire_days", coach.expire_days, 1, 365),
            ("coach.measure_days", coach.measure_days, 7, 180),
            ("coach.moved_up.share", coach.moved_up.share, 0, 10),
            ("coach.moved_up.points", coach.moved_up.points, 0, 1_000_000),
            ("coach.learned.priority", coach.learned.priority, 1, 100),
            ("coach.learned.cool_down_days", coach.learned.cool_down_days, 1, 365),
            ("coach.learned.at_least", coach.learned.at_least, 10, 1_000_000),
        )
        if not low <= value <= high
    ]
    if len(playbooks) > _MOST_PLAYBOOKS:
        found.append(("playbooks", f"there are {len(playbooks)}; {_MOST_PLAYBOOKS} is the most"))
    found += id_faults("playbooks", [playbook.id for playbook in playbooks])
    words = _Words(set(tools), set(competencies), tuple(stages), predictions)
    for index, playbook in enumerate(playbooks):
        found += [(f"playbooks[{index}].{path}", message) for path, message in _of(playbook, words)]
    return found


def _of(playbook: Playbook, words: _Words) -> Iterator[tuple[str, str]]:
    tools, competencies = words.tools, words.competencies
    facts = known_facts(competencies, words.predictions)
    if playbook.hold_out is not None and not 0 <= playbook.hold_out <= 0.5:
        yield "hold_out", f"is {playbook.hold_out:g}; it takes 0 to 0.5"
    if playbook.kind is not None and not 1 <= len(playbook.kind.strip()) <= 60:
        yield "kind", 'is empty or longer than 60 characters; say what such playbooks are after, as in "win back"'
    if playbook.segment is not None and not _SLUG.match(playbook.segment):
        yield (
            "segment",
            f"{playbook.segment!r} is none; write it as the address /customers?segment=big-spenders has it",
        )
    for key, value, low, high in (
        ("priority", playbook.priority, 1, 100),
        ("cool_down_days", playbook.cool_down_days, 1, 365),
        ("most_a_day", playbook.most_a_day, 1, 1_000_000),
    ):
        if value is not None and not low <= value <= high:
            yield key, f"is {value}; it takes {low} to {high}"
    for key, text in (
        ("action", playbook.action),
        ("reason", playbook.reason),
        ("url", playbook.url),
        ("team.action", playbook.team.action),
        ("team.reason", playbook.team.reason),
        ("team.say", playbook.team.say),
    ):
        yield from ((key, fault) for fault in _text(key, text, facts))
    for key, word, known, standing_for, what in (
        ("tool", playbook.tool, tools, NAMES_A_TOOL, "tool"),
        ("competency", playbook.competency, competencies, NAMES_A_COMPETENCY, "competency"),
    ):
        if word is not None:
            yield from ((key, fault) for fault in _word(word, known, standing_for, what))
    if not playbook.when:
        yield "when", "there is no condition, so everybody would get it; add a [[playbooks.when]]"
    for number, condition in enumerate(playbook.when):
        yield from ((f"when[{number}]{key}", fault) for key, fault in _condition(condition, facts, words))
    if playbook.done is not None:
        if playbook.done == Done():
            yield "done", "says nothing; give it an event_type, a tool or a section"
        if playbook.done.tool is not None and playbook.done.tool not in tools:
            yield "done.tool", _unknown(playbook.done.tool, tools, "tool")


def _text(key: str, text: str | None, facts: Collection[str]) -> Iterator[str]:
    if text is None:
        return
    if not text.strip() or len(text) > 500:
        yield "is empty or longer than 500 characters"
    if key == "url" and not re.match(r"(https?://|/)\S+\Z|/\Z", text):
        yield f"{text!r} is not an address; give one that starts with https://, http:// or /"
    try:
        names = placeholders(text)
    except ValueError:
        yield "has an unmatched brace; write {{ and }} for braces that stay"
        return
    for name in names:
        if name.removesuffix("_name") not in facts:
            yield _unknown_fact(name, facts)
        elif name.startswith(PREDICTION) and key not in _ONLY_THE_TEAM:
            yield f"{{{name}}}: the customer reads this, and predictions are the team's; use team.action or team.reason"


def _word(word: str, known: set[str], standing_for: Collection[str], what: str) -> Iterator[str]:
    if match := _ONE.match(word):
        if match[1] not in standing_for:
            those = " and ".join(f"{{{name}}}" for name in standing_for)
            yield f"{word} names no {what}; {those} do"
    elif word not in known:
        yield _unknown(word, known, what)


def _condition(condition: Condition, facts: dict[str, tuple[Kind, str]], words: _Words) -> Iterator[tuple[str, str]]:
    asked = [
        key
        for key, value in (
            ("below", condition.below),
            ("at_least", condition.at_least),
            ("is", condition.is_),
            ("missing", condition.missing),
        )
        if value is not None
    ]
    if condition.events is not None:
        if condition.fact is not None or asked:
            yield "", "asks for a fact and for events; make two conditions of it"
        yield from ((f".events{key}", fault) for key, fault in _events(condition.events, words.tools))
        return
    if condition.fact is None:
        yield "", "asks for nothing; give it a fact or events"
        return
    if condition.fact not in facts:
        yield ".fact", _unknown_fact(condition.fact, facts)
        return
    if len(asked) != 1:
        yield "", f"takes one of below, at_least, is, missing; it has {', '.join(asked) or 'none'}"
        return
    kind = facts[condition.fact][0]
    if asked[0] in ("below", "at_least") and kind in ("text", "flag"):
        yield f".{asked[0]}", f"{condition.fact} is not a number; use is"
    if asked[0] == "is" and isinstance(condition.is_, bool) != (kind == "flag"):
        wanted = "true or false" if kind == "flag" else "text" if kind == "text" else "a number: use at_least"
        yield ".is", f"{condition.fact} is {wanted}"
    if asked[0] == "is" and kind not in ("flag", "text") and isinstance(condition.is_, str):
        yield ".is", f"{condition.fact} is a number; use below or at_least"
    if condition.fact == "growth_stage" and isinstance(condition.is_, str) and condition.is_ not in words.stages:
        yield ".is", _unknown(condition.is_, words.stages, "growth stage")


def _events(events: EventsCondition, tools: set[str]) -> Iterator[tuple[str, str]]:
    if events.event_type is None and events.tool is None and events.section is None:
        yield "", "does not say which; give it an event_type, a tool or a section"
    if events.tool is not None and events.tool not in tools:
        yield ".tool", _unknown(events.tool, tools, "tool")
    if (events.at_least is None) == (events.at_most is None):
        yield "", "takes one of at_least and at_most"
    for key, value, low in (("at_least", events.at_least, 1), ("at_most", events.at_most, 0)):
        if value is not None and not low <= value <= 10_000:
            yield f".{key}", f"is {value}; it takes {low} to 10000"
    if events.last_days is not None and not 1 <= events.last_days <= 365:
        yield ".last_days", f"is {events.last_days}; it takes 1 to 365"


def _unknown(word: str, known: Collection[str], what: str) -> str:
    return f"{word!r} is not a known {what}; the known ones are {', '.join(sorted(known)) or 'none'}"


def _unknown_fact(name: str, facts: Collection[str]) -> str:
    if name.startswith("prediction"):
        there = ", ".join(sorted(fact for fact in facts if fact.startswith(PREDICTION)))
        return f"{name!r} is not predicted; there are {there}; add it to [[predictions.targets]]"
    return _unknown(name, facts, "fact")
