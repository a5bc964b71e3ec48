"""Builds `event_metadata`, a column at a time."""

from __future__ import annotations

import math

import msgspec

from milepost.importing.faults import RowErrors
from milepost.importing.fields import Faults, FieldResolver
from milepost.importing.mapping import FileMap
from milepost.importing.readers import Column
from milepost.importing.values import Field
from milepost.ingest.checks import check_stored_text, deeper_than
from milepost.ingest.decode import decode_json
from milepost.ingest.events import JsonObject, RejectedEvent
from milepost.vocabulary import MAX_METADATA_DEPTH

_MAX_CACHE = 50_000
_MAX_NUMBER_LENGTH = 40
_decode = msgspec.json.Decoder().decode


class MetadataBuilder:
    """The map's [metadata]: a key whose value is empty is left out."""

    def __init__(self, mapping: FileMap) -> None:
        fields = mapping.metadata_fields()
        self._fields = [(key, FieldResolver(mapping, f"metadata.{key}", field), field) for key, field in fields.items()]
        self._caches: dict[str, dict[str, object]] = {key: {} for key in fields}

    def build(self, columns: dict[str, Column], count: int, errors: RowErrors) -> list[JsonObject | None]:
        """One JSON object per row, None where it would be empty."""
        rows: list[JsonObject | None] = [None] * count
        for key, resolver, field in self._fields:
            faults: Faults = {}
            values = resolver.resolve(columns, count, faults)
            known = self._values(key, field, values)
            for row, message in faults.items():
                errors.add(row, "invalid_value", f"metadata.{key}", message)
            for row, text in enumerate(values):
                if text is None:
                    continue
                value = known[text]
                if isinstance(value, RejectedEvent):
                    errors.add(row, value.code, f"metadata.{key}", value.message)
                elif (made := rows[row]) is None:
                    rows[row] = {key: value}
                else:
                    made[key] = value
        return rows

    def _values(self, key: str, field: Field, texts: Column) -> dict[str, object]:
        """What each text means: a value of JSON, or why it is none."""
        cache = self._caches[key]
        if len(cache) > _MAX_CACHE:
            cache.clear()
        for text in set(texts).difference(cache):
            if text is not None:
                try:
                    cache[text] = to_value(text, field.type)
                except RejectedEvent as reason:
                    cache[text] = reason
        return cache


def to_value(text: str, kind: str) -> object:
    """One cell as a value of JSON, of the kind the map asks for. Raises RejectedEvent that says what is wrong."""
    if kind == "text":
        return text
    if kind == "number":
        return _number(text)
    if kind == "boolean":
        word = text.strip().lower()
        if word in ("true", "1", "yes", "t"):
            return True
        if word in ("false", "0", "no", "f"):
            return False
        raise RejectedEvent("invalid_value", f"{text[:60]!r} is neither true nor false")
    raw = text.encode("utf-8", "surrogatepass")
    try:
        value = decode_json(raw, _decode)
        check_stored_text(raw, value)
    except RejectedEvent as reason:
        raise RejectedEvent(reason.code, f"{text[:60]!r} cannot be stored as JSON. {reason.message}") from None
    if deeper_than(msgspec.json.encode(value), MAX_METADATA_DEPTH - 1):  # the metadata around it is a level, too
        raise RejectedEvent("too_deep", f"is nested more than {MAX_METADATA_DEPTH - 1} levels deep")
    return value


def _number(text: str) -> int | float:
    if len(text) > _MAX_NUMBER_LENGTH:
        raise RejectedEvent("invalid_value", f"{text[:60]!r} is too long for a number")
    try:
        return int(text)
    except ValueError:
        pass  # it may have a point or an exponent
    try:
        value = float(text)
    except ValueError:
        raise RejectedEvent("invalid_value", f"{text[:60]!r} is not a number") from None
    if not math.isfinite(value):
        raise RejectedEvent("invalid_value", f"{text[:60]!r} is not a finite number")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
