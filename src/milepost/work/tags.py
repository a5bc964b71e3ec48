"""Tags of customers: words of the team's own, the same whatever their case, written as they first were."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from milepost.errors import InvalidRequest
from milepost.insights.customer import Page
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.work.customers import require_customers
from milepost.work.texts import as_tag, tag_key

_SQL = load("milepost.work", "tags.sql")
#: The most that one request adds or removes.
MOST_TAGS: Final = 20


class TagCount(msgspec.Struct, frozen=True, kw_only=True):
    """A tag, and how many customers have it."""

    tag: str
    customers: int


class TagsWanted(msgspec.Struct, frozen=True):
    """Tags to add, as they are written, by what they are the same by; and to remove, by that."""

    add: dict[str, str]
    remove: set[str]


class TagsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """`customers`: how many were named. `added`, `removed`: how many tags of theirs that made; what was so already is
    in neither."""

    customers: int
    added: int
    removed: int


async def tags_of(connection: DictConnection, customer_ids: Sequence[str]) -> dict[str, list[str]]:
    """By their letters; who has none is not in it."""
    found: dict[str, list[str]] = {}
    rows = await connection.execute(_SQL["of_customers"], {"customer_ids": list(customer_ids)})
    for row in await rows.fetchall():
        found.setdefault(str(row["customer_id"]), []).append(str(row["tag"]))
    return found


async def change_tags(
    connection: DictConnection,
    customer_ids: Sequence[str],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    by: str | None,
    now: datetime,
    field: str = "customer_ids",
) -> TagsChanged:
    """Adds and removes tags of customers, all of it or nothing. Raises NotFound for an unknown customer,
    InvalidRequest for tags that will not do, or one both to add and to remove."""
    wanted = tags_wanted(add, remove)
    customers = await require_customers(connection, customer_ids, field)
    added, removed = await put_tags(connection, customers, wanted, by=by, now=now)
    return TagsChanged(customers=len(customers), added=len(added), removed=len(removed))


def tags_wanted(add: Sequence[str], remove: Sequence[str]) -> TagsWanted:
    """Raises InvalidRequest for tags that will not do, or one both to add and to remove."""
    # Of two spellings of one tag, the first counts.
    adding = {tag_key(tag): tag for tag in reversed([as_tag(one, "add") for one in add])}
    removing = {tag_key(as_tag(one, "remove")) for one in remove}
    if max(len(adding), len(removing)) > MOST_TAGS:
        raise InvalidRequest(f"Send {MOST_TAGS} tags at most, and the rest in further requests.", field="add")
    if both := sorted(removing & set(adding)):
        raise InvalidRequest(f"{both[0]!r} is both to be added and removed. Send it once.", field="remove")
    return TagsWanted(adding, removing)


async def put_tags(
    connection: DictConnection, customers: Sequence[str], wanted: TagsWanted, *, by: str | None, now: datetime
) -> tuple[list[str], list[str]]:
    """Who has a tag more, and who one less: a customer as often as tags came to it, or went."""
    # In one order everywhere, so that two requests cannot wait for each other.
    values = {"customer_ids": sorted(customers), "by": by, "now": now}
    found: dict[str, list[str]] = {"add": [], "remove": []}
    if wanted.remove:
        rows = await connection.execute(_SQL["remove"], {**values, "keys": sorted(wanted.remove)})
        found["remove"] = [str(row["customer_id"]) for row in await rows.fetchall()]
    if wanted.add:
        keys = sorted(wanted.add)
        rows = await connection.execute(_SQL["add"], {**values, "keys": keys, "tags": [wanted.add[k] for k in keys]})
        found["add"] = [str(row["customer_id"]) for row in await rows.fetchall()]
    return found["add"], found["remove"]


async def count_tags(connection: DictConnection, *, limit: int = 50, cursor: str | None = None) -> Page[TagCount]:
    """Every tag, by its letters. Raises InvalidRequest for a foreign cursor."""
    after = _decode(cursor) if cursor else None
    rows = await (await connection.execute(_SQL["counts"], {"after": after, "limit": limit + 1})).fetchall()
    found = msgspec.convert(rows[:limit], list[TagCount])
    return Page(found, _encode(str(rows[limit - 1]["tag_key"])) if len(rows) > limit else None)


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([key])).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        (key,) = msgspec.json.decode(text, type=tuple[str])
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
    if "\x00" in key:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor")
    return key
