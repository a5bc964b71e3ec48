"""Proves that what is settled of the game is what the customers' days say."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from psycopg import Connection

from milepost.store.queries import load

_SQL = load("milepost.game", "verify.sql")
#: Customers compared at once, so that memory stays bounded.
_SLICE = 1000


class GameProof(NamedTuple):
    """Nothing differs where all but the first two are 0. `waiting`: customers of whom something is still to be settled,
    which a server does within about a second; they are not compared. The rest are customers whose points, levels or
    streak (`standing`) or whose badges (`awards`) are others than their days say."""

    customers: int
    waiting: int
    standing: int
    awards: int

    @property
    def is_equal(self) -> bool:
        return not self.standing and not self.awards


def verify_game(connection: Connection) -> GameProof:
    """Compares at one moment; writes nothing."""
    customers = standing = awards = 0
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        (waiting,) = connection.execute(_SQL["waiting"]).fetchone() or (0,)
        after = ""
        while found := connection.execute(_SQL["slice"], {"after": after, "most": _SLICE}).fetchall():
            after = found[-1][0]
            customers += len(found)
            days: dict[date, list[str]] = defaultdict(list)
            for customer, day in found:
                days[day].append(customer)
            for day, some in days.items():
                values: dict[str, object] = {"customers": some, "day": day}
                standing += _count(connection, "standing", values)
                awards += max(_count(connection, "awards", values), _count(connection, "counts", values))
    return GameProof(customers, int(waiting), standing, awards)


def _count(connection: Connection, question: str, values: dict[str, object]) -> int:
    row = connection.execute(_SQL[question], values).fetchone()
    return int(row[0]) if row else 0
