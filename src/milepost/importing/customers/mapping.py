"""What a map says of a file of customers: which column is which trait."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from milepost.importing.customers.dates import Order
from milepost.importing.mapping import MapError
from milepost.plan import line_of
from milepost.traits.values import Kind, Name, Type


class ColumnSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column whose name or type is not to be found out. `format` is of dates, `decimal` of numbers, `separator` of
    lists."""

    trait: Name | None = None
    type: Type | None = None
    format: Order | None = None
    decimal: Literal[".", ","] | None = None
    separator: str = ";"


class FileSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the file is written, where that cannot be found out."""

    delimiter: str | None = None
    encoding: str | None = None


class CustomerMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A map; all of it may be left out. `columns` has a trait's name, or more, or false for a column that is left out;
    `others` is what becomes of those it does not name; `empty` says whether an empty cell takes a trait away."""

    of: Kind | None = None
    id: str | None = None
    empty: Literal["keep", "clear"] = "keep"
    others: Literal["take", "leave"] = "take"
    file: FileSaid = FileSaid()
    columns: dict[str, Name | bool | ColumnSaid] = {}


def load_customer_map(path: Path) -> CustomerMap:
    """Reads a map. Raises MapError that names the file, the line and the fix."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MapError(f"{path}: cannot be read ({error}). Check the path and that it is UTF-8.") from error
    try:
        return msgspec.convert(tomllib.loads(text), CustomerMap)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"{path}: not valid TOML: {error}. Correct that line.", field="toml") from error
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at ")
        key = where.strip("`").removeprefix("$").removeprefix(".").removesuffix("[...]")
        raise MapError(
            f"{path}, line {line_of(text, key)}: {key or 'the map'}: {message}. See docs/import.md for what it takes.",
            field=key or None,
        ) from error
