"""Keeps the database's copy of the tracking plan, and rebuilds what a change of it changes."""

from __future__ import annotations

import hashlib
from functools import partial

import msgspec
import psycopg

from milepost.plan import Plan
from milepost.store.queries import load
from milepost.store.retry import retried
from milepost.vocabulary import EVENT_TYPES, IMPACTS

_SQL = load("milepost.store", "recompute.sql")

#: Customers rebuilt in one transaction: few, so that ingest of theirs waits only shortly.
_SLICE = 200


def apply_plan(connection: psycopg.Connection, plan: Plan) -> bool:
    """Writes the plan into the database; True when its points changed, so that the standing was rebuilt.

    Scores are computed when they are read, so only points need rebuilding; ingest waits meanwhile. Safe to call from
    every server start. Raises psycopg.Error.
    """
    document, digest, points = _tables(plan)

    def write() -> bool:
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(hashtext('milepost.plan'))")
            current = connection.execute(_SQL["plan_hash"]).fetchone()
            if current is not None and current[0] == digest:
                return False
            connection.execute(_SQL["store_plan"], {"hash": digest, "document": document})
            before = connection.execute(_SQL["points"]).fetchall()
            if set(before) == set(points):
                return False
            connection.execute(_SQL["hold_folding"])
            connection.execute(_SQL["forget_points"])
            with connection.cursor() as cursor:
                cursor.executemany(_SQL["store_points"], points)
            # In the same transaction, so that nobody ever sees totals of two plans mixed.
            return recompute(connection) > 0

    return retried(connection, write)


def plan_as_text(plan: Plan) -> str:
    """The plan as SQL, for a database that is set up by hand."""
    document, digest, points = _tables(plan)
    quoted = document.replace("'", "''")
    values = ",\n  ".join(f"('{kind}', '{impact}', {number})" for kind, impact, number in points)
    return (
        f"insert into milepost.plan (hash, document) values ('{digest}', '{quoted}');\n"  # noqa: S608 -- quoted above
        f"insert into milepost.plan_points (event_type, impact, points) values\n  {values};"
    )


def _tables(plan: Plan) -> tuple[str, str, list[tuple[str, str, int]]]:
    """The plan as JSON, its hash, and the points of every event type and impact."""
    document = msgspec.json.encode(plan).decode()
    points: list[tuple[str, str, int]] = [
        (kind, impact, plan.points_of(kind, impact)) for kind in EVENT_TYPES for impact in IMPACTS
    ]
    return document, hashlib.sha256(document.encode()).hexdigest(), points


def recompute(connection: psycopg.Connection) -> int:
    """Builds every customer's standing anew from the events; answers how many customers. Exact at any moment:
    each slice of customers is locked while it is rebuilt, and ingest adds to the result."""
    last, done = "", 0
    while True:
        found = connection.execute(_SQL["next_customers"], {"after": last, "most": _SLICE}).fetchall()
        if not found:
            return done
        customers = [customer for (customer,) in found]
        retried(connection, partial(connection.execute, _SQL["recompute"], (customers,)))
        last, done = customers[-1], done + len(customers)


def pin_customer(connection: psycopg.Connection, customer_id: str) -> None:
    """Gives a customer an insights row before its first event (MILEPOST_ADMIN_CUSTOMER_ID)."""
    connection.execute(_SQL["pin"], (customer_id,))
