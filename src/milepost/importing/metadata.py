"""Builds `event_metadata` as JSON text, a column at a time."""

from __future__ import annotations

import json
import math

from milepost.importing.fields import Faults, FieldResolver
from milepost.importing.mapping import Field, FileMap
from milepost.importing.readers import Column
from milepost.vocabulary import MAX_EVENT_BYTES, MAX_METADATA_DEPTH

_MAX_CACHE = 50_000
_MAX_NUMBER_LENGTH = 40


class MetadataBuilder:
    """The map's [metadata]: a key whose value is empty is left out."""

    def __init__(self, mapping: FileMap) -> None:
        fields = mapping.metadata_fields()
        self._fields = [(key, FieldResolver(mapping, f"metadata.{key}", field), field) for key, field in fields.items()]
        self._caches: dict[str, dict[str, str]] = {key: {} for key in fields}

    def build(self, columns: dict[str, Column], count: int, faults: dict[int, tuple[str, str]]) -> list[str]:
        """One JSON object per row; a row's fault is (field, message)."""
        if not self._fields:
            return ["{}"] * count
        parts = [self._fragments(key, resolver, field, columns, count, faults) for key, resolver, field in self._fields]
        if len(parts) == 1:
            texts = ["{" + part + "}" for part in parts[0]]
        else:
            texts = ["{" + ",".join(filter(None, row)) + "}" for row in zip(*parts, strict=True)]
        for index, text in enumerate(texts):
            # a character is at most four bytes, so that most rows need no encoding to be sure
            if len(text) * 4 > MAX_EVENT_BYTES and len(text.encode("utf-8", "replace")) > MAX_EVENT_BYTES:
                faults.setdefault(index, ("metadata", f"is larger than {MAX_EVENT_BYTES} bytes; map less into it"))
                texts[index] = "{}"
        return texts

    def _fragments(
        self,
        key: str,
        resolver: FieldResolver,
        field: Field,
        columns: dict[str, Column],
        count: int,
        faults: dict[int, tuple[str, str]],
    ) -> list[str]:
        found: Faults = {}
        values = resolver.resolve(columns, count, found)
        cache = self._caches[key]
        if len(cache) > _MAX_CACHE:
            cache.clear()
        name = json.dumps(key, ensure_ascii=False)
        wrong: dict[str, str] = {}
        for text in set(values).difference(cache):
            if text is not None:
                try:
                    cache[text] = f"{name}:{to_json(text, field.type)}"
                except (ValueError, RecursionError) as error:
                    wrong[text] = str(error) or "is nested too deeply"
        if wrong:
            for index, text in enumerate(values):
                if text in wrong:
                    found.setdefault(index, wrong[text])
        for index, message in found.items():
            faults.setdefault(index, (f"metadata.{key}", message))
        return ["" if text is None else cache.get(text, "") for text in values]


def to_json(text: str, kind: str) -> str:
    """One cell as JSON of the kind the map asks for. Raises ValueError that says what is wrong."""
    if kind == "text":
        return json.dumps(text, ensure_ascii=False)
    if kind == "number":
        return _number(text)
    if kind == "boolean":
        word = text.strip().lower()
        if word in ("true", "1", "yes", "t"):
            return "true"
        if word in ("false", "0", "no", "f"):
            return "false"
        raise ValueError(f"{text[:60]!r} is neither true nor false")
    try:
        value = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        raise ValueError(f"{text[:60]!r} is not valid JSON ({error})") from error
    _check(value, 1)
    return json.dumps(value, ensure_ascii=False)


def _number(text: str) -> str:
    if len(text) > _MAX_NUMBER_LENGTH:
        raise ValueError(f"{text[:60]!r} is too long for a number")
    try:
        return str(int(text))
    except ValueError:
        pass  # it may have a point or an exponent
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text[:60]!r} is no finite number")
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")


def _check(value: object, depth: int) -> None:
    """What PostgreSQL's jsonb or the depth limit would refuse. Raises ValueError."""
    if depth > MAX_METADATA_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_METADATA_DEPTH} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            _check(key, depth)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, str) and ("\0" in value or not is_clean(value)):
        raise ValueError("has a NUL character or half a surrogate pair, which PostgreSQL cannot store")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("has a number too large to store")


def is_clean(text: str) -> bool:
    """Whether the text can be encoded as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
