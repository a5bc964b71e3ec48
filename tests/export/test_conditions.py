"""Whose rows and which rows: conditions mean what they mean in a question."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from milepost.analytics.asking import Filter
from milepost.analytics.cohorts import Are, Definition, create_cohort
from milepost.analytics.context import Store
from milepost.columns.client import Columns
from milepost.errors import InvalidRequest
from milepost.export.asked import Asked
from milepost.export.stream import stream
from milepost.export.who import choose
from milepost.segments.compile import finder
from milepost.segments.keep import create_segment
from milepost.store.database import Database
from tests.export.data import fill

_NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
_Row = dict[str, Any]
#: A condition on events, and what it means to a row.
_HOLD: list[tuple[tuple[str, str, tuple[str | float, ...]], Callable[[_Row], bool]]] = [
    (("tool_id", "is", ("tool 1",)), lambda row: row["tool_id"] == "tool 1"),
    (("tool_id", "is_not", ("tool 1",)), lambda row: row["tool_id"] != "tool 1"),
    (("tool_id", "is", ("", "tool 2")), lambda row: row["tool_id"] in (None, "tool 2")),
    (("tool_id", "contains", ("OOL", "naïve")), lambda row: row["tool_id"] and row["tool_id"][:4] in ("tool", "naïv")),
    (("tool_id", "not_contains", ("ool",)), lambda row: "ool" not in (row["tool_id"] or "")),
    (("user_id", "is_set", ()), lambda row: row["user_id"] is not None),
    (("event_name", "is", ('He said "so"',)), lambda row: row["event_name"] == 'He said "so"'),
    (("event_name", "is", ("\\N", "two\nlines")), lambda row: row["event_name"] in ("\\N", "two\nlines")),
    (("metadata.number", "above", (200,)), lambda row: json.loads(row["event_metadata"]).get("number", 0) > 200),
    (("metadata.number", "is", (12.0, 13.0)), lambda row: json.loads(row["event_metadata"]).get("number") in (12, 13)),
    (("metadata.näme", "is_set", ()), lambda row: bool(json.loads(row["event_metadata"]).get("näme"))),
    (("time_on_page", "at_most", (50,)), lambda row: row["time_on_page"] is not None and row["time_on_page"] <= 50),
    (("time_on_page", "is_not_set", ()), lambda row: row["time_on_page"] is None),
    (("customer_id", "is", ("customer 4",)), lambda row: row["customer_id"] == "customer 4"),
    (("customer_id", "is_not", ("customer 4",)), lambda row: row["customer_id"] != "customer 4"),
]


async def test_conditions(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    fill(connection)
    database = Database(dsn, size=2, query_seconds=10)
    await database.open()

    def now() -> datetime:
        return _NOW

    store = Store(Columns(tmp_path), database, now, finder(database, now))

    async def rows(data_set: str, *filters: Filter, first: date | None = None, last: date | None = None) -> list[_Row]:
        asked = Asked(data_set=data_set, format="ndjson", filters=filters, first=first, last=last)
        sink = io.BytesIO()
        stream(dsn, await choose(store, asked), lambda _: sink, progress=lambda done, of: None)
        return [json.loads(line) for line in sink.getvalue().split(b"\n")[:-1]]

    try:
        everything = await rows("events")
        for (field, op, values), holds in _HOLD:
            wanted = sorted(row["event_id"] for row in everything if holds(row))
            assert wanted or field == "metadata.näme", (field, op)
            found = await rows("events", Filter(field=field, op=op, values=values))  # type: ignore[arg-type]  # of _HOLD
            assert sorted(row["event_id"] for row in found) == wanted, (field, op, values)
        days = await rows("events", first=date(2026, 2, 2), last=date(2026, 2, 3))
        assert {row["timestamp"][:10] for row in days} == {"2026-02-02", "2026-02-03"}
        await _check_customers(database, rows)
    finally:
        await database.close()


async def _check_customers(database: Database, rows: Callable[..., Any]) -> None:
    """What is known of customers, by itself, as a segment and as a cohort; and whoever is in none."""
    big = Filter(field="trait.NULL", values=("NULL",))
    async with database.transaction() as connection:
        segment = await create_segment(connection, "Big", (big,), by=None, now=_NOW)
    definition = Definition(conditions=(Are(filter=Filter(field="customer_id", values=("customer 2",))),))
    cohort = await create_cohort(database, "Two", definition, by=None)
    assert isinstance(cohort.cohort_id, UUID)
    in_big, in_cohort = (
        Filter(field="segment", values=(segment.slug,)),
        Filter(field="cohort", values=(str(cohort.cohort_id),)),
    )
    for data_set in ("events", "customers", "actions"):
        for condition in (big, in_big):
            assert {row["customer_id"] for row in await rows(data_set, condition)} == {"customer NULL"}, data_set
    assert {row["customer_id"] for row in await rows("sessions", in_cohort)} == {"customer 2"}
    assert await rows("events", in_big, in_cohort) == []
    others = Filter(field="segment", op="is_not", values=(segment.slug,))
    assert "customer NULL" not in {row["customer_id"] for row in await rows("customers", others)}
    with pytest.raises(InvalidRequest, match="no such cohort"):
        await rows("events", Filter(field="cohort", values=(str(UUID(int=7)),)))
    with pytest.raises(InvalidRequest, match="filtered by their customers"):
        await rows("sessions", Filter(field="tool_id", values=("x",)))
