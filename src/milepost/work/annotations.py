"""Annotations: what happened on a day, in the team's words, drawn on every chart of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

import msgspec

from milepost.errors import InvalidRequest, NotFound
from milepost.insights.cursor import decode_place, encode_place
from milepost.insights.customer import Page
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.work.texts import written

_SQL = load("milepost.work", "annotations.sql")
_GONE = "There is no such annotation. It may have been deleted."
MAX_ANNOTATION: Final = 200
#: What a chart may reach to.
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
#: The most that one chart draws: the newest.
_MOST_DRAWN: Final = 500


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """`day`: of the calendar, without a zone: a chart draws it on its own day of this name. `author`: the e-mail
    address of the member who wrote it, also when the member has gone; None: it came with a secret key."""

    annotation_id: UUID
    day: date
    text: str
    author: str | None
    created_at: datetime
    updated_at: datetime | None


async def list_annotations(
    connection: DictConnection,
    *,
    first: date | None = None,
    last: date | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Annotation]:
    """The newest day first; `first` and `last` are both included. Raises InvalidRequest for a foreign cursor."""
    at, place = decode_place(cursor, is_uuid=True) if cursor else (None, None)
    values = {
        "first": first,
        "last": last,
        "before": at.date() if at else None,
        "before_id": place,
        "limit": limit + 1,
    }
    rows = await (await connection.execute(_SQL["list"], values)).fetchall()
    found = msgspec.convert(rows[:limit], list[Annotation])
    if len(rows) <= limit:
        return Page(found, None)
    return Page(found, encode_place(datetime.combine(found[-1].day, time(), UTC), str(found[-1].annotation_id)))


async def annotations_between(connection: DictConnection, first: date, last: date) -> list[Annotation]:
    """Those of these days, both included, oldest first: what a chart draws."""
    return (await list_annotations(connection, first=first, last=last, limit=_MOST_DRAWN)).items[::-1]


async def add_annotation(
    connection: DictConnection, day: date, text: str, *, by: str | None, now: datetime
) -> Annotation:
    """Raises InvalidRequest for a day or a text that will not do."""
    values = {"day": _day(day), "text": _text(text), "by": by, "now": now}
    return _one(await (await connection.execute(_SQL["add"], values)).fetchone())


async def change_annotation(
    connection: DictConnection,
    annotation_id: UUID,
    *,
    day: date | None = None,
    text: str | None = None,
    now: datetime,
) -> Annotation:
    """What is None stays. Raises NotFound, InvalidRequest."""
    values = {
        "annotation_id": annotation_id,
        "day": None if day is None else _day(day),
        "text": None if text is None else _text(text),
        "now": now,
    }
    return _one(await (await connection.execute(_SQL["change"], values)).fetchone())


async def delete_annotation(connection: DictConnection, annotation_id: UUID) -> None:
    """For good. Raises NotFound."""
    _row(await (await connection.execute(_SQL["delete"], {"annotation_id": annotation_id})).fetchone())


def _text(text: str) -> str:
    """In one line: it stands in a chart."""
    return written(" ".join(text.split()), "text", MAX_ANNOTATION)


def _day(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidRequest(f"day is {day}. Give one from {FIRST_DAY} to {LAST_DAY}.", field="day")
    return day


def _row(row: Row | None) -> Row:
    if row is None:
        raise NotFound(_GONE, field="annotation_id")
    return row


def _one(row: Row | None) -> Annotation:
    return msgspec.convert(_row(row), Annotation)
