"""Building a cohort: the address of its form as a definition, and a definition in words."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from milepost.analytics.cohorts import Are, Definition, Did
from milepost.dashboard import format as fmt
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import (
    Address,
    FilterRow,
    KindRow,
    Pairs,
    address_of,
    chosen_event,
    filter_pairs,
    filter_row,
    with_filters,
)

_MATCHES: Final[tuple[Literal["all"], Literal["any"]]] = ("all", "any")
_COMPARISONS: Final = ("at_least", "at_most")
_MOST: Final = 10


class DidRow(msgspec.Struct, frozen=True):
    event: KindRow = KindRow()
    compare: str = "at_least"
    times: int = 1
    days: int = 30

    def condition(self) -> Did:
        many = self.compare == "at_most"
        return Did(
            event=self.event.kind(),
            at_least=None if many else max(1, self.times),
            at_most=self.times if many else None,
            days=self.days,
        )


class CohortForm(msgspec.Struct, frozen=True):
    match: Literal["all", "any"]
    did: tuple[DidRow, ...]
    known: tuple[FilterRow, ...]
    focus: str = ""

    @property
    def definition(self) -> Definition | None:
        conditions: list[Did | Are] = [row.condition() for row in self.did]
        conditions += [Are(filter=found) for row in self.known if (found := row.filter()) is not None]
        return Definition(match=self.match, conditions=tuple(conditions)) if conditions else None

    @property
    def url(self) -> str:
        pairs: Pairs = [("match", self.match)] if self.match != "all" else []
        for row in self.did:
            pairs += [
                ("did.event", row.event.event),
                ("did.tool", row.event.tool),
                ("did.compare", row.compare),
                ("did.times", str(row.times)),
                ("did.days", str(row.days)),
            ]
        return address_of("/cohorts/new", pairs + filter_pairs(self.known, "known."))


def read_form(address: Address) -> CohortForm:
    names = ("event", "tool", "compare", "times", "days")
    lists = [address.all(f"did.{name}") for name in names]
    did = [
        DidRow(
            KindRow(*chosen_event(event, tool)),
            compare if compare in _COMPARISONS else "at_least",
            _whole(times, 1, 0, 1_000_000),
            _whole(days, 30, 1, 3660),
        )
        for event, tool, compare, times, days in zip(*lists, strict=False)
    ][:_MOST]
    known = address.filters("known.")
    command = address.text("do")
    focus = ""
    if command == "add-did" and len(did) < _MOST:
        did.append(DidRow())
        focus = f"did-{len(did) - 1}-event"
    elif command.startswith("remove-did:"):
        did = [row for place, row in enumerate(did) if f"remove-did:{place}" != command]
        focus = "add-did"
    elif command == "add-filter":
        known = (*known, filter_row("insight.current_scaling_score", op="at_least", value="50"))
        focus = f"known-{len(known) - 1}-field"
    elif command.startswith("remove-filter"):
        known = with_filters(known, command)
        focus = "add-known"
    if not did and not known and not command:
        did = [DidRow()]
    return CohortForm(address.one_of("match", _MATCHES, "all"), tuple(did), known, focus)


def in_words(definition: Definition, names: words.Names) -> str:
    """'Exported at least 3 times in 30 days and Score is at least 50'."""
    said = [_did(c, names) if isinstance(c, Did) else _are(c, names) for c in definition.conditions]
    return f" {'and' if definition.match == 'all' else 'or'} ".join(said)


def _did(condition: Did, names: words.Names) -> str:
    what = words.kind_words(condition.event, names)
    days = f"in the last {fmt.integer(condition.days)} {fmt.plural(condition.days, 'day')}"
    if condition.at_most == 0:
        return f"never: {what} {days}"
    bounds = [
        f"{word} {fmt.integer(count)} {fmt.plural(count, 'time')}"
        for word, count in (("at least", condition.at_least), ("at most", condition.at_most))
        if count is not None
    ]
    return f"{what} {' and '.join(bounds)} {days}".replace("  ", " ")


def _are(condition: Are, names: words.Names) -> str:
    asked = condition.filter
    if asked.field == "customer_id" and len(asked.values) > 3:
        return f"one of {fmt.integer(len(asked.values))} named customers"
    return words.filter_words(asked, names)


def _whole(text: str, default: int, least: int, most: int) -> int:
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 9 else default
