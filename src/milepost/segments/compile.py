"""From a segment's conditions to the customers for whom all of them hold: one condition, which every use takes.

The list of customers puts it into its statement; questions, cohorts and counts take the numbers of who is found. The
column store is told these numbers, so that both say the same. Traits, figures and ids are asked for as in questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from psycopg import sql

from milepost.analytics.asking import Filter
from milepost.analytics.cohorts import number_everybody
from milepost.analytics.context import FindSegment
from milepost.analytics.names import is_of_customer, numbers_of
from milepost.analytics.traits import trait_of
from milepost.insights.by_traits import TraitCondition, conditions, found, looked_up, values_of
from milepost.insights.conditions import has_status, has_tag, has_weakest, matches, pattern
from milepost.insights.customers import CustomerFilter, Within, count_customers
from milepost.segments.keep import read_segment
from milepost.segments.model import checked_conditions, statuses_of
from milepost.store.database import Database
from milepost.store.queries import load

_SQL = load("milepost.segments", "segments.sql")
#: These say that the rest does not hold.
_TURNED: Final = ("is_not", "not_contains", "is_not_set")
_PREFIX: Final = "segment"


async def within(database: Database, asked: Sequence[Filter], *, now: datetime, at: str = "conditions") -> Within:
    """The customers for whom all of it holds just now. Raises InvalidRequest for what cannot be asked."""
    wanted = checked_conditions(asked, at)
    traits: list[TraitCondition] = []
    parts: list[sql.Composable] = []
    values: dict[str, object] = {"now": now}
    if any(_by_number(one) for one in wanted):
        # Who has offline actions alone has no number until it is asked for.
        await number_everybody(database)
    for place, one in enumerate(wanted):
        if (trait := trait_of(one.field)) is not None:
            traits.append(TraitCondition(trait.name, one.op, one.values))
            continue
        name = f"{_PREFIX}{place}"
        if _by_number(one):
            values[name] = await numbers_of(database, one)
            holds: sql.Composable = sql.SQL(_SQL["numbered"]).format(numbers=sql.Placeholder(name))
        else:
            holds = _own(one, name, values)
        parts.append(sql.SQL("not ({})").format(holds) if one.op in _TURNED else holds)
    if traits:
        async with database.transaction() as connection:
            known = await looked_up(connection, traits)
        prefix = f"{_PREFIX}_trait"
        values |= values_of(known, prefix)
        hold = sql.SQL(" and ").join(conditions(known, prefix))
        parts.append(sql.SQL(_SQL["by_traits"]).format(found=found(known, prefix), hold=hold))
    return Within(sql.SQL("({})").format(sql.SQL(" and ").join(parts)), values)


async def numbers(database: Database, asked: Sequence[Filter], *, now: datetime) -> list[int]:
    """The numbers of these customers: of all who have an event or an offline action. Raises InvalidRequest."""
    chosen = await within(database, asked, now=now)
    await number_everybody(database)
    query = sql.SQL(_SQL["numbers"]).format(within=chosen.condition)
    async with database.transaction() as connection:
        rows = await (await connection.execute(query, chosen.values)).fetchall()
    return [int(str(row["number"])) for row in rows]


def finder(database: Database, now: Callable[[], datetime]) -> FindSegment:
    """Who is in a segment, for questions that name one."""

    async def in_segment(named: str) -> list[int]:
        async with database.transaction() as connection:
            segment = await read_segment(connection, named)
        return await numbers(database, segment.conditions, now=now())

    return in_segment


async def count(database: Database, asked: Sequence[Filter], *, now: datetime) -> int:
    """How many customers there are in it just now. Raises InvalidRequest."""
    chosen = await within(database, asked, now=now)
    async with database.transaction() as connection:
        return await count_customers(connection, now=now, wanted=CustomerFilter(within=chosen))


def _by_number(condition: Filter) -> bool:
    return is_of_customer(condition.field)


def _own(condition: Filter, name: str, values: dict[str, object]) -> sql.Composable:
    """A condition on what the list alone has, as if it were the one it turns around."""
    texts = [str(value) for value in condition.values]
    match condition.field:
        case "status":
            return has_status(statuses_of(condition))
        case "search":
            found_by = []
            for place, text in enumerate(texts):
                values[f"{name}_{place}"] = pattern(text)
                found_by.append(sql.SQL("s.customer_id in ({})").format(matches(f"{name}_{place}")))
            return sql.SQL("({})").format(sql.SQL(" or ").join(found_by))
        case "tag":
            values[name] = [text.lower() for text in texts]
            return has_tag(name if texts else None)
    values[name] = texts
    return has_weakest(name if texts else None)
