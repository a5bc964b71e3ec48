"""What the pages call events, traits, customers, cohorts and segments: as the plan has it, and as the team does."""

from __future__ import annotations

from milepost.access.services import Services
from milepost.analytics import cohorts
from milepost.dashboard.format import visible_name, words
from milepost.dashboard.questions import words as w
from milepost.dashboard.questions.address import NAMED, split_values
from milepost.dashboard.questions.asked import PageQuestion
from milepost.names.names import list_names
from milepost.segments.keep import list_segments
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.traits.keep import read_names
from milepost.traits.values import Kind

SQL = load("milepost.dashboard.questions", "picks.sql")
#: Events' names in one answer; of more the reader types a part.
MOST_NAMES = 100
#: How a field begins that is a trait of somebody.
TRAIT_OF: dict[Kind, str] = {"customer": "trait.", "person": "person."}


async def segment_names(served: Services) -> tuple[tuple[str, str], ...]:
    """Every segment's slug and name, by name."""
    async with served.database.transaction() as connection:
        return tuple((one.slug, one.name) for one in await list_segments(connection))


async def event_choices(served: Services) -> list[tuple[str, str]]:
    """Names of events to choose from without a search: not all where there are very many."""
    async with served.database.transaction() as connection:
        found = await list_names(connection, q=None, limit=MOST_NAMES)
    return [(f"{NAMED}{one.name}", one.label or one.name) for one in found if not one.hidden]


async def cohort_names(served: Services) -> tuple[tuple[str, str], ...]:
    """Every cohort's id and name, to filter by."""
    return tuple((str(c.cohort_id), c.name) for c in await cohorts.list_cohorts(served.database))


async def customer_names(connection: DictConnection, ids: list[str]) -> dict[str, str]:
    """Of these customers the names that can be seen; one without such a name goes by its id."""
    if not ids:
        return {}
    rows = await (await connection.execute(SQL["customers"], {"ids": ids})).fetchall()
    return {str(row["id"]): visible_name(str(row["name"] or ""), str(row["id"])) for row in rows}


async def names_with_segments(served: Services, asked: PageQuestion | None = None) -> w.Names:
    """What a question's values and fields are called. `asked`: with the customers it filters by."""
    chosen = [
        v for row in (asked.filters if asked else ()) if row.field == "customer_id" for v in split_values(row.value)
    ]
    kept = await cohort_names(served)
    async with served.database.transaction() as connection:
        segments = await list_segments(connection)
        labels = await (await connection.execute(SQL["labels"])).fetchall()
        traits = await read_names(connection, "customer", "person")
        customers = await customer_names(connection, chosen)
    fields = {f"{TRAIT_OF[one.kind]}{one.name}": one.label or words(one.name) for one in traits}
    return {
        **w.names_of(served.plan),
        w.SEGMENT: {one.slug: one.name for one in segments},
        "cohort": dict(kept),
        "customer_id": customers,
        "event_name": {str(row["name"]): str(row["label"]) for row in labels},
        w.FIELD: fields | w.predicted(served.plan),
    }
