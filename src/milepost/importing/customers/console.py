"""`milepost import-customers`, for the command line: the preview, the bar and the closing report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.table import Table

from milepost.errors import ImportFailed
from milepost.importing.customers.mapping import CustomerMap
from milepost.importing.customers.prepare import Prepared, prepare
from milepost.importing.customers.store import Imported
from milepost.importing.customers.text import MOST_BYTES, unpacked
from milepost.traits.tables import Fault, Preview
from milepost.traits.values import Kind

_PEOPLE: Final[dict[Kind, str]] = {"customer": "customers", "person": "people"}
_NAMES: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_FIRST: Final = 5


def read_file(path: Path, said: CustomerMap, *, of: Kind | None, id_column: str | None) -> Prepared:
    """What a file would tell. Raises ImportFailed, MapError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ImportFailed(f"{path}: cannot be read ({error.strerror}). Check the path.") from error
    return prepare(unpacked(raw), said, of=of, id_column=id_column)


def print_preview(path: Path, preview: Preview, console: Console) -> None:
    """Which file it is taken for, and what each column becomes."""
    parts = [f"{path.name}: {preview.rows:,} rows", preview.encoding]
    if preview.delimiter:
        parts.append(f"separated by {_NAMES.get(preview.delimiter, repr(preview.delimiter))}")
    if preview.recognised:
        parts.append(f"its headings are those of {preview.recognised}")
    console.print(", ".join(parts) + ".", markup=False, highlight=False)
    whose = f"The {preview.of}'s id is the column {preview.id_column!r}"
    if preview.id_is_tools:
        whose += f", the id that tool gives it. If your events name {_PEOPLE[preview.of]} otherwise, use --id COLUMN"
    console.print(whose + ".", markup=False, highlight=False)
    table = Table("column", "trait", "type", "example", box=None, pad_edge=False)
    for heading in ("empty", "wrong"):
        table.add_column(heading, justify="right")
    for one in preview.columns:
        example = " ".join((one.example or "").split())[:40]
        cells = (one.column, one.trait or "left out", one.type or "", example)
        table.add_row(*map(escape, cells), f"{one.empty:,}", f"{one.wrong:,}")
    console.print(table)
    for one in preview.columns:
        if one.note:
            console.print(f"{one.column}: {one.note}.", markup=False, highlight=False)


def print_report(done: Imported, console: Console) -> None:
    """What was stored."""
    people = _PEOPLE[done.preview.of]
    console.print(f"{done.changed:,} {people} changed, {done.unchanged:,} unchanged.", highlight=False)


def print_faults(faults: list[Fault], refused: int, errors_path: Path, console: Console) -> None:
    """The first faults, and all of them into the file beside it; of a file without any an older one is removed."""
    if not faults:
        errors_path.unlink(missing_ok=True)
        return
    errors_path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in faults))
    for one in faults[:_FIRST]:
        console.print(said_of(one), markup=False, highlight=False, soft_wrap=True)
    values = len(faults) - refused
    console.print(
        f"{refused:,} rows refused, {values:,} values left out or doubled; each with its line in",
        end=" ",
        highlight=False,
    )
    console.print(str(errors_path), markup=False, highlight=False, soft_wrap=True)


def said_of(fault: Fault) -> str:
    """A fault in a line."""
    where = f"Line {fault.line}" + (f", {fault.field}" if fault.field else "")
    return f"{where}: {fault.value!r} {fault.message}." if fault.value else f"{where}: {fault.message}."


@contextmanager
def bar(label: str, total: int, console: Console) -> Iterator[Progress]:
    """A bar with one task, on a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(label, total=total)
        yield progress
