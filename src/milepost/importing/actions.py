"""Brings a file of offline actions into the store: the same reading, mapping and resuming as of events, and for each
row the checks of `POST /v1/actions`, so that a file takes what the API takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from milepost.errors import ImportFailed
from milepost.importing.convert import Converted
from milepost.importing.faults import RowErrors, check_characters
from milepost.importing.fields import Faults, FieldResolver, RowFilter
from milepost.importing.identity import Identifier, content_id, noise
from milepost.importing.mapping import ActionMapping
from milepost.importing.metadata import MetadataBuilder
from milepost.importing.noticed import NOTHING
from milepost.importing.readers import Column, RowBatch
from milepost.importing.run import ImportProgress, ImportReport, import_rows
from milepost.importing.sink import Sink
from milepost.importing.times import Spreader, TimeParser, moments
from milepost.ingest.actions import ActionRow, accept_actions
from milepost.ingest.draft import Sender
from milepost.plan import Plan

#: How files write yes and no; anything else is refused: what is the team's own must not come in for all to read.
_YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?\Z")


class ActionConverter:
    """Holds what runs through the whole file (occurrences): give it every batch, in order."""

    unsorted = 0
    noticed = NOTHING

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

    def convert(self, batch: RowBatch) -> Converted[ActionRow]:
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
        metadata = self._metadata.build(columns, count, errors)
        times = moments(micros, errors)
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
            action: dict[str, Any] = {key: text for key, column in texts.items() if (text := column[row]) is not None}
            action |= {"timestamp": times[row], "action_metadata": metadata[row]}
            if self._identifier is not None:
                action["action_id"] = content_id(micros[row] or 0, digests[row])
            if (made := self._row(row, action, errors)) is not None:
                rows.append(made)
                places.append(lines[row])
        # What the map leaves out is no error either.
        imported = set(wanted)
        found = [*batch.errors, *(error for row, error in errors.by_row.items() if row in imported)]
        found.sort(key=lambda error: error.line)
        return Converted(rows, places, found, count - len(wanted))

    def _row(self, row: int, action: dict[str, Any], errors: RowErrors) -> ActionRow | None:
        """The row as a sender of the API would write it, through the API's checks."""
        action.setdefault("source", self._mapping.source)
        if (value := action.get("value")) is not None and _NUMBER.match(value):
            action["value"] = float(value)
        if (private := action.get("private")) is not None:
            action["private"] = _YES_OR_NO.get(private.strip().lower(), private)
        if "action_id" not in action:
            errors.add(row, "missing_field", "action_id", "is empty; every action needs one, or the map an identity")
            return None
        accepted = accept_actions([msgspec.json.encode(action)], self._sender)
        if accepted.rejected:
            wrong = accepted.rejected[0]
            errors.add(row, wrong.code, wrong.field, wrong.message)
            return None
        return accepted.rows[0]

    def _texts(self, key: str, columns: dict[str, Column], count: int, errors: RowErrors) -> Column:
        faults: Faults = {}
        values = self._fields[key].resolve(columns, count, faults)
        for row, message in faults.items():
            errors.add(row, "invalid_value", key, message)
        return values


def import_actions(
    path: Path,
    mapping: ActionMapping,
    sink: Sink[ActionRow],
    *,
    plan: Plan,
    now: datetime,
    progress: Callable[[ImportProgress], None] | None = None,
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
