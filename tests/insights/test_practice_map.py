"""The picture of all customers against a plain sort and count: quarters, the first of each, competencies, search."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.insights.practice import Quarter, quarter_of
from milepost.insights.practice_map import QUARTERS, STEP, Picture, more_than, read_picture
from milepost.store.database import Database
from tests.support.examples import examples
from tests.support.postgres import Cluster

#: Values on the lines, at the ends, and anywhere (above zero, a score is never below 1e-14).
_VALUE = st.one_of(
    st.sampled_from([0.0, 5.0, 29.999, 30.0, 49.999, 50.0, 95.0, 99.9, 100.0]), st.floats(0, 100, allow_subnormal=False)
)
_ROW = st.tuples(_VALUE, _VALUE, _VALUE, _VALUE)
_LINE = st.integers(1, 19).map(lambda line: line * STEP)


@pytest.fixture(scope="module")
def dsn(cluster: Cluster) -> Iterator[str]:
    with cluster.database() as dsn:
        yield dsn


def fill(dsn: str, rows: list[tuple[float, float, float, float]]) -> None:
    """One customer a row: practice and results of all, and of `selling`; no results of it where they are zero."""
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("delete from milepost.standing")
        for number, (practice, results, one, won) in enumerate(rows):
            cursor.execute("insert into milepost.standing (customer_id) values (%s)", (f"c{number:03}",))
            by = json.dumps({"selling": one}), json.dumps({"selling": won} if won else {})
            cursor.execute(
                "insert into milepost.snapshots (customer_id, number, day, due_on, settled_at, plan_version,"
                " score_version, systematic_progression_rate, points_last_14_days, points_14_days_before, active_weeks,"
                " practice, results, competency_scores, results_by)"
                " values (%s, %s, %s, '2026-04-01', '2026-03-31', 1, 1, 0, 0, 0, 0, %s, %s, %s, %s)",
                (f"c{number:03}", number, date(2026, 3, 31), practice, results, *by),
            )


def look(dsn: str, **asked: object) -> Picture:
    async def looking() -> Picture:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            async with database.transaction() as connection:
                return await read_picture(connection, **asked)  # type: ignore[arg-type]  # the caller's
        finally:
            await database.close()

    return asyncio.run(looking())


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_ROW, max_size=30), _LINE, _LINE, st.integers(1, 8), st.sampled_from([None, "selling", "unknown"]))
def test_it_is_a_plain_sort_and_count(
    dsn: str,
    rows: list[tuple[float, float, float, float]],
    practises_from: int,
    wins_from: int,
    most: int,
    competency: str | None,
) -> None:
    fill(dsn, rows)
    picture = look(dsn, competency=competency, practises_from=practises_from, wins_from=wins_from, most=most)
    where = {None: (0, 1), "selling": (2, 3)}.get(competency)
    placed: dict[Quarter, list[tuple[float, str]]] = {quarter: [] for quarter in QUARTERS}
    for number, row in enumerate(rows):
        practice, results = (row[where[0]], row[where[1]]) if where else (0.0, 0.0)
        quarter = quarter_of(practice, results, practises_from=practises_from, wins_from=wins_from)
        placed[quarter].append((-(practice + results), f"c{number:03}"))
    for quarter in QUARTERS:
        assert picture.count(quarter) == len(placed[quarter])
        first = [one.customer_id for one in picture.first if one.quarter == quarter]
        assert first == [customer for _, customer in sorted(placed[quarter])[:most]]
    assert picture.count() == len(rows)
    assert picture.day == (date(2026, 3, 31) if rows else None)
    assert picture.waiting is bool(rows)
    assert all(0 <= cell.x < 100 / STEP and 0 <= cell.y < 100 / STEP for cell in picture.cells)


def test_a_search_is_for_a_part_of_an_id_or_a_name(dsn: str) -> None:
    fill(dsn, [(60, 60, 0, 0)] * 12)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("insert into milepost.customers (customer_id, name) values ('c003', 'Acme 100%')")
    assert [one.customer_id for one in look(dsn, query="C01").first] == ["c010", "c011"]
    assert [(one.customer_id, one.name) for one in look(dsn, query="acme").first] == [("c003", "Acme 100%")]
    assert look(dsn, query="0%").count() == 1
    assert look(dsn, query="_").count() == 0


def test_more_than(dsn: str) -> None:
    fill(dsn, [(0, 0, 0, 0)] * 3)

    async def asked(customers: int) -> bool:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            async with database.transaction() as connection:
                return await more_than(connection, customers)
        finally:
            await database.close()

    assert asyncio.run(asked(2))
    assert not asyncio.run(asked(3))
