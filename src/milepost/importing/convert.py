"""Turns a batch of text columns into event rows: it reads what the map says, a column at a time, and leaves the
checks and defaults of an event to ingest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Generic

import msgspec

from milepost.importing.faults import RowErrors, check_characters
from milepost.importing.fields import Faults, FieldResolver, RowFilter
from milepost.importing.identity import Identifier, content_id, noise
from milepost.importing.mapping import Mapping
from milepost.importing.metadata import MetadataBuilder
from milepost.importing.readers import Column, RowBatch, RowError
from milepost.importing.sessions import Sessions
from milepost.importing.sink import R
from milepost.importing.times import Spreader, TimeParser, moments
from milepost.ingest.checks import stored_address
from milepost.ingest.draft import Draft, Sender
from milepost.ingest.events import EventRow
from milepost.ingest.pipeline import accept_drafts
from milepost.ingest.steps import FIELD_STEPS
from milepost.plan import Plan

_NUMBERS = ("session_duration", "time_on_page", "retention_days")


class Converted(msgspec.Struct, Generic[R], frozen=True):
    """A batch's rows with the lines they came from, its errors, and how many rows the filter left out."""

    rows: list[R]
    lines: list[int]
    errors: list[RowError]
    filtered: int


class Converter:
    """Holds what runs through the whole file (occurrences, sessions): give it every batch, in order."""

    def __init__(self, mapping: Mapping, plan: Plan, now: datetime) -> None:
        self._sender = Sender(plan=plan, received_at=now)
        self._times = TimeParser(mapping)
        self._end = self._times.end()
        self._spreader = Spreader(mapping.timestamp.spread) if mapping.timestamp.spread else None
        self._identifier = Identifier(mapping)
        self._sessions = Sessions(mapping) if mapping.session else None
        self._filter = RowFilter(mapping)
        self._fields = {key: FieldResolver(mapping, f"event.{key}", f) for key, f in mapping.fields().items()}
        self._metadata = MetadataBuilder(mapping)
        self._bare_days = mapping.timestamp.format == "day"

    @property
    def unsorted(self) -> int:
        """Rows that were earlier than the row before them of the same session owner."""
        return self._sessions.unsorted if self._sessions else 0

    def convert(self, batch: RowBatch) -> Converted[EventRow]:
        """Every row of the batch comes back as a row, as an error with its line, or is counted as filtered."""
        lines, columns = batch.lines, batch.columns
        # ids are given before the filter, so that another filter gives the same rows the same ids
        micros, time_faults = self._times.parse(columns)
        digests = self._identifier.digests(columns, micros)
        days: list[int | None] = micros if self._bare_days else [None] * len(lines)
        kept = self._kept(columns, micros)
        if kept is not None:
            columns = {name: [column[i] for i in kept] for name, column in columns.items()}
            lines, digests = [lines[i] for i in kept], [digests[i] for i in kept]
            micros, days = [micros[i] for i in kept], [days[i] for i in kept]
            time_faults = {at: time_faults[i] for at, i in enumerate(kept) if i in time_faults}
        errors = RowErrors(lines)
        check_characters(columns, errors)
        for row, message in time_faults.items():
            errors.add(row, "invalid_value", "timestamp", message)
        if self._spreader is not None:
            micros = self._spreader.spread(micros, columns, list(map(noise, digests)))
        rows, places = self._rows(columns, digests, micros, days, errors)
        found = [*batch.errors, *errors.by_row.values()]
        found.sort(key=lambda error: error.line)
        filtered = 0 if kept is None else len(batch.lines) - len(kept)
        return Converted(rows, [lines[place] for place in places], found, filtered)

    def _kept(self, columns: dict[str, Column], micros: list[int | None]) -> list[int] | None:
        """The rows that the map's filter and `until` leave, or None when they leave all."""
        kept = self._filter.kept(columns, len(micros))
        end = self._end
        if end is None:
            return kept
        rows = range(len(micros)) if kept is None else kept
        return [row for row in rows if (moment := micros[row]) is None or moment < end]

    def _rows(
        self,
        columns: dict[str, Column],
        digests: list[int],
        micros: list[int | None],
        days: list[int | None],
        errors: RowErrors,
    ) -> tuple[list[EventRow], list[int]]:
        """The rows of events that are right, and their places in the batch."""
        count = len(digests)
        texts = {key: self._texts(key, columns, count, errors) for key in self._fields}
        addresses = _addresses(texts.pop("ip_address", None), errors)
        values: dict[str, Sequence[object]] = {
            key: _numbers(key, column, errors) if key in _NUMBERS else column for key, column in texts.items()
        }
        if self._sessions is not None:
            values["session_id"] = self._sessions.assign(columns, micros, days)
        values["timestamp"] = moments(micros, errors)
        values["event_metadata"] = self._metadata.build(columns, count, errors)
        places = [row for row in range(count) if row not in errors.by_row]
        accepted = accept_drafts(self._drafts(places, values, addresses, digests, micros), self._sender, FIELD_STEPS)
        for refused in accepted.rejected:
            errors.add(places[refused.index], refused.code, refused.field, refused.message)
        return accepted.rows, [places[index] for index in accepted.places]

    @staticmethod
    def _drafts(
        places: list[int],
        values: dict[str, Sequence[object]],
        addresses: Column | None,
        digests: list[int],
        micros: list[int | None],
    ) -> Iterator[Draft]:
        """One draft for each place, as somebody else would have sent it."""
        names, rows = list(values), list(zip(*values.values(), strict=True))
        for place in places:
            fields = dict(zip(names, rows[place], strict=True))
            moment = micros[place]
            assert moment is not None  # else the row has a fault
            yield Draft(
                fields=fields,
                event_id=content_id(moment, digests[place]),
                ip_address=None if addresses is None else addresses[place],
            )

    def _texts(self, key: str, columns: dict[str, Column], count: int, errors: RowErrors) -> Column:
        faults: Faults = {}
        values = self._fields[key].resolve(columns, count, faults)
        code = "unknown_event_type" if key == "event_type" else "invalid_value"
        for row, message in faults.items():
            errors.add(row, code, key, message)
        return values


def _numbers(key: str, texts: Column, errors: RowErrors) -> list[int | None]:
    known: dict[str | None, int | None] = {None: None}
    for text in set(texts) - {None}:
        known[text] = _whole(text or "")
    for row, text in enumerate(texts):
        if text is not None and known[text] is None:
            errors.add(row, "invalid_value", key, f"{text[:60]!r} is not a whole number")
    return [known[text] for text in texts]


def _whole(text: str) -> int | None:
    try:
        return int(text.removesuffix(".0"))
    except ValueError:
        return None


def _addresses(texts: Column | None, errors: RowErrors) -> Column | None:
    if texts is None:
        return None
    known: dict[str | None, str | None] = {text: stored_address(text) for text in set(texts)}
    for row, text in enumerate(texts):
        if text is not None and known[text] is None:
            errors.add(row, "invalid_value", "ip_address", f"{text[:60]!r} is not an IP address")
    return [known[text] for text in texts]
