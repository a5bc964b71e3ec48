"""Keeps traits in PostgreSQL, and reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from milepost.errors import NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.traits.values import Kind, Told, Type, Value, kept

_SQL = load("milepost.traits", "keep.sql")
_encode = msgspec.json.Encoder().encode
_MOST_HISTORY = 2_000


class Row(msgspec.Struct, frozen=True):
    """One trait of one customer or person, as `milepost.tell_traits` takes it."""

    kind: Kind
    id: str
    name: str
    value: Value
    figure: float | None
    type: Type | None
    since: datetime
    source: str


class Was(msgspec.Struct, frozen=True):
    """A value that a trait has had from `since` until `until` (None: it still has); None where it had none."""

    name: str
    value: Value
    since: datetime
    until: datetime | None
    source: str


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """A trait of customers or people: its types as seen, and what the team says of it. `label`: what it is called on
    the pages; `type` is what it counts as, where the team said so."""

    kind: Kind
    name: str
    seen: list[Type]
    label: str | None
    type: Type | None
    hidden: bool
    first_seen_at: datetime


def rows(kind: Kind, whose: str, told: Iterable[Told], since: datetime, source: str) -> list[Row]:
    """What was told of one customer or person, for `tell`."""
    return [Row(kind, whose, one.name, one.value, one.figure, one.type, since, source) for one in told]


async def tell(connection: AsyncConnection[Any], told: Sequence[Row]) -> int:
    """Keeps traits, in the connection's transaction; answers of how many customers and people any changed."""
    if not told:
        return 0
    cursor = await connection.execute(_SQL["tell"], {"batch": _encode(told).decode()})
    return len(await cursor.fetchall())


async def tell_whose(connection: DictConnection, told: Sequence[Row]) -> set[str]:
    """`tell`, of customers or of people alone; answers whose traits that changed."""
    if not told:
        return set()
    cursor = await connection.execute(_SQL["tell"], {"batch": _encode(told).decode()})
    return {str(row["id"]) for row in await cursor.fetchall()}


async def is_known(connection: AsyncConnection[Any], customer_id: str) -> bool:
    """Whether anything was ever told of a customer."""
    return await _says(connection, "is_known", {"id": customer_id})


async def is_so(connection: AsyncConnection[Any], told: Sequence[Row]) -> bool:
    """Whether what these say is what is known."""
    return await _says(connection, "is_so", {"batch": _encode(told).decode()})


async def read_now(connection: DictConnection, kind: Kind, ids: Sequence[str]) -> dict[str, dict[str, Value]]:
    """The traits of each at present, by name; {} for whom nothing is known of."""
    found: dict[str, dict[str, Value]] = {one: {} for one in ids}
    cursor = await connection.execute(_SQL["now"], {"kind": kind, "ids": list(ids)})
    for row in await cursor.fetchall():
        found[str(row["id"])][str(row["name"])] = kept(row["value"])
    return found


async def read_history(connection: DictConnection, kind: Kind, whose: str) -> list[Was]:
    """What each trait has been, by name, newest first."""
    cursor = await connection.execute(_SQL["history"], {"kind": kind, "id": whose, "limit": _MOST_HISTORY})
    return [
        Was(
            name=str(row["name"]),
            value=kept(row["value"]),
            since=msgspec.convert(row["since"], datetime),
            until=msgspec.convert(row["until"], datetime | None),
            source=str(row["source"]),
        )
        for row in await cursor.fetchall()
    ]


async def read_names(connection: DictConnection, *kinds: Kind) -> list[Trait]:
    """Every trait there is of customers, of people, or of both."""
    cursor = await connection.execute(_SQL["names"], {"kinds": list(kinds or ("customer", "person"))})
    return msgspec.convert(await cursor.fetchall(), list[Trait])


async def describe(
    connection: DictConnection, kind: Kind, name: str, *, label: str | None, type_: Type | None, hidden: bool
) -> Trait:
    """Says what a trait is called, of which type it is, and whether it is shown. Raises NotFound."""
    values = {"kind": kind, "name": name, "label": label, "type": type_, "hidden": hidden}
    row = await (await connection.execute(_SQL["describe"], values)).fetchone()
    if row is None:
        raise NotFound("There is no such trait. GET /v1/traits lists them.", field="name")
    return msgspec.convert(row, Trait)


async def _says(connection: AsyncConnection[Any], question: str, values: dict[str, object]) -> bool:
    """The answer of a statement to a yes-or-no question, whatever form the connection's rows have."""
    cursor = await connection.execute(_SQL[question], values)
    row = await cursor.fetchone()
    return bool(next(iter(row.values())) if isinstance(row, dict) else row and row[0])
