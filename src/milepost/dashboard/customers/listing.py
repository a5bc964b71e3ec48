"""The list of customers: what its page shows, and the addresses of its columns, filters and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.customers.columns import COLUMN_NAMES, FIGURE_NAMES, Cell, Chip, Head, TraitWords
from milepost.dashboard.customers.state import ListState, default_columns, default_descending
from milepost.dashboard.questions.address import Pairs
from milepost.dashboard.questions.words import OPERATORS
from milepost.dashboard.views import customer_url
from milepost.insights.customers import CustomerSummary
from milepost.vocabulary import ME, NOBODY

_FILTER_FIELDS = ("field", "key", "op", "value")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`weeks`: events of the last eight weeks, oldest first, the running one last. `score` 0-100. `traits`: by their
    names, those whose columns are shown. `picked`: it was ticked when something was done with it."""

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
    owner: str = ""
    traits: dict[str, Cell] = field(default_factory=dict)
    picked: bool = False
    reason: str = ""
    """Why the customer is at risk, where it is."""

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)


@dataclass(frozen=True, slots=True)
class Bulk:
    """What the bar under the list takes: `key` is of this rendering, so that nothing is done twice; `all`: what was
    done last was done with all that match. `most`: so many of them at once. `said`, `problem`: what became of that."""

    key: str = ""
    all: bool = False
    most: int = 0
    said: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Customers:
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
    def figures(self) -> tuple[tuple[str, str], ...]:
        """What of ours there is to filter by."""
        return tuple((f"insight.{name}", label) for name, label in FIGURE_NAMES.items())

    @property
    def operators(self) -> Mapping[str, str]:
        return OPERATORS

    @property
    def column_names(self) -> Mapping[str, str]:
        return COLUMN_NAMES

    @property
    def reasons(self) -> bool:
        """Whether rows say why a customer is at risk."""
        return self.state.show == "at_risk" or self.state.sort == "risk"

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
        usual = self.state.columns == default_columns(self.state.show)
        return (ListState() if usual else ListState(columns=self.state.columns)).url()

    def sort_url(self, column: str) -> str:
        """Sorts by `column`; on the column already sorted by, turns the order round."""
        first = "desc" if default_descending(column) else "asc"
        turned = "asc" if self.state.descending else "desc"
        return self.url(sort=column, dir=turned if column == self.state.sort else first)

    def aria_sort(self, column: str) -> str:
        if column != self.state.sort:
            return "none"
        return "descending" if self.state.descending else "ascending"


def row(
    item: CustomerSummary,
    tags: Sequence[str] = (),
    heads: Sequence[Head] = (),
    words: TraitWords | None = None,
    *,
    picked: bool = False,
) -> CustomerRow:
    owner = item.traits.get("owner")
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
        owner if isinstance(owner, str) else "",
        {head.key: words.cell(head.trait, item.traits.get(head.trait)) for head in heads if words and head.trait},
        picked,
        item.at_risk.reason if item.at_risk else "",
    )
