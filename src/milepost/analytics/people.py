"""Who is behind a bar: the column store finds their numbers, PostgreSQL knows their names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from milepost.analytics.asking import People, Person
from milepost.analytics.compile import Compiler
from milepost.store.database import Row
from milepost.store.queries import load

#: So many are named; all are counted.
MOST_PEOPLE = 200

_NAMES = load("milepost.analytics", "names.sql")
_SQL = load("milepost.analytics", "people.sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def people(compiler: Compiler, units: str) -> People:
    """Those that `units` answers: a statement with a row a unit, its values bound by `compiler`.

    Its columns: `who`, the unit's number; `of_customer`, the number of its latest event's customer; `events`, how many
    of those asked for it has; `last`, the latest one's Unix time in microseconds.

    For most questions that is `compiler.units(condition)`.
    """
    rows = await compiler.rows(tuple[int, int, int, int, int], _SQL["first"], units=units, most=str(MOST_PEOPLE))
    if not rows:
        return People(0, [])
    numbers, customers, events, last, totals = zip(*rows, strict=True)
    values = {
        "numbers": list(numbers),
        "customers": list(customers),
        "events": list(events),
        "last": list(last),
        "limit": MOST_PEOPLE,
    }
    async with compiler.store.database.transaction() as connection:
        found = await (await connection.execute(_NAMES["people"], values)).fetchall()
    return People(int(totals[0]), [_person(row, compiler.unit) for row in found])


def _person(row: Row, unit: str) -> Person:
    at = _EPOCH + timedelta(microseconds=int(str(row["last_at"])))
    return Person(
        customer_id=str(row["customer_id"]),
        name=None if row["name"] is None else str(row["name"]),
        user_id=str(row["id"]) if unit == "user" else None,
        events=int(str(row["events"])),
        last_at=at.isoformat(),
    )
