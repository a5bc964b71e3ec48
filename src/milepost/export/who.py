"""Whose rows are asked for: conditions on what is known of customers become their numbers, as they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from milepost.analytics.asking import Filter
from milepost.analytics.checking import checked
from milepost.analytics.cohorts import everybody, read_cohort
from milepost.analytics.compile import Nesting, in_segment, members
from milepost.analytics.context import Store
from milepost.columns.reading import Reader
from milepost.errors import InvalidRequest, NotFound
from milepost.export.asked import Asked, Chosen, check_asked
from milepost.export.filters import is_of_customers, within
from milepost.segments.compile import finder, numbers
from milepost.segments.model import OWN_FIELDS
from milepost.store.database import Database

#: Those of which a segment is asked for by the same words.
_OF_SEGMENTS = tuple(OWN_FIELDS)


async def choose_now(
    dsn: str, columns: Reader, asked: Sequence[Asked], *, now: Callable[[], datetime], query_seconds: int
) -> list[Chosen]:
    """For who has no database open yet. Raises as `choose_all`."""
    database = Database(dsn, size=2, query_seconds=query_seconds)
    await database.open()
    try:
        return await choose_all(Store(columns, database, now, finder(database, now)), asked)
    finally:
        await database.close()


async def choose_all(store: Store, asked: Sequence[Asked]) -> list[Chosen]:
    """Data sets with the same conditions, of the same customers: these are found once. Raises as `choose`."""
    for one in asked:
        check_asked(one)
    first = await choose(store, asked[0])
    return [Chosen(msgspec.structs.replace(one, filters=first.asked.filters), first.customers) for one in asked]


async def choose(store: Store, asked: Asked) -> Chosen:
    """Raises InvalidRequest for what cannot be exported, ColumnsUnavailable where a cohort cannot be asked for."""
    check_asked(asked)
    fair = tuple(
        one if one.field in _OF_SEGMENTS else checked(one, f"filters[{place}]")
        for place, one in enumerate(asked.filters)
    )
    sound = msgspec.structs.replace(asked, filters=fair)
    within(sound, chosen=False)
    plain = [one for one in fair if is_of_customers(one) and one.field not in ("segment", "cohort")]
    sets: list[set[int]] = []
    if plain:
        sets.append(set(await numbers(store.database, plain, now=store.now())))
    for place, one in enumerate(fair):
        if one.field in ("segment", "cohort"):
            found = await _named(store, one, f"filters[{place}]")
            sets.append(await everybody(store.database) - found if one.op == "is_not" else found)
    return Chosen(sound, sorted(set.intersection(*sets)) if sets else None)


async def _named(store: Store, condition: Filter, at: str) -> set[int]:
    found: set[int] = set()
    for place, value in enumerate(condition.values):
        where = f"{at}.values[{place}]"
        if condition.field == "segment":
            found |= set(await in_segment(store, str(value), where))
            continue
        cohort_id = UUID(str(value))
        try:
            cohort = await read_cohort(store.database, cohort_id)
        except NotFound as error:
            raise InvalidRequest(
                "There is no such cohort; it may have been deleted. GET /v1/cohorts lists those that are there.",
                field=where,
            ) from error
        found |= await members(store, cohort.definition, Nesting().within(cohort_id))
    return found
