"""What the coach answers: recommendations, playbooks with their lift, what was learned."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from milepost.vocabulary import MAX_TEXT_LENGTH

Source = Literal["playbook", "learned"]
State = Literal["made", "shown", "accepted", "dismissed", "done", "expired"]
#: What can be said of a recommendation, by an event or by hand.
Mark = Literal["shown", "accepted", "dismissed", "done"]
#: What the queue shows: `open` is made, shown or accepted, and not expired.
Which = Literal["open", "made", "shown", "accepted", "dismissed", "done", "expired", "all"]
#: Where a recommendation is with the team: to be done now, waiting for a day, or over.
Handled = Literal["todo", "snoozed", "done", "dismissed"]
#: Why the team dismissed one.
Why = Literal["not_relevant", "not_true", "already_done", "declined", "other"]
#: What the team does about one.
Act = Literal["assign", "snooze", "wake", "done", "dismiss", "reopen"]
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


class TeamSide(msgspec.Struct, frozen=True, kw_only=True):
    """The team's side of a recommendation, which its customer never reads."""

    action: Annotated[str, Meta(description="What the team is to do.")]
    reason: Annotated[str, Meta(description="Why, about the customer rather than to them.")]
    words: Annotated[str, Meta(description="What may be said to the customer.")]
    assignee: Annotated[str | None, Meta(description="A member's e-mail address; null: nobody was chosen.")]
    owner: Annotated[str | None, Meta(description="Whose account it is, by the trait `owner`.")]
    snoozed_until: Annotated[date | None, Meta(description="It is back on this day.")]
    handled: Handled
    ended_at: datetime | None
    ended_by: Annotated[str | None, Meta(description="An e-mail address; null with `ended_at`: a secret key.")]
    why: Annotated[Why | None, Meta(description="Why it was dismissed.")]
    note: str | None


class Queued(Recommendation, kw_only=True):
    """A recommendation with whose it is. `state`: what the customer made of it; `team`: what the team does about it."""

    customer_id: str
    customer_name: str | None
    team: TeamSide


class Queue(msgspec.Struct):
    """`total` counts all pages, up to 1,000; `next` is the cursor of the following page, null on the last."""

    items: list[Queued]
    total: int
    next: str | None


class Marked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a recommendation."""

    state: Mark


class Acted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the team does about a recommendation. `assignee` goes with `assign` (a member's e-mail address, null for
    nobody), `until` with `snooze`, `why` with `dismiss`, `note` with `done` and `dismiss`."""

    act: Act
    assignee: str | UnsetType | None = UNSET
    until: date | None = None
    why: Why | None = None
    note: Annotated[str, Meta(max_length=MAX_TEXT_LENGTH)] | None = None


class Difference(msgspec.Struct, frozen=True):
    """One group minus the other, with its 95% interval: right however often it is looked at (lift), or for all that was
    compared together (what was learned)."""

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
    kind: Annotated[str | None, Meta(description="What the plan says it is after.")]
    segment: Annotated[str | None, Meta(description="The slug of the segment whose customers alone it is for.")]
    in_plan: bool
    active: Annotated[bool, Meta(description="False: it is made for nobody, and only replayed on the past.")]
    priority: int | None
    open: int
    made: int
    shown: int
    accepted: int
    dismissed: int
    done: int
    held_out: int
    hold_out: Annotated[float | None, Meta(description="The share of customers held out; null: not in the plan.")]
    finds: Annotated[
        float | None,
        Meta(description="The smallest difference of shares that is found in four of five cases; null: none is."),
    ]
    finds_says: Annotated[str | None, Meta(description="The same in a sentence.")]
    lift: Lift


class KindReport(msgspec.Struct, frozen=True, kw_only=True):
    """What playbooks of one kind change together, of those that have a lift."""

    kind: str
    playbooks: Annotated[list[str], Meta(description="Their ids.")]
    names: list[str]
    customers: Annotated[int, Meta(description="Measured, both groups; who is in several playbooks counts in each.")]
    moved_up: Difference
    says: str


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
    kinds: list[KindReport]
    compared: Annotated[
        int, Meta(description="For so many playbooks together the intervals of the lifts are right in 95% of cases.")
    ]
    learned: list[Lesson]
    counted_at: datetime | None
    learned_at: datetime | None
