"""Imports a file: read, convert, store, in chunks, from where an interrupted run stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from milepost.errors import ImportFailed
from milepost.importing.check import plan_faults_of
from milepost.importing.convert import Converted, Converter
from milepost.importing.mapping import FileMap, Mapping
from milepost.importing.noticed import Noticed, Noticing, Old, of_events
from milepost.importing.readers import RowBatch, RowError, read_batches
from milepost.importing.sink import R, Sink
from milepost.importing.state import Counts, Ledger, Said, fingerprint
from milepost.ingest.events import EventRow
from milepost.plan import Plan

CHUNK_ROWS = 5_000


class ImportProgress(NamedTuple):
    """How far an import is: rows read, and the share of the file, 0 to 1."""

    rows: int
    share: float


class Batch(Protocol):
    """Consecutive rows of a file: how many, and the share of the file read so far."""

    @property
    def rows(self) -> int: ...

    @property
    def share(self) -> float: ...


B = TypeVar("B", bound=Batch)
_B = TypeVar("_B", bound=Batch, contravariant=True)


class BatchConverter(Protocol[_B, R]):
    """Turns batches into rows, in order; `unsorted` counts rows that were out of order where that matters."""

    @property
    def unsorted(self) -> int: ...

    @property
    def noticed(self) -> Noticed: ...

    def convert(self, batch: _B, /) -> Converted[R]: ...


class ImportReport(msgspec.Struct, Generic[R], frozen=True):
    """What an import did. `rows` is all rows read, those of an interrupted run before it included:
    accepted + duplicates (there already) + failed (in `errors_path`) + filtered (left out by the map, or as they are
    old). `noticed` is of all rows, those of before too.
    """

    rows: int
    accepted: int
    duplicates: int
    failed: int
    filtered: int
    resumed_at: int
    unsorted: int
    noticed: Noticed
    by_type: dict[str, int]
    first: datetime | None
    last: datetime | None
    samples: tuple[R, ...]
    errors_path: Path | None


def default_errors_path(path: Path) -> Path:
    """Beside the file: events.csv.gz.errors.ndjson."""
    return path.with_name(path.name + ".errors.ndjson")


def import_file(
    path: Path,
    mapping: Mapping,
    sink: Sink[EventRow],
    *,
    plan: Plan,
    now: datetime,
    progress: Callable[[ImportProgress], None] | None = None,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
    old: Old = "store",
) -> ImportReport[EventRow]:
    """Stores every row of `path` that the map and the limits allow, the others go to `errors_path`.

    `plan` gives what the map does not (the default impact, how long events are kept), as with events that are
    sent. `now` is aware; events more than 24 h after it are errors. `limit` is a number of rows of the file. `old`
    says what becomes of events that the next cleanup would delete, which the report counts.
    The same file and map give the same event ids, so running it again adds nothing. Raises MapError if the
    map has words that are not the plan's, ImportFailed if the file cannot be read, and whatever the sink raises; the
    last two leave the state file, and the next run goes on after the last stored chunk.
    """
    if now.tzinfo is None:
        raise ImportFailed("now has no time zone. Pass an aware datetime, e.g. datetime.now(UTC).")
    return import_rows(
        path,
        mapping,
        event_converter(mapping, plan, now, old),
        sink,
        kind=lambda row: row.event_type,
        progress=progress,
        errors_path=errors_path,
        resume=resume,
        limit=limit,
    )


def event_converter(mapping: Mapping, plan: Plan, now: datetime, old: Old) -> Noticing[RowBatch, EventRow]:
    """For a file of events. Raises MapError."""
    for key, message in plan_faults_of(mapping, plan):
        raise mapping.fault(key, message)
    converter = Converter(mapping, plan, now)
    return of_events(converter.convert, lambda: converter.unsorted, plan=plan, now=now, old=old)


def import_rows(
    path: Path,
    mapping: FileMap,
    converter: BatchConverter[RowBatch, R],
    sink: Sink[R],
    *,
    kind: Callable[[R], str],
    progress: Callable[[ImportProgress], None] | None = None,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
) -> ImportReport[R]:
    """What `import_file` does, of whatever rows; `kind` is by what the report counts them."""
    return import_batches(
        path,
        mapping,
        lambda: read_batches(path, mapping, CHUNK_ROWS, limit),
        converter,
        sink,
        kind=kind,
        progress=progress,
        errors_path=errors_path,
        resume=resume,
    )


def import_batches(
    path: Path,
    said: Said,
    read: Callable[[], Iterable[B]],
    converter: BatchConverter[B, R],
    sink: Sink[R],
    *,
    kind: Callable[[R], str],
    progress: Callable[[ImportProgress], None] | None = None,
    errors_path: Path | None = None,
    resume: bool = True,
) -> ImportReport[R]:
    """The same, of whatever is read from the file; `said` is what was said of it, such as its map."""
    errors_path = errors_path or default_errors_path(path)
    try:
        ledger = Ledger(errors_path, fingerprint(path, said, CHUNK_ROWS), resume)
    except OSError as error:
        raise ImportFailed(f"{path}: {error.strerror} ({error.filename}). Check the path and its folder.") from error
    counts = replace(ledger.resumed)
    skip, seen = counts.rows, 0
    tally: _Tally[R] = _Tally(kind)
    for batch in read():
        converted = converter.convert(batch)  # also for rows done before: occurrences count from the first row
        seen += batch.rows
        if seen > skip:
            result = sink.store(converted.rows) if converted.rows else None
            rejected = result.rejected if result is not None else []
            errors = converted.errors
            if rejected:
                refused = [RowError(converted.lines[i], code, field, text) for i, code, field, text in rejected]
                errors = sorted([*errors, *refused], key=lambda error: error.line)
            counts.rows += batch.rows
            counts.accepted += result.accepted if result is not None else 0
            counts.duplicates += result.duplicates if result is not None else 0
            counts.failed += len(errors)
            counts.filtered += converted.filtered
            ledger.record(errors, counts)
            tally.add(converted, {index for index, *_ in rejected})
        if progress is not None:
            progress(ImportProgress(seen, batch.share))
    return _report(counts, ledger, skip, converter, tally)


class _Tally(Generic[R]):
    """What the report says about the rows of this run."""

    def __init__(self, kind: Callable[[R], str]) -> None:
        self._kind = kind
        self.by_type: Counter[str] = Counter()
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.samples: list[R] = []

    def add(self, converted: Converted[R], refused: set[int]) -> None:
        rows = converted.rows
        if refused:
            rows = [row for index, row in enumerate(rows) if index not in refused]
        if not rows:
            return
        self.by_type.update(map(self._kind, rows))
        times: list[datetime] = [_timed(row) for row in rows]
        self.first = min(times) if self.first is None else min(self.first, *times)
        self.last = max(times) if self.last is None else max(self.last, *times)
        self.samples.extend(rows[: 3 - len(self.samples)])


def _timed(row: Any) -> datetime:
    """Every kind of row has its time under this name."""
    at: datetime = row.timestamp
    return at


def _report(
    counts: Counts, ledger: Ledger, skip: int, converter: BatchConverter[B, R], tally: _Tally[R]
) -> ImportReport[R]:
    return ImportReport(
        rows=counts.rows,
        accepted=counts.accepted,
        duplicates=counts.duplicates,
        failed=counts.failed,
        filtered=counts.filtered,
        resumed_at=skip,
        unsorted=converter.unsorted,
        noticed=converter.noticed,
        by_type=dict(tally.by_type.most_common()),
        first=tally.first,
        last=tally.last,
        samples=tuple(tally.samples),
        errors_path=ledger.finish(),
    )
