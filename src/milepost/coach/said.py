"""What the coach answers: recommendations, playbooks with their lift, what was learned."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Source = Literal["playbook", "learned"]
State = Literal["made", "shown", "accepted", "dismissed", "done", "expired"]
#: What can be said of a recommendation, by an event or by hand.
Mark = Literal["shown", "accepted", "dismissed", "done"]
#: What the queue shows: `open` is made, shown or accepted, and not expired.
Which = Literal["open", "made", "shown", "accepted", "dismissed", "done", "expired", "all"]
#: All that was learned has one cool-down and one lift, under this name.
LEARNED = "learned"


class Evidence(msgspec.Struct, frozen=True):
    """A figure behind a recommendation, as people read it."""

    label: str
    value: str


class Recommendation(msgspec.Struct, kw_only=True):
    """Something a customer should do next, why, and what became of it."""

    recommendation_id: UUID
    source: Source
    playbook: Annotated[str | None, Meta(description="The playbook's id in the plan; null for a learned one.")]
    title: str
    action: str
    tool_id: str | None
    competency: str | None
    reason: str
    evidence: list[Evidence]
    state: State
    made_at: datetime
    shown_at: datetime | None
    accepted_at: datetime | None
    dismissed_at: datetime | None
    done_at: datetime | None
    url: str | None


class Recommendations(msgspec.Struct):
    """A customer's open recommendations, best first."""

    customer_id: str
    items: list[Recommendation]


class Queued(Recommendation, kw_only=True):
    """A recommendation with whose it is."""

    customer_id: str
    customer_name: str | None


class Queue(msgspec.Struct):
    """`total` counts all pages, up to 1,000; `next` is the cursor of the following page, null on the last."""

    items: list[Queued]
    total: int
    next: str | None


class Marked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a recommendation."""

    state: Mark


class Difference(msgspec.Struct, frozen=True):
    """One group minus the other, with its 95% interval."""

    estimate: float
    low: float
    high: float

    def in_percentage_points(self) -> tuple[str, str, str]:
        """Estimate, low and high end of a difference of shares, in percentage points: `+12`, `\N{MINUS SIGN}3`."""
        return percentage_points(self.estimate), percentage_points(self.low), percentage_points(self.high)


def percentage_points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign."""
    whole = round(difference * 100)
    return f"{whole:+d}".replace("-", "\N{MINUS SIGN}") if whole else "0"


class Arm(msgspec.Struct, frozen=True):
    """Customers whose outcome is measured, and how they did."""

    customers: int
    moved_up: int
    share: Annotated[float | None, Meta(description="Of these, the share that moved up; null without any.")]
    points_a_week: float | None


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """What recommending it changes: customers it was made for, against those it was held back from at random."""

    enough: Annotated[bool, Meta(description="False: not enough data yet; `missing...` say how much.")]
    recommended: Arm
    held_out: Arm
    moved_up: Difference | None
    points_a_week: Difference | None
    missing_recommended: int
    missing_held_out: int
    says: Annotated[str, Meta(description="The same in a sentence.")]


class PlaybookReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a playbook does. Counts are of recommendations that were not held out, but for `held_out` itself."""

    playbook: Annotated[str, Meta(description="The playbook's id; `learned` for all learned ones together.")]
    name: str
    in_plan: bool
    priority: int | None
    open: int
    made: int
    shown: int
    accepted: int
    dismissed: int
    done: int
    held_out: int
    lift: Lift


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """Of customers in one situation, those who did a thing next against those who did not."""

    situation: str
    step: str
    tool_id: str | None
    did: int
    did_share: float
    did_not: int
    did_not_share: float
    moved_up: Difference
    says: str


class Coaching(msgspec.Struct, frozen=True, kw_only=True):
    """Every playbook with its lift, and what was learned. `counted_at` is null until it was counted once."""

    playbooks: list[PlaybookReport]
    learned: list[Lesson]
    counted_at: datetime | None
    learned_at: datetime | None
