"""Reads recommendations: a customer's own, and the team's queue, paged by key."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import sql

from milepost.coach.said import LEARNED, Queue, Queued, Recommendation, Recommendations, Which
from milepost.errors import InvalidRequest, NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.coach", "read.sql")
#: The queue counts no further: a person pages through fewer.
MOST_COUNTED: Final = 1_000

_OPEN = sql.SQL("closed_at is null and expires_at > %(now)s")
_WHICH: Final[dict[Which, sql.SQL]] = {
    "open": _OPEN,
    "made": sql.SQL("state = 'made' and expires_at > %(now)s"),
    "shown": sql.SQL("state = 'shown' and expires_at > %(now)s"),
    "accepted": sql.SQL("state = 'accepted' and expires_at > %(now)s"),
    "dismissed": sql.SQL("state = 'dismissed'"),
    "done": sql.SQL("state = 'done'"),
    "expired": sql.SQL("state = 'expired'"),
    "all": sql.SQL("true"),
}


async def read_open(connection: DictConnection, customer_id: str, *, now: datetime) -> Recommendations:
    """A customer's open recommendations, best first. Raises NotFound for a customer nothing is known of."""
    asked = {"customer_id": customer_id, "now": now}
    rows = await (await connection.execute(_SQL["open"], asked)).fetchall()
    if not rows and await (await connection.execute(_SQL["known"], asked)).fetchone() is None:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")
    return Recommendations(customer_id, [recommendation(row, now) for row in rows])


async def read_best(
    connection: DictConnection, customers: Sequence[str], *, now: datetime
) -> dict[str, Recommendation]:
    """The best open one of each of these customers who has any."""
    rows = await (await connection.execute(_SQL["best"], {"customers": list(customers), "now": now})).fetchall()
    return {str(row["customer_id"]): recommendation(row, now) for row in rows}


async def read_history(
    connection: DictConnection, customer_id: str, *, now: datetime, limit: int
) -> list[Recommendation]:
    """What became of a customer's earlier ones, newest first."""
    asked = {"customer_id": customer_id, "now": now, "limit": limit}
    rows = await (await connection.execute(_SQL["history"], asked)).fetchall()
    return [recommendation(row, now) for row in rows]


async def read_one(
    connection: DictConnection, customer_id: str, recommendation_id: UUID, *, now: datetime
) -> Recommendation:
    """Raises NotFound for one that is not this customer's, or was held out."""
    asked = {"customer_id": customer_id, "recommendation_id": recommendation_id}
    row = await (await connection.execute(_SQL["one"], asked)).fetchone()
    if row is None:
        raise NotFound("This customer has no such recommendation.", field="recommendation_id")
    return recommendation(row, now)


async def count_open(connection: DictConnection, *, now: datetime) -> int:
    """How many recommendations are open, counted up to MOST_COUNTED."""
    asked = {"now": now, "most": MOST_COUNTED}
    row = await (await connection.execute(sql.SQL(_SQL["queue_count"]).format(which=_OPEN), asked)).fetchone()
    return int(str(row["total"])) if row else 0


async def read_queue(
    connection: DictConnection,
    *,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
    which: Which = "open",
    playbook: str | None = None,
) -> Queue:
    """A page of everybody's recommendations, best first. Raises InvalidRequest for a cursor that is not ours."""
    asked: dict[str, Any] = {"now": now, "limit": limit + 1, "playbook": playbook, "most": MOST_COUNTED}
    wanted: sql.Composable = _WHICH[which]
    if playbook is not None:
        wanted = sql.SQL("{} and playbook = %(playbook)s").format(wanted)
    behind: sql.Composable = sql.SQL("true")
    if cursor is not None:
        asked["rank"], asked["made_at"], asked["id"] = _decode(cursor)
        behind = sql.SQL("(rank, made_at, recommendation_id) < (%(rank)s::float8, %(made_at)s, %(id)s)")
    query = sql.SQL(_SQL["queue"]).format(which=wanted, behind=behind)
    rows = await (await connection.execute(query, asked)).fetchall()
    count = await (await connection.execute(sql.SQL(_SQL["queue_count"]).format(which=wanted), asked)).fetchone()
    following = _encode(rows[limit - 1]) if len(rows) > limit else None
    items = [msgspec.convert(_plain(row, now), Queued) for row in rows[:limit]]
    return Queue(items, int(str(count["total"])) if count else 0, following)


def recommendation(row: dict[str, Any], now: datetime) -> Recommendation:
    """A stored row as it is told."""
    return msgspec.convert(_plain(row, now), Recommendation)


def _plain(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    # What ran out since it was settled last is written as expired with the next settling; it is so already.
    over = row["closed_at"] is None and row["expires_at"] <= now
    playbook = None if row["playbook"] == LEARNED else row["playbook"]
    return row | {"playbook": playbook, "state": "expired" if over else row["state"]}


def _encode(row: dict[str, object]) -> str:
    place = msgspec.json.encode([row["rank"], row["made_at"], row["recommendation_id"]])
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _decode(cursor: str) -> tuple[float, datetime, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        rank, at, row_id = msgspec.json.decode(text, type=tuple[float, datetime, UUID])
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
    if at.tzinfo is None:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor")
    return rank, at, row_id
