"""Brings a file of offline actions into the store: the same reading, mapping and resuming as of events, and for each
row the checks of `POST /v1/actions`, so that a file takes what the API takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from milepost.errors import ImportFailed
from milepost.importing.convert import Converted, RowErrors, check_characters
from milepost.importing.fields import Faults, FieldResolver, RowFilter
from milepost.importing.identity import Identifier, noise, uuid7_int
from milepost.importing.mapping import ActionMapping
from milepost.importing.metadata import MetadataBuilder
from milepost.importing.readers import Batch, Column
from milepost.importing.run import ImportReport, Progress, Sink, import_rows
from milepost.importing.sink import StoreResult
from milepost.importing.times import Spreader, TimeParser, to_datetime
from milepost.ingest.actions import ActionRow, accept_actions
from milepost.ingest.steps import Sender
from milepost.plan import Plan
from milepost.store.queries import load
from milepost.store.retry import retried

_SQL = load("milepost.ingest", "write.sql")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?\Z")


class ActionConverter:
    """Holds what runs through the whole file (occurrences): give it every batch, in order."""

    unsorted = 0

    def __init__(self, mapping: ActionMapping, plan: Plan, now: datetime) -> None:
        self._mapping = mapping
        self._sender = Sender(plan=plan, received_at=now)
        self._times = TimeParser(mapping)
        self._end = self._times.end()
        self._spreader = Spreader(mapping.timestamp.spread) if mapping.timestamp.spread else None
        self._identifier = Identifier(mapping) if mapping.action.action_id is None else None
        self._filter = RowFilter(mapping)
        self._fields = {key: FieldResolver(mapping, f"action.{key}", f) for key, f in mapping.fields().items()}
        self._metadata = MetadataBuilder(mapping)

    def convert(self, batch: Batch) -> Converted[ActionRow]:
        """Every row comes back as a row, as an error with its line, or is counted as left out by the map."""
        lines, columns, count = batch.lines, batch.columns, len(batch.lines)
        micros, time_faults = self._times.parse(columns)
        digests = [0] * count if self._identifier is None else self._identifier.digests(columns, micros)
        errors = RowErrors(lines)
        check_characters(columns, errors)
        for row, message in time_faults.items():
            errors.add(row, "invalid_value", "timestamp", message)
        if self._spreader is not None:
            micros = self._spreader.spread(micros, columns, list(map(noise, digests)))
        texts = {key: self._texts(key, columns, count, errors) for key in self._fields}
        faults: dict[int, tuple[str, str]] = {}
        metadata = self._metadata.build(columns, count, faults)
        for row, (field, message) in faults.items():
            errors.add(row, "invalid_value", field, message)
        kept = self._filter.kept(columns, count)
        wanted = [
            row
            for row in (range(count) if kept is None else kept)
            if self._end is None or (at := micros[row]) is None or at < self._end
        ]
        rows, places = [], []
        for row in wanted:
            if row in errors.by_row:
                continue
            moment = micros[row]
            assert moment is not None  # else it has a fault
            made = self._row(row, texts, metadata[row], moment, digests[row], errors)
            if made is not None:
                rows.append(made)
                places.append(lines[row])
        # What the map leaves out is no error either.
        told = set(wanted)
        found = [*batch.errors, *(error for row, error in errors.by_row.items() if row in told)]
        found.sort(key=lambda error: error.line)
        return Converted(rows, places, found, count - len(wanted))

    def _row(
        self, row: int, texts: dict[str, Column], metadata: str, micros: int, digest: int, errors: RowErrors
    ) -> ActionRow | None:
        """The row as a sender of the API would write it, through the API's checks."""
        action: dict[str, Any] = {key: text for key, column in texts.items() if (text := column[row]) is not None}
        action.setdefault("source", self._mapping.source)
        if (value := action.get("value")) is not None and _NUMBER.match(value):
            action["value"] = float(value)
        if self._identifier is not None:
            action["action_id"] = str(UUID(int=uuid7_int(micros, digest)))
        elif "action_id" not in action:
            errors.add(row, "missing_field", "action_id", "is empty; every action needs one, or the map an identity")
            return None
        try:
            action["timestamp"] = to_datetime(micros)
        except OverflowError:
            errors.add(row, "invalid_value", "timestamp", "is outside of what a calendar has; check its format")
            return None
        if metadata != "{}":
            action["action_metadata"] = msgspec.Raw(metadata.encode())
        accepted = accept_actions([msgspec.json.encode(action)], self._sender)
        if accepted.rejected:
            wrong = accepted.rejected[0]
            errors.add(row, wrong.code, wrong.field or "", wrong.message)
            return None
        return accepted.rows[0]

    def _texts(self, key: str, columns: dict[str, Column], count: int, errors: RowErrors) -> Column:
        faults: Faults = {}
        values = self._fields[key].resolve(columns, count, faults)
        for row, message in faults.items():
            errors.add(row, "invalid_value", key, message)
        return values


class ActionSink:
    """Stores each chunk in one commit. Rows of one chunk that PostgreSQL cannot take are found by halving."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(
            dsn, autocommit=True, application_name="milepost-import", options="-c timezone=UTC -c jit=off"
        )

    def __enter__(self) -> ActionSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def store(self, rows: list[ActionRow], /) -> StoreResult:
        """One commit. Raises psycopg.OperationalError when PostgreSQL goes away: nothing of the chunk is stored."""
        rejected: list[tuple[int, str, str, str]] = []
        accepted = self._store(rows, 0, rejected)
        rejected.sort()
        return StoreResult(accepted, len(rows) - accepted - len(rejected), rejected)

    def _store(self, rows: list[ActionRow], start: int, rejected: list[tuple[int, str, str, str]]) -> int:
        try:
            text = msgspec.json.encode(rows).decode()
            cursor = retried(self._connection, lambda: self._connection.execute(_SQL["store_actions"], (text,)))
            return len(cursor.fetchall())
        except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded) as error:
            if len(rows) == 1:
                rejected.append((start, "unstorable", "", error.diag.message_primary or str(error)))
                return 0
            half = len(rows) // 2
            return self._store(rows[:half], start, rejected) + self._store(rows[half:], start + half, rejected)


class NoActionSink:
    """Takes everything and keeps nothing: the sink of a dry run."""

    def store(self, rows: list[ActionRow], /) -> StoreResult:
        return StoreResult(len(rows), 0, [])


def import_actions(
    path: Path,
    mapping: ActionMapping,
    sink: Sink[ActionRow],
    *,
    plan: Plan,
    now: datetime,
    progress: Callable[[Progress], None] | None = None,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
) -> ImportReport[ActionRow]:
    """What `import_file` does with events. The same file and map give the same ids, so running it again adds nothing;
    nor does what a CRM has sent with the same `action_id` and time."""
    if now.tzinfo is None:
        raise ImportFailed("now has no time zone. Pass an aware datetime, e.g. datetime.now(UTC).")
    return import_rows(
        path,
        mapping,
        ActionConverter(mapping, plan, now),
        sink,
        kind=lambda row: row.action_type,
        progress=progress,
        errors_path=errors_path,
        resume=resume,
        limit=limit,
    )
