"""Notes on a customer: what the team keeps to itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from milepost.errors import NotFound
from milepost.insights.cursor import decode_place, encode_place
from milepost.insights.customer import Page
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.work.customers import require_customer
from milepost.work.texts import MAX_TEXT, written

_SQL = load("milepost.work", "notes.sql")
_GONE = "There is no such note. It may have been deleted."


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """`author`: the e-mail address of the member who wrote it, also when the member has gone; None: it came with a
    secret key. `updated_at`: when its text was last changed; None: never."""

    note_id: UUID
    customer_id: str
    text: str
    author: str | None
    pinned: bool
    created_at: datetime
    updated_at: datetime | None


async def list_notes(
    connection: DictConnection, customer_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[Note]:
    """Newest first. Raises NotFound for an unknown customer, InvalidRequest for a foreign cursor."""
    await require_customer(connection, customer_id)
    at, place = decode_place(cursor, is_uuid=True) if cursor else (None, None)
    values = {"customer_id": customer_id, "before": at, "before_id": place, "limit": limit + 1}
    rows = await (await connection.execute(_SQL["list"], values)).fetchall()
    found = msgspec.convert(rows[:limit], list[Note])
    return Page(found, encode_place(found[-1].created_at, str(found[-1].note_id)) if len(rows) > limit else None)


async def shown_notes(connection: DictConnection, customer_id: str, *, limit: int) -> tuple[list[Note], int]:
    """Pinned ones first, then the newest; and how many there are of all."""
    values = {"customer_id": customer_id, "limit": limit}
    rows = await (await connection.execute(_SQL["shown"], values)).fetchall()
    return msgspec.convert(rows, list[Note]), int(str(rows[0]["total"])) if rows else 0


async def add_note(
    connection: DictConnection, customer_id: str, text: str, *, by: str | None, now: datetime, pinned: bool = False
) -> Note:
    """Raises NotFound for an unknown customer, InvalidRequest for a text that will not do."""
    await require_customer(connection, customer_id)
    values = {
        "customer_id": customer_id,
        "text": written(text, "text", MAX_TEXT),
        "by": by,
        "pinned": pinned,
        "now": now,
    }
    return _note(await (await connection.execute(_SQL["add"], values)).fetchone())


async def change_note(
    connection: DictConnection, note_id: UUID, *, text: str | None = None, pinned: bool | None = None, now: datetime
) -> Note:
    """What is None stays. Raises NotFound, InvalidRequest."""
    said = None if text is None else written(text, "text", MAX_TEXT)
    values = {"note_id": note_id, "text": said, "pinned": pinned, "now": now}
    return _note(await (await connection.execute(_SQL["change"], values)).fetchone())


async def delete_note(connection: DictConnection, note_id: UUID) -> None:
    """For good. Raises NotFound."""
    if await (await connection.execute(_SQL["delete"], {"note_id": note_id})).fetchone() is None:
        raise NotFound(_GONE, field="note_id")


def _note(row: Row | None) -> Note:
    if row is None:
        raise NotFound(_GONE, field="note_id")
    return msgspec.convert(row, Note)
