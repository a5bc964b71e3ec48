"""What type a column is of, and its cells as values of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from milepost.importing.customers.dates import Order, date_of, order_of
from milepost.importing.customers.numbers import Decimal, decimal_of, is_code, number_of
from milepost.importing.customers.table import as_list
from milepost.traits.values import Type, Value

_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}
#: A column is of a type where at least nine of ten cells are.
_MOST: Final = 0.9
_EXPECTED: Final[dict[Type, str]] = {
    "text": "a text",
    "number": "a number or an amount",
    "boolean": "true, false, yes or no",
    "date": "a date or a time",
    "list": "several values",
}


class Kind(msgspec.Struct, frozen=True):
    """How a column's cells are read. `note` is what a person has to know who has not chosen it."""

    type: Type
    decimal: Decimal = "."
    order: Order = "MM/DD/YYYY"
    separator: str = ";"
    note: str | None = None

    def value(self, text: str) -> Value:
        """A cell's value; None for one that does not fit."""
        match self.type:
            case "text":
                return text
            case "number":
                return number_of(text, self.decimal)
            case "boolean":
                return _BOOLEANS.get(text.casefold())
            case "date":
                return date_of(text, self.order)
            case "list":
                return as_list(text, self.separator)

    @property
    def expected(self) -> str:
        """What a cell must be, in words."""
        if self.type == "number":
            return f"a number or an amount, such as {'1,200.50' if self.decimal == '.' else '1.200,50'}"
        if self.type == "date":
            return f"a date or a time, such as 2026-01-31 or {'01/31/2026' if self.order[0] == 'M' else '31/01/2026'}"
        return _EXPECTED[self.type]


class Said(msgspec.Struct, frozen=True):
    """What somebody said of a column; what is None is found out."""

    type: Type | None = None
    decimal: Decimal | None = None
    order: Order | None = None
    separator: str = ";"


def kind_of(texts: Sequence[str], said: Said, *, continental: bool) -> Kind:
    """The kind of a column by its cells that are not empty. `continental`: where nothing tells, a comma is the decimal
    mark and the day comes first."""
    if said.type is not None:
        return _of(said.type, texts, said, continental)
    if texts:
        if all(text.startswith("[") and text.endswith("]") for text in texts):
            return _of("list", texts, said, continental)
        if _share([text.casefold() in _BOOLEANS for text in texts]):
            return Kind("boolean")
        if not any(map(is_code, texts)):
            for type_ in ("number", "date"):
                kind = _of(type_, texts, said, continental)
                if _share([kind.value(text) is not None for text in texts]):
                    return kind
    return Kind("text")


def _share(fits: list[bool]) -> bool:
    return sum(fits) >= _MOST * len(fits)


def _of(type_: Type, texts: Sequence[str], said: Said, continental: bool) -> Kind:
    if type_ == "number":
        decimal, note = said.decimal or decimal_of(texts), None
        if decimal is None:
            decimal = "," if continental else "."
            if example := next((text for text in texts if "," in text or "." in text), None):
                read = number_of(example, decimal)
                note = (
                    f"nothing tells thousands from decimals: {example} was read as {read}" if read is not None else None
                )
        return Kind("number", decimal=decimal, note=note)
    if type_ == "date":
        order, written = order_of(texts)
        if said.order or (order and written):
            order = said.order or order
            return Kind("date", order=order or "MM/DD/YYYY", note=f"read as {order}" if written else None)
        order = "DD/MM/YYYY" if continental else "MM/DD/YYYY"
        note = f"nothing tells the day from the month: read as {order}" if written else None
        return Kind("date", order=order, note=note)
    return Kind(type_, separator=said.separator)
