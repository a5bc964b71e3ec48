"""Reads recommendations as their customer does; the team's queue is in queue.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from milepost.coach.said import LEARNED, Recommendation, Recommendations
from milepost.errors import NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.coach", "read.sql")


async def read_open(connection: DictConnection, customer_id: str, *, now: datetime) -> Recommendations:
    """A customer's open recommendations, best first. Raises NotFound for a customer nothing is known of."""
    asked = {"customer_id": customer_id, "now": now}
    rows = await (await connection.execute(_SQL["open"], asked)).fetchall()
    if not rows and await (await connection.execute(_SQL["known"], asked)).fetchone() is None:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")
    return Recommendations(customer_id, [recommendation(row, now) for row in rows])


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


def recommendation(row: dict[str, Any], now: datetime) -> Recommendation:
    """A stored row as it is told."""
    return msgspec.convert(plain(row, now), Recommendation)


def plain(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    # What ran out since it was settled last is written as expired with the next settling; it is so already.
    over = row["closed_at"] is None and row["expires_at"] <= now
    playbook = None if row["playbook"] == LEARNED else row["playbook"]
    return row | {"playbook": playbook, "state": "expired" if over else row["state"]}
