"""A file of customers as one table of texts, with the line of each row and what is wrong with the others."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import ImportFailed
from milepost.importing.customers.text import decoded, shown
from milepost.importing.readers import as_text
from milepost.traits.tables import Fault

_DELIMITERS: Final = ",;\t|"
_QUOTED: Final = re.compile(r'"[^"]*"')
#: A quote that opens and never closes would swallow the file: no row goes on for longer.
_MOST_LINES: Final = 1_000
_PARQUET: Final = b"PAR1"


class Table(msgspec.Struct):
    """The rows that could be read. Each has as many cells as there are headings; an empty cell is ''."""

    headings: list[str]
    lines: list[int]
    rows: list[list[str]]
    faults: list[Fault]
    encoding: str
    delimiter: str | None


def read_table(raw: bytes, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """Parquet by its mark, NDJSON where the text begins with a brace, else CSV. Raises ImportFailed."""
    if raw.startswith(_PARQUET):
        return _parquet(raw)
    text, called = decoded(raw, encoding)
    if not text.strip():
        raise ImportFailed("The file is empty. Its first line must name the columns.")
    if text.lstrip()[0] == "{":
        return _ndjson(text, called)
    return _csv(text, called, delimiter)


def _csv(text: str, encoding: str, delimiter: str | None) -> Table:
    lines = list(io.StringIO(text, newline=""))
    first = next(at for at, line in enumerate(lines) if line.strip())
    if told := re.fullmatch(r"sep=(.)\s*", lines[first]):  # as Excel writes it
        first, delimiter = first + 1, delimiter or told[1]
        if first == len(lines):
            raise ImportFailed("The file has no line of headings. Its first line must name the columns.")
    delimiter = delimiter or _delimiter(lines[first])
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise ImportFailed("A delimiter is one character, such as ; or a tab.", field="delimiter")
    faults: list[Fault] = []
    records = _records(lines, first, delimiter, faults)
    _, headings = next(records, (0, []))
    if faults or not any(headings):
        raise ImportFailed(f"Line {first + 1} is not a line of headings. It must name the columns.")
    table = Table(_unlike(headings), [], [], faults, encoding, delimiter)
    width = len(headings)
    for at, row in records:
        if len(row) == width:
            table.lines.append(at + 1)
            table.rows.append(row)
        else:
            message = f"has {len(row)} cells where the header has {width}; check its quotes and delimiters"
            faults.append(Fault(at + 1, "invalid_value", None, None, message))
    return table


class _Lines(Iterator[str]):
    """Lines for one record after another. Raises csv.Error for a record that has no end."""

    def __init__(self, lines: list[str], at: int) -> None:
        self._lines = lines
        self.begin = self.at = at

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            raise StopIteration
        if self.at - self.begin >= _MOST_LINES:
            raise csv.Error("a quote is never closed")
        self.at += 1
        return self._lines[self.at - 1]


def _records(lines: list[str], start: int, delimiter: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """The records that have anything in them, each with the index of its first line. A line whose quotes cannot be
    read costs none but itself: reading goes on with the next."""
    source = _Lines(lines, start)
    while source.at < len(lines):
        begin = source.begin = source.at
        try:
            row = next(csv.reader(source, delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            source.at = begin + 1
            lenient = _lenient(lines[begin], delimiter)
            if lenient is None:
                message = f"not readable as CSV, {error}; check its quotes"
                faults.append(Fault(begin + 1, "invalid_value", None, None, message))
                continue
            row = lenient
        if any(cells := [cell.strip() for cell in row]):
            yield begin, cells


def _lenient(line: str, delimiter: str) -> list[str] | None:
    """A line with quotes in odd places, such as 5" in a cell, as spreadsheets read it; None where one never closes."""
    if line.count('"') % 2:
        return None
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return None


def _delimiter(header: str) -> str:
    plain = _QUOTED.sub("", header)
    return max(_DELIMITERS, key=plain.count)


def _unlike(headings: list[str]) -> list[str]:
    """Headings as they are told apart: a second "Name" is "Name 2", one without words is "column 3"."""
    found: dict[str, None] = {}
    for place, heading in enumerate(headings, start=1):
        wanted = name = " ".join(shown(heading).split()) or f"column {place}"
        count = 1
        while name in found:
            count += 1
            name = f"{wanted} {count}"
        found[name] = None
    return list(found)


def _ndjson(text: str, encoding: str) -> Table:
    objects: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    decode = msgspec.json.Decoder().decode
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            value = decode(raw)
        except (ValueError, RecursionError) as error:  # bytes that were no UTF-8 among them
            faults.append(Fault(line, "invalid_json", None, None, f"is not valid JSON ({error})"))
            continue
        if isinstance(value, dict):
            objects.append((line, dict(_flat(value, "", 1))))
        else:
            faults.append(Fault(line, "invalid_type", None, None, "is not a JSON object; each line must be one"))
    keys = list(dict.fromkeys(name for _, one in objects for name in one))
    rows = [[one.get(name, "") for name in keys] for _, one in objects]
    return Table(_unlike(keys), [line for line, _ in objects], rows, faults, encoding, None)


def _flat(value: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and depth < 3:
            yield from _flat(inner, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", (as_text(inner) or "").strip()


def _parquet(raw: bytes) -> Table:
    try:
        with pq.ParquetFile(io.BytesIO(raw)) as file:
            read = file.read()
            headings = _unlike(list(read.column_names))
            columns = [[(as_text(value) or "").strip() for value in column.to_pylist()] for column in read.columns]
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ImportFailed(f"The Parquet file cannot be read ({error}). Get a whole copy of it.") from error
    rows = [list(row) for row in zip(*columns, strict=True)]
    return Table(headings, list(range(1, len(rows) + 1)), rows, [], "Parquet", None)


def as_list(text: str, separator: str) -> list[str]:
    """A cell of several values: `a;b`, or a JSON list."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in found]
    return [one.strip() for one in text.split(separator) if one.strip()]
