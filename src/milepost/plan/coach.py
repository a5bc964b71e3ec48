"""The plan's coach: playbooks (when to recommend what), the hold-out, and what counts as moving up. docs/coach.md."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from string import Formatter
from typing import Final, Literal

import msgspec

from milepost.vocabulary import MAX_WORD_LENGTH, EventType

Kind = Literal["count", "number", "score", "share", "days", "flag", "text"]

#: What a condition may ask of a customer, and how people read it. `competency.<id>` and `part.<name>` join them.
FACTS: Final[dict[str, tuple[Kind, str]]] = {
    "current_scaling_score": ("score", "Scaling score"),
    "score_coverage": ("share", "Data behind the score"),
    "systematic_progression_rate": ("number", "Points a week"),
    "professional_credibility_trend": ("text", "Trend"),
    "points_last_14_days": ("count", "Points in 14 days"),
    "points_14_days_before": ("count", "Points in the 14 days before"),
    "points_28": ("count", "Points in 28 days"),
    "active_weeks": ("count", "Active weeks of the last 8"),
    "inconsistent_system_usage": ("flag", "Uses the product irregularly"),
    "low_business_impact_actions": ("flag", "Does mostly what has little impact"),
    "low_impact_share": ("share", "Share of low-impact events"),
    "weakest_competency": ("text", "Weakest competency"),
    "weakest_score": ("score", "Score of the weakest competency"),
    "weakest_tool": ("text", "Tool of the weakest competency"),
    "untried_tool": ("text", "Tool not tried yet"),
    "tools_used": ("count", "Tools ever used"),
    "tools_30": ("count", "Tools used in 30 days"),
    "tools_total": ("count", "Tools there are"),
    "total_events": ("count", "Events"),
    "total_sessions": ("count", "Sessions"),
    "total_tool_sessions": ("count", "Sessions with a tool"),
    "total_exports_generated": ("count", "Exports"),
    "total_resources_created": ("count", "Resources made"),
    "total_resources_shared": ("count", "Resources shared"),
    "total_milestones": ("count", "Milestones"),
    "total_points": ("count", "Points"),
    "total_actions": ("count", "Offline actions"),
    "high_impact_events": ("count", "High-impact events"),
    "medium_impact_events": ("count", "Medium-impact events"),
    "low_impact_events": ("count", "Low-impact events"),
    "professional_credibility": ("count", "Credibility"),
    "growth_stage": ("text", "Growth stage"),
    "days_since_first_event": ("days", "Days since the first event"),
    "days_since_last_activity": ("days", "Days without activity"),
    "days_since_last_action": ("days", "Days since the last offline action"),
}
#: Facts that name a tool or a competency: a playbook may be about whichever it is.
NAMES_A_TOOL: Final = ("untried_tool", "weakest_tool")
NAMES_A_COMPETENCY: Final = ("weakest_competency",)
_PARTS: Final = ("competencies", "breadth", "consistency", "recency", "momentum", "outcomes")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_ONE = re.compile(r"\{(\w+)\}\Z")
_MOST_PLAYBOOKS: Final = 200


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class EventsCondition(_Table, frozen=True):
    """How often something happened: in the last `last_days` days, today among them, or ever."""

    event_type: EventType | None = None
    tool: str | None = None
    section: str | None = None
    last_days: int | None = None
    at_least: int | None = None
    at_most: int | None = None


class Condition(_Table, frozen=True):
    """One thing that must be so: of a fact, one of below, at_least, is, missing; or of events, how many."""

    fact: str | None = None
    below: float | None = None
    at_least: float | None = None
    is_: bool | str | None = msgspec.field(default=None, name="is")
    missing: bool | None = None
    events: EventsCondition | None = None


class Done(_Table, frozen=True):
    """The event by which a recommendation is done without anybody saying so."""

    event_type: EventType | None = None
    tool: str | None = None
    section: str | None = None


class Playbook(_Table, frozen=True, kw_only=True):
    """When all of `when` is so, `action` is recommended, for `reason`. A `{fact}` in a text becomes its value."""

    id: str
    name: str = ""
    #: What the customer reads above the action; default: the name.
    title: str = ""
    priority: int = 50
    action: str
    reason: str
    tool: str | None = None
    competency: str | None = None
    url: str | None = None
    cool_down_days: int = 30
    most_a_day: int | None = None
    when: tuple[Condition, ...] = ()
    done: Done | None = None


class MovedUp(_Table, frozen=True):
    """A customer moved up when points rose by more than this share, and by at least so many."""

    share: float = 0.1
    points: int = 5


class Learned(_Table, frozen=True):
    """Recommendations learned from what customers in the same situation did next."""

    active: bool = True
    priority: int = 45
    cool_down_days: int = 60
    at_least: int = 30


class Coach(_Table, frozen=True):
    """How the coach works, whatever the playbook."""

    hold_out: float = 0.1
    most_open: int = 3
    expire_days: int = 30
    measure_days: int = 28
    moved_up: MovedUp = MovedUp()
    learned: Learned = Learned()


def faults(
    coach: Coach, playbooks: tuple[Playbook, ...], tools: Collection[str], competencies: Collection[str]
) -> list[tuple[str, str]]:
    """Every rule the types cannot say, as (path, what is wrong and how to mend it)."""
    found = [
        (path, f"is {value:g}; it takes {low:g} to {high:g}")
        for path, value, low, high in (
            ("coach.hold_out", coach.hold_out, 0, 0.5),
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
    seen: set[str] = set()
    for index, playbook in enumerate(playbooks):
        at = f"playbooks[{index}]"
        if playbook.id in seen:
            found.append((f"{at}.id", f"{playbook.id!r} is there twice; remove one"))
        seen.add(playbook.id)
        found += [(f"{at}.{path}", message) for path, message in _of(playbook, set(tools), set(competencies))]
    return found


def known_facts(competencies: Collection[str]) -> dict[str, tuple[Kind, str]]:
    """All facts of a plan with these competencies."""
    own: dict[str, tuple[Kind, str]] = {f"competency.{c}": ("score", f"Score in {c}") for c in competencies}
    parts: dict[str, tuple[Kind, str]] = {f"part.{p}": ("score", f"Score's part: {p}") for p in _PARTS}
    return FACTS | own | parts


def placeholders(text: str) -> list[str]:
    """The facts a text names, such as `tools_30` in "{tools_30} of 4 tools". Raises ValueError for a stray brace."""
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]


def _of(playbook: Playbook, tools: set[str], competencies: set[str]) -> Iterator[tuple[str, str]]:
    facts = known_facts(competencies)
    if not _ID.match(playbook.id) or len(playbook.id) > MAX_WORD_LENGTH:
        fix = "use letters, digits, '-', '_' and '.', starting with a letter or digit"
        yield "id", f"{playbook.id!r} is no id; {fix}"
    for key, value, low, high in (
        ("priority", playbook.priority, 1, 100),
        ("cool_down_days", playbook.cool_down_days, 1, 365),
        ("most_a_day", playbook.most_a_day, 1, 1_000_000),
    ):
        if value is not None and not low <= value <= high:
            yield key, f"is {value}; it takes {low} to {high}"
    for key, text in (("action", playbook.action), ("reason", playbook.reason), ("url", playbook.url)):
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
        yield from ((f"when[{number}]{key}", fault) for key, fault in _condition(condition, facts, tools))
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
        yield f"{text!r} is no address; give one that starts with https://, http:// or /"
    try:
        names = placeholders(text)
    except ValueError:
        yield "has a brace without its other half; write {{ and }} for braces that stay"
        return
    for name in names:
        if name.removesuffix("_name") not in facts:
            yield _unknown_fact(name, facts)


def _word(word: str, known: set[str], standing_for: Collection[str], what: str) -> Iterator[str]:
    if match := _ONE.match(word):
        if match[1] not in standing_for:
            those = " and ".join(f"{{{name}}}" for name in standing_for)
            yield f"{word} names no {what}; {those} do"
    elif word not in known:
        yield _unknown(word, known, what)


def _condition(condition: Condition, facts: dict[str, tuple[Kind, str]], tools: set[str]) -> Iterator[tuple[str, str]]:
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
        yield from ((f".events{key}", fault) for key, fault in _events(condition.events, tools))
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
        yield f".{asked[0]}", f"{condition.fact} is no number; ask with is"
    if asked[0] == "is" and isinstance(condition.is_, bool) != (kind == "flag"):
        wanted = "true or false" if kind == "flag" else "a text" if kind == "text" else "a number: ask with at_least"
        yield ".is", f"{condition.fact} is {wanted}"
    if asked[0] == "is" and kind not in ("flag", "text") and isinstance(condition.is_, str):
        yield ".is", f"{condition.fact} is a number; ask with below or at_least"


def _events(events: EventsCondition, tools: set[str]) -> Iterator[tuple[str, str]]:
    if events.event_type is None and events.tool is None and events.section is None:
        yield "", "says not which; give it an event_type, a tool or a section"
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
    return f"{word!r} is no {what}; known are {', '.join(sorted(known))}"


def _unknown_fact(name: str, facts: Collection[str]) -> str:
    if name.startswith("prediction"):
        return f"{name!r}: Milepost has no predictions yet, so nothing can be asked of one; take another fact"
    return f"{name!r} is no fact; known are {', '.join(sorted(facts))}"
