"""The limit: a plain COPY of the same rows into the same table, with its indexes and triggers."""

from __future__ import annotations

import time

import msgspec
import psycopg

from bench.events import Event

_COLUMNS = (
    "event_id", "timestamp", "event_type", "customer_id", "user_id", "session_id", "tool_id", "tool_section",
    "competency_area", "business_impact", "current_arr", "target_arr", "growth_stage", "event_metadata",
    "session_duration", "page_url", "device_type", "browser",
)  # fmt: skip
_COPY = f"copy public.behavior_events ({', '.join(f'{name!s}' for name in _COLUMNS)}) from stdin"


def copy_rate(dsn: str, made: list[list[Event]], *, triggers: bool = True) -> float:
    """Rows a second, one COPY and one commit a batch, on one connection."""
    rows = [
        [
            tuple(
                msgspec.json.encode(event[name]).decode() if name == "event_metadata" else event[name]
                for name in _COLUMNS
            )
            for event in batch
        ]
        for batch in made
    ]
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        if not triggers:
            cursor.execute("alter table public.behavior_events disable trigger user")
        began = time.perf_counter()
        for batch in rows:
            with connection.transaction(), cursor.copy(_COPY) as copy:
                for row in batch:
                    copy.write_row(row)
        seconds = time.perf_counter() - began
        if not triggers:
            cursor.execute("alter table public.behavior_events enable trigger user")
    return sum(map(len, rows)) / seconds
