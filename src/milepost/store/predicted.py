"""What is predicted of a customer, as a figure that lists, segments and questions ask for by `prediction.ID`."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from milepost.errors import InvalidRequest
from milepost.plan.coach import PREDICTION
from milepost.plan.ids import is_id
from milepost.plan.predictions import GOES_QUIET
from milepost.store.database import DictConnection

_TARGETS: Final = (
    "select item ->> 'id' as id from milepost.plan"
    " cross join lateral jsonb_array_elements(document #> '{predictions,targets}') as item"
)


def target_of(field: str) -> str | None:
    """The target that `prediction.ID` names; None for any other text."""
    target = field.removeprefix(PREDICTION)
    return target if field.startswith(PREDICTION) and is_id(target) else None


def predicted_of(customer: sql.Composable, target: str, now: sql.Composable) -> sql.Composable:
    """A probability, 0 to 1, or a score; null where nothing is predicted, or was more than a week ago."""
    return sql.SQL(
        "(select coalesce(q.probability, q.score) from milepost.predictions q where q.customer_id = {}"
        " and q.target = {} and q.as_of > {} - interval '8 days')"
    ).format(customer, sql.Literal(target), now)


async def check_target(connection: DictConnection, target: str, at: str) -> None:
    """Raises InvalidRequest for a target that the plan does not have."""
    known = [GOES_QUIET, *(str(row["id"]) for row in await (await connection.execute(_TARGETS)).fetchall())]
    if target not in known:
        raise InvalidRequest(f"{target!r} is no target of the plan; those are {', '.join(known)}.", field=at)
