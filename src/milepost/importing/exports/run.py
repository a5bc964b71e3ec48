"""Imports an export: its lines into events, ties and traits, by the steps that every event passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from milepost.errors import ImportFailed
from milepost.importing.convert import Converted
from milepost.importing.exports.common import Export, LineReader, Tool, check_metadata_size
from milepost.importing.exports.lines import LineBatch, line_batches
from milepost.importing.exports.mixpanel import MixpanelReader
from milepost.importing.exports.posthog import PosthogReader
from milepost.importing.faults import RowErrors
from milepost.importing.noticed import Noticing, Old
from milepost.importing.run import CHUNK_ROWS, ImportProgress, ImportReport, import_batches
from milepost.importing.sink import Sink
from milepost.ingest.draft import Draft, Sender
from milepost.ingest.events import EventRow, IdentityCall, RejectedEvent
from milepost.ingest.pipeline import accept_drafts
from milepost.ingest.steps import COMMON_STEPS
from milepost.plan import Plan

_READERS: Final[dict[Tool, Callable[[Export], LineReader]]] = {"mixpanel": MixpanelReader, "posthog": PosthogReader}
_STEPS = (*COMMON_STEPS, check_metadata_size)


class ExportRow(msgspec.Struct, frozen=True, gc=False):
    """An event of an export, and what it said of who is who."""

    row: EventRow
    call: IdentityCall | None = None

    @property
    def timestamp(self) -> datetime:
        return self.row.timestamp


class ExportConverter:
    """Holds what runs through the whole file: give it every batch, in order."""

    unsorted = 0

    def __init__(self, export: Export, plan: Plan, now: datetime) -> None:
        self._reader = _READERS[export.source](export)
        self._sender = Sender(plan=plan, received_at=now)

    @property
    def customers(self) -> Counter[str]:
        """How many events were given a customer by which group or property; "": by none."""
        return self._reader.customers

    def convert(self, batch: LineBatch) -> Converted[ExportRow]:
        """Every line comes back as a row, as an error with its line, or is counted as left out."""
        errors = RowErrors(batch.lines)
        drafts: list[Draft] = []
        places: list[int] = []
        filtered = 0
        for place, raw in enumerate(batch.raw):
            try:
                draft = self._reader.read(raw)
            except RejectedEvent as reason:
                errors.add(place, reason.code, reason.field, reason.message)
                continue
            if draft is None:
                filtered += 1
            else:
                drafts.append(draft)
                places.append(place)
        accepted = accept_drafts(drafts, self._sender, _STEPS)
        for refused in accepted.rejected:
            errors.add(places[refused.index], refused.code, refused.field, refused.message)
        calls = {call.event_id: call for call in accepted.identity_calls}
        rows = [ExportRow(row, calls.get(row.event_id)) for row in accepted.rows]
        found = sorted(errors.by_row.values(), key=lambda error: error.line)
        return Converted(rows, [batch.lines[places[at]] for at in accepted.places], found, filtered)


def noticing(converter: ExportConverter, plan: Plan, now: datetime, old: Old) -> Noticing[LineBatch, ExportRow]:
    """The same converter, with an eye on old events and tools that the plan has not."""
    return Noticing(
        converter.convert,
        lambda: converter.unsorted,
        lambda row: row.row,
        lambda row, event: replace(row, row=event),
        plan=plan,
        now=now,
        old=old,
    )


def import_export(
    path: Path,
    export: Export,
    sink: Sink[ExportRow],
    *,
    plan: Plan,
    now: datetime,
    progress: Callable[[ImportProgress], None] | None = None,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
    old: Old = "store",
) -> tuple[ImportReport[ExportRow], Counter[str]]:
    """What `import_file` does with a map, and how many events were given a customer by which group or property ("": by
    none). The same events give the same ids in every export that has them. Raises ImportFailed, and what the sink
    raises."""
    if now.tzinfo is None:
        raise ImportFailed("now has no time zone. Pass an aware datetime, e.g. datetime.now(UTC).")
    converter = ExportConverter(export, plan, now)
    report = import_batches(
        path,
        export,
        lambda: line_batches(path, CHUNK_ROWS, limit),
        noticing(converter, plan, now, old),
        sink,
        kind=lambda row: row.row.event_name or row.row.event_type,
        progress=progress,
        errors_path=errors_path,
        resume=resume,
    )
    return report, converter.customers
