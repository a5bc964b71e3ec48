"""Building a segment: the address of its form as conditions, conditions as rows of the form, and both in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from milepost.analytics.asking import Filter
from milepost.dashboard import format as fmt
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import (
    OPERATORS,
    Address,
    FilterRow,
    Pairs,
    address_of,
    filter_pairs,
    join_values,
    with_filters,
)
from milepost.segments.model import MOST_CONDITIONS, OWN_FIELDS
from milepost.store.predicted import target_of

#: What a condition may be on, in words; the name of a trait has a place of its own.
FIELDS: Final[Mapping[str, str]] = {
    "trait": "A trait",
    "tag": "Tag",
    "status": "Status",
    "search": "Name or id",
    "customer_id": "Customer id",
    "weakest_competency": "Weakest competency",
    **words.INSIGHTS,
    "insight.growth_stage": "Growth stage",
    "insight.days_since_last_activity": "Days without activity",
}
STATUSES: Final[Mapping[str, str]] = {
    "active": "Active in the last 7 days",
    "quiet": "Quiet for 14 days",
    "improving": "Improving",
    "declining": "Declining",
    "at_risk": "At risk",
}
_FIRST: Final = FilterRow(field="trait", key="plan")


class SegmentForm(msgspec.Struct, frozen=True):
    """segments/form.html. `of`: the slug of the segment that is changed, "" for a new one."""

    rows: tuple[FilterRow, ...]
    of: str = ""
    focus: str = ""

    @property
    def conditions(self) -> tuple[Filter, ...]:
        return tuple(filter(None, (row.filter() for row in self.rows)))

    @property
    def url(self) -> str:
        of: Pairs = [("of", self.of)] if self.of else []
        return address_of("/segments/new", [*of, *filter_pairs(self.rows)])


def operators(field: str) -> tuple[str, ...]:
    return OWN_FIELDS.get(field, OPERATORS)


def read_form(address: Address) -> SegmentForm:
    """The rows that an address has, after its button."""
    lists = [address.all(name) for name in ("field", "key", "op", "value")]
    count = min(max(map(len, lists)), MOST_CONDITIONS)
    rows = tuple(_row(*(values[n] if n < len(values) else "" for values in lists)) for n in range(count))
    command, focus = address.text("do"), ""
    if command == "add-filter" and len(rows) < MOST_CONDITIONS:
        rows = (*rows, _FIRST)
        focus = f"row-{len(rows) - 1}-field"
    elif command.startswith("remove-filter"):
        rows = with_filters(rows, command)
        focus = "add-row"
    return SegmentForm(rows or (_FIRST,), address.text("of")[:80], focus)


def form_of(conditions: Sequence[Filter], slug: str) -> SegmentForm:
    """The form that shows a segment's conditions."""
    rows = [replace(_row(one.field, op=one.op), value=join_values(one.values)) for one in conditions]
    return SegmentForm(tuple(rows), slug)


def _row(name: str = "", key: str = "", op: str = "is", value: str = "") -> FilterRow:
    if name.startswith("trait.") and name != "trait.":
        name, key = "trait", name.removeprefix("trait.")
    known = name in FIELDS or (name.startswith("insight.") and name != "insight.") or target_of(name) is not None
    name = name[:200] if known else "trait"
    allowed = operators(name)
    usable = [one for one in OPERATORS if one in allowed]
    operator = next((one for one in usable if one == op), usable[0])
    return FilterRow(name, key.strip()[:200] if name == "trait" else "", operator, value[:4000])


def in_words(conditions: Sequence[Filter], names: words.Names) -> str:
    """'Plan of the customer is pro and Status is quiet for 14 days'."""
    return " and ".join(_said(one, names) for one in conditions)


def _said(condition: Filter, names: words.Names) -> str:
    if condition.field == "customer_id" and len(condition.values) > 3:
        return f"one of {fmt.integer(len(condition.values))} named customers"
    if condition.field not in OWN_FIELDS:
        return words.filter_words(condition, names)
    of = {"status": STATUSES, "weakest_competency": names.get("weakest_competency", {})}.get(condition.field, {})
    said = " or ".join(of.get(str(value), str(value)) for value in condition.values)
    return f"{FIELDS[condition.field]} {words.OPERATORS[condition.op]} {said}".strip()
