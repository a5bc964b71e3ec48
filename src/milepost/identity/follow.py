"""Stored events follow the ties of their ids, and what their names mean: a few hundred at a time, each batch in a
transaction of its own.

A tie is true at once for everything that is stored from then on; what was stored before is looked at here. Nothing is
lost when a process dies in between: what has yet to be looked at is in the database, and looking twice changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

import psycopg

from milepost.store.queries import load
from milepost.store.retry import retried

_SQL = load("milepost.identity", "follow.sql")

#: How far it is, for whoever asks on a connection of their own: the columns of `Waiting`.
WAITING: Final = _SQL["waiting"]
#: Events in a batch: their customers' senders wait for as long as it takes.
AT_ONCE = 200
#: Days and sessions counted anew in a batch.
_RECOUNTED_AT_ONCE = 50
#: Ids that take turns in a round.
_IDS = 50


class Round(NamedTuple):
    """`looked`: events looked at. `moved`: those that went to another owner. `recounted`: days and sessions."""

    looked: int
    moved: int
    recounted: int
    #: Whether another round would find something to do at once.
    more: bool


class Waiting(NamedTuple):
    """What has yet to be done: `ids` to be looked at, `looked_at` and `moved` events of theirs so far, days and
    sessions `to_recount`. All 0, and `since` None, when every event is whose the ties say."""

    ids: int
    looked_at: int
    moved: int
    to_recount: int
    since: datetime | None

    def __bool__(self) -> bool:
        return self.ids > 0 or self.to_recount > 0


def follow(connection: psycopg.Connection, *, at_once: int = AT_ONCE) -> Round:
    """One round: a batch of each of some ids, and one of what has been left behind. Several processes may do it.

    `connection` must be in autocommit, outside a transaction. Raises psycopg.Error; what was done before stays done.
    """
    _value(connection, "list")
    _value(connection, "begin")
    looked = moved = 0
    ready = connection.execute(_SQL["ready"], {"most": _IDS}).fetchall()
    for kind, id_ in ready:
        values = {"kind": kind, "id": id_, "most": at_once}
        row = retried(connection, partial(_row, connection, "follow", values))
        looked, moved = looked + row[0], moved + row[1]
    recounted = retried(connection, partial(_value, connection, "recount", {"most": _RECOUNTED_AT_ONCE}))
    named = retried(connection, partial(_value, connection, "follow_names", {"most": at_once}))
    return Round(looked, moved, recounted, more=bool(ready or recounted or named))


def follow_all(connection: psycopg.Connection, *, at_once: int = AT_ONCE) -> int:
    """Rounds until nothing is left to do at once; answers how many events moved. What still waits for somebody else's
    transaction to end is left."""
    moved = 0
    while (done := follow(connection, at_once=at_once)).more:
        moved += done.moved
    return moved


def waiting(connection: psycopg.Connection) -> Waiting:
    """How far it is."""
    return Waiting(*_row(connection, "waiting"))


class IdentityProof(NamedTuple):
    """`misplaced`: events that are not whose the ties say. They are on their way while anything is `waiting`; else
    something is wrong. `misnamed`: events that are not what their name means."""

    misplaced: int
    waiting: Waiting
    misnamed: int = 0

    @property
    def is_equal(self) -> bool:
        return (self.misplaced == 0 or bool(self.waiting)) and self.misnamed == 0


def verify_identity(connection: psycopg.Connection) -> IdentityProof:
    """Works out anew, at one moment, whose every event is; writes nothing."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        return IdentityProof(_value(connection, "misplaced"), waiting(connection), _value(connection, "misnamed"))


def look_again(connection: psycopg.Connection) -> int:
    """Has the ids of misplaced events looked at, as after a tie; answers how many ids. Moves nothing itself."""
    return len(connection.execute(_SQL["look_again"]).fetchall())


def _row(connection: psycopg.Connection, name: str, values: dict[str, object] | None = None) -> tuple[Any, ...]:
    row = connection.execute(_SQL[name], values).fetchone()
    assert row is not None
    return row


def _value(connection: psycopg.Connection, name: str, values: dict[str, object] | None = None) -> int:
    return int(_row(connection, name, values)[0])
