"""Tells who enters the likeliest (docs/messages.md)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.rows import dict_row

from milepost.store.queries import load

_SQL = load("milepost.predict", "telling.sql")


class News(NamedTuple):
    """What a message needs beside the prediction. A customer is told of once in `horizon_days`."""

    label: str
    horizon_days: int
    now: datetime


class LikelyCustomer(msgspec.Struct, frozen=True):
    """`probability` of `target` within `horizon_days` from `as_of` on; `reasons`: sentences, the strongest first."""

    customer_id: str
    target: str
    label: str
    horizon_days: int
    probability: float
    as_of: date
    reasons: list[str]


def tell(connection: psycopg.Connection[Any], target: str, *, as_of: date, news: News) -> int:
    """Puts a message into the outbox for each who is among the likeliest now and was not at last; answers how many. To
    be called in a transaction, with what is said now in the temporary table `said`, before it replaces what was said.
    """
    asked = {"target": target, "now": news.now, "days": news.horizon_days}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["entered"], asked).fetchall()
    for row in rows:
        data = LikelyCustomer(
            row["customer_id"], target, news.label, news.horizon_days, row["probability"], as_of, row["reasons"]
        )
        said = msgspec.json.encode(data).decode()
        connection.execute(_SQL["tell"], {**asked, "customer": data.customer_id, "data": said})
    return len(rows)
