"""Resolves one field of the map, a column at a time: template, value table, default, condition."""

from __future__ import annotations

from collections.abc import Callable

from milepost.importing.check import table_of
from milepost.importing.mapping import Condition, FileMap
from milepost.importing.readers import Column
from milepost.importing.values import Field, template_parts

#: What is wrong, by row of the batch.
Faults = dict[int, str]


class FieldResolver:
    """A field made ready: `resolve` gives one text (or None) for each of a batch's `count` rows."""

    def __init__(self, mapping: FileMap, path: str, field: Field) -> None:
        self.path = path
        self._parts = ["", field.column, ""] if field.column is not None else None
        if field.template is not None:
            self._parts = template_parts(field.template)
        self._constant = None if field.value is None else str(field.value)
        if self._parts is not None and len(self._parts) == 1:
            self._constant, self._parts = self._parts[0], None
        table = table_of(mapping, field)
        self._table = None if table is None else {key: str(word) or None for key, word in table.items()}
        self._table_name = f"[values.{field.values}]" if isinstance(field.values, str) else f"{path}.values"
        self._has_default = field.default is not None
        self._default = str(field.default) or None if field.default is not None else None
        self._when = [(name, test(condition)) for name, condition in (field.when or {}).items()]

    def resolve(self, columns: dict[str, Column], count: int, faults: Faults) -> Column:
        """Puts what is wrong with a row into `faults`; its value is then None."""
        values = self._texts(columns, count)
        idle = self._idle(columns)
        if self._table is not None:
            values = self._looked_up(values, idle, faults)
        if self._has_default:
            values = [self._default if value is None else value for value in values]
        for index in idle:
            values[index] = None
        return values

    def _texts(self, columns: dict[str, Column], count: int) -> Column:
        if self._parts is None:
            return [self._constant or None] * count
        if len(self._parts) == 3:
            before, name, after = self._parts
            if not before and not after:
                return list(columns[name])
            return [None if text is None else f"{before}{text}{after}" for text in columns[name]]
        literals, names = self._parts[0::2], self._parts[1::2]
        pattern = "{}".join(literal.replace("{", "{{").replace("}", "}}") for literal in literals)
        cells = zip(*(columns[name] for name in names), strict=True)
        return [None if None in row else pattern.format(*row) for row in cells]

    def _idle(self, columns: dict[str, Column]) -> set[int]:
        """The rows to which the field does not apply."""
        idle: set[int] = set()
        for name, holds in self._when:
            idle.update(index for index, text in enumerate(columns[name]) if not holds(text))
        return idle

    def _looked_up(self, values: Column, idle: set[int], faults: Faults) -> Column:
        table = self._table
        assert table is not None
        if not self._has_default:
            unknown = set(values).difference(table, [None])
            for index, text in enumerate(values) if unknown else ():
                if text is not None and text in unknown and index not in idle:
                    message = f"{text[:60]!r} is not in {self._table_name}; add it there, or give the field a default"
                    faults.setdefault(index, message)
        return [None if value is None else table.get(value) for value in values]


def test(condition: Condition) -> Callable[[str | None], bool]:
    """A filter's condition as a function: a value, a list of values, or {min=, max=} of numbers."""
    if isinstance(condition, dict):
        low, high = condition.get("min", float("-inf")), condition.get("max", float("inf"))

        def within(text: str | None) -> bool:
            try:
                return low <= float(text or "nan") <= high
            except ValueError:
                return False

        return within
    wanted = {str(item) for item in (condition if isinstance(condition, list) else [condition])}
    return lambda text: (text or "") in wanted


class RowFilter:
    """The map's filter over a batch."""

    def __init__(self, mapping: FileMap) -> None:
        self._keep = [(name, test(condition)) for name, condition in mapping.filter.keep.items()]
        self._drop = [(name, test(condition)) for name, condition in mapping.filter.drop.items()]

    def kept(self, columns: dict[str, Column], count: int) -> list[int] | None:
        """The rows that stay, or None when all do."""
        if not self._keep and not self._drop:
            return None
        mask = [True] * count
        for tests, good in ((self._keep, True), (self._drop, False)):
            for name, holds in tests:
                verdicts = {text: holds(text) is good for text in set(columns[name])}
                mask = [stays and verdicts[text] for stays, text in zip(mask, columns[name], strict=True)]
        return [index for index, stays in enumerate(mask) if stays]
