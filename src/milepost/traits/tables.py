"""What is said of a table that is imported as traits: before it is stored, and of what was not taken. What reads tables
(`importing/customers`) loads more than a server needs that is never asked to."""

from __future__ import annotations

import msgspec

from milepost.traits.values import Kind, Type


class Fault(msgspec.Struct, frozen=True):
    """What of a file was not taken. `line` is where its row begins, from 1 (of Parquet the row's number); `field` is
    the column's heading, and `value` what stood there; both null where the row has another shape."""

    line: int
    code: str
    field: str | None
    value: str | None
    message: str


class ColumnPreview(msgspec.Struct):
    """What a column becomes: `trait` null, it is left out. `empty` and `wrong` count its cells; `note` is what was
    found out and may be otherwise."""

    column: str
    trait: str | None
    type: Type | None
    example: str | None
    empty: int
    wrong: int
    note: str | None


class Preview(msgspec.Struct):
    """What an import of a file does. `recognised` is the tool that wrote it; `id_is_tools`: its own id is taken for the
    customer's. Of `rows`, `refused` were not taken; the others tell of `taken` customers or people."""

    recognised: str | None
    of: Kind
    id_column: str
    id_is_tools: bool
    encoding: str
    delimiter: str | None
    rows: int
    refused: int
    taken: int
    columns: list[ColumnPreview]
