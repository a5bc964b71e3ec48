"""The importer's way into the database: chunks are stored while the next one is being read."""

from __future__ import annotations

from types import TracebackType

import msgspec
import psycopg

from milepost.importing.sink import EventRow, StoreResult
from milepost.ingest.events import Row
from milepost.store.queries import load
from milepost.store.retry import retried

_SQL = load("milepost.ingest", "write.sql")
_encode = msgspec.json.Encoder().encode


class DatabaseSink:
    """Stores each chunk in one commit. Rows of one chunk that PostgreSQL cannot take are found by halving."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(
            dsn, autocommit=True, application_name="milepost-import", options="-c timezone=UTC -c jit=off"
        )

    def __enter__(self) -> DatabaseSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def store(self, events: list[EventRow]) -> StoreResult:
        """One commit. Raises psycopg.OperationalError when PostgreSQL goes away: nothing of the chunk is stored."""
        rejected: list[tuple[int, str, str, str]] = []
        accepted = self._store([_row(event) for event in events], 0, rejected)
        rejected.sort()
        return StoreResult(accepted, len(events) - accepted - len(rejected), rejected)

    def _store(self, rows: list[Row], start: int, rejected: list[tuple[int, str, str, str]]) -> int:
        try:
            text = _encode(rows).decode()
            cursor = retried(self._connection, lambda: self._connection.execute(_SQL["store_events"], (text,)))
            return len(cursor.fetchall())
        except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded) as error:
            if len(rows) == 1:
                rejected.append((start, "unstorable", "", error.diag.message_primary or str(error)))
                return 0
            half = len(rows) // 2
            return self._store(rows[:half], start, rejected) + self._store(rows[half:], start + half, rejected)


def _row(event: EventRow) -> Row:
    return Row(
        event_id=str(event.event_id),
        customer_id=event.customer_id,
        user_id=event.user_id,
        anonymous_id=event.anonymous_id,
        session_id=event.session_id,
        event_type=event.event_type,
        tool_id=event.tool_id,
        tool_section=event.tool_section,
        business_impact=event.business_impact,
        competency_area=event.competency_area,
        current_arr=event.current_arr,
        target_arr=event.target_arr,
        growth_stage=event.growth_stage,
        event_metadata=msgspec.Raw(event.event_metadata.encode()),
        session_duration=event.session_duration,
        time_on_page=event.time_on_page,
        page_url=event.page_url,
        referrer=event.referrer,
        device_type=event.device_type,
        browser=event.browser,
        ip_address=event.ip_address,
        timestamp=event.timestamp,
        retention_days=event.retention_days,
    )
