"""What a tracking plan holds: tools, competencies, points, scoring, and the rest of `milepost.toml` as types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from glob import escape as glob_escape
from typing import Literal

import msgspec

from milepost.plan.coach import Coach, Playbook
from milepost.plan.game import DEFAULT_BADGES, Badge, Game
from milepost.plan.names import EventRule, EventRules, NameMeans
from milepost.plan.predictions import Predictions
from milepost.vocabulary import DEFAULT_RETENTION_DAYS, EventType, Impact, default_impact


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Tool(_Table, frozen=True):
    """A part of the product; `competency` is what using it builds."""

    id: str
    name: str = ""
    competency: str | None = None
    sections: tuple[str, ...] = ()
    key_sections: tuple[str, ...] = ()


class Competency(_Table, frozen=True):
    """Something a customer gets better at, scored from 0 to 100."""

    id: str
    name: str = ""


class GrowthStage(_Table, frozen=True):
    """How far a customer's business is, as the product says; the plan lists them from the first to the last."""

    id: str
    name: str = ""


class Points(_Table, frozen=True):
    """Points of an event = `base[event type] * weight[impact]`, whole numbers."""

    base: dict[EventType, int]
    weight: dict[Impact, int]


class Components(_Table, frozen=True):
    """Weights of the scaling score's parts, in any unit: only their proportions count."""

    competencies: float = 5
    breadth: float = 5
    consistency: float = 30
    lately: float = 20
    recency: float = 25
    habit: float = 15
    outcomes: float = 20


class Scoring(_Table, frozen=True):
    """Parameters of the scores; `docs/scores.md` has the formulas."""

    half_life_days: float = 90
    saturation_points: float = 120
    consistency_half_life_weeks: float = 2
    recency_days: float = 7
    lately_half_life_days: float = 7
    habit_half_life_days: float = 84
    outcome_saturation: float = 6
    components: Components = Components()


class Risk(_Table, frozen=True):
    """When a customer is marked as at risk."""

    active_weeks: int = 4
    low_impact_share: float = 0.8


class History(_Table, frozen=True):
    """How many days back a customer's insights are kept by the day."""

    days: int = 400


class Retention(_Table, frozen=True):
    """How long events are kept when their sender does not say, in days."""

    days: int = DEFAULT_RETENTION_DAYS


class SegmentEvents(_Table, frozen=True):
    """What the names of Segment's `track` calls are in our words; case does not matter. `[[events]]` comes first."""

    events: dict[str, EventType] = {}


class PlannedTrait(_Table, frozen=True):
    """A trait of customers, or of the people in them: what it is called and counts as. `customer_sees`: the customer's
    own token may read it."""

    name: str
    of: Literal["customer", "person"] = "customer"
    label: str = ""
    type: Literal["text", "number", "boolean", "date", "list"] | None = None
    hidden: bool = False
    customer_sees: bool = False


class Plan(_Table, frozen=True, kw_only=True, dict=True):
    """A whole tracking plan."""

    version: int
    name: str = "Tracking plan"
    tools: tuple[Tool, ...]
    competencies: tuple[Competency, ...]
    growth_stages: tuple[GrowthStage, ...] = ()
    points: Points
    scoring: Scoring = Scoring()
    risk: Risk = Risk()
    history: History = History()
    predictions: Predictions = Predictions()
    retention: Retention = Retention()
    segment: SegmentEvents = SegmentEvents()
    events: tuple[EventRule, ...] = ()
    traits: tuple[PlannedTrait, ...] = ()
    coach: Coach = Coach()
    playbooks: tuple[Playbook, ...] = ()
    game: Game = Game()
    badges: tuple[Badge, ...] = DEFAULT_BADGES

    def points_of(self, event_type: EventType, impact: Impact) -> int:
        return self.points.base[event_type] * self.points.weight[impact]

    def name_means(self, name: str) -> NameMeans | None:
        """What events of a name are, by the plan's rules; None where it says nothing."""
        return self._event_rules.of(name)

    @cached_property
    def _event_rules(self) -> EventRules:
        named = tuple(EventRule(name=glob_escape(name), type=kind) for name, kind in self.segment.events.items())
        return EventRules((*self.events, *named), {tool.id: tool.competency for tool in self.tools})

    def competency_names(self) -> dict[str, str]:
        """Competency ids with their names in the plan."""
        return {competency.id: competency.name or competency.id for competency in self.competencies}

    def stage_names(self) -> Mapping[str, str]:
        """Growth stage ids with their names in the plan, from the first to the last."""
        return self._stages

    @cached_property
    def _stages(self) -> Mapping[str, str]:
        return {stage.id: stage.name or stage.id for stage in self.growth_stages}

    def playbook_names(self) -> dict[str, str]:
        """Playbook ids with the names the team reads."""
        return {playbook.id: playbook.name or playbook.id for playbook in self.playbooks}

    def shown_traits(self) -> frozenset[str]:
        """The traits of a customer that its own token may read."""
        return frozenset(one.name for one in self.traits if one.of == "customer" and one.customer_sees)

    def tool_names(self) -> dict[str, str]:
        """Tool ids with the names people read."""
        return {tool.id: tool.name or tool.id for tool in self.tools}

    def impact_of(self, event_type: str, tool: str | None, section: str | None, *, success: bool = True) -> Impact:
        """The impact of an event whose sender named none."""
        return default_impact(event_type, success=success, key_section=(tool, section) in self._key_sections)

    @cached_property
    def _key_sections(self) -> frozenset[tuple[str | None, str | None]]:
        return frozenset((tool.id, section) for tool in self.tools for section in tool.key_sections)
