"""Reads and checks a map; every mistake is named by its file, line and key, with the fix."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from milepost.importing.check import action_faults_of, faults_of
from milepost.importing.mapping import (
    Action,
    ActionMapping,
    Event,
    FileMap,
    FileOptions,
    Filter,
    Identity,
    MapError,
    Mapping,
    Origin,
    Session,
    Spread,
    Timestamp,
)
from milepost.importing.values import Field, Value
from milepost.plan import line_of

_T = TypeVar("_T")
_M = TypeVar("_M", bound=FileMap)


def load_mapping(path: Path) -> Mapping:
    """Reads and checks a map. Raises MapError that names the file, the line, the key and the fix."""
    return parse_mapping(_read(path), str(path))


def _read(path: Path) -> str:
    """A map's text. Raises MapError."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MapError(f"{path}: cannot be read ({error}). Check the path and that it is UTF-8.") from error


def parse_mapping(text: str, name: str) -> Mapping:
    """Parses and checks a map's text; `name` is how errors call it. Raises MapError."""
    mapping = _parse(text, name, Mapping)
    for path, message in faults_of(mapping):
        raise mapping.fault(path, message)
    return mapping


def load_action_mapping(path: Path) -> ActionMapping:
    """The same for a map of offline actions."""
    return parse_action_mapping(_read(path), str(path))


def parse_action_mapping(text: str, name: str) -> ActionMapping:
    """The same for a map of offline actions."""
    mapping = _parse(text, name, ActionMapping)
    for path, message in action_faults_of(mapping):
        raise mapping.fault(path, message)
    return mapping


def _parse(text: str, name: str, kind: type[_M]) -> _M:
    """Parses a map of that kind, without the checks that types cannot make. Raises MapError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"{name}: not valid TOML: {error}. Correct that line.", field="toml") from error
    return msgspec.structs.replace(_converted(document, text, name, kind), name=name, text=text)


def _converted(document: dict[str, object], text: str, name: str, kind: type[_M]) -> _M:
    # msgspec calls every entry of a free table `[...]`: try those one by one first, to know the key
    for key, value in _entries(document.get("metadata")):
        _convert(value, cast(type[object], Value), f"metadata.{key}", text, name)
    for key, table in _entries(document.get("values")):
        for word, value in _entries(table):
            _convert(value, cast(type[object], str | int), f"values.{key}.{word}", text, name)
    return _convert(document, kind, "", text, name)


def _entries(table: object) -> list[tuple[str, object]]:
    return list(table.items()) if isinstance(table, dict) else []


def _convert(value: object, kind: type[_T], prefix: str, text: str, name: str) -> _T:
    try:
        return msgspec.convert(value, kind, builtin_types=(datetime, date, time))
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at ")
        inner = where.strip("`").removeprefix("$").removeprefix(".").replace("[...]", "")
        path = f"{prefix}.{inner}".strip(".")
        raise MapError(
            f"{name}, line {line_of(text, path)}: {path or 'the map'}: {message}. {_hint(message, path, kind)}",
            field=path or None,
        ) from error


_HINTS = {
    "source": 'Name the source once and for all, e.g. source = "crm": it is part of every event id.',
    "identity": 'List the columns that together tell one event from another, e.g. identity = ["id"].',
    "timestamp": 'Say which column is the time, e.g. [timestamp] column = "created_at".',
    "customer_id": 'Say which column is the customer, e.g. customer_id = "{account_id}".',
    "action_type": 'Give a constant or a column, e.g. action_type = "{kind}".',
    "event": "Add a table [event] with at least customer_id and event_type or event_name.",
    "action": "Add a table [action] with at least customer_id and action_type.",
    "seed": "Give any whole number, e.g. seed = 20: the same seed gives the same times.",
    "column": 'Name a column of the file, e.g. column = "date".',
}
_TABLES: dict[str, type[msgspec.Struct]] = {
    "event": Event,
    "action": Action,
    "timestamp": Timestamp,
    "timestamp.origin": Origin,
    "timestamp.spread": Spread,
    "identity": Identity,
    "session": Session,
    "file": FileOptions,
    "filter": Filter,
}


def _hint(message: str, path: str, kind: type[object]) -> str:
    """What to do about it; `kind` is what the whole was to become."""
    if missing := re.search(r"missing required field `(\w+)`", message):
        return _HINTS.get(missing[1], f"Add {missing[1]}.")
    if not path and (other := re.search(r"unknown field `(event|action)`", message)):
        return f"[{other[1]}] is for `milepost import{'-actions' if other[1] == 'action' else ''}`."
    if "unknown field" in message:
        table = kind if not path and issubclass(kind, FileMap) else _TABLES.get(path, Field)
        known = [name for name in table.__struct_fields__ if table is not kind or name not in ("name", "text")]
        return f"Remove it or correct its name; the known ones are {', '.join(known)}."
    return "Correct the value; docs/import.md lists what each key takes."
