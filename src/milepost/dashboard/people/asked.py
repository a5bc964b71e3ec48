"""What the page of a customer's people is asked for: the address says all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, get_args
from urllib.parse import urlencode

import msgspec

from milepost.api.params import matchable
from milepost.people.wanted import Show, Sort, Wanted

_SHOWN: Final[tuple[tuple[Show, str], ...]] = (
    ("all", "Everybody"),
    ("active", "Active in the last 28 days"),
    ("away", "Not active in the last 28 days"),
    ("new", "New in the last 28 days"),
    ("gone_quiet", "Champions who have gone quiet"),
)
_ORDERS: Final = (
    ("-events_28", "Most active in 28 days"),
    ("-last_seen", "Last seen"),
    ("name", "Name"),
    ("-usual_28", "Usually most active"),
    ("-sessions", "Most sessions"),
)
_LONGEST: Final = 200


class Asked(msgspec.Struct, frozen=True):
    """The page at `url` with its choices."""

    url: str
    wanted: Wanted

    @property
    def shown(self) -> tuple[tuple[Show, str], ...]:
        """What can be chosen."""
        return _SHOWN

    @property
    def orders(self) -> tuple[tuple[str, str], ...]:
        """What can be chosen where there are no heads of columns."""
        return _ORDERS

    @property
    def is_all(self) -> bool:
        return not self.wanted.text and self.wanted.show == "all"

    def sortable(self, columns: Iterable[str | dict[str, object]]) -> list[str | dict[str, object]]:
        """Heads of columns as a table takes them; those with a `key` sort by it, and turn round at a second click."""
        return [one if isinstance(one, str) or "key" not in one else self._sorting(one) for one in columns]

    def _sorting(self, column: dict[str, object]) -> dict[str, object]:
        key, now = str(column["key"]), self.wanted.sort
        here = "descending" if now == f"-{key}" else "ascending" if now == key else ""
        # Names are read upwards first, figures downwards.
        upwards = here == "descending" or (key == "name" and not here)
        return {**column, "sort": self._address(key if upwards else f"-{key}"), "sorted": here}

    def _address(self, sort: str) -> str:
        said = {"q": self.wanted.text, "show": "" if self.wanted.show == "all" else self.wanted.show, "sort": sort}
        return f"{self.url}?{urlencode({name: value for name, value in said.items() if value})}"


def asked_of(query: Mapping[str, str], url: str) -> Asked:
    """What an address asks for; of what it does not know, what is usual. Raises InvalidRequest for a text nothing can
    match."""
    text = (matchable(query.get("q"), "q") or "").strip()[:_LONGEST]
    show: Show = next((one for one, _ in _SHOWN if one == query.get("show")), "all")
    sort = query.get("sort", "")
    known = sort.removeprefix("-") in get_args(Sort)
    return Asked(url, Wanted(text=text, show=show, sort=sort if known else Wanted().sort))
