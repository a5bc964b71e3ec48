"""Settling: a moment after a commit, what lists, filters, the history, the game and the coach keep is brought up to it.

Reading one customer works everything out at that moment. What sorts, filters or remembers cannot: it is settled, in
batches of customers, when something changed of them and once on every new UTC day (docs/decisions/0009).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import msgspec
import psycopg

from milepost.plan import Plan
from milepost.store.queries import load
from milepost.vocabulary import SCORE_VERSION

_SQL = load("milepost.insights", "settle.sql")


class Settling(NamedTuple):
    """What a step is given, all of it in one transaction. `customers` have a standing; `now` is aware."""

    customers: list[str]
    now: datetime
    plan: Plan
    plan_version: int

    @property
    def today(self) -> date:
        """The UTC day."""
        return self.now.astimezone(UTC).date()


#: Derives what it keeps of these customers from what is stored, and writes it; the same again changes nothing.
Step = Callable[[psycopg.Connection, Settling], None]


class Settled(NamedTuple):
    """`customers`: how many were settled. `last`: give it to the next call as `after`. `more`: some are waiting."""

    customers: int
    last: str
    more: bool


def settle(
    connection: psycopg.Connection, steps: Sequence[Step], *, now: datetime, limit: int = 200, after: str = ""
) -> Settled:
    """Settles a batch: changed customers from `after` on, then such as are due. One settles at a time; while another
    process does, none are. Holds no lock that ingest waits for, but for the moment in which the marks are taken off.

    `connection` must be in autocommit, outside a transaction. Raises psycopg.Error; then nothing was changed.
    """
    today = now.astimezone(UTC).date()
    asked = {"after": after, "most": limit, "today": today}
    customers = _ids(connection, "unsettled", asked)
    last = customers[-1] if len(customers) == limit else ""
    if len(customers) < limit:
        due = _ids(connection, "due", asked | {"most": limit})
        customers = sorted({*customers, *due[: limit - len(customers)]})
    if not customers:
        return Settled(0, last, more=bool(after))
    behind = _ids(connection, "behind", {"customers": customers})
    # In a transaction of its own: it holds the customers' rows.
    if behind:
        connection.execute(_SQL["rescore"], (behind,))
    with connection.transaction():
        if not _one(connection, "alone")[0]:
            return Settled(0, after, more=False)
        plan = read_plan(connection)
        if plan is None:
            return Settled(0, last, more=False)
        taken = connection.execute(_SQL["taken"], {"customers": customers}).fetchall()
        settling = Settling([row[0] for row in taken], now, *plan)
        _insights(connection, settling, [row[2] for row in taken])
        for step in steps:
            step(connection, settling)
        changes = [row[1] for row in taken]
        connection.execute(_SQL["settled"], {"customers": settling.customers, "changes": changes})
    return Settled(len(taken), last, more=len(customers) >= limit or bool(after))


def settle_all(connection: psycopg.Connection, steps: Sequence[Step], *, now: datetime, limit: int = 200) -> int:
    """Settles until nobody is waiting; answers how many customers, each as often as it was settled."""
    done, after = 0, ""
    while True:
        batch = settle(connection, steps, now=now, limit=limit, after=after)
        done, after = done + batch.customers, batch.last
        if not batch.more and not batch.customers:
            return done


def mark_everybody(connection: psycopg.Connection) -> int:
    """Has everything of every customer written anew; answers how many customers."""
    return connection.execute(_SQL["mark_everybody"]).rowcount


def unsettled(connection: psycopg.Connection) -> int:
    """How many customers changed and wait for their turn."""
    return int(_one(connection, "waiting")[0])


def read_plan(connection: psycopg.Connection) -> tuple[Plan, int] | None:
    """The plan the database has, and its version; None before there is one."""
    row = connection.execute(_SQL["plan"]).fetchone()
    return None if row is None else (msgspec.convert(row[0], Plan), int(row[1]))


def forget_history(
    connection: psycopg.Connection, *, before: date, most: int = 10_000, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Deletes the history of days before one, in small transactions; answers how many rows went."""
    gone = 0
    while not stopped():
        deleted = connection.execute(_SQL["expired_history"], {"before": before, "most": most}).rowcount
        gone += deleted
        if deleted < most:
            break
    return gone


def _insights(connection: psycopg.Connection, settling: Settling, changed: list[date | None]) -> None:
    values = {
        "customers": settling.customers,
        "changed": changed,
        "today": settling.today,
        "now": settling.now,
        "history": settling.plan.history.days,
        "plan_version": settling.plan_version,
        "score_version": SCORE_VERSION,
    }
    for name in ("forget_history", "write_history", "write_snapshots"):
        connection.execute(_SQL[name], values)


def _ids(connection: psycopg.Connection, name: str, values: dict[str, Any]) -> list[str]:
    return [customer for (customer,) in connection.execute(_SQL[name], values)]


def _one(connection: psycopg.Connection, name: str) -> tuple[Any, ...]:
    row = connection.execute(_SQL[name]).fetchone()
    assert row is not None
    return row
