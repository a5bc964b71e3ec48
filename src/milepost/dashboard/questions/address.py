"""The address is the whole state of a page: reading it, and writing it again in its shortest form.

What an address says that cannot be, is as if it were not there. Rows (filters, steps) are parallel lists, as a plain
form sends them: `field=a&op=is&value=x&field=b&op=is_set&value=`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, TypeVar, get_args
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec.structs import replace

from milepost.analytics.asking import Column, EventKind, Filter, Operator, Unit
from milepost.analytics.names import is_of_customer
from milepost.dashboard.texts import storable
from milepost.traits.values import figure_of
from milepost.vocabulary import EVENT_TYPES, MAX_WORD_LENGTH

Pairs = list[tuple[str, str]]
T = TypeVar("T", bound=str)

COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
#: Stand for `metadata.KEY`, `trait.NAME` and `person.NAME` in a list of fields; the key has a place of its own.
METADATA: Final = "metadata"
KEYED: Final = (METADATA, "trait", "person")
#: Being in one: a filter's field; before a slug what one breaks down by.
SEGMENT: Final = "segment"
#: Before an event's own name, and before a tool whose every event is meant, where a kind of event is chosen.
NAMED: Final = "name:"
IN_TOOL: Final = "tool:"
_MOST_ROWS: Final = 20
_WITHOUT_VALUES: Final = ("is_set", "is_not_set")
_NUMERIC: Final = ("above", "at_least", "below", "at_most")


class FilterRow(msgspec.Struct, frozen=True):
    """A line of the form. It counts once it is complete; until then it is kept as it is."""

    field: str = ""
    key: str = ""
    op: Operator = "is"
    value: str = ""

    @property
    def name(self) -> str:
        if self.field not in KEYED:
            return self.field
        return f"{self.field}.{self.key}" if self.key else ""

    def filter(self) -> Filter | None:
        if not self.name:
            return None
        if self.op in _WITHOUT_VALUES:
            return Filter(field=self.name, op=self.op)
        values = split_values(self.value)
        if self.op in _NUMERIC:
            try:
                return Filter(field=self.name, op=self.op, values=(float(values[0]),))
            except (IndexError, ValueError):
                # A trait may be a date, which is compared too.
                dated = self.field in KEYED[1:] and len(values) == 1 and figure_of(values[0]) is not None
                return Filter(field=self.name, op=self.op, values=(values[0],)) if dated else None
        return Filter(field=self.name, op=self.op, values=tuple(values)) if values else None


class KindRow(msgspec.Struct, frozen=True):
    """A kind of event as the form has it: a type or `name:NAME`, a tool and at most one condition more.

    A line of a trend also has a `measure`, and a field it is `of`; without them they are the question's.
    """

    event: str = ""
    tool: str = ""
    condition: FilterRow = FilterRow()
    measure: str = ""
    of: FilterRow = FilterRow()

    def kind(self, name: str = "") -> EventKind:
        condition = self.condition.filter()
        return EventKind(
            event_type=next((kind for kind in EVENT_TYPES if kind == self.event), None),
            event_name=self.event.removeprefix(NAMED) if self.event.startswith(NAMED) else None,
            tool_id=self.tool or None,
            filters=(condition,) if condition else (),
            name=name,
        )

    @property
    def empty(self) -> bool:
        return not (self.event or self.tool or self.condition.field or self.measure)


def split_values(text: str) -> list[str]:
    """`a, "b, c"` -> ['a', 'b, c']: a comma parts values, quotes keep it inside one."""
    try:
        row = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:
        row = [text]
    return [value.strip() for value in row if value.strip()][:1000]


def join_values(values: Iterable[str | float]) -> str:
    texts = [f"{value:g}" if isinstance(value, float) else value for value in values]
    return ", ".join(f'"{t.replace(chr(34), chr(34) * 2)}"' if "," in t or '"' in t else t for t in texts)


class Address(msgspec.Struct, frozen=True):
    """The parameters of an address, in order."""

    pairs: Pairs = msgspec.field(default_factory=list)

    @classmethod
    def of(cls, query: str) -> Address:
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=400, errors="ignore")
        except ValueError:
            pairs = []
        return cls([(name, storable(value)) for name, value in pairs])

    def text(self, name: str, default: str = "") -> str:
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def one_of(self, name: str, allowed: Sequence[T], default: T) -> T:
        wanted = self.text(name)
        return next((word for word in allowed if word == wanted), default)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        text = self.text(name).strip()
        return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else default

    def day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None

    def filters(self, prefix: str = "") -> tuple[FilterRow, ...]:
        rows = _rows(self, prefix, ("field", "key", "op", "value"))
        return tuple(filter_row(*row) for row in rows[:_MOST_ROWS])

    def kinds(self, prefix: str, measures: Sequence[str] = ()) -> tuple[KindRow, ...]:
        """`measures`: those that a row may have of its own."""
        rows = _rows(self, prefix, ("event", "tool", "field", "key", "op", "value", "measure", "of", "of_key"))
        return tuple(
            KindRow(
                *chosen_event(event, tool),
                filter_row(field, key, op, value),
                measure if measure in measures else "",
                event_field(of, of_key) if measure in measures else FilterRow(),
            )
            for event, tool, field, key, op, value, measure, of, of_key in rows[:8]
        )


def chosen_event(event: str, tool: str) -> tuple[str, str]:
    """Kind of event and tool of a row. A tool that was chosen as the event stands in for both."""
    if event.startswith(IN_TOOL):
        return "", event.removeprefix(IN_TOOL)[:200]
    named = event.startswith(NAMED) and 0 < len(event) - len(NAMED) <= MAX_WORD_LENGTH
    return event if named or event in EVENT_TYPES else "", tool[:200]


def filter_row(name: str = "", key: str = "", op: str = "is", value: str = "") -> FilterRow:
    """A row of texts; a field that is not ours is none."""
    keyed, _, named = name.partition(".")
    if keyed in KEYED and named:
        name, key = keyed, named
    known = name in COLUMNS or name in (*KEYED, "cohort", SEGMENT) or is_of_customer(name)
    operator: Operator = next((o for o in OPERATORS if o == op), "is")
    if name in ("cohort", SEGMENT) and operator != "is_not":
        operator = "is"  # the only other one that it takes
    return FilterRow(name[:200] if known else "", key.strip()[:200], operator, value[:4000])


def event_field(name: str, key: str = "") -> FilterRow:
    """A field to break down by, as a row of the form has it: a column, a key of the metadata, a trait, a segment."""
    if name.startswith(f"{SEGMENT}."):
        return FilterRow(name[:200])
    row = filter_row(name, key)
    return row if row.field in COLUMNS or row.field in KEYED else FilterRow()


def _rows(address: Address, prefix: str, names: Sequence[str]) -> list[list[str]]:
    """Parallel lists as rows; a list that is short is filled with nothing."""
    lists = [address.all(prefix + name) for name in names]
    longest = max(map(len, lists))
    return [[values[i] if i < len(values) else "" for values in lists] for i in range(longest)]


def filter_pairs(rows: Iterable[FilterRow], prefix: str = "") -> Pairs:
    """Lists that say nothing in any row are left out."""
    kept = [row for row in rows if row.field]
    return _columns(
        {
            "field": [r.field for r in kept],
            "key": [r.key for r in kept],
            "op": ["" if r.op == "is" else r.op for r in kept],
            "value": [r.value for r in kept],
        },
        prefix,
    )


def kind_pairs(rows: Sequence[KindRow], prefix: str) -> Pairs:
    pairs = _columns(
        {
            "event": [r.event for r in rows],
            "tool": [r.tool for r in rows],
            "field": [r.condition.field for r in rows],
            "key": [r.condition.key for r in rows],
            "op": ["" if r.condition.op == "is" else r.condition.op for r in rows],
            "value": [r.condition.value for r in rows],
            "measure": [r.measure for r in rows],
            "of": [r.of.field for r in rows],
            "of_key": [r.of.key for r in rows],
        },
        prefix,
    )
    # Steps of any event say nothing at all, and yet there are so many of them.
    return pairs or [(f"{prefix}event", "") for _ in rows if len(rows) > 1]


def address_of(path: str, pairs: Pairs) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def moved(rows: Sequence[KindRow], command: str, most: int, least: int) -> tuple[tuple[KindRow, ...], int | None]:
    """The rows after a button (`add`, `remove:1`, `up:1`, `down:1`), and the row that has the focus then."""
    word, _, number = command.partition(":")
    moved_rows = list(rows)
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
    if word == "add" and len(moved_rows) < most:
        return (*moved_rows, KindRow()), len(moved_rows)
    if not 0 <= at < len(moved_rows):
        return tuple(moved_rows), None
    if word == "remove" and len(moved_rows) > least:
        del moved_rows[at]
        return tuple(moved_rows), min(at, len(moved_rows) - 1)
    to = at + {"up": -1, "down": 1}.get(word, 0)
    if to != at and 0 <= to < len(moved_rows):
        moved_rows[at], moved_rows[to] = moved_rows[to], moved_rows[at]
        return tuple(moved_rows), to
    return tuple(moved_rows), at


def added(field: str) -> FilterRow:
    """What was chosen to filter by: a field, or a segment or cohort itself (`segment.SLUG`, `cohort.ID`)."""
    whole, _, value = field.partition(".")
    return filter_row(whole, value=value) if whole in ("cohort", SEGMENT) and value else filter_row(field)


def with_filters(rows: Sequence[FilterRow], command: str) -> tuple[FilterRow, ...]:
    """The filters after `add-filter` or `remove-filter:0`."""
    word, _, number = command.partition(":")
    if word == "add-filter" and len(rows) < _MOST_ROWS:
        return (*rows, FilterRow(field="tool_id"))
    if word == "remove-filter" and number.isascii() and number.isdigit():
        return tuple(row for index, row in enumerate(rows) if str(index) != number)
    return tuple(rows)


def row_of(condition: Filter) -> FilterRow:
    """A filter of a question as a line of the form."""
    return replace(filter_row(condition.field, op=condition.op), value=join_values(condition.values))


def _columns(lists: dict[str, list[str]], prefix: str) -> Pairs:
    return [(prefix + name, value) for name, values in lists.items() if any(values) for value in values]
