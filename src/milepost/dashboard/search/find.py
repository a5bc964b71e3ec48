"""Finds customers, people and what the team saved by a part of a name or an id, within a fixed time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from milepost.dashboard.format import visible_name
from milepost.dashboard.questions.asked import NAMES
from milepost.dashboard.views import customer_url, person_url
from milepost.insights.conditions import pattern
from milepost.store.database import Database, QueryTimeout, Row
from milepost.store.queries import load

Kind = Literal["customer", "person", "report", "dashboard", "cohort", "segment"]

#: Of each kind of thing, saved things together.
MOST_FOUND: Final = 6
#: Milliseconds that one look through names may take: the bar would rather say that there may be more.
_PATIENCE: Final = 400
_SQL = load("milepost.dashboard.search", "found.sql")


class Found(msgspec.Struct, frozen=True):
    """One thing to go to. `hint`: what tells it from another of the same name, "" where nothing does."""

    kind: Kind
    name: str
    hint: str
    href: str


class Results(msgspec.Struct, frozen=True):
    """The best first within each kind. `whole`: whether all was looked through in the time there is."""

    items: tuple[Found, ...]
    whole: bool


async def find(database: Database, text: str) -> Results:
    """What `text` may mean: customers first, then people, then what is saved. Nothing for an empty text."""
    if not text:
        return Results((), True)
    values = {
        "exact": text,
        "like": pattern(text),
        "as_typed": sorted({pattern(text), pattern(text.lower())}),
        "prefix": pattern(text.lower())[1:],
        "limit": MOST_FOUND,
        "pages": list(NAMES),
    }
    # Side by side: each looks through a table of its own, and the slowest of them is what is waited for.
    named, known, people, kept = await asyncio.gather(
        *(_rows(database, part, values) for part in ("customers_by_name", "customers_by_id", "people", "kept"))
    )
    items = (
        *(_one("customer", row) for row in _best(text, (*named[0], *known[0]))),
        *(_one("person", row) for row in _best(text, people[0])),
        *(_saved(row) for row in kept[0]),
    )
    return Results(items, named[1] and known[1] and people[1] and kept[1])


async def find_customers(database: Database, text: str) -> list[tuple[str, str]]:
    """Ids and names of the customers that `text` may mean, the best first."""
    values = {"exact": text, "like": pattern(text), "prefix": pattern(text.lower())[1:], "limit": 4 * MOST_FOUND}
    parts = [await _rows(database, part, values) for part in ("customers_by_name", "customers_by_id")]
    best = _best(text, (row for rows, _ in parts for row in rows), 4 * MOST_FOUND)
    return [(str(row["id"]), visible_name(str(row["name"]), str(row["id"]))) for row in best]


async def _rows(database: Database, part: str, values: dict[str, object]) -> tuple[Sequence[Row], bool]:
    """The rows of one part, and whether it came to its end in time."""
    try:
        async with database.transaction() as connection:
            await connection.execute(_SQL["patience"], {"milliseconds": str(_PATIENCE)})
            return await (await connection.execute(_SQL[part], values)).fetchall(), True
    except QueryTimeout:
        return (), False


def _best(text: str, rows: Iterable[Row], most: int = MOST_FOUND) -> list[Row]:
    """Each once; who has the very id or name before who only begins so, and those before the rest."""
    wanted = text.lower()

    def rank(row: Row) -> tuple[bool, bool, bool, bool, int, str]:
        name, id_ = str(row["name"]).lower(), str(row["id"]).lower()
        begins = not name.startswith(wanted), not id_.startswith(wanted)
        return wanted not in (name, id_), *begins, f" {wanted}" not in name, len(name or id_), name or id_

    once = {str(row["id"]): row for row in rows}
    return sorted(once.values(), key=rank)[:most]


def _one(kind: Literal["customer", "person"], row: Row) -> Found:
    id_ = str(row["id"])
    name = visible_name(str(row["name"]), id_)
    return Found(kind, name, "" if name == id_ else id_, customer_url(id_) if kind == "customer" else person_url(id_))


def _saved(row: Row) -> Found:
    kind = msgspec.convert(row["kind"], Literal["report", "dashboard", "cohort", "segment"])
    id_, name = str(row["id"]), str(row["name"])
    if kind == "report":
        address = str(row["address"] or "")
        return Found(kind, name, str(row["page"]).capitalize(), f"/{row['page']}?{address}".rstrip("?"))
    if kind == "segment":
        return Found(kind, name, "Segment", f"/customers?segment={quote(id_, safe='')}")
    return Found(kind, name, kind.capitalize(), f"/{kind}s/{id_}")
