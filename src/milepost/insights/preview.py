"""Who moves when the parts of the score weigh otherwise: worked out before anything is saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import msgspec

from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.insights", "preview.sql")
#: A score moves that is so many points away from what it was.
MOVES: Final = 5
#: Who is named moves by half a point or more, which is what people see.
_SHOWN: Final = 0.5
_MOST: Final = 10


class Mover(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, by its score as it is and as it would be."""

    customer_id: str
    name: str | None
    old: float
    new: float


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Of all `customers`, `moved` have a score that is MOVES points away or more; some gain one, some lose theirs. Ten
    of each direction, those that move the most first."""

    customers: int
    moved: int
    gained: int
    lost: int
    rising: list[Mover]
    falling: list[Mover]


async def preview(connection: DictConnection, weights: Mapping[str, float]) -> Preview:
    """`weights`: of every part of the score, by its name; one or more are above 0."""
    values = {"weights": json.dumps(dict(weights)), "least": MOVES, "least_shown": _SHOWN, "most": _MOST}
    row = await (await connection.execute(_SQL["moved"], values)).fetchone()
    return msgspec.convert(row, Preview)
