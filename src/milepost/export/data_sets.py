"""What can be exported: each data set with its version, its key, and a line on every column.

Each is a view of the schema `reporting` (store/routines/views/reporting), with the columns in this order; events are
read from their table (data_sets.sql). docs/export.md lists them, and a test holds it and the views to this file.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from milepost.errors import InvalidRequest

#: `json`: a text that is JSON, as PostgreSQL writes it. `time`: microseconds of UTC. `day`: a date.
Kind = Literal["text", "integer", "number", "boolean", "time", "day", "json"]


class Column(msgspec.Struct, frozen=True):
    """`name`, its `kind`, and a line on what it means."""

    name: str
    kind: Kind
    says: str


class DataSet(msgspec.Struct, frozen=True, kw_only=True):
    """`version` goes up when a column changes its meaning or goes; a new column at the end does not change it.
    `key`: what names a row. `time`: the column that a period is a condition on, None where there is none. `follows`:
    an increment holds only what changed; the others are written whole each time."""

    name: str
    says: str
    version: int = 1
    key: tuple[str, ...]
    time: str | None
    follows: bool = False
    columns: tuple[Column, ...]


#: Stand in front of the others wherever an export follows: what became of the row, and in which run of its folder.
CHANGE: Final = Column(
    "_change", "text", "`upsert`: the row as it is now; `delete`: it is no more, and has only its key"
)
RUN: Final = Column(
    "_run", "integer", "The run of this folder that wrote the row; of several of one key, the last counts"
)

_CUSTOMER: Final = Column("customer_id", "text", "The customer")

_EVENTS: Final = DataSet(
    name="events",
    says="Every online event that stands: what was sent, and whose it is now",
    key=("event_id",),
    time="timestamp",
    follows=True,
    columns=(
        Column("event_id", "text", "The event's UUID"),
        Column("customer_id", "text", "Whose it is by the ties that stand now"),
        Column("user_id", "text", "The user, where one is known"),
        Column("anonymous_id", "text", "The visitor's id in their browser"),
        Column("session_id", "text", "The session it was part of"),
        Column("event_type", "text", "What the plan counts it as"),
        Column("event_name", "text", "What its sender calls it"),
        Column("actor_type", "text", "Who acted: `person`, `service` or `agent`"),
        Column("tool_id", "text", "The tool it happened in"),
        Column("tool_section", "text", "The part of that tool"),
        Column("business_impact", "text", "`low`, `medium` or `high`"),
        Column("competency_area", "text", "The competency it counts for"),
        Column("current_arr", "text", "Annual recurring revenue, as the sender put it"),
        Column("target_arr", "text", "The revenue aimed for, as the sender put it"),
        Column("growth_stage", "text", "The customer's stage, as the sender put it"),
        Column("event_metadata", "json", "What else was sent with it"),
        Column("session_duration", "integer", "Milliseconds since its session began, as the sender says"),
        Column("time_on_page", "integer", "Milliseconds on the page, as the sender says"),
        Column("page_url", "text", "The page's address"),
        Column("referrer", "text", "The page before it"),
        Column("device_type", "text", "`desktop`, `mobile`, `tablet`, `server` or `other`"),
        Column("browser", "text", "The browser"),
        Column("ip_address", "text", "The sender's address; only with MILEPOST_STORE_IP"),
        Column("timestamp", "time", "When it happened"),
        Column("received_at", "time", "When it was received"),
        Column("retention_days", "integer", "Days after which it is deleted"),
        Column("anonymized", "boolean", "Whether its person was erased from it"),
        Column("customer_source", "text", "How the customer is known: `sent`, `user` or `guess`"),
        Column("user_source", "text", "How the user is known: `sent`, `anonymous` or `merged`"),
        Column("sent_user_id", "text", "The user that was sent, where it is merged into another"),
        Column("is_bot", "boolean", "Whether a crawler sent it: such events count for nothing"),
    ),
)

_SESSIONS: Final = DataSet(
    name="sessions",
    says="Every session, summed up",
    key=("customer_id", "session_id"),
    time="started_at",
    columns=(
        _CUSTOMER,
        Column("session_id", "text", "The session's id"),
        Column("user_id", "text", "Its first known user"),
        Column("started_at", "time", "Its first event"),
        Column("ended_at", "time", "Its last event so far"),
        Column("session_duration", "integer", "Milliseconds from the first to the last event"),
        Column("events_count", "integer", "Its events"),
        Column("tools_accessed", "json", "A list of the tools used"),
        Column("primary_tool", "text", "The tool with the most events"),
        Column("exports_generated", "integer", "Its export actions"),
        Column("competency_points_earned", "integer", "The points of its events"),
        Column("device_type", "text", "The device it began on"),
        Column("browser", "text", "The browser it began in"),
        Column("referrer_source", "text", "Where it came from: `direct`, `search` and so on"),
    ),
)

_CUSTOMERS: Final = DataSet(
    name="customers",
    says="Every customer that has a name, a trait, an event or an offline action, as they are now",
    key=("customer_id",),
    time=None,
    columns=(
        _CUSTOMER,
        Column("name", "text", "What they are called"),
        Column("traits", "json", "Their traits now, by name"),
        Column("tags", "json", "A list of the team's tags"),
        Column("total_events", "integer", "Events that count"),
        Column("total_sessions", "integer", "Sessions"),
        Column("total_points", "integer", "Points by the plan"),
        Column("total_actions", "integer", "Offline actions"),
        Column("first_event_at", "time", "Their first event"),
        Column("last_event_at", "time", "Their last event"),
        Column("settled_on", "day", "The UTC day that the next four columns are of"),
        Column("current_scaling_score", "number", "The score, 0 to 100; null: not enough data"),
        Column("systematic_progression_rate", "number", "A quarter of the points of 28 days"),
        Column("professional_credibility_trend", "text", "`improving`, `stable` or `declining`"),
        Column("competency_scores", "json", "The score of each competency, by its id"),
    ),
)

_PEOPLE: Final = DataSet(
    name="people",
    says="Every user of whom something was told, as they are now",
    key=("user_id",),
    time=None,
    columns=(
        Column("user_id", "text", "The person"),
        Column("customer_id", "text", "The customer they belong to now, by `group`; null: to none"),
        Column("name", "text", "Their trait `name`"),
        Column("traits", "json", "Their traits now, by name"),
    ),
)

_INSIGHTS: Final = DataSet(
    name="insights",
    says="A customer's insights on every settled day, the last one included",
    key=("customer_id", "plan_version", "day"),
    time="day",
    columns=(
        _CUSTOMER,
        Column("plan_version", "integer", "The version of the plan that the figures are by"),
        Column("day", "day", "The UTC day at whose end it was so; the last one may be under way"),
        Column("current_scaling_score", "number", "The score, 0 to 100, to seven digits; null: not enough data"),
        Column("systematic_progression_rate", "number", "A quarter of the points of 28 days"),
        Column("competencies", "number", "That part of the score, 0 to 100; so are the next ones"),
        Column("breadth", "number", "How many of the tools and competencies are used"),
        Column("lately", "number", "How much of late (since score version 3)"),
        Column("consistency", "number", "How regularly (score versions before 3)"),
        Column("recency", "number", "How recently"),
        Column("momentum", "number", "More or less than before (score versions before 3)"),
        Column("habit", "number", "How close to the customer's own habit (since score version 3)"),
        Column("outcomes", "number", "What came of it"),
        Column("weakest_competency", "text", "The competency with the lowest score"),
        Column("professional_credibility_trend", "text", "`improving`, `stable` or `declining`"),
        Column("inconsistent_system_usage", "boolean", "Whether that risk was there"),
        Column("low_business_impact_actions", "boolean", "Whether that risk was there"),
    ),
)

_ACTIONS: Final = DataSet(
    name="actions",
    says="Every offline action: calls, workshops, deals",
    key=("action_id",),
    time="timestamp",
    columns=(
        Column("action_id", "text", "The action's UUID"),
        _CUSTOMER,
        Column("user_id", "text", "Who took part"),
        Column("action_type", "text", "What it was"),
        Column("role", "text", "`intervention` or `outcome`"),
        Column("description", "text", "In words"),
        Column("competency_area", "text", "The competency it counts for"),
        Column("business_impact", "text", "`low`, `medium` or `high`"),
        Column("value", "number", "What it was worth"),
        Column("currency", "text", "The value's currency, three letters"),
        Column("action_metadata", "json", "What else was sent with it"),
        Column("source", "text", "Where it was recorded"),
        Column("timestamp", "time", "When it happened"),
        Column("received_at", "time", "When it was recorded"),
        Column("private", "boolean", "Whether it is the team's alone"),
    ),
)

_RECOMMENDATIONS: Final = DataSet(
    name="recommendations",
    says="Every recommendation, and what became of it; those held out for comparison too",
    key=("recommendation_id",),
    time="made_at",
    columns=(
        Column("recommendation_id", "text", "The recommendation's UUID"),
        _CUSTOMER,
        Column("source", "text", "`playbook` or `learned`"),
        Column("playbook", "text", "The playbook that made it"),
        Column("plan_version", "integer", "By which version of the plan"),
        Column("rank", "number", "What the queue is ordered by, the highest first"),
        Column("title", "text", "Its title"),
        Column("action", "text", "What the customer is asked to do"),
        Column("reason", "text", "Why"),
        Column("tool_id", "text", "With which tool"),
        Column("competency", "text", "For which competency"),
        Column("held_out", "boolean", "Never shown: made to compare with"),
        Column("state", "text", "`made`, `shown`, `accepted`, `dismissed`, `done` or `expired`"),
        Column("made_at", "time", "When it was made"),
        Column("shown_at", "time", "When it was first shown"),
        Column("accepted_at", "time", "When it was accepted"),
        Column("dismissed_at", "time", "When it was dismissed"),
        Column("done_at", "time", "When it was done"),
        Column("expires_at", "time", "Until when it is open"),
        Column("closed_at", "time", "Since when it is not"),
        Column("points_before", "integer", "Points in the days before it was made"),
        Column("points_after", "integer", "Points in as many days after; null: they are not over"),
        Column("moved_up", "boolean", "Whether the customer did more after it"),
        Column("assignee", "text", "The member who does it, by e-mail address"),
        Column("team_ended", "text", "How the team ended it: `done` or `dismissed`"),
        Column("team_ended_at", "time", "When it did"),
        Column("team_why", "text", "Why it was dismissed"),
    ),
)

_PREDICTIONS: Final = DataSet(
    name="predictions",
    says="How likely each of the plan's targets is for each customer, or the score expected, as last predicted",
    key=("target", "customer_id"),
    time="as_of",
    columns=(
        Column("target", "text", "What is predicted"),
        _CUSTOMER,
        Column("as_of", "day", "As of the beginning of this UTC day"),
        Column("probability", "number", "How likely, 0 to 1; null: the target is a score"),
        Column("reasons", "json", "The strongest reasons first"),
        Column("model_id", "integer", "The model that says so"),
        Column("model_trained_at", "time", "When that learned"),
        Column("score", "number", "The score that is expected; null: the target is a probability"),
        Column("low", "number", "80 of 100 scores lie between this"),
        Column("high", "number", "and this"),
    ),
)

DATA_SETS: Final = {
    one.name: one
    for one in (
        _EVENTS, _SESSIONS, _CUSTOMERS, _PEOPLE, _INSIGHTS, _ACTIONS, _RECOMMENDATIONS, _PREDICTIONS,
    )
}  # fmt: skip


def data_set(name: str) -> DataSet:
    """Raises InvalidRequest for one that is not there."""
    if name not in DATA_SETS:
        raise InvalidRequest(
            f"There is no data set {name[:80]!r} to export. There are {', '.join(DATA_SETS)}.", field="data_set"
        )
    return DATA_SETS[name]
