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
    document = msgspec.json.encode(plan)
    digest = hashlib.sha256(document).hexdigest()
    points = [(kind, impact, plan.points_of(kind, impact)) for kind in EVENT_TYPES for impact in IMPACTS]
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('milepost.plan'))")
        current = connection.execute("select hash from milepost.plan").fetchone()
        if current is not None and current[0] == digest:
            return False
        connection.execute(
            "insert into milepost.plan (hash, document) values (%s, %s) on conflict (only_one) do update"
            " set hash = excluded.hash, document = excluded.document, applied_at = now()",
            (digest, document.decode()),
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
