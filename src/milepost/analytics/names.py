"""Who is who: conditions on ids and insights become the numbers by which the column store knows people."""

from __future__ import annotations

from typing import Literal

from psycopg import sql

from milepost.analytics.asking import Filter
from milepost.errors import InvalidRequest
from milepost.plan.predictions import GOES_QUIET
from milepost.store.database import Database, DictConnection
from milepost.store.predicted import check_target, predicted_of, target_of
from milepost.store.queries import load

Whose = Literal["customer", "user"]

_SQL = load("milepost.analytics", "names.sql")
#: A text that is a number; more digits in the exponent than any figure of ours has would only cost time.
_NUMBER = sql.SQL(r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$")
_SIGNS = {"above": sql.SQL(">"), "at_least": sql.SQL(">="), "below": sql.SQL("<"), "at_most": sql.SQL("<=")}
#: A breakdown by id carries every id into the statement.
_MOST_IDS = 200_000

#: Columns of behavior_insights that are stored as they are: read without working out what depends on the day.
_STORED = (
    "total_events",
    "total_sessions",
    "total_tool_sessions",
    "total_exports_generated",
    "total_resources_created",
    "total_resources_shared",
    "total_milestones",
    "high_impact_events",
    "medium_impact_events",
    "low_impact_events",
    "total_points",
    "professional_credibility",
    "total_actions",
)
_WORKED_OUT = (
    "current_scaling_score",
    "score_coverage",
    "systematic_progression_rate",
    "professional_credibility_trend",
    "active_weeks",
    "points_last_14_days",
    "points_14_days_before",
    "inconsistent_system_usage",
    "low_business_impact_actions",
    "low_impact_share",
)
#: Stored too, but under another name or form.
_FORMED: dict[str, sql.Composable] = {
    "current_arr": sql.SQL("substr(i.current_arr_latest, 57)"),
    "target_arr": sql.SQL("substr(i.target_arr_latest, 57)"),
    "growth_stage": sql.SQL("substr(i.growth_stage_latest, 57)"),
    "days_since_last_activity": sql.SQL(
        "case when i.last_event_at is not null"
        " then greatest(0, floor(extract(epoch from now() - i.last_event_at) / 86400))::integer end"
    ),
    "going_quiet": predicted_of(sql.Identifier("i", "customer_id"), GOES_QUIET, sql.SQL("now()")),
}
#: The score of one of the plan's competencies: `insight.competency.ID`.
COMPETENCY = "competency."
#: Every other name that `insight.NAME` takes.
INSIGHTS: tuple[str, ...] = (*_WORKED_OUT, *_STORED, *_FORMED)


def is_of_customer(field: str) -> bool:
    """Whether a condition on it is one on customers that PostgreSQL answers by their numbers."""
    return field == "customer_id" or field.startswith("insight.") or target_of(field) is not None


async def numbers_of(database: Database, condition: Filter) -> list[int]:
    """The numbers of customers (`is_of_customer`) or users (`user_id`) for which a condition holds.

    Only those with a value are asked: `is_not`, `not_contains` and `is_not_set` are for the caller to turn around.
    """
    values: dict[str, object] = {}
    holds = _holds(condition, values)
    if condition.field == "customer_id":
        query = sql.SQL(_SQL["of_customers"]).format(holds=holds, number=_NUMBER)
    elif condition.field == "user_id":
        query = sql.SQL(_SQL["of_users"]).format(holds=holds, number=_NUMBER)
    else:
        name, target = condition.field.removeprefix("insight."), target_of(condition.field)
        if name in _WORKED_OUT or name.startswith(COMPETENCY):
            settled, worked_out = _day_columns(name)
            query = sql.SQL(_SQL["of_settled_insights"]).format(
                holds=holds, number=_NUMBER, settled=settled, worked_out=worked_out
            )
        else:
            column = _FORMED.get(name, sql.Identifier("i", name))
            if target is not None:
                column = predicted_of(sql.Identifier("i", "customer_id"), target, sql.SQL("now()"))
            query = sql.SQL(_SQL["of_insights"]).format(holds=holds, number=_NUMBER, column=column)
    async with database.transaction() as connection:
        await _check_competency(connection, condition.field)
        if (target := target_of(condition.field)) is not None:
            await check_target(connection, target, "filters")
        rows = await (await connection.execute(query, values)).fetchall()
    return sorted(int(str(row["number"])) for row in rows)


async def _check_competency(connection: DictConnection, field: str) -> None:
    """Raises InvalidRequest for the score of a competency that the plan does not have."""
    competency = field.removeprefix("insight.").removeprefix(COMPETENCY)
    if f"insight.{COMPETENCY}{competency}" != field:
        return
    known = [str(row["id"]) for row in await (await connection.execute(_SQL["competencies"])).fetchall()]
    if competency not in known:
        raise InvalidRequest(
            f"The plan has no competency {competency!r}. It has {', '.join(known) or 'none'}.", field="filters"
        )


def _day_columns(name: str) -> tuple[sql.Composable, sql.Composable]:
    """Where a snapshot has it, and where insights_on has it: a competency's score is in a JSON object of all."""
    if not name.startswith(COMPETENCY):
        return sql.Identifier("i", name), sql.Identifier("i", name)
    competency = sql.Literal(name.removeprefix(COMPETENCY))
    settled, worked_out = sql.SQL("i.competency_scores ->> {}"), sql.SQL("i.competencies ->> {}")
    return settled.format(competency), worked_out.format(competency)


async def ids_of(database: Database, whose: Whose) -> tuple[list[int], list[str]]:
    """Everybody's number and id, side by side. Raises InvalidRequest where there are too many to break down by."""
    async with database.transaction() as connection:
        cursor = await connection.execute(_SQL["ids"], {"kind": whose, "most": _MOST_IDS + 1})
        rows = await cursor.fetchall()
    if len(rows) > _MOST_IDS:
        raise InvalidRequest(
            f"There are more than {_MOST_IDS:,} {whose}s: too many for a breakdown by {whose}_id."
            " Filter, and ask who is behind the bar.",
            field="breakdown",
        )
    return [int(str(row["number"])) for row in rows], [str(row["id"]) for row in rows]


def _holds(condition: Filter, values: dict[str, object]) -> sql.Composable:
    """The condition, as if it were the one it turns around."""
    match condition.op:
        case "is" | "is_not":
            values["texts"] = [value for value in condition.values if isinstance(value, str)]
            values["figures"] = [float(value) for value in condition.values if not isinstance(value, str)]
            return sql.SQL("coalesce(v, '') = any(%(texts)s) or n = any(%(figures)s::numeric[])")
        case "contains" | "not_contains":
            values["texts"] = [as_text(value) for value in condition.values]
            return sql.SQL(
                "exists (select from unnest(%(texts)s::text[]) as t where position(lower(t) in lower(v)) > 0)"
            )
        case "is_set" | "is_not_set":
            return sql.SQL("v <> ''")
    values["limit"] = condition.values[0]
    return sql.SQL("n {} %(limit)s::numeric").format(_SIGNS[condition.op])


def as_text(value: str | float) -> str:
    """A filter's value as it would stand in a text: 5, not 5.0."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) else str(value)
