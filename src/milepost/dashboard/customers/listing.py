"""The list of customers: what its page shows, and the addresses of its columns, filters and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlencode

from markupsafe import Markup

from milepost.analytics.asking import Filter
from milepost.dashboard import markup
from milepost.dashboard.views import customer_url
from milepost.insights.customers import CustomerSummary

Show = Literal["all", "active", "quiet", "improving", "declining", "at_risk"]
CustomerSort = Literal["name", "last_seen", "events", "sessions", "exports", "resources", "rate", "score"]

CUSTOMER_SORTS: Final[tuple[CustomerSort, ...]] = (
    "name", "last_seen", "events", "sessions", "exports", "resources", "rate", "score",
)  # fmt: skip
SHOWS: Final[tuple[Show, ...]] = ("all", "active", "quiet", "improving", "declining", "at_risk")


def default_descending(sort: CustomerSort) -> bool:
    """The order of a column when the address names none: names from A, everything else from the top."""
    return sort != "name"


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`weeks`: events of the last eight weeks, oldest first, the running one last. `score` 0-100."""

    customer_id: str
    name: str
    last_seen: datetime | None
    events: int
    sessions: int
    exports: int
    resources: int
    score: float | None
    rate: float | None = None
    """Points a week."""
    weeks: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)


@dataclass(frozen=True, slots=True)
class Customers:
    """customers.html. `total` match query and filter, `everyone` is all. `before`/`after` are opaque
    cursors of the neighbouring pages, None at the ends; where `before` is not to be had, `first=False`
    offers the way back to the first page. `sortable` columns get a link in the header.
    GET /customers?q&tag&segment&show&sort&dir&after&before."""

    rows: tuple[CustomerRow, ...]
    total: int
    everyone: int
    query: str = ""
    show: Show = "all"
    sort: CustomerSort = "last_seen"
    descending: bool = True
    after: str | None = None
    before: str | None = None
    first: bool = True
    waiting: int = 0
    """Customers whose scores are just being worked out anew; 0 where they are few."""
    sortable: tuple[CustomerSort, ...] = CUSTOMER_SORTS
    tag: str = ""
    """The tag they all have; "" where it does not matter."""
    known_tags: tuple[str, ...] = ()
    segment: str = ""
    """The slug of the segment they are all in; "" for all customers."""
    segments: tuple[tuple[str, str], ...] = ()
    """Slug and name of each, by name."""
    saveable: str = ""
    """What is chosen as a segment's conditions, in JSON; "" where nothing is, or no more than a segment."""

    @property
    def segment_name(self) -> str:
        return next((name for slug, name in self.segments if slug == self.segment), "")

    @property
    def answer(self) -> Markup:
        found = markup.customers_answer(self.total, self.everyone, self.query, self.show)
        if not self.everyone:
            return found
        joint = "," if self.query or self.show != "all" else ""
        if self.tag:
            all_with = " all with" if joint else " with"
            found = Markup("{}{}{} the tag “<bdi>{}</bdi>”.").format(found.rstrip("."), joint, all_with, self.tag)
            joint = ","
        if self.segment:
            found = Markup("{}{} in the segment “<bdi>{}</bdi>”.").format(found.rstrip("."), joint, self.segment_name)
        return found

    @property
    def nobody(self) -> tuple[str, str]:
        """What a filter that leaves nobody says: that, and what it means."""
        return markup.NOBODY[self.show]

    def url(self, **changes: str) -> str:
        """This page's address with some parameters changed; paging starts over unless it is named.
        Parameters at their default are left out."""
        state = {
            "q": self.query,
            "tag": self.tag,
            "segment": self.segment,
            "show": self.show,
            "sort": self.sort,
            "dir": self._direction,
        }
        state |= changes
        defaults = {"q": "", "tag": "", "segment": "", "show": "all", "sort": "last_seen"}
        defaults["dir"] = "asc" if state["sort"] == "name" else "desc"  # as default_descending
        chosen = {name: value for name, value in state.items() if value != defaults.get(name)}
        return f"/customers?{urlencode(chosen)}" if chosen else "/customers"

    def sort_url(self, column: CustomerSort) -> str:
        """Sorts by `column`; on the column already sorted by, turns the order round."""
        first = "desc" if default_descending(column) else "asc"
        turned = "asc" if self.descending else "desc"
        return self.url(sort=column, dir=turned if column == self.sort else first)

    def aria_sort(self, column: CustomerSort) -> str:
        if column != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"

    @property
    def _direction(self) -> str:
        return "desc" if self.descending else "asc"


def conditions_of(query: str, tag: str, show: Show, segment: Sequence[Filter] = ()) -> tuple[Filter, ...]:
    """What the page is filtered by as the conditions of a segment; those of a chosen one are taken over."""
    found = list(segment)
    if query:
        found.append(Filter(field="search", op="contains", values=(query,)))
    if tag:
        found.append(Filter(field="tag", values=(tag,)))
    if show != "all":
        found.append(Filter(field="status", values=(show,)))
    return tuple(found)


def row(item: CustomerSummary, tags: Sequence[str] = ()) -> CustomerRow:
    return CustomerRow(
        item.customer_id,
        item.name or item.customer_id,
        item.last_event_at,
        item.total_events,
        item.total_sessions,
        item.total_exports_generated,
        item.total_resources_created,
        item.current_scaling_score,
        item.systematic_progression_rate,
        tuple(item.weekly_events),
        tuple(tags),
    )
