"""Traits in questions: `trait.NAME` of an event's customer and `person.NAME` of its user, as they are now or were then.

What holds now is looked up by number. What held then is joined to the events, each with the value told last before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from milepost.analytics.asking import Filter
from milepost.analytics.names import as_text
from milepost.columns.reading import Value

TraitsAt = Literal["now", "then"]
Bind = Callable[[Value, str], str]

_PREFIXES: Final = {"trait.": "customer", "person.": "user"}
_SIGNS: Final = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
#: Where a statement reads the events.
_EVENTS: Final = re.compile(r"\bfrom events(?: final)?\b")
#: Rows that hold until the end of time.
_NOW: Final = "until > toDateTime64('2299-01-01', 6, 'UTC')"


class Trait(NamedTuple):
    """A trait's name, and the column of the events whose it is: `customer` or `user`."""

    of: str
    name: str


def trait_of(field: str) -> Trait | None:
    """The trait that a field names, None for a field of another kind."""
    for prefix, of in _PREFIXES.items():
        if field.startswith(prefix) and field != prefix:
            return Trait(of, field.removeprefix(prefix))
    return None


class TraitFields:
    """The traits of one question. `at`: as they are now, or as they were at each event."""

    def __init__(self, bind: Bind, at: TraitsAt = "now") -> None:
        self._bind = bind
        self._at = at
        self._joined: dict[Trait, str] = {}

    def value(self, trait: Trait) -> str:
        """An expression of its text, '' where there is none."""
        if self._at == "then":
            return f"{self._join(trait)}_text"
        # Said twice, worked out once: an engine does so for one and the same subquery.
        known = (
            "(select (arrayConcat([toUInt32(0)], groupArray(number)), arrayConcat([''], groupArray(text)))"  # noqa: S608
            f" from (select number, text from traits final where {self._now(trait)}))"
        )
        return f"transform({trait.of}, tupleElement({known}, 1), tupleElement({known}, 2), '')"

    def holds(self, trait: Trait, condition: Filter) -> str:
        """A condition on it, as if it were the one it turns around."""
        if self._at == "then":
            return self._compared(condition, f"{self._join(trait)}_")
        numbers = self.numbers(trait, self._compared(condition, ""))
        if condition.op in ("is", "is_not") and "" in condition.values:
            known = self.numbers(trait, "text != ''")
            return f"({trait.of} global in ({numbers}) or {trait.of} global not in ({known}))"
        return f"{trait.of} global in ({numbers})"

    def compared(self, condition: Filter) -> str:
        """The same on the table's own columns, for `numbers`."""
        return self._compared(condition, "")

    def numbers(self, trait: Trait, condition: str) -> str:
        """A statement of the numbers of whom a condition on the table's columns holds now."""
        return f"select number from traits final where {self._now(trait)} and ({condition})"  # noqa: S608 -- bound values

    def source(self, statement: str) -> str:
        """The statement with the traits that it needs beside each event."""
        if not self._joined:
            return statement
        events = "(select *, session, properties from events final)"
        for trait, alias in self._joined.items():
            name = self._bind(trait.name, "String")
            events = (
                f"(select l.*, r.text as {alias}_text, r.parts as {alias}_parts, r.figure as {alias}_figure"  # noqa: S608
                f" from {events} as l global asof left join"
                f" (select number, since, text, parts, figure from traits final where name = {name}) as r"
                f" on l.{trait.of} = r.number and l.ts >= r.since)"
            )
        return _EVENTS.sub(lambda _: f"from {events}", statement)

    def _join(self, trait: Trait) -> str:
        return self._joined.setdefault(trait, f"then{len(self._joined)}")

    def _now(self, trait: Trait) -> str:
        return f"name = {self._bind(trait.name, 'String')} and {_NOW}"

    def _compared(self, condition: Filter, prefix: str) -> str:
        text, parts, figure = f"{prefix}text", f"{prefix}parts", f"{prefix}figure"
        match condition.op:
            case "is" | "is_not":
                texts = [value for value in condition.values if isinstance(value, str)]
                figures = [value for value in condition.values if not isinstance(value, str)]
                found = [f"hasAny({parts}, {self._bind(texts, 'Array(String)')})"] if texts else []
                if "" in texts:
                    found.append(f"{text} = ''")
                found += [f"{text} != '' and {figure} = {self._bind(value, 'Float64')}" for value in figures]
                return " or ".join(f"({one})" for one in found)
            case "contains" | "not_contains":
                found = [
                    f"positionCaseInsensitiveUTF8({text}, {self._bind(as_text(value), 'String')}) > 0"
                    for value in condition.values
                ]
                return f"{text} != '' and ({' or '.join(found)})"
            case "is_set" | "is_not_set":
                return f"{text} != ''"
        limit = self._bind(float(condition.values[0]), "Float64")
        return f"{text} != '' and not isNaN({figure}) and {figure} {_SIGNS[condition.op]} {limit}"
