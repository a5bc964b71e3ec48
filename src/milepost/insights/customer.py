"""One customer: insights with their explanation, events, sessions, offline actions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from milepost.errors import NotFound
from milepost.insights.cursor import decode_place, encode_place
from milepost.insights.early import why_no_score
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.vocabulary import SCORE_VERSION, ActionRole, ActorType, DeviceType, EventType, Impact, Trend

_SQL = load("milepost.insights", "read.sql")
T = TypeVar("T")
#: JSON as somebody sent it: the OpenAPI document knows `Any` for that, not `object`.
JsonObject = dict[str, Any]
Milliseconds = Annotated[int, Meta(description="Milliseconds.")]


class Component(msgspec.Struct):
    """A part of the scaling score; contributions add up to the score."""

    name: str
    weight: float
    value: Annotated[float | None, Meta(description="0-100; null: no data, its weight goes to the others.")]
    contribution: float | None


class CompetencyScore(msgspec.Struct):
    """score = 100 * (1 - exp(-faded / saturation)); `faded` are the points that still count."""

    competency: str
    points: int
    faded: float
    score: float
    last_day: date | None


class Insights(msgspec.Struct, kw_only=True):
    """What the view behavior_insights says of a customer, true as of `as_of`. None means: not enough data."""

    customer_id: str
    as_of: datetime
    score_version: int
    plan_version: Annotated[int, Meta(description="The version of the tracking plan that these points are based on.")]
    current_scaling_score: float | None
    #: Why there is no score, where there is none.
    score_reason: str | None = None
    score_coverage: float | None
    score_components: list[Component] | None
    systematic_progression_rate: float
    professional_credibility_trend: Trend | None
    points_last_14_days: int
    points_14_days_before: int
    competencies: list[CompetencyScore]
    total_events: int
    total_sessions: int
    total_tool_sessions: int
    total_exports_generated: int
    total_resources_created: int
    total_resources_shared: int
    total_milestones: int
    high_impact_events: int
    medium_impact_events: int
    low_impact_events: int
    total_points: int
    professional_credibility: int
    current_arr: str | None
    target_arr: str | None
    growth_stage: str | None
    first_event_at: datetime | None
    last_activity_timestamp: datetime | None
    last_session_timestamp: datetime | None
    days_since_last_activity: int | None
    active_weeks: int
    inconsistent_system_usage: bool | None
    low_business_impact_actions: bool | None
    low_impact_share: float | None
    next_recommended_actions: list[JsonObject]
    total_actions: int
    last_action_at: datetime | None


class Event(msgspec.Struct, kw_only=True):
    """A stored event."""

    event_id: UUID
    customer_id: str
    user_id: str | None
    anonymous_id: str | None
    session_id: str | None
    event_type: EventType
    #: What its sender calls it.
    event_name: str | None
    actor_type: ActorType
    tool_id: str | None
    tool_section: str | None
    business_impact: Impact
    competency_area: str | None
    current_arr: str | None
    target_arr: str | None
    growth_stage: str | None
    event_metadata: JsonObject
    session_duration: Milliseconds | None
    time_on_page: Milliseconds | None
    page_url: str | None
    referrer: str | None
    device_type: DeviceType | None
    browser: str | None
    timestamp: datetime
    received_at: datetime
    retention_days: int
    anonymized: bool
    is_bot: bool


class Session(msgspec.Struct, kw_only=True):
    """A stored session, from its first to its last event."""

    session_id: str
    customer_id: str
    user_id: str | None
    started_at: datetime
    ended_at: datetime
    session_duration: Milliseconds
    events_count: int
    tools_accessed: list[str]
    primary_tool: str | None
    exports_generated: int
    competency_points_earned: int
    device_type: DeviceType | None
    browser: str | None
    referrer_source: str | None


class Action(msgspec.Struct, kw_only=True):
    """A stored offline action. A private one is the team's alone: with a customer's token there are none."""

    action_id: UUID
    customer_id: str
    user_id: str | None
    action_type: str
    role: ActionRole
    description: str | None
    competency_area: str | None
    business_impact: Impact
    value: float | None
    currency: str | None
    action_metadata: JsonObject
    source: str | None
    timestamp: datetime
    received_at: datetime
    private: bool


class Customer(msgspec.Struct):
    """A customer's name and traits with the insights; a customer's own token is told the traits that the plan shows."""

    customer_id: str
    name: str | None
    traits: JsonObject
    insights: Insights


class Page(msgspec.Struct, Generic[T]):
    """`next` is the cursor of the following page, None on the last."""

    items: list[T]
    next: str | None


async def read_insights(connection: DictConnection, customer_id: str, *, now: datetime) -> Insights:
    """Raises NotFound for a customer nothing is known of."""
    row = await (await connection.execute(_SQL["insights"], {"customer_id": customer_id})).fetchone()
    if row is None:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")
    row = dict(row)
    row["competencies"] = await (
        await connection.execute(_SQL["competencies"], {"customer_id": customer_id, "today": now.date()})
    ).fetchall()
    row |= {"as_of": now, "score_version": SCORE_VERSION}
    found = msgspec.convert(row, Insights)
    found.score_reason = why_no_score(found.current_scaling_score, found.first_event_at, now)
    return found


async def read_customer(connection: DictConnection, customer_id: str, *, now: datetime) -> Customer:
    """Raises NotFound for a customer nothing is known of."""
    insights = await read_insights(connection, customer_id, now=now)
    row = await (await connection.execute(_SQL["customer"], {"customer_id": customer_id})).fetchone() or {}
    name = row.get("name")
    return Customer(customer_id, None if name is None else str(name), {}, insights)


async def read_events(
    connection: DictConnection,
    customer_id: str,
    *,
    limit: int = 50,
    cursor: str | None = None,
    event_type: EventType | None = None,
) -> Page[Event]:
    """A customer's events, newest first. Raises InvalidRequest for a foreign cursor."""
    rows, following = await _page(connection, "events", customer_id, limit, cursor, "timestamp", "event_id", event_type)
    return Page(msgspec.convert(rows, list[Event]), following)


async def read_sessions(
    connection: DictConnection, customer_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[Session]:
    """A customer's sessions, newest first. Raises InvalidRequest for a foreign cursor."""
    rows, following = await _page(connection, "sessions", customer_id, limit, cursor, "started_at", "session_id")
    return Page(msgspec.convert(rows, list[Session]), following)


async def read_actions(
    connection: DictConnection, customer_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[Action]:
    """A customer's offline actions, newest first. Raises InvalidRequest for a foreign cursor."""
    rows, following = await _page(connection, "actions", customer_id, limit, cursor, "timestamp", "action_id")
    for row in rows:
        row["value"] = None if row["value"] is None else float(str(row["value"]))
    return Page(msgspec.convert(rows, list[Action]), following)


async def _page(
    connection: DictConnection,
    question: str,
    customer_id: str,
    limit: int,
    cursor: str | None,
    time_column: str,
    id_column: str,
    event_type: str | None = None,
) -> tuple[list[Row], str | None]:
    before, before_id = decode_place(cursor, is_uuid=id_column != "session_id") if cursor else (None, None)
    values = {
        "customer_id": customer_id,
        "limit": limit + 1,
        "before": before,
        "before_id": before_id,
        "event_type": event_type,
    }
    rows = await (await connection.execute(_SQL[question], values)).fetchall()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_place(msgspec.convert(last[time_column], datetime), str(last[id_column]))
