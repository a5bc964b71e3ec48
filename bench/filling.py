"""A database with a past: customers, their events, offline actions and choices, all through the real triggers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
from rich.console import Console

from milepost.store.queries import load

_SQL = load("bench", "filling.sql")
#: Customers in one insert.
_SLICE = 1_000
#: Slices at once.
_AT_ONCE = 2
_OPTIONS = "-c timezone=UTC -c jit=off -c synchronous_commit=off"
_TABLES = (
    "public.behavior_events",
    "milepost.sessions",
    "public.customer_actions",
    "milepost.standing",
    "milepost.customer_days",
    "milepost.competency_days",
    "milepost.customers",
    "milepost.traits",
)


def fill(
    dsn: str, *, customers: int, sessions: int, days: int, now: datetime, console: Console, traits: int = 0
) -> int:
    """`customers` with about `sessions` sessions of four events each in the last `days`, and so many traits; answers
    how many events."""
    began, events = time.monotonic(), 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        firsts = range(0, customers, _SLICE)
        filled = pool.map(
            lambda first: _slice(dsn, first, min(_SLICE, customers - first), sessions, days, traits, now), firsts
        )
        for first, count in zip(firsts, filled, strict=True):
            events += count
            if first % (20 * _SLICE) == 0:
                console.print(f"[dim]{min(first + _SLICE, customers):,} of {customers:,} customers[/dim]")
    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection:
        connection.execute(_SQL["trait_names"], {"traits": traits})
        # What the column store would follow is no part of this.
        connection.execute("select milepost.clean_event_changes(%s)", (now + timedelta(days=1),))
        for table in _TABLES:
            connection.execute(f"vacuum analyze {table}")
    seconds = time.monotonic() - began
    console.print(f"Filled with {customers:,} customers and {events:,} events in {seconds:.0f} s.")
    return events


def _slice(dsn: str, first: int, n: int, sessions: int, days: int, traits: int, now: datetime) -> int:
    """A slice of customers; answers how many events."""
    values = {"first": first, "n": n, "days": days, "now": now}
    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection:
        events = connection.execute(_SQL["events"], values | {"sessions": sessions}).rowcount
        for name in ("names", "actions", "opt_in"):
            connection.execute(_SQL[name], values)
        connection.execute(_SQL["traits"], values | {"traits": traits})
    return events
