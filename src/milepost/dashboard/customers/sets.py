"""Columns that are kept: sets under a name for the whole team, and what the list begins with for one member."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from milepost.dashboard.customers.state import known_columns
from milepost.errors import InvalidRequest
from milepost.store.database import DictConnection
from milepost.store.queries import load

#: The longest name of a set, and the most of them that a team has.
MAX_SET_NAME: Final = 100
_MOST: Final = 50
_SQL = load("milepost.dashboard.customers", "sets.sql")


class ColumnSet(msgspec.Struct, frozen=True):
    """`name` None: a member's own, which their list begins with. `columns`: those there are now, in their order."""

    set_id: UUID
    name: str | None
    columns: tuple[str, ...]


async def list_sets(connection: DictConnection, email: str) -> list[ColumnSet]:
    """The team's by name, and last this member's own if they have one."""
    rows = await (await connection.execute(_SQL["list"], {"email": email})).fetchall()
    found = msgspec.convert(rows, list[ColumnSet])
    return [msgspec.structs.replace(one, columns=known_columns(one.columns)) for one in found]


async def save_set(connection: DictConnection, name: str, columns: Sequence[str], *, by: str, now: datetime) -> str:
    """Keeps columns under a name, in the place of those that had it, in whatever case; answers the name. Raises
    InvalidRequest for a name that will not do, and for one set too many."""
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= MAX_SET_NAME or any(unicodedata.category(one) in ("Cc", "Cs") for one in plain):
        raise InvalidRequest(f"Give the set of columns a name of 1 to {MAX_SET_NAME} characters.", field="name")
    await connection.execute(_SQL["hold"])
    row = await (await connection.execute(_SQL["count"], {"name": plain})).fetchone() or {}
    if int(str(row["sets"])) >= _MOST:
        raise InvalidRequest(f"There are {_MOST} sets of columns, which is all there can be. Delete one first.")
    await connection.execute(_SQL["save"], {"name": plain, "columns": list(columns), "now": now, "email": by})
    return plain


async def delete_set(connection: DictConnection, set_id: UUID) -> None:
    """One that is gone already is as well."""
    await connection.execute(_SQL["delete"], {"set_id": set_id})


async def save_own(connection: DictConnection, columns: Sequence[str], *, by: str, now: datetime) -> None:
    """What the list begins with for this member from now on."""
    await connection.execute(_SQL["save_own"], {"columns": list(columns), "now": now, "email": by})


async def forget_own(connection: DictConnection, *, by: str) -> None:
    """The list begins with the standard columns for this member again."""
    await connection.execute(_SQL["forget_own"], {"email": by})
