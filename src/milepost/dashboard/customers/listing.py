"""The list of customers: what its page shows, and the addresses of its columns, filters and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup
from msgspec.structs import replace

from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.customers.brief import Brief
from milepost.dashboard.customers.columns import COLUMN_NAMES, FIGURE_NAMES, Chip, Head
from milepost.dashboard.customers.rows import CustomerRow
from milepost.dashboard.customers.sets import MAX_SET_NAME, ColumnSet
from milepost.dashboard.customers.state import COLUMNS, TOLD, ListState, default_descending
from milepost.dashboard.questions.address import Pairs
from milepost.dashboard.questions.words import OPERATORS
from milepost.vocabulary import ME, NOBODY

_FILTER_FIELDS = ("field", "key", "op", "value")


class Bulk(msgspec.Struct, frozen=True):
    """What the bar under the list takes: `key` is of this rendering, so that nothing is done twice; `all`: what was
    done last was done with all that match. `most`: so many of them at once. `said`, `problem`: what became of that."""

    key: str = ""
    all: bool = False
    most: int = 0
    said: str = ""
    problem: str = ""


class SetLink(msgspec.Struct, frozen=True):
    """Columns to choose at once: `set_id` "" for the standard ones, which nobody deletes."""

    name: str
    url: str
    current: bool
    set_id: str = ""


class Customers(msgspec.Struct, frozen=True):
    """customers.html. `total` match what is chosen, `everyone` is all. `before`/`after` are opaque cursors of the
    neighbouring pages, None at the ends; where `before` is not to be had, `first=False` offers the way back to the
    first page. `fields`, `offered`: what there is to filter by and to show as a column, with what it is called."""

    rows: tuple[CustomerRow, ...]
    total: int
    everyone: int
    state: ListState = ListState()
    heads: tuple[Head, ...] = ()
    chips: tuple[Chip, ...] = ()
    offered: tuple[tuple[str, str], ...] = ()
    predicted: tuple[tuple[str, str], ...] = ()
    """As `offered`, of what is predicted beside going quiet."""
    members: tuple[str, ...] = ()
    email: str = ""
    after: str | None = None
    before: str | None = None
    first: bool = True
    waiting: int = 0
    """Customers whose scores are just being worked out anew; 0 where they are few."""
    known_tags: tuple[str, ...] = ()
    segments: tuple[tuple[str, str], ...] = ()
    """Slug and name of each, by name."""
    saveable: str = ""
    """What is chosen as a segment's conditions, in JSON; "" where nothing is, or no more than a segment."""
    bulk: Bulk = Bulk()
    sets: tuple[SetLink, ...] = ()
    counted_url: str = ""
    """The list that waits until its people are counted; "" where they are, or no column shows them."""
    own: bool = False
    """Whether the reader's list begins with columns of their own."""
    brief: Brief | None = None
    """The customer whose panel is open."""

    @property
    def answer(self) -> Markup:
        state = self.state
        found = markup.customers_answer(self.total, self.everyone, state.query, state.show)
        if not self.everyone or not (state.tag or state.owner or state.filters or state.segment):
            return found
        narrowed_before = state.query or state.show != "all"
        if not narrowed_before and (state.owner or state.filters or state.segment):
            noun = fmt.plural(self.everyone, "customer")
            found = Markup("{} of {} {}").format(markup.number(self.total), markup.number(self.everyone), noun)
        parts = [part for part in (self._within, self._tagged, self._owned, self._filtered) if part]
        joint = ", all " if narrowed_before else " "
        return Markup("{}{}{}.").format(found.rstrip("."), joint, Markup(", ").join(parts))

    @property
    def segment_name(self) -> str:
        return next((name for slug, name in self.segments if slug == self.state.segment), "")

    @property
    def _within(self) -> Markup | str:
        return Markup("in the segment “<bdi>{}</bdi>”").format(self.segment_name) if self.state.segment else ""

    @property
    def _tagged(self) -> Markup | str:
        return Markup("with the tag “<bdi>{}</bdi>”").format(self.state.tag) if self.state.tag else ""

    @property
    def _owned(self) -> Markup | str:
        owner = self.state.owner
        if owner in (ME, NOBODY, ""):
            return {ME: "owned by you", NOBODY: "owned by nobody"}.get(owner, "")
        return Markup("owned by <bdi>{}</bdi>").format(owner)

    @property
    def _filtered(self) -> str:
        count = sum(1 for one in self.chips if not one.problem)
        return f"matching {count} {fmt.plural(count, 'filter')}" if count else ""

    @property
    def nobody(self) -> tuple[str, str]:
        """What a filter that leaves nobody says: that, and what it means."""
        return markup.NOBODY[self.state.show]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The team, to choose from: addresses, and what is said for each."""
        return [(one, f"{one} (you)" if one == self.email else one) for one in self.members]

    @property
    def figures(self) -> tuple[tuple[str, str], ...]:
        """What of ours there is to filter by."""
        return (*((f"insight.{name}", label) for name, label in FIGURE_NAMES.items()), *self.predicted)

    @property
    def operators(self) -> Mapping[str, str]:
        return OPERATORS

    @property
    def other_columns(self) -> tuple[tuple[str, str], ...]:
        """Those of ours that are not shown, with what they are called."""
        ours = ((key, COLUMN_NAMES[key]) for key in COLUMNS)
        return tuple((key, label) for key, label in (*ours, *self.predicted) if key not in self.state.columns)

    @property
    def other_traits(self) -> tuple[tuple[str, str], ...]:
        """Those that no column shows."""
        ours = {f"trait.{name}" for name in TOLD.values()}
        return tuple((key, label) for key, label in self.offered if key not in ours.union(self.state.columns))

    @property
    def longest_name(self) -> int:
        """Of a set of columns."""
        return MAX_SET_NAME

    @property
    def reasons(self) -> bool:
        """Whether rows say below the name why a customer is at risk."""
        at_risk = self.state.show == "at_risk" or self.state.sort == "risk"
        return at_risk and "why" not in self.state.columns

    @property
    def many(self) -> bool:
        """Whether there are more columns than fit beside each other."""
        return len(self.heads) > 10 or any(head.trait for head in self.heads)

    def hidden(self, *without: str) -> Pairs:
        """The parameters that a form hands on: all but its own, and where the list is filtered."""
        return [(name, value) for name, value in self.state.pairs() if name not in (*_FILTER_FIELDS, *without)]

    def url(self, **changes: str) -> str:
        return self.state.url(**changes)

    @property
    def csv_url(self) -> str:
        return self.state.url().replace("/customers", "/customers.csv", 1)

    @property
    def nothing_chosen_url(self) -> str:
        """All customers, with the columns as they are."""
        return ListState(columns=self.state.columns, usual=self.state.usual).url()

    def sort_url(self, column: str) -> str:
        """Sorts by `column`; on the column already sorted by, turns the order round."""
        first = "desc" if default_descending(column) else "asc"
        turned = "asc" if self.state.descending else "desc"
        return self.url(sort=column, dir=turned if column == self.state.sort else first)

    def aria_sort(self, column: str) -> str:
        if column != self.state.sort:
            return "none"
        return "descending" if self.state.descending else "ascending"


def column_sets(state: ListState, sets: Sequence[ColumnSet], standard: tuple[str, ...]) -> tuple[SetLink, ...]:
    """The standard columns and the team's sets as links to this list with them."""

    def link(name: str, columns: tuple[str, ...], set_id: str = "") -> SetLink:
        return SetLink(name, replace(state, columns=columns).url(), columns == state.columns, set_id)

    return (link("Standard", standard), *(link(one.name or "", one.columns, str(one.set_id)) for one in sets))
