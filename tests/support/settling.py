"""Settling to the end, for tests and benchmarks that want everybody's figures at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg

from milepost.insights.settle import SettlingStep, settle


def settle_all(
    connection: psycopg.Connection, steps: Sequence[SettlingStep], *, now: datetime, limit: int = 200
) -> int:
    """Settles until nobody is waiting; answers how many customers, each as often as it was settled."""
    done, after = 0, ""
    while True:
        batch = settle(connection, steps, now=now, limit=limit, after=after)
        done, after = done + batch.customers, batch.last
        if not batch.more and not batch.customers:
            return done
