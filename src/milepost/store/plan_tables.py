"""Keeps the database's copy of the tracking plan, and rebuilds what a change of it changes."""

from __future__ import annotations

import hashlib

import msgspec
import psycopg

from milepost.plan import Plan
from milepost.vocabulary import EVENT_TYPES, IMPACTS

#: Customers rebuilt in one transaction: few, so that ingest of theirs waits only shortly.
_SLICE = 200


def apply_plan(connection: psycopg.Connection, plan: Plan) -> bool:
    """Writes the plan into the database; True when its points changed, so that the standing was rebuilt.

    Scores are computed when they are read, so only points need rebuilding. Safe to call from every server start.
    """
    document, digest, points = _tables(plan)
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('milepost.plan'))")
        current = connection.execute("select hash from milepost.plan").fetchone()
        if current is not None and current[0] == digest:
            return False
        connection.execute(
            "insert into milepost.plan (hash, document) values (%s, %s) on conflict (only_one) do update"
            " set hash = excluded.hash, document = excluded.document, applied_at = now()",
            (digest, document),
        )
        before = connection.execute("select event_type, impact, points from milepost.plan_points").fetchall()
        if set(before) == set(points):
            return False
        connection.execute("delete from milepost.plan_points")
        with connection.cursor() as cursor:
            cursor.executemany("insert into milepost.plan_points values (%s, %s, %s)", points)
        if before:
            # In the same transaction, so that nobody ever sees totals of two plans mixed.
            recompute(connection)
        return bool(before)


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
        found = connection.execute(
            "select array_agg(customer_id) from (select customer_id from milepost.standing where customer_id > %s"
            " order by customer_id limit %s) as s",
            (last, _SLICE),
        ).fetchone()
        if found is None or found[0] is None:
            return done
        customers = found[0]
        connection.execute("select milepost.recompute(%s)", (customers,))
        last, done = customers[-1], done + len(customers)


def pin_customer(connection: psycopg.Connection, customer_id: str) -> None:
    """Gives a customer an insights row before its first event (MILEPOST_ADMIN_CUSTOMER_ID)."""
    connection.execute(
        "insert into milepost.standing (customer_id, pinned) values (%s, true)"
        " on conflict (customer_id) do update set pinned = true where not milepost.standing.pinned",
        (customer_id,),
    )
