"""Settling: a moment after a commit, what lists, filters, the history, the game and the coach keep is brought up to it.

Reading one customer works everything out at that moment. What sorts, filters or remembers cannot: it is settled, in
batches of customers, when something changed of them and once on every new UTC day (docs/decisions/0009).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import msgspec
import psycopg

from milepost.plan import Plan
from milepost.store.queries import load
from milepost.vocabulary import SCORE_VERSION

_log = logging.getLogger(__name__)
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
    process does, none are. Holds no lock that ingest waits for, but for the moment in which the marks are taken off;
    deleting a customer of the batch waits for it, or it for that, whichever began first.

    `connection` must be in autocommit, outside a transaction. Raises psycopg.Error; then nothing was changed.
    """
    customers, last = _choose(connection, now=now, limit=limit, after=after)
    if not customers:
        return Settled(0, last, more=bool(after))
    done = _settle(connection, steps, customers, now=now)
    if done is None:
        return Settled(0, after, more=False)
    return Settled(done, last, more=len(customers) >= limit or bool(after))


def settle_around(
    connection: psycopg.Connection, steps: Sequence[Step], *, now: datetime, limit: int = 200, after: str = ""
) -> Settled:
    """As `settle`, but one customer who cannot be settled does not keep everybody else from it: that one is logged, and
    tried again when something of it changes, or tomorrow. Raises psycopg.OperationalError where PostgreSQL is away.
    """
    try:
        return settle(connection, steps, now=now, limit=limit, after=after)
    except psycopg.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one, it is logged below
        _log.warning("a batch could not be settled, so its customers are one by one: %r", error)
    customers, last = _choose(connection, now=now, limit=limit, after=after)
    for customer in customers:
        try:
            _settle(connection, steps, [customer], now=now)
        except psycopg.OperationalError:
            raise
        except Exception:  # noqa: BLE001 -- logged, and the others go on
            _log.exception("customer %r cannot be settled; it is tried again when something of it changes", customer)
            connection.execute(_SQL["set_aside"], {"customer": customer, "today": now.astimezone(UTC).date()})
    return Settled(len(customers), last, more=True)


def _choose(connection: psycopg.Connection, *, now: datetime, limit: int, after: str) -> tuple[list[str], str]:
    """Whose turn it is, and after whom the next turn begins."""
    asked = {"after": after, "most": limit, "today": now.astimezone(UTC).date()}
    customers = _ids(connection, "unsettled", asked)
    if len(customers) == limit:
        return customers, customers[-1]
    due = _ids(connection, "due", asked)
    return sorted({*customers, *due[: limit - len(customers)]}), ""


def _settle(
    connection: psycopg.Connection, steps: Sequence[Step], customers: list[str], *, now: datetime
) -> int | None:
    """How many of them were there to be settled; None while another process settles, or before there is a plan."""
    # In a transaction of its own: it holds the customers' rows.
    if behind := _ids(connection, "behind", {"customers": customers}):
        connection.execute(_SQL["rescore"], (behind,))
    with connection.transaction():
        plan = read_plan(connection)
        if plan is None or not _one(connection, "alone")[0]:
            return None
        taken = connection.execute(_SQL["taken"], {"customers": customers}).fetchall()
        settling = Settling([row[0] for row in taken], now, *plan)
        _insights(connection, settling, [row[2] for row in taken])
        for step in steps:
            step(connection, settling)
        changes = [row[1] for row in taken]
        connection.execute(_SQL["settled"], {"customers": settling.customers, "changes": changes})
    return len(taken)


def settle_all(connection: psycopg.Connection, steps: Sequence[Step], *, now: datetime, limit: int = 200) -> int:
    """Settles until nobody is waiting; answers how many customers, each as often as it was settled."""
    done, after = 0, ""
    while True:
        batch = settle(connection, steps, now=now, limit=limit, after=after)
        done, after = done + batch.customers, batch.last
        if not batch.more and not batch.customers:
            return done


def mark_everybody(connection: psycopg.Connection, *, at_once: int = 1000) -> int:
    """Has everything of every customer written anew, so many in a transaction; answers how many customers."""
    marked, after = 0, ""
    while True:
        with connection.transaction():
            customers = _ids(connection, "hold", {"after": after, "most": at_once})
            connection.execute(_SQL["mark_anew"], {"customers": customers})
        marked += len(customers)
        if len(customers) < at_once:
            return marked
        after = customers[-1]


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
