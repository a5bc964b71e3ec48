"""From a file to what is told of each customer or person, with a preview of it and a report by line."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from milepost.importing.customers.choose import Choice, Chosen, choose
from milepost.importing.customers.kinds import Kind as Reading
from milepost.importing.customers.kinds import Said, kind_of
from milepost.importing.customers.known import whole_id
from milepost.importing.customers.mapping import CustomerMap
from milepost.importing.customers.numbers import currency_of
from milepost.importing.customers.table import Table, read_table
from milepost.importing.customers.text import BROKEN, shown
from milepost.traits.tables import ColumnPreview, Fault, Preview
from milepost.traits.values import Kind, Told, Type, Value, read
from milepost.vocabulary import MAX_ID_LENGTH

_SHOWN: Final = 100
_ROUNDED: Final = re.compile(r"\A\d([.,]\d+)?E\+\d+\Z", re.ASCII | re.IGNORECASE)
_MONEY: Final = ("mrr", "arr")
_Traits = dict[str, Told]


class Prepared(msgspec.Struct):
    """What to tell, by id, each with its line, and what was not taken of the file, by line."""

    preview: Preview
    told: dict[str, tuple[int, list[Told]]]
    faults: list[Fault]


def prepare(
    raw: bytes, said: CustomerMap | None = None, *, of: Kind | None = None, id_column: str | None = None
) -> Prepared:
    """Reads a file, gzip and all taken off, and says what would be told. Raises ImportFailed, MapError."""
    said = said or CustomerMap()
    table = read_table(raw, encoding=said.file.encoding, delimiter=said.file.delimiter)
    choice = choose(table.headings, said, of=of, id_column=id_column)
    faults = list(table.faults)
    ids = _ids(table, choice, faults)
    refused = len(faults)
    told: dict[str, _Traits] = {one: {} for one in ids if one is not None}
    lines: dict[str, int] = {}
    for one, line in zip(ids, table.lines, strict=True):
        if one is not None and lines.setdefault(one, line) != line:
            message = f"{one!r} stands in line {lines[one]}, too; where the two differ, this one counts"
            faults.append(Fault(line, "duplicate_id", choice.id_column, one[:_SHOWN], message))
    columns = [
        _column(table, at, heading, choice.columns[heading], said, ids, told, faults)
        for at, heading in enumerate(table.headings)
        if heading in choice.columns
    ]
    _join(table, choice, ids, told)
    rows = len(table.rows) + len(table.faults)
    for one in [one for one, traits in told.items() if not traits]:
        message = "has nothing but its id, so there is nothing to keep"
        faults.append(Fault(lines[one], "no_traits", None, one[:_SHOWN], message))
        del told[one]
    kept = {one: (lines[one], list(traits.values())) for one, traits in told.items()}
    preview = Preview(
        choice.known.title if choice.known else None,
        choice.of,
        choice.id_column,
        choice.id_is_tools,
        table.encoding,
        table.delimiter,
        rows,
        refused,
        len(told),
        columns,
    )
    return Prepared(preview, kept, sorted(faults, key=lambda one: one.line))


def _ids(table: Table, choice: Choice, faults: list[Fault]) -> list[str | None]:
    """The id of each row; None for one that is refused for it."""
    at = table.headings.index(choice.id_column)
    ids: list[str | None] = []
    for line, row in zip(table.lines, table.rows, strict=True):
        text = row[at]
        wrong = None
        if not text:
            wrong = "has no id; fill it in, or take another column for it"
        elif BROKEN.search(text) or "\x00" in text:
            wrong = f"has an id with characters that are none of {table.encoding}"
        elif _ROUNDED.match(text):
            wrong = "has an id that a spreadsheet has rounded; export the file anew and do not save it from there"
        elif len(text) > MAX_ID_LENGTH:
            wrong = f"has an id of {len(text)} characters; at most {MAX_ID_LENGTH} are taken"
        if wrong:
            faults.append(Fault(line, "invalid_value", choice.id_column, _clean(text), wrong))
            ids.append(None)
        else:
            ids.append(whole_id(choice.known if choice.id_is_tools else None, text))
    return ids


def _column(
    table: Table,
    at: int,
    heading: str,
    chosen: Chosen,
    said: CustomerMap,
    ids: list[str | None],
    told: dict[str, _Traits],
    faults: list[Fault],
) -> ColumnPreview:
    """Reads a column into what is told."""
    filled = [row[at] for row in table.rows if row[at]]
    seen = ColumnPreview(heading, chosen.trait, None, None, len(table.rows) - len(filled), 0, None)
    example = next((text for text in filled if not BROKEN.search(text)), None)
    seen.example = _clean(example) if example else None
    trait = chosen.trait
    if trait is None:
        return seen
    reading = _reading(filled, chosen, continental=table.delimiter == ";")
    seen.type, seen.note = reading.type, reading.note
    known_good: dict[str, Told] = {}
    for one, line, row in zip(ids, table.lines, table.rows, strict=True):
        if one is None:
            continue
        text = row[at]
        if not text:
            if said.empty == "clear":
                told[one].setdefault(trait, Told(trait, None, None, None))
            continue
        value = known_good.get(text)
        if value is None:
            found = _value(trait, text, reading, table.encoding)
            if isinstance(found, str):
                seen.wrong += 1
                faults.append(Fault(line, "invalid_value", heading, _clean(text), found))
                continue
            value = known_good[text] = found
        told[one][value.name] = value
        if trait in _MONEY and (currency := currency_of(text)):
            told[one].setdefault("currency", Told("currency", currency, None, "text"))
    return seen


def _reading(filled: list[str], chosen: Chosen, *, continental: bool) -> Reading:
    if chosen.said.type is None and chosen.likely is not None:
        likely = kind_of(filled, msgspec.structs.replace(chosen.said, type=chosen.likely), continental=continental)
        # A range such as 11-50 is no number of employees: then it is what it looks like.
        if chosen.likely in ("text", "list") or 2 * sum(likely.value(text) is not None for text in filled) >= len(
            filled
        ):
            return likely
    implied: Type | None = "date" if chosen.said.order else "number" if chosen.said.decimal else None
    said = chosen.said if chosen.said.type or not implied else Said(implied, chosen.said.decimal, chosen.said.order)
    return kind_of(filled, said, continental=continental)


def _value(trait: str, text: str, reading: Reading, encoding: str) -> Told | str:
    """What a cell tells, or what is wrong with it."""
    if BROKEN.search(text):
        return f"has characters that are none of {encoding}; name its encoding in the map"
    value = reading.value(text)
    if value is None:
        return f"is not {reading.expected}"
    return _told(trait, value.upper() if trait == "currency" and isinstance(value, str) else value)


def _told(trait: str, value: Value) -> Told | str:
    told, wrong = read({trait: value})
    return wrong[0].message if wrong else told[0]


def _join(table: Table, choice: Choice, ids: list[str | None], told: dict[str, _Traits]) -> None:
    """Traits that are made of several columns, as a name is of two."""
    for trait, parts in choice.joined.items():
        places = [table.headings.index(part) for part in parts]
        for one, row in zip(ids, table.rows, strict=True):
            text = " ".join(row[at] for at in places if row[at])
            found = _told(trait, text)
            # What is wrong with a part is said of its own column.
            if one is not None and text and isinstance(found, Told) and not BROKEN.search(text):
                told[one][trait] = found


def _clean(text: str) -> str:
    """A cell as a report can show it."""
    return shown(text[:_SHOWN])
