"""Tags against a plain Python model: whatever is added and removed, in whatever case."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.store.database import Database
from milepost.work.tags import change_tags, count_tags, tags_of
from tests.support.examples import examples
from tests.support.postgres import Cluster

_NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
_CUSTOMERS = ["a", "b", "c"]
_TAGS = st.lists(
    st.sampled_from(["Beta", "beta", "BETA", " pilot  group ", "Pilot Group", "é", "É", "e\u0301"]), max_size=3
)
_STEP = st.tuples(st.lists(st.sampled_from(_CUSTOMERS), min_size=1, max_size=3), _TAGS, st.booleans())


@pytest.fixture(scope="module")
def dsn(cluster: Cluster) -> Iterator[str]:
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        for customer in _CUSTOMERS:
            connection.execute("insert into milepost.customers (customer_id) values (%s)", [customer])
        yield dsn


def _plain(tag: str) -> str:
    return " ".join(tag.split()).replace("e\u0301", "é")


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEP, max_size=8))
def test_tags_are_what_was_added_and_not_removed(dsn: str, steps: list[tuple[list[str], list[str], bool]]) -> None:
    kept: dict[str, set[str]] = {customer: set() for customer in _CUSTOMERS}
    written: dict[str, str] = {}

    async def play() -> None:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            async with database.transaction() as connection:
                await connection.execute("delete from milepost.tags")
            for place, (customers, tags, adding) in enumerate(steps):
                before = {customer: set(has) for customer, has in kept.items()}
                for tag in map(_plain, tags):
                    key = tag.lower()
                    if adding and not any(key in has for has in kept.values()):
                        written[key] = tag
                    for customer in customers:
                        (kept[customer].add if adding else kept[customer].discard)(key)
                async with database.transaction() as connection:
                    changed = await change_tags(
                        connection,
                        customers,
                        add=tags if adding else (),
                        remove=() if adding else tags,
                        by=None,
                        now=_NOW.replace(second=place),
                    )
                    assert changed.added == sum(len(kept[one] - before[one]) for one in _CUSTOMERS)
                    assert changed.removed == sum(len(before[one] - kept[one]) for one in _CUSTOMERS)
                    found = await tags_of(connection, _CUSTOMERS)
                    counted = await count_tags(connection)
                assert found == {one: [written[key] for key in sorted(has)] for one, has in kept.items() if has}
                everything = sorted({key for has in kept.values() for key in has})
                assert [(one.tag, one.customers) for one in counted.items] == [
                    (written[key], sum(key in has for has in kept.values())) for key in everything
                ]
        finally:
            await database.close()

    asyncio.run(play())
