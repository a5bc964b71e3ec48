"""Traits that a program or a table tells of many customers or people at once, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import psycopg

from milepost.errors import InvalidRequest
from milepost.ingest.events import JsonObject, Rejection
from milepost.ingest.halving import Halving
from milepost.store.database import Database
from milepost.traits.keep import Row, rows, tell
from milepost.traits.values import Kind, read
from milepost.vocabulary import MAX_ID_LENGTH

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"\A[^\x00]*\Z")]


class Described(msgspec.Struct, frozen=True):
    """What somebody tells of one customer or person."""

    kind: Kind
    id: str
    traits: Mapping[str, object]


class TraitFault(msgspec.Struct, frozen=True):
    """A trait that could not be kept. `index`: of whose, by the place in the batch, from 0."""

    index: int
    code: str
    field: str
    message: str


class TraitReceipt(msgspec.Struct):
    """What became of a batch, after its commit. `changed` have other traits than before; `unchanged` were as told;
    `rejected` were not taken at all; `faults` are single traits that were left out of those taken."""

    changed: int
    unchanged: int
    rejected: list[Rejection]
    faults: list[TraitFault]


class CustomerTraits(msgspec.Struct):
    """One of `POST /v1/customers/batch`."""

    customer_id: _Id
    traits: JsonObject


class PersonTraits(msgspec.Struct):
    """One of `POST /v1/people/batch`."""

    user_id: _Id
    traits: JsonObject


class Taken(msgspec.Struct):
    """What is kept of one, and its place in the batch."""

    place: int
    kind: Kind
    id: str
    rows: list[Row]


async def take(
    database: Database, told: Sequence[tuple[int, Described]], *, now: datetime, source: str
) -> TraitReceipt:
    """Keeps what was told, each with its place in the batch, in one commit; whoever PostgreSQL cannot take is found and
    refused. Raises DatabaseUnavailable, DiskFull."""
    taken: list[Taken] = []
    faults: list[TraitFault] = []
    for place, one in told:
        kept, wrong = read(one.traits)
        faults += [TraitFault(place, "invalid_value", f"traits.{f.name}", f.message) for f in wrong]
        taken.append(Taken(place, one.kind, one.id, rows(one.kind, one.id, kept, now, source)))
    receipt = await store(database, taken)
    receipt.faults = faults
    return receipt


async def store(database: Database, taken: Sequence[Taken]) -> TraitReceipt:
    """`take`, of what was read before."""
    database.room.require()
    receipt = TraitReceipt(0, 0, [], [])
    parts = Halving(taken)
    for part in parts:
        try:
            async with database.transaction() as connection:
                receipt.changed += await tell(connection, [row for one in part for row in one.rows])
        except psycopg.Error as error:
            parts.failed(error)
    receipt.rejected = [
        Rejection(taken[place].place, None, "unstorable", None, message) for place, message in parts.faults.items()
    ]
    receipt.unchanged = max(0, len({(one.kind, one.id) for one in taken}) - len(parts.faults) - receipt.changed)
    return receipt


async def take_one(database: Database, one: Described, *, now: datetime, source: str) -> list[TraitFault]:
    """Keeps what was told of one; answers what of it could not be kept. Raises InvalidRequest where nothing could."""
    kept, faults = read(one.traits)
    if faults and not kept:
        raise InvalidRequest(faults[0].message, field=f"traits.{faults[0].name}")
    receipt = await take(database, [(0, one)], now=now, source=source)
    if receipt.rejected:
        raise InvalidRequest(receipt.rejected[0].message, field="traits")
    return receipt.faults
