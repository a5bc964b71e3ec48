"""What the page shows of a table before and after its import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from milepost.dashboard import format as fmt
from milepost.dashboard.traits.panel import shown
from milepost.traits.tables import ColumnPreview, Fault, Preview
from milepost.traits.values import Kind, Type, Value

if TYPE_CHECKING:  # what reads tables loads more than a page needs
    from milepost.importing.customers.mapping import ColumnSaid, CustomerMap
    from milepost.importing.customers.prepare import Prepared
    from milepost.importing.customers.store import Imported

TYPES: Final[tuple[Type, ...]] = ("text", "number", "boolean", "date", "list")
_FIRST_ROWS: Final = 8
_FAULTS: Final = 500
_SEPARATED: Final[Mapping[str, str]] = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


class ColumnRow(msgspec.Struct, frozen=True):
    """A column and what it becomes. `said_...`: what was chosen by hand, "" where it was found out."""

    found: ColumnPreview
    said_trait: str = ""
    said_type: str = ""
    said_format: str = ""
    said_decimal: str = ""

    @property
    def taken(self) -> bool:
        return self.found.trait is not None


class FirstRow(msgspec.Struct, frozen=True):
    """A row as it would be kept: `cells` in the order of the traits, "" where it says nothing of one."""

    line: int
    id: str
    cells: tuple[str, ...]


class TablePreview(msgspec.Struct, frozen=True):
    """imports/_preview.html. `faults`: the first of `fault_count`."""

    preview: Preview
    columns: tuple[ColumnRow, ...]
    traits: tuple[str, ...]
    first: tuple[FirstRow, ...]
    faults: tuple[Fault, ...]
    fault_count: int
    known: tuple[str, ...]
    said_of: bool
    said_id: bool
    clear: bool

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.preview.id_column, *(row.found.column for row in self.columns))

    @property
    def of(self) -> str:
        """'customers', or 'customer' of one."""
        return people(self.preview, self.preview.taken)

    @property
    def file_words(self) -> str:
        """How the file is written."""
        separated = _SEPARATED.get(self.preview.delimiter or "", "")
        return ", ".join(filter(None, (self.preview.encoding, f"separated by {separated}" if separated else "")))

    @property
    def types(self) -> tuple[Type, ...]:
        return TYPES


class WhichId(msgspec.Struct, frozen=True):
    """imports/_which.html: of a file in which no column looks like an id. `of`: whom the rows are of, where it was
    said."""

    headings: tuple[str, ...]
    of: Kind | None


class TableReport(msgspec.Struct, frozen=True):
    """imports/_report.html, after the last commit."""

    preview: Preview
    changed: int
    unchanged: int
    faults: tuple[Fault, ...]
    fault_count: int

    @property
    def of(self) -> str:
        return people(self.preview, self.changed)


def preview_view(prepared: Prepared, said: CustomerMap, known: Sequence[str], *, of: bool, id_: bool) -> TablePreview:
    """`known`: names of traits to choose from; `of`, `id_`: whether these were chosen by hand."""
    preview = prepared.preview
    by_hand = {heading.casefold(): one for heading, one in said.columns.items()}
    first = islice(prepared.told.items(), _FIRST_ROWS)
    rows = [(line, whose, {one.name: one.value for one in told}) for whose, (line, told) in first]
    names = tuple(dict.fromkeys(name for _, _, told in rows for name in told))
    return TablePreview(
        preview,
        tuple(_column(one, by_hand.get(one.column.casefold())) for one in preview.columns),
        names,
        tuple(FirstRow(line, whose, tuple(_cell(told, name) for name in names)) for line, whose, told in rows),
        tuple(prepared.faults[:_FAULTS]),
        len(prepared.faults),
        tuple(known),
        of,
        id_,
        said.empty == "clear",
    )


def report_view(done: Imported) -> TableReport:
    """What became of a file."""
    return TableReport(done.preview, done.changed, done.unchanged, tuple(done.faults[:_FAULTS]), len(done.faults))


def people(preview: Preview, count: int) -> str:
    """'customers' or 'people', of so many."""
    return fmt.plural(count, "customer") if preview.of == "customer" else fmt.plural(count, "person", "people")


def _column(found: ColumnPreview, said: str | bool | ColumnSaid | None) -> ColumnRow:
    if isinstance(said, str):
        return ColumnRow(found, said_trait=said)
    if said is None or isinstance(said, bool):
        return ColumnRow(found)
    return ColumnRow(found, said.trait or "", said.type or "", said.format or "", said.decimal or "")


def _cell(told: Mapping[str, Value], name: str) -> str:
    return shown(told[name]) or "nothing" if name in told else ""
