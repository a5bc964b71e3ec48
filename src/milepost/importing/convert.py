"""Turns a batch of text columns into event rows, column by column; a row that breaks a limit becomes an error."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from milepost.importing.check import CLOSED
from milepost.importing.fields import Faults, FieldResolver, RowFilter
from milepost.importing.identity import Identifier, noise, uuid7_int
from milepost.importing.mapping import Mapping
from milepost.importing.metadata import MetadataBuilder, is_clean
from milepost.importing.readers import Batch, Column, RowError
from milepost.importing.sessions import Sessions
from milepost.importing.sink import EventRow
from milepost.importing.times import EPOCH, Spreader, TimeParser, to_datetime
from milepost.vocabulary import (
    DEFAULT_RETENTION_DAYS,
    EARLIEST_YEAR,
    MAX_AHEAD_SECONDS,
    MAX_ID_LENGTH,
    MAX_RETENTION_DAYS,
    MAX_URL_LENGTH,
    MAX_WORD_LENGTH,
    default_impact,
)

#: (event type, tool, section) -> the impact of an event for which the map gives none.
ImpactRule = Callable[[str, str | None, str | None], str]

#: What a file's rows become: events, or offline actions.
R = TypeVar("R")

_IDS = ("customer_id", "user_id", "anonymous_id", "session_id")
_URLS = ("page_url", "referrer")
_MAX_MILLISECONDS = 2**31 - 1
_INTEGERS = {
    "session_duration": (0, _MAX_MILLISECONDS),
    "time_on_page": (0, _MAX_MILLISECONDS),
    "retention_days": (1, MAX_RETENTION_DAYS),
}
_REQUIRED = ("customer_id", "event_type")
_EARLIEST = int((datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) * 1_000_000


def vocabulary_impact(event_type: str, _tool: str | None, _section: str | None) -> str:
    return default_impact(event_type)


@dataclass(frozen=True, slots=True)
class Converted(Generic[R]):
    """A batch's rows with the lines they came from, its errors, and how many rows the filter left out."""

    rows: list[R]
    lines: list[int]
    errors: list[RowError]
    filtered: int


class RowErrors:
    """The first error of each row of a batch."""

    def __init__(self, lines: list[int]) -> None:
        self._lines = lines
        self.by_row: dict[int, RowError] = {}

    def add(self, row: int, code: str, field: str, message: str) -> None:
        if row not in self.by_row:
            self.by_row[row] = RowError(self._lines[row], code, field, message)


class Converter:
    """Holds what runs through the whole file (occurrences, sessions): give it every batch, in order."""

    def __init__(self, mapping: Mapping, now: datetime, impact: ImpactRule = vocabulary_impact) -> None:
        self._mapping = mapping
        self._latest = round(now.timestamp() + MAX_AHEAD_SECONDS) * 1_000_000
        self._impact = impact
        self._impacts: dict[tuple[str, str | None, str | None], str] = {}
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

    def convert(self, batch: Batch) -> Converted[EventRow]:
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
        self._check_times(micros, errors)
        rows = self._rows(columns, len(lines), digests, micros, days, errors)
        good = [at for at in range(len(lines)) if at not in errors.by_row] if errors.by_row else None
        if good is not None:
            rows, lines = [rows[at] for at in good], [lines[at] for at in good]
        found = [*batch.errors, *errors.by_row.values()]
        found.sort(key=lambda error: error.line)
        return Converted(rows, lines, found, 0 if kept is None else len(batch.lines) - len(kept))

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
        count: int,
        digests: list[int],
        micros: list[int | None],
        days: list[int | None],
        errors: RowErrors,
    ) -> list[EventRow]:
        empty: Column = [None] * count
        text = {key: self._text_field(key, columns, count, errors) for key in self._fields if key not in _INTEGERS}
        whole = {key: self._int_field(key, columns, count, errors) for key in self._fields if key in _INTEGERS}
        if self._sessions is not None:
            text["session_id"] = self._sessions.assign(columns, micros, days)
        types = text["event_type"]
        tools, sections = text.get("tool_id", empty), text.get("tool_section", empty)
        given = text.get("business_impact", empty)
        impacts = [
            impact or self._default_impact(kind or "", tool, section)
            for impact, kind, tool, section in zip(given, types, tools, sections, strict=True)
        ]
        faults: dict[int, tuple[str, str]] = {}
        metadata = self._metadata.build(columns, count, faults)
        for row, (field, message) in faults.items():
            errors.add(row, "invalid_value", field, message)
        no_int: list[int | None] = [None] * count
        bad = errors.by_row
        # a row that failed still needs a place here, so that the columns stay in step
        safe = [0 if moment is None or at in bad else moment for at, moment in enumerate(micros)]
        ids = [UUID(int=uuid7_int(moment, digest)) for moment, digest in zip(safe, digests, strict=True)]
        values = zip(
            ids,
            text["customer_id"],
            text.get("user_id", empty),
            text.get("anonymous_id", empty),
            text.get("session_id", empty),
            types,
            tools,
            sections,
            impacts,
            text.get("competency_area", empty),
            text.get("current_arr", empty),
            text.get("target_arr", empty),
            text.get("growth_stage", empty),
            metadata,
            whole.get("session_duration", no_int),
            whole.get("time_on_page", no_int),
            text.get("page_url", empty),
            text.get("referrer", empty),
            text.get("device_type", empty),
            text.get("browser", empty),
            text.get("ip_address", empty),
            map(to_datetime, safe),
            [DEFAULT_RETENTION_DAYS if days is None else days for days in whole.get("retention_days", no_int)],
            strict=True,
        )
        return list(map(EventRow._make, values))

    def _default_impact(self, kind: str, tool: str | None, section: str | None) -> str:
        key = (kind, tool, section)
        found = self._impacts.get(key)
        if found is None:
            if len(self._impacts) > 100_000:
                self._impacts.clear()
            found = self._impacts[key] = self._impact(*key)
        return found

    def _text_field(self, key: str, columns: dict[str, Column], count: int, errors: RowErrors) -> Column:
        faults: Faults = {}
        values = self._fields[key].resolve(columns, count, faults)
        code = "unknown_event_type" if key == "event_type" else "invalid_value"
        for row, message in faults.items():
            errors.add(row, code, key, message)
        distinct = set(values)
        if key in _REQUIRED and None in distinct:
            for row, value in enumerate(values):
                if value is None:
                    errors.add(row, "missing_field", key, "is empty; every event needs one")
        distinct.discard(None)
        wrong = {value: fault for value in distinct if value is not None and (fault := _text_fault(key, value))}
        if wrong:
            for row, value in enumerate(values):
                if value is not None and value in wrong:
                    errors.add(row, wrong[value][0], key, wrong[value][1])
        return values

    def _int_field(self, key: str, columns: dict[str, Column], count: int, errors: RowErrors) -> list[int | None]:
        faults: Faults = {}
        texts = self._fields[key].resolve(columns, count, faults)
        for row, message in faults.items():
            errors.add(row, "invalid_value", key, message)
        low, high = _INTEGERS[key]
        known: dict[str | None, int | None] = {None: None}
        for text in set(texts) - {None}:
            assert text is not None
            known[text] = _whole(text, low, high)
        for row, text in enumerate(texts):
            if text is not None and known[text] is None:
                errors.add(row, "invalid_value", key, f"{text[:60]!r} is no whole number from {low} to {high}")
        return [known[text] for text in texts]

    def _check_times(self, micros: list[int | None], errors: RowErrors) -> None:
        for row, moment in enumerate(micros):
            if moment is None or _EARLIEST <= moment <= self._latest:
                continue
            if moment < _EARLIEST:
                errors.add(row, "time_too_old", "timestamp", f"is before the year {EARLIEST_YEAR}; check its format")
            else:
                errors.add(row, "time_too_far_ahead", "timestamp", "is more than 24 hours ahead; check format and zone")


def check_characters(columns: dict[str, Column], errors: RowErrors) -> None:
    """Finds cells PostgreSQL cannot store: NUL, and bytes that were not UTF-8."""
    for name, column in columns.items():
        whole = "\n".join(filter(None, column))
        if "\0" not in whole and (whole.isascii() or is_clean(whole)):
            continue
        for row, text in enumerate(column):
            if text is not None and ("\0" in text or not is_clean(text)):
                errors.add(row, "invalid_unicode", name, "has a NUL character or bytes that are not UTF-8")


def _text_fault(key: str, value: str) -> tuple[str, str] | None:
    """(code, message) if the value breaks its field's limit."""
    limit = MAX_ID_LENGTH if key in _IDS else MAX_URL_LENGTH if key in _URLS else MAX_WORD_LENGTH
    if len(value) > limit:
        return "too_long", f"has {len(value)} characters; at most {limit} are stored"
    allowed = CLOSED.get(key)
    if allowed is not None and value not in allowed:
        code = "unknown_event_type" if key == "event_type" else "invalid_value"
        return code, f"{value[:60]!r} is unknown; use one of {', '.join(sorted(allowed))}"
    if key == "ip_address":
        try:
            ipaddress.ip_address("%" if "%" in value else value)  # inet takes no zone index
        except ValueError:
            return "invalid_value", f"{value[:60]!r} is no IP address"
    return None


def _whole(text: str, low: int, high: int) -> int | None:
    try:
        number = int(text.removesuffix(".0"))
    except ValueError:
        return None
    return number if low <= number <= high else None
