"""How many people of some customers were active: the number of a customer's page, of many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from milepost.analytics.context import Store
from milepost.columns.reading import Value
from milepost.people.read import rows_of, utc_day
from milepost.store.queries import load

_WHO: Final = load("milepost.people", "who.sql")


async def active_people(store: Store, customers: Sequence[str]) -> dict[str, int]:
    """People active in the last 28 UTC days, by customer; one of whom no event is known is left out. Raises what the
    column store raises."""
    async with store.database.transaction() as connection:
        rows = await (await connection.execute(_WHO["numbers"], {"ids": list(customers)})).fetchall()
    ids = {int(str(row["number"])): str(row["id"]) for row in rows}
    if not ids:
        return {}
    asked: dict[str, Value] = {"customers": sorted(ids), "today": utc_day(store).isoformat()}
    acted = await rows_of(store, tuple[int, int], "active", asked)
    async with store.database.transaction() as connection:
        values: dict[str, list[int]] = {"numbers": sorted({user for _, user in acted}), "software": []}
        known = await (await connection.execute(_WHO["names"], values)).fetchall()
    people = {int(str(row["number"])) for row in known}
    return dict.fromkeys(ids.values(), 0) | Counter(ids[customer] for customer, user in acted if user in people)
