"""The plan's coach: playbooks (when to recommend what), the hold-out, and what counts as moving up. docs/coach.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from string import Formatter
from typing import Final, Literal

import msgspec

from milepost.vocabulary import EventType

Kind = Literal["count", "number", "score", "share", "days", "flag", "text"]

#: What a condition may ask of a customer, and how the customer reads it, to whom "score" and "health" say nothing.
#: `competency.<id>` and `part.<name>` join them.
FACTS: Final[dict[str, tuple[Kind, str]]] = {
    "current_scaling_score": ("score", "Progress, of 100"),
    "score_coverage": ("share", "Data behind the progress"),
    "systematic_progression_rate": ("number", "Points a week"),
    "professional_credibility_trend": ("text", "Trend"),
    "points_last_14_days": ("count", "Points in 14 days"),
    "points_14_days_before": ("count", "Points in the 14 days before"),
    "points_28": ("count", "Points in 28 days"),
    "active_weeks": ("count", "Active weeks of the last 8"),
    "active_days_28": ("count", "Days active in the last 28"),
    "usual_active_days": ("count", "Days active in 28, as usual"),
    "missed_days": ("number", "Usual days missed"),
    "inconsistent_system_usage": ("flag", "Uses the product irregularly"),
    "low_business_impact_actions": ("flag", "Mostly does what has little impact"),
    "low_impact_share": ("share", "Share of low-impact events"),
    "weakest_competency": ("text", "Weakest competency"),
    "weakest_score": ("score", "The weakest competency, of 100"),
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
_PARTS: Final = ("competencies", "breadth", "consistency", "lately", "recency", "habit", "outcomes")


#: Facts that begin so are how likely something is to come, 0 to 1. They are the team's: no customer reads one, nor that
#: it was asked for.
PREDICTION: Final = "prediction."


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


class ForTeam(_Table, frozen=True, kw_only=True):
    """What the team reads where the customer reads the playbook's own texts: what to do, why, and what to say. What is
    left out, or names a fact that is not known, is made of the playbook itself (coach/wording.py)."""

    action: str | None = None
    reason: str | None = None
    say: str | None = None


class Playbook(_Table, frozen=True, kw_only=True):
    """When all of `when` is so, `action` is recommended, for `reason`. A `{fact}` in a text becomes its value. Both are
    the customer's to read; `team` is what the team reads instead."""

    id: str
    name: str = ""
    #: What the customer reads above the action; default: the name.
    title: str = ""
    priority: int = 50
    #: False: it is only replayed on the past, and made for nobody.
    active: bool = True
    action: str
    reason: str
    tool: str | None = None
    competency: str | None = None
    url: str | None = None
    #: Only for the customers of this segment, by its slug.
    segment: str | None = None
    #: Playbooks of one kind are after the same; what they change is shown together, too.
    kind: str | None = None
    #: The share held out of it; default: the coach's.
    hold_out: float | None = None
    cool_down_days: int = 30
    most_a_day: int | None = None
    team: ForTeam = ForTeam()
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
    #: So many customers a playbook is expected to be measured by, both groups together: there its lift is surest.
    expected_customers: int = 1000
    most_open: int = 3
    expire_days: int = 30
    measure_days: int = 28
    moved_up: MovedUp = MovedUp()
    learned: Learned = Learned()


def hold_out_of(playbook: Playbook | None, coach: Coach) -> float:
    """The share of customers held out of a playbook; None is what was learned."""
    return coach.hold_out if playbook is None or playbook.hold_out is None else playbook.hold_out


def known_facts(competencies: Collection[str], predictions: Mapping[str, str]) -> dict[str, tuple[Kind, str]]:
    """All facts of a plan with these competencies, and these predictions by their ids and labels."""
    own: dict[str, tuple[Kind, str]] = {f"competency.{c}": ("score", f"{c}, of 100") for c in competencies}
    parts: dict[str, tuple[Kind, str]] = {f"part.{p}": ("score", f"A part of the progress: {p}") for p in _PARTS}
    likely: dict[str, tuple[Kind, str]] = {
        f"{PREDICTION}{target}": ("share", f"How likely: {label}") for target, label in predictions.items()
    }
    return FACTS | own | parts | likely


def placeholders(text: str) -> list[str]:
    """The facts a text names, such as `tools_30` in "{tools_30} of 4 tools". Raises ValueError for a stray brace."""
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]
