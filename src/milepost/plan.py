"""The tracking plan: loads `milepost.toml`, checks it, and says by line what is wrong and how to mend it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path

import msgspec

from milepost import plan_coach, plan_game
from milepost.errors import PlanError
from milepost.vocabulary import (
    DEFAULT_RETENTION_DAYS,
    EVENT_TYPES,
    IMPACTS,
    MAX_RETENTION_DAYS,
    MAX_WORD_LENGTH,
    EventType,
    Impact,
    default_impact,
)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


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


class Points(_Table, frozen=True):
    """Points of an event = `base[event type] * weight[impact]`, whole numbers."""

    base: dict[EventType, int]
    weight: dict[Impact, int]


class Components(_Table, frozen=True):
    """Weights of the scaling score's parts, in any unit: only their proportions count."""

    competencies: float = 20
    breadth: float = 10
    consistency: float = 40
    recency: float = 25
    momentum: float = 5
    outcomes: float = 20


class Scoring(_Table, frozen=True):
    """Parameters of the scores; `docs/scores.md` has the formulas."""

    half_life_days: float = 90
    saturation_points: float = 120
    dead_band: float = 0.1
    trend_min_points: int = 5
    consistency_half_life_weeks: float = 2
    recency_half_life_days: float = 5
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


class SegmentEvents(_Table, frozen=True, dict=True):
    """What the names of Segment's `track` calls are in our words, by name; case does not matter."""

    events: dict[str, EventType] = {}

    def type_of(self, name: str) -> EventType | None:
        """The type of a call with that name; None where the plan says nothing of it."""
        return self._by_lower_name.get(name.lower())

    @cached_property
    def _by_lower_name(self) -> dict[str, EventType]:
        # Backwards, so that of two names that differ in case alone the first is taken.
        return {key.lower(): event_type for key, event_type in reversed(self.events.items())}


class Plan(_Table, frozen=True, kw_only=True, dict=True):
    """A whole tracking plan."""

    version: int
    name: str = "Tracking plan"
    tools: tuple[Tool, ...]
    competencies: tuple[Competency, ...]
    points: Points
    scoring: Scoring = Scoring()
    risk: Risk = Risk()
    history: History = History()
    retention: Retention = Retention()
    segment: SegmentEvents = SegmentEvents()
    coach: plan_coach.Coach = plan_coach.Coach()
    playbooks: tuple[plan_coach.Playbook, ...] = ()
    game: plan_game.Game = plan_game.Game()
    badges: tuple[plan_game.Badge, ...] = plan_game.DEFAULT_BADGES

    def points_of(self, event_type: EventType, impact: Impact) -> int:
        return self.points.base[event_type] * self.points.weight[impact]

    def competency_names(self) -> dict[str, str]:
        """Competency ids with their names in the plan."""
        return {competency.id: competency.name or competency.id for competency in self.competencies}

    def playbook_names(self) -> dict[str, str]:
        """Playbook ids with the names the team reads."""
        return {playbook.id: playbook.name or playbook.id for playbook in self.playbooks}

    def tool_names(self) -> dict[str, str]:
        """Tool ids with the names people read."""
        return {tool.id: tool.name or tool.id for tool in self.tools}

    def impact_of(self, event_type: str, tool: str | None, section: str | None, *, success: bool = True) -> Impact:
        """The impact of an event whose sender named none."""
        return default_impact(event_type, success=success, key_section=(tool, section) in self._key_sections)

    @cached_property
    def _key_sections(self) -> frozenset[tuple[str | None, str | None]]:
        return frozenset((tool.id, section) for tool in self.tools for section in tool.key_sections)


def load_plan(path: Path | None = None) -> Plan:
    """Reads the plan at `path`, else ./milepost.toml, else the default that ships with Milepost.

    Raises PlanError, its message naming the file, the line and the fix.
    """
    if path is None and Path("milepost.toml").is_file():
        path = Path("milepost.toml")
    if path is None:
        return parse_plan(resources.files("milepost").joinpath("plan.toml").read_text("utf-8"), "the default plan")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read ({error}). Check the path and that it is UTF-8.") from error
    return parse_plan(text, str(path))


def parse_plan(text: str, name: str) -> Plan:
    """Parses and checks a plan's text; `name` is how errors call it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{name}: not valid TOML: {error}.", field="toml") from error
    try:
        plan = msgspec.convert(document, Plan)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at ")
        raise _fault(text, name, where.rpartition("$")[2].strip("`."), message) from error
    for path, message in _faults(plan):
        raise _fault(text, name, path, message)
    return plan


def _faults(plan: Plan) -> list[tuple[str, str]]:
    """Every rule the types cannot say, as (path, what is wrong and how to mend it)."""
    faults: list[tuple[str, str]] = []
    if plan.version != 1:
        faults.append(("version", f"version {plan.version} is not known; this Milepost reads version 1"))
    competencies = [competency.id for competency in plan.competencies]
    faults += _names("competencies", competencies)
    faults += _names("tools", [tool.id for tool in plan.tools])
    for index, tool in enumerate(plan.tools):
        if tool.competency is not None and tool.competency not in competencies:
            known = ", ".join(competencies)
            faults.append((f"tools[{index}].competency", f"{tool.competency!r} is no competency; known are {known}"))
        for section in tool.key_sections:
            if section not in tool.sections:
                faults.append((f"tools[{index}].key_sections", f"{section!r} is not among the tool's sections; add it"))
    for table, wanted, given in (
        ("points.base", EVENT_TYPES, plan.points.base),
        ("points.weight", IMPACTS, plan.points.weight),
    ):
        for word in wanted:
            if word not in given:
                faults.append((table, f"{word} is missing; give it a whole number of points"))
        faults += [(f"{table}.{k}", f"is {v}; points are 0 to 1000") for k, v in given.items() if not 0 <= v <= 1000]
    scoring = plan.scoring
    for key, value, low, high in (
        ("scoring.half_life_days", scoring.half_life_days, 1, 3650),
        ("scoring.saturation_points", scoring.saturation_points, 1, 1e9),
        ("scoring.dead_band", scoring.dead_band, 0, 1),
        ("scoring.consistency_half_life_weeks", scoring.consistency_half_life_weeks, 0.1, 520),
        ("scoring.recency_half_life_days", scoring.recency_half_life_days, 0.1, 3650),
        ("scoring.outcome_saturation", scoring.outcome_saturation, 0.1, 1e9),
        ("risk.active_weeks", plan.risk.active_weeks, 0, 8),
        ("risk.low_impact_share", plan.risk.low_impact_share, 0, 1),
        ("history.days", plan.history.days, 1, 3650),
        ("retention.days", plan.retention.days, 1, MAX_RETENTION_DAYS),
    ):
        if not low <= value <= high:
            faults.append((key, f"is {value}; it takes {low:g} to {high:g}"))
    weights = msgspec.structs.asdict(scoring.components)
    if any(weight < 0 for weight in weights.values()) or sum(weights.values()) <= 0:
        faults.append(("scoring.components", "weights are 0 or more, and at least one is above 0"))
    faults += plan_coach.faults(plan.coach, plan.playbooks, list(plan.tool_names()), competencies)
    faults += plan_game.faults(plan.game, plan.badges, competencies, list(plan.tool_names()))
    return faults


def _names(table: str, ids: Sequence[str]) -> list[tuple[str, str]]:
    faults = []
    for index, word in enumerate(ids):
        if not _ID.match(word) or len(word) > MAX_WORD_LENGTH:
            fix = "use letters, digits, '-', '_' and '.', starting with a letter or digit"
            faults.append((f"{table}[{index}].id", f"{word!r} is no id; {fix}"))
        elif word in ids[:index]:
            faults.append((f"{table}[{index}].id", f"{word!r} is there twice; remove one"))
    return faults


def _fault(text: str, name: str, path: str, message: str) -> PlanError:
    line = line_of(text, path)
    return PlanError(f"{name}, line {line}: {path or 'the plan'}: {message}.", field=path or None)


def line_of(text: str, path: str) -> int:
    """The line of a path such as `tools[1].competency`: its key, else the table it would stand in."""
    best, table, seen = 1, "", dict[str, int]()

    def placed(name: str) -> str:
        """A table's name with the number of each list it stands in: `playbooks.when` is in the last playbook so far."""
        outer, dot, inner = name.rpartition(".")
        outer = placed(outer) if outer else ""
        whole = f"{outer}{dot}{inner}"
        return f"{whole}[{seen[whole]}]" if whole in seen else whole

    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if header := re.match(r"\[\[\s*([\w.\-]+)\s*\]\]", stripped):
            outer, dot, inner = header[1].rpartition(".")
            whole = f"{placed(outer) if outer else ''}{dot}{inner}"
            seen[whole] = seen.get(whole, -1) + 1
            table = where = f"{whole}[{seen[whole]}]"
        elif header := re.match(r"\[\s*([\w.\-]+)\s*\]", stripped):
            table = where = placed(header[1])
        elif key := re.match(r"([\w\-]+)\s*=", stripped):
            where = f"{table}.{key[1]}" if table else key[1]
        else:
            continue
        if path == where:
            return number
        if path.startswith((where + ".", where + "[")):
            best = number
    return best
