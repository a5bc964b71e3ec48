"""Proves that the standing, which is kept event by event, is what the events add up to."""

from __future__ import annotations

from typing import NamedTuple

from psycopg import Connection

from milepost.store.queries import load

_SQL = load("milepost.insights", "verify.sql")


class Differing(NamedTuple):
    """A UTC day on which something kept of so many customers is not what their events say."""

    what: str
    day: str
    customers: int


class StandingProof(NamedTuple):
    """What `verify_standing` found: nothing differs where `differing` is empty and `totals` is 0.

    `totals`: customers whose totals are not the sum of their days. `snapshots`: settled customers whose snapshot is not
    what their insights are.
    """

    customers: int
    customer_days: int
    differing: list[Differing]
    totals: int
    snapshots: int


def verify_standing(connection: Connection) -> StandingProof:
    """Compares by customer and UTC day, at one moment; writes nothing. Reads every event once for each comparison."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local timezone = 'UTC'")
        differing = [
            Differing(what, str(day), int(customers))
            for what in ("days", "competencies", "sessions", "private_outcomes")
            for day, customers in connection.execute(_SQL[what])
        ]
        (totals,) = connection.execute(_SQL["totals"]).fetchone() or (0,)
        (snapshots,) = connection.execute(_SQL["snapshots"]).fetchone() or (0,)
        customer_days, customers = connection.execute(_SQL["size"]).fetchone() or (0, 0)
    return StandingProof(int(customers), int(customer_days), differing, int(totals), int(snapshots))
