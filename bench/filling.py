"""A database with a past: customers, their events, offline actions and choices, all through the real triggers."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import psycopg
from rich.console import Console

from milepost.store.queries import load

_SQL = load("bench", "filling.sql")
#: Customers in one insert.
_SLICE = 1_000
_TABLES = (
    "public.behavior_events",
    "milepost.sessions",
    "public.customer_actions",
    "milepost.standing",
    "milepost.customer_days",
    "milepost.competency_days",
    "milepost.customers",
)


def fill(dsn: str, *, customers: int, sessions: int, days: int, now: datetime, console: Console) -> int:
    """`customers` with about `sessions` sessions of four events each in the last `days`; answers how many events."""
    began, events = time.monotonic(), 0
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c jit=off") as connection:
        for first in range(0, customers, _SLICE):
            n = min(_SLICE, customers - first)
            values = {"first": first, "n": n, "days": days, "now": now}
            events += connection.execute(_SQL["events"], values | {"sessions": sessions}).rowcount
            connection.execute(_SQL["names"], values)
            connection.execute(_SQL["actions"], values)
            connection.execute(_SQL["opt_in"], values)
            if first % (20 * _SLICE) == 0:
                console.print(f"[dim]{first + n:,} of {customers:,} customers[/dim]")
        # What the column store would follow is no part of this.
        connection.execute("select milepost.clean_event_changes(%s)", (now + timedelta(days=1),))
        for table in _TABLES:
            connection.execute(f"vacuum analyze {table}")
    seconds = time.monotonic() - began
    console.print(f"Filled with {customers:,} customers and {events:,} events in {seconds:.0f} s.")
    return events
