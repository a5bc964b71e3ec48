"""Settling: a moment after a commit, what lists, filters, the history, the game and the coach keep is brought up to it.

Reading one customer works everything out at that moment. What sorts, filters or remembers cannot: it is settled, in
batches of customers, when something changed of them and once on every new UTC day (docs/decisions/0009).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from milepost.errors import Problem
from milepost.insights.aside import Aside
from milepost.plan import Plan
from milepost.store.queries import load
from milepost.vocabulary import SCORE_VERSION

_log = logging.getLogger(__name__)
_SQL = load("milepost.insights", "settle.sql")
#: Customers who were set aside and are tried again in one turn: the others wait meanwhile.
_MOST_AGAIN: Final = 20


class Pace(NamedTuple):
    """A customer who keeps changing is settled once in each `rest`, what costs more (game, new recommendations) is done
    once in each `slow_rest`, and its history is written once in each `history_rest`. The first change in one is settled
    at once; a new UTC day brings everything."""

    rest: timedelta
    slow_rest: timedelta
    history_rest: timedelta


#: Everything with every change, for whoever waits for it.
AT_ONCE: Final = Pace(timedelta(0), timedelta(0), timedelta(0))
#: Beside a server's other work.
STEADY: Final = Pace(timedelta(seconds=8), timedelta(seconds=16), timedelta(hours=1))


class Settling(NamedTuple):
    """What a step is given, all in one transaction. `customers` have a standing and a snapshot; for those of them in
    `slow` it is time to do what costs more, which is nobody while an import is under way; `now` is aware."""

    customers: list[str]
    now: datetime
    plan: Plan
    plan_version: int
    slow: list[str]

    @property
    def today(self) -> date:
        """The UTC day."""
        return self.now.astimezone(UTC).date()


#: Derives what it keeps of these customers from what is stored, and writes it; the same again changes nothing.
SettlingStep = Callable[[psycopg.Connection, Settling], None]


class PlanUnreadable(Problem):
    """The database's tracking plan cannot be read. A newer version of Milepost may have written it."""

    code = "plan_unreadable"


class Settled(NamedTuple):
    """`customers`: how many were settled. `last`: give it to the next call as `after`. `more`: some are waiting."""

    customers: int
    last: str
    more: bool


def settle(
    connection: psycopg.Connection,
    steps: Sequence[SettlingStep],
    *,
    now: datetime,
    limit: int = 200,
    after: str = "",
    without: Collection[str] = (),
    pace: Pace = AT_ONCE,
) -> Settled:
    """Settles a batch: changed customers from `after` on, then such as are due, `without` some. One settles at a time;
    while another process does, none are. Holds no lock that ingest waits for, but for the moment in which the marks are
    taken off; deleting a customer of the batch waits for it, or it for that, whichever began first.

    `connection` must be in autocommit, outside a transaction. Raises psycopg.Error and PlanUnreadable; then nothing
    was changed.
    """
    customers, last = _choose(connection, now=now, limit=limit, after=after, without=without, pace=pace)
    if not customers:
        return Settled(0, last, more=bool(after))
    done = _settle(connection, steps, customers, now=now, pace=pace)
    if done is None:
        return Settled(0, after, more=False)
    return Settled(done, last, more=len(customers) >= limit or bool(after))


def settle_around(
    connection: psycopg.Connection,
    steps: Sequence[SettlingStep],
    *,
    now: datetime,
    aside: Aside,
    limit: int = 200,
    after: str = "",
    pace: Pace = AT_ONCE,
) -> Settled:
    """As `settle`, but one customer who cannot be settled does not keep everybody else from it: that one is set
    `aside`, keeps its mark, and is tried again by itself when its time has come.

    Raises psycopg.OperationalError where PostgreSQL is away, and PlanUnreadable: neither is any customer's fault.
    """
    one_by_one = partial(_settle_alone, connection, steps, now=now, aside=aside, pace=pace)
    for customer in aside.due(now, _MOST_AGAIN):
        one_by_one(customer)
    try:
        return settle(connection, steps, now=now, limit=limit, after=after, without=aside, pace=pace)
    except Exception as error:
        if _is_nobodys_fault(connection, error):
            raise
        _log.warning("a batch could not be settled, so its customers are settled one by one: %r", error)
    customers, last = _choose(connection, now=now, limit=limit, after=after, without=aside, pace=pace)
    done = sum(one_by_one(customer) for customer in customers)
    return Settled(done, last, more=True)


def _settle_alone(
    connection: psycopg.Connection,
    steps: Sequence[SettlingStep],
    customer: str,
    *,
    now: datetime,
    aside: Aside,
    pace: Pace,
) -> int:
    """Answers how many customers were settled; one who cannot be is set aside."""
    try:
        done = _settle(connection, steps, [customer], now=now, pace=pace)
    except Exception as error:
        if _is_nobodys_fault(connection, error):
            raise
        aside.failed(customer, error, now)
        return 0
    if done is not None:
        aside.settled(customer)
    return done or 0


def _is_nobodys_fault(connection: psycopg.Connection, error: Exception) -> bool:
    """Whether it would be the same with any other customer."""
    return isinstance(error, (psycopg.OperationalError, PlanUnreadable)) or connection.closed


def _choose(
    connection: psycopg.Connection, *, now: datetime, limit: int, after: str, without: Collection[str], pace: Pace
) -> tuple[list[str], str]:
    """Whose turn it is, and after whom the next turn begins."""
    asked = {
        "after": after,
        # So many more than are wanted that enough are left without those.
        "most": limit + len(without),
        "today": now.astimezone(UTC).date(),
        "now": now,
        "rested": _rested(now, pace.rest),
        "slow_rested": _rested(now, pace.slow_rest),
    }
    customers = [name for name in _ids(connection, "unsettled", asked) if name not in without][:limit]
    if len(customers) == limit:
        return customers, customers[-1]
    others = _ids(connection, "due", asked) + _ids(connection, "following", asked)
    others = [name for name in others if name not in without]
    return sorted({*customers, *others[: limit - len(customers)]}), ""


def _rested(now: datetime, rest: timedelta) -> datetime:
    """Whoever was last settled by then may be again: the same for everybody, so that they come in few large batches."""
    if not rest:
        return now
    return now - (now - datetime(2000, 1, 1, tzinfo=UTC)) % rest - timedelta(microseconds=1)


def _settle(
    connection: psycopg.Connection, steps: Sequence[SettlingStep], customers: list[str], *, now: datetime, pace: Pace
) -> int | None:
    """How many of them were there to be settled; None while another process settles, or before there is a plan."""
    # In transactions of their own: they hold what the column store's loader writes, or the customers' rows.
    connection.execute(_SQL["number"], {"customers": customers})
    if behind := _ids(connection, "behind", {"customers": customers}):
        if not _finish_history(connection, behind):
            return None
        connection.execute(_SQL["rescore"], (behind,))
    with connection.transaction():
        plan = read_plan(connection)
        if plan is None or not _one(connection, "alone")[0]:
            return None
        taken = connection.execute(_SQL["taken"], {"customers": customers}).fetchall()
        settling = Settling([row[0] for row in taken], now, *plan, slow=[])
        slow = _insights(connection, settling, [row[2] for row in taken], pace)
        if slow and _one(connection, "importing")[0]:
            # Half of a file is no news, and says little: game and coach come to them when it is whole.
            connection.execute(_SQL["slow_waits"], {"customers": slow})
            slow = []
        for step in steps:
            step(connection, settling._replace(slow=slow))
        if slow:
            connection.execute(_SQL["slow_done"], {"customers": slow, "now": now})
        changes = [row[1] for row in taken]
        connection.execute(_SQL["settled"], {"customers": settling.customers, "changes": changes})
    return len(taken)


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
    """The plan the database has, and its version; None before there is one. Raises PlanUnreadable."""
    row = connection.execute(_SQL["plan"]).fetchone()
    if row is None:
        return None
    try:
        return msgspec.convert(row[0], Plan), int(row[1])
    except msgspec.ValidationError as error:
        raise PlanUnreadable(
            f"The database's tracking plan, version {row[1]}, cannot be read: {error}. A newer version of Milepost may"
            " have written it: start that one, or start this one again with a plan file of its own."
        ) from error


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


def _insights(connection: psycopg.Connection, settling: Settling, changed: list[date | None], pace: Pace) -> list[str]:
    """Writes the snapshots, and the history where it is time; answers for whom it is time to do what costs more."""
    values = {
        "customers": settling.customers,
        "changed": changed,
        "today": settling.today,
        "now": settling.now,
        "slow_rested": _rested(settling.now, pace.slow_rest),
        "history_rested": settling.now - pace.history_rest,
        "plan_version": settling.plan_version,
        "score_version": SCORE_VERSION,
    }
    connection.execute(_SQL["keep_days"], values)
    written = connection.execute(_SQL["write_snapshots"], values).fetchall()
    if due := [customer for customer, history, _ in written if history]:
        _write_history(connection, due, settling.plan)
        connection.execute(_SQL["history_written"], {"customers": due, "now": settling.now})
    return [customer for customer, _, slow in written if slow]


def _write_history(connection: psycopg.Connection, customers: list[str], plan: Plan) -> None:
    values = {"customers": customers, "history": plan.history.days}
    for name in ("forget_history", "write_history"):
        connection.execute(_SQL[name], values)


def _finish_history(connection: psycopg.Connection, customers: list[str]) -> bool:
    """Before customers leave a plan version: what of its history waits to be written. False while another settles."""
    with connection.transaction():
        plan = read_plan(connection)
        if plan is None or not _one(connection, "alone")[0]:
            return False
        if waiting := _ids(connection, "history_waiting", {"customers": customers}):
            _write_history(connection, waiting, plan[0])
    return True


def _ids(connection: psycopg.Connection, name: str, values: dict[str, Any]) -> list[str]:
    return [customer for (customer,) in connection.execute(_SQL[name], values)]


def _one(connection: psycopg.Connection, name: str) -> tuple[Any, ...]:
    row = connection.execute(_SQL[name]).fetchone()
    assert row is not None
    return row
