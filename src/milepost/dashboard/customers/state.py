"""The state of the customers' list, which is its address: whom it is of, in which order, with which columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from milepost.analytics.asking import Filter
from milepost.api.params import list_filter, parted
from milepost.dashboard.questions.address import Address, FilterRow, Pairs, address_of, filter_pairs, split_values
from milepost.errors import InvalidRequest
from milepost.insights.customers import CustomerFilter
from milepost.store.predicted import target_of
from milepost.vocabulary import MAX_NAME_LENGTH, ME, NOBODY
from milepost.work.texts import MAX_TAG, tag_key

Show = Literal["all", "active", "quiet", "improving", "declining", "at_risk"]
SHOWS: Final[tuple[Show, ...]] = ("all", "active", "quiet", "improving", "declining", "at_risk")
CUSTOMER_SORTS: Final = (
    "name",
    "last_seen",
    "events",
    "sessions",
    "exports",
    "resources",
    "rate",
    "score",
    "risk",
    "change",
    "quiet",
)
#: Columns that every list can have, beside the name, which is always there; the first are what it begins with.
COLUMNS: Final = (
    "score", "why", "change", "people", "owner", "renewal", "arr", "last_seen",
    "quiet", "weeks", "events", "sessions", "exports", "resources", "rate",
)  # fmt: skip
USUAL: Final = COLUMNS[:8]
#: Columns of ours that show a trait.
TOLD: Final[Mapping[str, str]] = {"owner": "owner", "renewal": "renewal_date", "arr": "arr"}
#: More columns than these cannot be read beside each other.
MOST_COLUMNS: Final = 30
_WITHOUT_VALUES: Final = ("is_set", "is_not_set")


def default_descending(sort: str) -> bool:
    """The order of a column when the address names none: names from A, everything else from the top."""
    return sort != "name"


def default_sort(show: str) -> str:
    """What a list is in the order of when the address names none."""
    return "risk" if show == "at_risk" else "last_seen"


def known_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Those that there are, each once, in their order."""
    return tuple([one for one in dict.fromkeys(names) if one in COLUMNS or _is_named(one)][:MOST_COLUMNS])


class ListState(msgspec.Struct, frozen=True):
    """`segment`: a slug. `owner`: a member's address, `me`, `nobody`, "" for anybody's. `sort`: one of CUSTOMER_SORTS,
    `trait.NAME` or `prediction.ID`. `columns`: of COLUMNS, `trait.NAME` and `prediction.ID`.
    GET /customers?q&tag&segment&show&owner&field&key&op&value&col&sort&dir&after&before."""

    query: str = ""
    tag: str = ""
    segment: str = ""
    show: Show = "all"
    owner: str = ""
    filters: tuple[FilterRow, ...] = ()
    columns: tuple[str, ...] = USUAL
    sort: str = "last_seen"
    descending: bool = True
    usual: tuple[str, ...] = USUAL

    @classmethod
    def of(cls, query: str, usual: tuple[str, ...] = USUAL) -> ListState:
        """Whatever the address says that cannot be, is as if it were not there."""
        address = Address.of(query)
        show = address.one_of("show", SHOWS, "all")
        sort = address.text("sort")
        sort = sort if sort in CUSTOMER_SORTS or _is_named(sort) else default_sort(show)
        down = {"asc": False, "desc": True}.get(address.text("dir"), default_descending(sort))
        named = address.all("col")
        return cls(
            query=address.text("q").strip()[:200],
            tag=address.text("tag").strip()[:MAX_TAG],
            segment=address.text("segment").strip()[:80],
            show=show,
            owner=address.text("owner").strip().lower()[:320],
            filters=tuple(row for row in address.filters() if row.name and not problem_of(row, known_only=True)),
            columns=known_columns(named) if named else usual,
            sort=sort,
            descending=down,
            usual=usual,
        )

    @property
    def order(self) -> str:
        """As the list takes it."""
        return f"-{self.sort}" if self.descending else self.sort

    @property
    def narrowed(self) -> bool:
        """Whether it is not of everybody."""
        return bool(self.segment or self.said)

    @property
    def said(self) -> bool:
        """Whether it is narrowed by more than a segment."""
        return bool(self.query or self.tag or self.owner or self.filters or self.show != "all")

    def wanted(self, email: str) -> CustomerFilter:
        """Whom it is of, for the member with this address; the segment apart. Filters that do not say anything yet
        count for nothing."""
        traits, figures = parted(list_filter(one, "filters") for one in self._filters)
        return CustomerFilter(
            q=self.query,
            status=self.show,
            tag=tag_key(self.tag) or None,
            owner=(email if self.owner == ME else self.owner) or None,
            traits=traits,
            figures=figures,
        )

    @property
    def _filters(self) -> list[Filter]:
        conditions = [condition for row in self.filters if (condition := _filter(row)) is not None]
        return [one for one in conditions if not _wrong(one)]

    def conditions(self, email: str, segment: Sequence[Filter] = ()) -> tuple[Filter, ...]:
        """What it is narrowed by as the conditions of a segment; those of the chosen one are taken over."""
        found = list(segment)
        if self.query:
            found.append(Filter(field="search", op="contains", values=(self.query,)))
        if self.tag:
            found.append(Filter(field="tag", values=(self.tag,)))
        if self.show != "all":
            found.append(Filter(field="status", values=(self.show,)))
        if self.owner == NOBODY:
            found.append(Filter(field="trait.owner", op="is_not_set"))
        elif self.owner:
            found.append(Filter(field="trait.owner", values=(email if self.owner == ME else self.owner,)))
        return (*found, *self._filters)

    def pairs(self, **changes: str) -> Pairs:
        """The parameters of the address, with some changed; those at their default are left out."""
        state = {"q": self.query, "tag": self.tag, "segment": self.segment, "show": self.show, "owner": self.owner}
        usual = self.sort == default_sort(self.show)
        state |= {"sort": default_sort(changes.get("show", self.show)) if usual else self.sort}
        state |= {"dir": "desc" if self.descending else "asc"} | changes
        defaults = {"q": "", "tag": "", "segment": "", "owner": "", "show": "all"}
        defaults["sort"] = default_sort(state["show"])
        defaults["dir"] = "desc" if default_descending(state["sort"]) else "asc"
        chosen = self.columns != self.usual
        columns = [("col", one) for one in self.columns or ("none",)] if chosen else []
        return [
            *((name, value) for name, value in state.items() if value != defaults.get(name)),
            *filter_pairs(self.filters),
            *columns,
        ]

    def url(self, **changes: str) -> str:
        """This list's address with some parameters changed; paging starts over unless it is named."""
        return address_of("/customers", self.pairs(**changes))

    def without_filter(self, at: int) -> ListState:
        return replace(self, filters=tuple(row for place, row in enumerate(self.filters) if place != at))


def problem_of(row: FilterRow, *, known_only: bool = False) -> str:
    """What keeps a filter from counting, in words; "" where nothing does. `known_only`: no such field, alone."""
    one = _filter(row)
    if known_only:
        return _wrong(Filter(field=row.name, op="is_set"))
    return "needs a value" if one is None else _wrong(one)


def _filter(row: FilterRow) -> Filter | None:
    if row.op in _WITHOUT_VALUES:
        return Filter(field=row.name, op=row.op)
    values = split_values(row.value)
    return Filter(field=row.name, op=row.op, values=tuple(values)) if values else None


def _wrong(one: Filter) -> str:
    try:
        list_filter(one, "filter")
    except InvalidRequest as error:
        field = error.field or ""
        if field.endswith(".op"):
            return "is a number: choose another comparison"
        return "needs one number, or a day such as 2027-01-31" if ".values" in field else error.message
    return ""


def _is_named(text: str) -> bool:
    """Whether it is `trait.NAME` or `prediction.ID`."""
    if target_of(text) is not None:
        return True
    name = text.removeprefix("trait.")
    return text.startswith("trait.") and 1 <= len(name) <= MAX_NAME_LENGTH
