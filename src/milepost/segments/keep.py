"""Segments in PostgreSQL: listed, made, changed, deleted; and where one is named, so that nobody is surprised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from milepost.analytics.asking import Filter
from milepost.analytics.context import no_segment
from milepost.errors import Conflict, InvalidRequest
from milepost.segments.model import Segment, Use, checked_conditions
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.vocabulary import MAX_NAME_LENGTH

_SQL = load("milepost.segments", "segments.sql")
_MOST: Final = 500
_SLUG: Final = 60


class SegmentUsed(Conflict):
    """This segment is used. Take it out there first, or delete it anyway."""

    code = "segment_used"


async def list_segments(connection: DictConnection) -> list[Segment]:
    """All of them, by name."""
    rows = await (await connection.execute(_SQL["list"])).fetchall()
    return [_segment(row) for row in rows]


async def read_segment(connection: DictConnection, named: str, *, field: str = "segment") -> Segment:
    """By its slug or its id. Raises NotFound."""
    known = "\x00" not in named and named.isascii()
    row = await (await connection.execute(_SQL["read"], {"named": named})).fetchone() if known else None
    if row is None:
        raise no_segment(named, field=field)
    return _segment(row)


async def create_segment(
    connection: DictConnection, name: str, conditions: Sequence[Filter], *, by: str | None, now: datetime
) -> Segment:
    """Keeps conditions that can be worked out; that is for the caller to try. Raises InvalidRequest, and Conflict for
    a name there is."""
    name, checked = _name(name), checked_conditions(conditions)
    await connection.execute(_SQL["hold"])
    if len(await list_segments(connection)) >= _MOST:
        raise InvalidRequest(f"There are {_MOST} segments, which is all there can be. Delete one first.", field="name")
    await _check_name(connection, name, None)
    values = {
        "slug": await _slug(connection, name),
        "name": name,
        "conditions": Jsonb(msgspec.to_builtins(checked)),
        "by": by,
        "now": now,
    }
    row = await (await connection.execute(_SQL["create"], values)).fetchone()
    return _segment(row or {})


async def change_segment(
    connection: DictConnection,
    named: str,
    *,
    name: str | None = None,
    conditions: Sequence[Filter] | None = None,
    now: datetime,
) -> Segment:
    """What is None stays; so does its slug. Raises NotFound, InvalidRequest, Conflict."""
    await connection.execute(_SQL["hold"])
    segment = await read_segment(connection, named)
    if name is not None:
        name = _name(name)
        await _check_name(connection, name, segment.segment_id)
    kept = None if conditions is None else Jsonb(msgspec.to_builtins(checked_conditions(conditions)))
    values = {"id": segment.segment_id, "name": name, "conditions": kept, "now": now}
    row = await (await connection.execute(_SQL["change"], values)).fetchone()
    return _segment(row or {})


async def delete_segment(connection: DictConnection, named: str, *, anyway: bool = False) -> None:
    """Raises NotFound, and SegmentUsed for one that is named somewhere, unless it is to go `anyway`: what names it is
    refused from then on."""
    segment = await read_segment(connection, named)
    used = await uses_of(connection, segment)
    if used and not anyway:
        places = ", ".join(f"the {use.kind} {use.name!r}" for use in used[:5])
        more = f" and {len(used) - 5} more" if len(used) > 5 else ""
        raise SegmentUsed(
            f"The segment {segment.name!r} is used by {places}{more}. Take it out there first, or send anyway=true:"
            " these are refused from then on.",
            field="segment",
        )
    await connection.execute(_SQL["delete"], {"id": segment.segment_id})


async def uses_of(connection: DictConnection, segment: Segment) -> list[Use]:
    """Cohorts, playbooks of the plan, saved reports and exports by schedule that name it, by kind and name."""
    rows = await (await connection.execute(_SQL["documents"])).fetchall()
    names = {segment.slug, str(segment.segment_id)}
    return [
        msgspec.convert({"kind": row["kind"], "id": row["id"], "name": row["name"]}, Use)
        for row in rows
        if names & set(_named(row["document"]))
    ]


def _named(document: Any) -> Iterator[str]:
    """The segments that a definition or a question names: in filters, and as what something is broken down by."""
    if isinstance(document, list):
        for one in document:
            yield from _named(one)
    elif isinstance(document, dict):
        if document.get("field") == "segment":
            yield from (str(value).lower() for value in document.get("values", ()))
        for one in document.values():
            yield from _named(one)
    elif isinstance(document, str) and document.startswith("segment."):
        yield document.removeprefix("segment.").lower()


async def _check_name(connection: DictConnection, name: str, own: UUID | None) -> None:
    if await (await connection.execute(_SQL["same_name"], {"name": name, "id": own})).fetchone() is not None:
        raise Conflict(f"There is a segment called {name!r}. Give this one another name.", field="name")


async def _slug(connection: DictConnection, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG].strip("-") or "segment"
    rows = await (await connection.execute(_SQL["slugs"], {"slug": slug})).fetchall()
    taken = {str(row["slug"]) for row in rows}
    return next(one for one in (slug, *(f"{slug}-{n}" for n in range(2, _MOST + 3))) if one not in taken)


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= MAX_NAME_LENGTH or any(unicodedata.category(one) in ("Cc", "Cs") for one in plain):
        raise InvalidRequest(f"Give the segment a name of 1 to {MAX_NAME_LENGTH} characters.", field="name")
    return plain


def _segment(row: Row) -> Segment:
    return msgspec.convert(row, Segment)
