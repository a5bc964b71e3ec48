"""Leaderboards: points of the last 28 days. A customer sees ranks and chosen names, the team sees who it is."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from milepost.game.customer import Shown
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load

_SQL = load("milepost.game", "board.sql")
#: Days whose points count.
BOARD_DAYS: Final = 28


class Place(msgspec.Struct, kw_only=True):
    """A place on the board; equal points share a rank. `name` is what its owner chose, or "Somebody"."""

    rank: int
    name: str
    points: int
    is_me: bool


class MyPlace(msgspec.Struct):
    """The asking customer's own place."""

    rank: int
    points: int


class Leaderboard(msgspec.Struct, kw_only=True):
    """The board as a customer sees it: who opted in, best first, and the customer's own place if it is one of them.
    `customers`: how many are on it."""

    days: int
    items: list[Place]
    me: MyPlace | None
    customers: int


class TeamPlace(msgspec.Struct, kw_only=True):
    """A place as the team sees it. `name` is the customer's, `display_name` what it chose; `is_me` is always false."""

    rank: int
    customer_id: str
    name: str
    points: int
    is_me: bool = False
    leaderboard: Shown
    display_name: str | None


class TeamLeaderboard(msgspec.Struct, kw_only=True):
    """The board as the team sees it: who opted in or, on request, everybody."""

    days: int
    items: list[TeamPlace]
    me: None
    customers: int


async def read_my_board(connection: DictConnection, customer_id: str, *, limit: int) -> Leaderboard:
    """What a customer may see, read by the server: the database hands out nobody's id, not even to it."""
    rows = await (await connection.execute(_SQL["mine"], {"me": customer_id, "limit": limit})).fetchall()
    mine = next((row for row in rows if row["is_me"]), None)
    shown = rows[:limit]
    return Leaderboard(
        days=BOARD_DAYS,
        items=[
            Place(rank=_n(r["rank"]), name=str(r["name"]), points=_n(r["points"]), is_me=bool(r["is_me"]))
            for r in shown
        ],
        me=None if mine is None else MyPlace(_n(mine["rank"]), _n(mine["points"])),
        customers=_n(rows[0]["customers"]) if rows else 0,
    )


async def read_team_board(connection: DictConnection, *, limit: int, everyone: bool = False) -> TeamLeaderboard:
    """`everyone`: also who is not on the board that customers see; ranks are then among all."""
    rows = await (await connection.execute(_SQL["everyone" if everyone else "opted_in"], {"limit": limit})).fetchall()
    count: Row | None = await (
        await connection.execute(_SQL["count_everyone" if everyone else "count_opted_in"])
    ).fetchone()
    items = msgspec.convert(rows, list[TeamPlace])
    return TeamLeaderboard(days=BOARD_DAYS, items=items, me=None, customers=_n(count["customers"]) if count else 0)


async def count_on_board(connection: DictConnection) -> int:
    """How many customers opted in, at this moment."""
    row = await (await connection.execute(_SQL["count_opted_in"])).fetchone()
    return _n(row["customers"]) if row else 0


def _n(value: Any) -> int:
    return int(value)
