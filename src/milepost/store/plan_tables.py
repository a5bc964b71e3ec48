"""Keeps the database's copy of the tracking plan, and rebuilds what a change of it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import msgspec
import psycopg

from milepost.plan import Plan
from milepost.store.queries import load
from milepost.store.retry import retried
from milepost.vocabulary import EVENT_TYPES, IMPACTS, SCORE_VERSION

_SQL = load("milepost.store", "recompute.sql")

#: Customers rebuilt in one transaction: few, so that ingest of theirs waits only shortly.
_SLICE = 200


def apply_plan(connection: psycopg.Connection, plan: Plan) -> bool:
    """Writes the plan into the database; True when its points or scores changed, so that customers are to be rescored.

    Quick, and safe to call from every server start: each customer keeps the version it has until `rescore`, or the
    server's settling, comes to it. A plan that stood before gets its version back. Raises psycopg.Error.
    """
    tables = _tables(plan)

    def write() -> bool:
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(hashtext('milepost.plan'))")
            current = connection.execute(_SQL["plan_hash"]).fetchone()
            if current is not None and current[0] == tables.hash:
                return False
            before = connection.execute(_SQL["current_version"]).fetchone()
            version = _version(connection, tables)
            values = {"hash": tables.hash, "document": tables.document, "version": version}
            connection.execute(_SQL["store_plan"], values)
            connection.execute(_SQL["settle_all_again"])
            _map_names(connection, plan)
            if current is None:
                # Events may be older than anything that counts them.
                recompute(connection)
            return before is None or before[0] != version

    return retried(connection, write)


def _map_names(connection: psycopg.Connection, plan: Plan) -> None:
    """Names that were sent before mean what this plan's rules say, but for those somebody has said by hand."""
    names = [str(name) for (name,) in connection.execute(_SQL["names_by_rule"])]
    means = [plan.name_means(name) for name in names]
    columns = (
        [one and one.type for one in means],
        [one and one.tool for one in means],
        [one and one.competency for one in means],
        [one and one.impact for one in means],
    )
    connection.execute(_SQL["map_names"], (names, *columns))


def _version(connection: psycopg.Connection, tables: _Tables) -> int:
    values = {"document": tables.document, "scores_hash": tables.scores_hash, "score_version": SCORE_VERSION}
    if found := connection.execute(_SQL["version"], values).fetchone():
        return int(found[0])
    row = connection.execute(_SQL["store_version"], values).fetchone()
    assert row is not None
    with connection.cursor() as cursor:
        cursor.executemany(_SQL["store_points"], [(row[0], *points) for points in tables.points])
    return int(row[0])


def rescore(connection: psycopg.Connection, *, progress: Callable[[int], object] | None = None) -> int:
    """Brings every customer to the current plan, some at a time; answers how many. `progress` hears of each slice."""
    last, done = "", 0
    while found := connection.execute(_SQL["behind"], {"after": last, "most": _SLICE}).fetchall():
        customers = [customer for (customer,) in found]
        retried(connection, partial(connection.execute, _SQL["rescore"], (customers,)))
        last, done = customers[-1], done + len(customers)
        if progress is not None:
            progress(done)
    return done


def plan_as_text(plan: Plan) -> str:
    """The plan as SQL, for a database that is set up by hand."""
    tables = _tables(plan)
    quoted = tables.document.replace("'", "''")
    values = ",\n  ".join(f"(1, '{kind}', '{impact}', {number})" for kind, impact, number in tables.points)
    return (
        f"insert into milepost.plans (score_version, hash, document) values ({SCORE_VERSION}, "  # noqa: S608 -- quoted
        f"'{tables.scores_hash}', "
        f"'{quoted}');\n"
        f"insert into milepost.plan (hash, document, plan_version) values ('{tables.hash}', '{quoted}', 1);\n"
        f"insert into milepost.plan_points (plan_version, event_type, impact, points) values\n  {values};"
    )


class _Tables(NamedTuple):
    """The plan as JSON, its hash, the hash of what points and scores depend on, the points by event type and impact."""

    document: str
    hash: str
    scores_hash: str
    points: list[tuple[str, str, int]]


def _tables(plan: Plan) -> _Tables:
    document = msgspec.json.encode(plan).decode()
    tools, competencies = [tool.id for tool in plan.tools], [competency.id for competency in plan.competencies]
    scored = msgspec.json.encode(
        [SCORE_VERSION, tools, competencies, plan.points, plan.scoring, plan.risk], order="sorted"
    )
    points: list[tuple[str, str, int]] = [
        (kind, impact, plan.points_of(kind, impact)) for kind in EVENT_TYPES for impact in IMPACTS
    ]
    return _Tables(document, _hash(document.encode()), _hash(scored), points)


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


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
