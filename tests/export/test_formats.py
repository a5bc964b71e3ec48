"""Every data set in every format holds row for row what PostgreSQL holds."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from milepost.export.asked import FORMATS, Asked, Chosen
from milepost.export.data_sets import DATA_SETS, Column
from milepost.export.stream import stream
from tests.export.data import add_judged, fill, rows_of
from tests.export.reading_back import rows_in
from tests.support.settling import settle_all

_NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


def exported(dsn: str, chosen: Chosen) -> bytes:
    sink = io.BytesIO()
    stream(dsn, chosen, lambda _: sink, progress=lambda done, of: None)
    return sink.getvalue()


def _plain(rows: Sequence[tuple[Any, ...]], columns: Sequence[Column], format_: str) -> list[tuple[Any, ...]]:
    """As far as the format's reader can tell them apart."""

    def one(value: Any, column: Column) -> Any:
        if format_ == "csv" and value is None and column.kind in ("text", "json"):
            return ""
        return value

    return sorted((tuple(map(one, row, columns)) for row in rows), key=repr)


def test_every_data_set_in_every_format(dsn: str, connection: psycopg.Connection) -> None:
    fill(connection)
    settle_all(connection, (), now=_NOW)
    add_judged(connection, _NOW)
    for of in DATA_SETS.values():
        held = rows_of(connection, of)
        assert held, f"there are no {of.name}"
        for format_ in FORMATS:
            data = exported(dsn, Chosen(Asked(data_set=of.name, format=format_), None))
            assert rows_in(data, format_, of.columns) == _plain(held, of.columns, format_), f"{of.name} as {format_}"


def test_csv_tells_nothing_from_a_text_without_characters(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into public.behavior_events (customer_id, event_type, page_url) values ('c', 'navigation', '')"
    )
    line = exported(dsn, Chosen(Asked(data_set="events", format="csv"), None)).decode().splitlines()[1]
    columns = [column.name for column in DATA_SETS["events"].columns]
    values = dict(zip(columns, line.split(","), strict=True))
    assert values["page_url"] == '""'
    assert values["referrer"] == ""
