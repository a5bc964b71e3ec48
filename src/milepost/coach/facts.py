"""What is known of customers when the coach looks at them: facts by name, from one source after another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, LiteralString

import msgspec
import psycopg
from psycopg.rows import dict_row

from milepost.insights.settle import Settling
from milepost.plan import Plan
from milepost.plan.coach import FACTS, PREDICTION, EventsCondition
from milepost.store.queries import load

_SQL = load("milepost.coach", "facts.sql")
EVENTS: Final[LiteralString] = _SQL["events"]
#: A number, a yes or no, a word; None where it is not known.
Value = float | bool | str | None

_RECENT_DAYS: Final = 28
#: An older prediction is of another week than the one it would be read in.
_FRESH: Final = timedelta(days=8)
#: The counted kinds by the event that is one, and the column of their last day.
_KINDS: Final = {
    "do:export_action": "exports",
    "do:resource_generation": "resources_created",
    "do:resource_share": "resources_shared",
    "do:competency_milestone": "milestones",
}


class Known(msgspec.Struct, frozen=True):
    """A customer as the coach sees them. `recent`: steps (`tool:x`, `do:kind`) taken in the last 28 days. `segments`:
    those they are in, of the ones that playbooks name."""

    facts: Mapping[str, Value]
    recent: frozenset[str]
    counts: dict[EventsCondition, int] = {}
    segments: frozenset[str] = frozenset()


def read_known(connection: psycopg.Connection, settling: Settling) -> dict[str, Known]:
    """Everything but counts of events, which `count_events` adds where they are asked for."""
    asked = {"customers": settling.customers, "now": settling.now, "today": settling.today}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["standing"], asked).fetchall()
    likely = _predictions(connection, settling)
    known = {}
    for row in rows:
        about = known_of(row, settling.plan, settling.today)
        if told := likely.get(row["customer_id"]):
            about = msgspec.structs.replace(about, facts={**about.facts, **told})
        known[row["customer_id"]] = about
    return known


def _predictions(connection: psycopg.Connection, settling: Settling) -> dict[str, dict[str, Value]]:
    """By customer, what is predicted of them, where a playbook asks for any of it; nothing older than a week."""
    facts = {condition.fact or "" for playbook in settling.plan.playbooks for condition in playbook.when}
    if not any(fact.startswith(PREDICTION) for fact in facts):
        return {}
    found: dict[str, dict[str, Value]] = {}
    asked = {"customers": settling.customers, "since": settling.today - _FRESH}
    for customer, target, probability in connection.execute(_SQL["predictions"], asked):
        found.setdefault(customer, {})[f"{PREDICTION}{target}"] = probability
    return found


def known_of(row: Mapping[str, Any], plan: Plan, today: date) -> Known:
    """What a row of `standing`, or one of a day in the past that has its names (replay.sql), says of a customer."""
    return Known(_facts(row, plan, today), _recent(row, today), {})


def count_events(
    connection: psycopg.Connection, settling: Settling, condition: EventsCondition, known: Mapping[str, Known]
) -> None:
    """Counts a condition's events for these customers, into their `counts`."""
    for customer, count in connection.execute(EVENTS, asked_of_events(condition, list(known), settling.today)):
        known[customer].counts[condition] = count


def asked_of_events(condition: EventsCondition, customers: list[str], today: date) -> dict[str, Any]:
    """The parameters of EVENTS."""
    return {
        "customers": customers,
        "event_type": condition.event_type,
        "tool": condition.tool,
        "section": condition.section,
        "since": today - timedelta(days=condition.last_days - 1) if condition.last_days else None,
        "today": today,
        # One more than is allowed says all there is to say.
        "most": condition.at_least if condition.at_least is not None else (condition.at_most or 0) + 1,
    }


def _facts(row: Mapping[str, Any], plan: Plan, today: date) -> dict[str, Value]:
    facts: dict[str, Value] = {name: row[name] for name in FACTS if name in row}
    facts["points_28"] = round((row["systematic_progression_rate"] or 0) * 4)
    scores: dict[str, float] = row["competency_scores"] or {}
    for competency in plan.competencies:
        facts[f"competency.{competency.id}"] = scores.get(competency.id)
    for part in row["score_components"] or ():
        facts[f"part.{part['name']}"] = part["value"]
    last_used = {tool: date.fromisoformat(day) for tool, day in row["tools"].items()}
    names = plan.tool_names()
    own = [tool for tool in names if tool in last_used]
    facts["tools_total"] = len(names)
    facts["tools_used"] = len(own)
    facts["tools_30"] = sum(0 <= (today - last_used[tool]).days < 30 for tool in own)
    facts["untried_tool"] = next((tool for tool in names if tool not in last_used), None)
    weakest = row["weakest_competency"]
    facts["weakest_score"] = scores.get(weakest) if weakest else None
    facts["weakest_tool"] = next((t.id for t in plan.tools if weakest and t.competency == weakest), None)
    return facts | _names(facts, plan)


def _names(facts: Mapping[str, Value], plan: Plan) -> dict[str, Value]:
    """`<fact>_name` for what names a tool, a competency or a growth stage, as people call it."""
    names = plan.tool_names() | plan.competency_names()
    said: dict[str, Value] = {}
    for fact in ("untried_tool", "weakest_tool", "weakest_competency"):
        word = facts.get(fact)
        said[f"{fact}_name"] = names.get(str(word)) if word is not None else None
    stage = facts.get("growth_stage")
    # An earlier plan may have had it.
    said["growth_stage_name"] = plan.stage_names().get(str(stage), str(stage)) if stage is not None else None
    return said


def _recent(row: Mapping[str, Any], today: date) -> frozenset[str]:
    days = {f"tool:{tool}": date.fromisoformat(day) for tool, day in row["tools"].items()}
    days |= {step: row[column] for step, column in _KINDS.items() if row[column] is not None}
    return frozenset(step for step, day in days.items() if (today - day).days < _RECENT_DAYS)
