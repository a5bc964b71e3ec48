"""All customers by practice (online) and results (offline): the four quarters, a grid, and the first of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, LiteralString

import msgspec
from psycopg import sql

from milepost.insights.practice import PRACTISES_FROM, WINS_FROM, Quarter, quarter_of
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.insights", "practice_map.sql")
#: The grid has so many cells each way; a customer at 100 is in the last. The lines between the quarters are lines of
#: the grid, so that each cell is in one quarter.
CELLS: Final = 20
STEP: Final = 100 // CELLS
QUARTERS: Final[tuple[Quarter, ...]] = ("both", "practice", "results", "neither")

#: Of all competencies together, the two are columns; of one they are looked up, and without an outcome there is none.
_ALL: Final[tuple[LiteralString, LiteralString]] = ("p.practice", "p.results")
_ONE: Final[tuple[LiteralString, LiteralString]] = (
    "coalesce((p.competency_scores ->> %(competency)s)::float8, 0)",
    "coalesce((p.results_by ->> %(competency)s)::float8, 0)",
)
_SEARCH: Final[LiteralString] = (
    "left join milepost.customers c using (customer_id) where p.customer_id ilike %(like)s or c.name ilike %(like)s"
)


class MapCell(msgspec.Struct, array_like=True, frozen=True):
    """So many customers between x and x + 1 steps of practice, y and y + 1 of results."""

    x: int
    y: int
    customers: int


class Placed(msgspec.Struct, array_like=True, frozen=True):
    """A customer and where it is."""

    quarter: Quarter
    customer_id: str
    name: str | None
    practice: float
    results: float


class Picture(msgspec.Struct, frozen=True):
    """`first` holds the first of each quarter, by practice and results together; `day`: the oldest day that any
    customer was settled on; None without customers. `waiting`: some of them have changed since."""

    cells: list[MapCell]
    first: list[Placed]
    day: date | None
    waiting: bool
    practises_from: float = PRACTISES_FROM
    wins_from: float = WINS_FROM

    def quarter_of(self, cell: MapCell) -> Quarter:
        return quarter_of(cell.x * STEP, cell.y * STEP, practises_from=self.practises_from, wins_from=self.wins_from)

    def count(self, quarter: Quarter | None = None) -> int:
        """How many are in a quarter, or in all."""
        return sum(cell.customers for cell in self.cells if quarter is None or self.quarter_of(cell) == quarter)


async def read_picture(
    connection: DictConnection,
    *,
    competency: str | None = None,
    query: str = "",
    practises_from: float = PRACTISES_FROM,
    wins_from: float = WINS_FROM,
    quarters: Sequence[Quarter] = QUARTERS,
    most: int = 10,
) -> Picture:
    """`query` is a part of an id or a name; `quarters` are those whose first are read, at most `most` of each. The
    lines are multiples of STEP."""
    practice, results = _ALL if competency is None else _ONE
    values = {
        "competency": competency,
        "like": f"%{_escape(query)}%",
        "practises_from": practises_from,
        "wins_from": wins_from,
        "step": STEP,
        "cells": CELLS,
        "quarters": list(quarters),
        "most": most,
    }
    statement = sql.SQL(_SQL["picture"]).format(
        practice=sql.SQL(practice), results=sql.SQL(results), found=sql.SQL(_SEARCH if query else "")
    )
    row = await (await connection.execute(statement, values)).fetchone()
    waiting = await (await connection.execute(_SQL["unsettled"])).fetchone()
    found = {**(row or {}), **(waiting or {}), "practises_from": practises_from, "wins_from": wins_from}
    return msgspec.convert(found, Picture)


async def more_than(connection: DictConnection, customers: int) -> bool:
    """Whether there are more customers than so many; costs the same however many there are."""
    row = await (await connection.execute(_SQL["up_to"], {"limit": customers + 1})).fetchone()
    return row is not None and int(str(row["customers"])) > customers


def _escape(text: str) -> str:
    """A search takes % and _ for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
