"""A line of the customers' list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from milepost.dashboard.customers.columns import Cell, Head, TraitWords, arr_of
from milepost.dashboard.views import customer_url
from milepost.insights.changes import NOT_KNOWN, Change
from milepost.insights.customers import CustomerSummary
from milepost.traits.values import Value


class CustomerRow(msgspec.Struct, frozen=True):
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
    traits: dict[str, Cell] = msgspec.field(default_factory=dict)
    picked: bool = False
    reason: str = ""
    """Why the customer is at risk, where it is."""
    why: str = ""
    """That, or else what it does against its own past."""
    change: float | None = None
    """Points of the score in 28 days."""
    people: int | None = None
    """Active in 28 days; None: not known, or not yet."""
    predicted: dict[str, float] = msgspec.field(default_factory=dict)
    """By target, a probability (0 to 1) or a score; those whose columns are shown."""
    early: str = ""
    """Why there is no score."""

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)

    @property
    def people_id(self) -> str:
        return people_id(self.customer_id)


def people_id(customer_id: str) -> str:
    """Of the place where a customer's people are put once they are counted."""
    return f"people-{blake2b(customer_id.encode(), digest_size=8).hexdigest()}"


def row(
    item: CustomerSummary,
    tags: Sequence[str] = (),
    heads: Sequence[Head] = (),
    words: TraitWords | None = None,
    *,
    change: Change = NOT_KNOWN,
    people: int | None = None,
    picked: bool = False,
) -> CustomerRow:
    owner, reason = item.traits.get("owner"), item.at_risk.reason if item.at_risk else ""
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
        {head.key: words.cell(head.told, told_by(item, head)) for head in heads if words and head.told},
        picked,
        reason,
        reason or change.against_own_past,
        change.of_score(item.current_scaling_score),
        people,
        change.predicted,
        item.score_reason or "",
    )


def told_by(item: CustomerSummary, head: Head) -> Value:
    """The trait that a column shows."""
    return arr_of(item.traits, item.current_arr) if head.key == "arr" else item.traits.get(head.told)
