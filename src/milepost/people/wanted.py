"""Whom of a customer's people a list has, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, Literal

import msgspec

from milepost.errors import InvalidRequest
from milepost.people.figures import Acted

Show = Literal["all", "active", "away", "new", "gone_quiet"]
Sort = Literal["events_28", "name", "first_seen", "last_seen", "events", "usual_28", "change_28", "sessions"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """`text`: a part of an id, or of what the traits name, role or email say. `sort`: a `Sort`, with a minus for
    downwards. `show`: active in the last 28 days, away for as long, new in them, or champions who have gone quiet."""

    text: str = ""
    show: Show = "all"
    sort: str = "-events_28"

    @property
    def by_name(self) -> bool:
        """Whether names have to be looked up to know who is listed."""
        return bool(self.text) or self.sort.lstrip("-") == "name"


def choose(
    people: list[Acted],
    wanted: Wanted,
    names: Mapping[int, str],
    called: Mapping[int, int],
    quiet: set[str],
    today: date,
) -> list[Acted]:
    """Whom the list has, in its order; those level in it by id. `names`: ids; `called`: the place by name of each who
    matches the text, where `wanted.by_name`. Raises InvalidRequest for an order there is none of."""
    key = _KEYS.get(wanted.sort.removeprefix("-"))
    if key is None and wanted.sort.removeprefix("-") != "name":
        raise InvalidRequest(f"sort is one of {', '.join((*_KEYS, 'name'))}, with a minus for downwards.", field="sort")
    within = _SHOWN[wanted.show]
    found = [
        one
        for one in people
        if (not wanted.by_name or one.user in called) and within(one, today, names[one.user] in quiet)
    ]
    found.sort(key=lambda one: names[one.user])
    if key is None:
        found.sort(key=lambda one: called[one.user], reverse=wanted.sort[0] == "-")
        return found
    found.sort(key=lambda one: -one.events)
    # What is not known stands last, upwards and downwards.
    known = [one for one in found if key(one, today) is not None]
    known.sort(key=lambda one: key(one, today) or 0, reverse=wanted.sort[0] == "-")
    return known + [one for one in found if key(one, today) is None]


_KEYS: Final[Mapping[str, Callable[[Acted, date], float | None]]] = {
    "events_28": lambda one, _: one.last_28,
    "first_seen": lambda one, _: one.first,
    "last_seen": lambda one, _: one.last,
    "events": lambda one, _: one.events,
    "usual_28": lambda one, today: one.usual(today),
    "change_28": lambda one, _: one.last_28 - one.before_28,
    "sessions": lambda one, _: one.sessions,
}
_SHOWN: Final[Mapping[Show, Callable[[Acted, date, bool], bool]]] = {
    "all": lambda _one, _today, _quiet: True,
    "active": lambda one, _today, _quiet: one.last_28 > 0,
    "away": lambda one, _today, _quiet: one.last_28 == 0,
    "new": lambda one, today, _quiet: one.is_new(today),
    "gone_quiet": lambda _one, _today, quiet: quiet,
}
