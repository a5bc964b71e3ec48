"""Customers by their figures, in the list: conditions on what is counted and worked out of their events."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from psycopg import sql

from milepost.errors import InvalidRequest
from milepost.plan.predictions import GOES_QUIET
from milepost.store.database import DictConnection
from milepost.store.predicted import check_target, predicted_of, target_of

_SIGNS: Final = {"above": sql.SQL(">"), "at_least": sql.SQL(">="), "below": sql.SQL("<"), "at_most": sql.SQL("<=")}
_OF_STANDING: Final = (
    "total_events", "total_sessions", "total_exports_generated", "total_resources_created", "total_resources_shared",
    "total_milestones", "total_points", "total_actions",
)  # fmt: skip
#: As of the last settling.
_OF_SNAPSHOTS: Final = (
    "current_scaling_score", "score_coverage", "systematic_progression_rate", "active_weeks", "points_last_14_days",
)  # fmt: skip
_NOW: Final = sql.SQL("%(now)s::timestamptz")
_KEYS: Final[Mapping[str, sql.Composable]] = {
    **{name: sql.Identifier("s", name) for name in _OF_STANDING},
    **{name: sql.Identifier("n", name) for name in _OF_SNAPSHOTS},
    "days_since_last_activity": sql.SQL(
        "greatest(0, floor(extract(epoch from %(now)s::timestamptz - s.last_event_at) / 86400))"
    ),
    # As the list's column has it: nothing older than a week.
    "going_quiet": predicted_of(sql.Identifier("s", "customer_id"), GOES_QUIET, _NOW),
}
#: What customers may be filtered by, as `insight.NAME`: a part of what a question knows. `prediction.ID` beside it.
FIGURES: Final = (*_KEYS,)


class FigureCondition(NamedTuple):
    """A condition on a figure of a customer: operators as in a question's filter, values as numbers."""

    name: str
    op: str
    values: tuple[float, ...]

    @property
    def settled(self) -> bool:
        """Whether the snapshot has it."""
        return self.name in _OF_SNAPSHOTS


def figure_condition(name: str, op: str, values: Sequence[str | float], at: str) -> FigureCondition:
    """Raises InvalidRequest for a figure that the list does not have, and for what no number can be asked."""
    if name not in _KEYS and target_of(name) is None:
        names = ", ".join(_KEYS)
        raise InvalidRequest(
            f"Customers are filtered by trait.NAME, prediction.ID, and insight.NAME of {names}.", field=f"{at}.field"
        )
    if op in ("contains", "not_contains"):
        raise InvalidRequest("A number contains nothing: use is, above, at_least, below or at_most.", field=f"{at}.op")
    try:
        numbers = tuple(float(value) for value in values)
    except ValueError:
        numbers = (math.nan,)
    if not all(map(math.isfinite, numbers)):
        raise InvalidRequest("A figure is compared with numbers: give one.", field=f"{at}.values")
    return FigureCondition(name, op, numbers)


async def check_targets(connection: DictConnection, filters: Sequence[FigureCondition]) -> None:
    """Raises InvalidRequest for a prediction that the plan does not ask for."""
    for one in filters:
        if (target := target_of(one.name)) is not None:
            await check_target(connection, target, "filters")


def conditions(filters: Sequence[FigureCondition]) -> list[sql.Composable]:
    """A condition on `s` and `n` for each. Who has no such figure is never above or below anything, and not any."""
    return [_condition(one, sql.Placeholder(f"figure{place}")) for place, one in enumerate(filters)]


def values_of(filters: Sequence[FigureCondition]) -> dict[str, object]:
    """What the conditions take."""
    return {f"figure{place}": list(one.values) for place, one in enumerate(filters)}


def _condition(one: FigureCondition, values: sql.Placeholder) -> sql.Composable:
    target = target_of(one.name)
    key = _KEYS[one.name] if target is None else predicted_of(sql.Identifier("s", "customer_id"), target, _NOW)
    match one.op:
        case "is":
            return sql.SQL("{} = any({}::float8[])").format(key, values)
        case "is_not":
            return sql.SQL("({} = any({}::float8[])) is not true").format(key, values)
        case "is_set":
            return sql.SQL("{} is not null").format(key)
        case "is_not_set":
            return sql.SQL("{} is null").format(key)
    return sql.SQL("{} {} ({}::float8[])[1]").format(key, _SIGNS[one.op], values)
