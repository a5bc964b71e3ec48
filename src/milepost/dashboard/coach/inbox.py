"""What the team's inbox takes: recommendations as rows to deal with, and the addresses of what is chosen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup

from milepost.coach.acts import MOST_SNOOZED
from milepost.coach.said import Evidence, Queued, Why
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.coach.words import WHYS
from milepost.dashboard.views import customer_url
from milepost.plan import Plan
from milepost.vocabulary import ME, NOBODY

Show = Literal["open", "snoozed", "closed"]
#: The inbox's tabs; `open` is where it begins.
SHOWS: Final[tuple[tuple[Show, str], ...]] = (("open", "Open"), ("snoozed", "Snoozed"), ("closed", "Closed"))
_FEW: Final = 12
#: The customer's part in it, as the team reads it.
_CUSTOMER: Final = {
    "made": "not seen by the customer yet",
    "shown": "seen by the customer",
    "accepted": "the customer accepted it",
    "dismissed": "the customer put it aside",
    "done": "the customer did it",
    "expired": "no longer shown to the customer",
}


class Card(msgspec.Struct, frozen=True):
    """What the customer reads of it, as the widget has it."""

    title: str
    action: str
    reason: str
    evidence: tuple[Evidence, ...]
    accepted: bool


class ActionRow(msgspec.Struct, frozen=True):
    """coach/_act.html. `name`: whose it is, "" on the customer's own page; `assignee`, `owner`: e-mail addresses, ""
    nobody. `over`: by whom it was ended, None while it is open; `customer_at`: when the customer did what
    `customer_words` says."""

    recommendation_id: str
    customer_id: str
    name: str
    playbook: str
    action: str
    reason: str
    words: str
    assignee: str
    owner: str
    made_at: datetime
    snoozed_until: date | None
    over: Literal["team", "customer", "time"] | None
    ended: Literal["done", "dismissed"] | None
    ended_at: datetime | None
    ended_by: str
    why: str
    note: str
    customer_words: str
    customer_at: datetime | None
    url: str | None
    card: Card

    @property
    def act_url(self) -> str:
        return f"/actions/{self.recommendation_id}"

    @property
    def customer_url(self) -> str:
        return customer_url(self.customer_id)

    @property
    def pick(self) -> str:
        """What a ticked row sends."""
        return f"{self.recommendation_id} {self.customer_id}"


class Choices(msgspec.Struct, frozen=True):
    """What every row offers: the members, the reader first, the reasons of a dismissal, and days to snooze until."""

    members: tuple[str, ...]
    email: str
    today: date
    whys: tuple[tuple[Why, str], ...] = tuple(WHYS.items())

    @property
    def many(self) -> bool:
        """Too many to stand in every row: one types a part of the address."""
        return len(self.members) > _FEW

    @property
    def week(self) -> date:
        return self.today + timedelta(days=7)

    @property
    def month(self) -> date:
        return self.today + timedelta(days=30)

    @property
    def tomorrow(self) -> date:
        return self.today + timedelta(days=1)

    @property
    def last(self) -> date:
        return self.today + MOST_SNOOZED


class InboxPage(msgspec.Struct, frozen=True):
    """coach/actions.html. `whose`: an e-mail address, `nobody`, "" everybody's; `open` and `mine` count what is open,
    up to `most`; `after`: the next page's cursor."""

    rows: tuple[ActionRow, ...]
    choices: Choices
    show: Show
    whose: str
    playbook: str
    playbooks: tuple[tuple[str, str], ...]
    total: int
    open: int
    mine: int
    most: int
    after: str | None
    first: bool
    nothing_ever: bool
    shows: tuple[tuple[Show, str], ...] = SHOWS

    @property
    def answer(self) -> Markup:
        if self.nothing_ever:
            return Markup("Nothing was recommended yet.")
        if not self.open:
            return Markup("Nothing is to be done right now.")
        said = Markup("{} {} open").format(
            Markup("{} and more actions").format(markup.number(self.most))
            if self.open >= self.most
            else Markup("{} {}").format(markup.number(self.open), fmt.plural(self.open, "action")),
            "is" if self.open == 1 else "are",
        )
        if not self.mine:
            return said + ", none of them yours."
        if self.mine == self.open:
            return said + (", and it is yours." if self.open == 1 else ", all of them yours.")
        return said + Markup(", {} of them yours.").format(markup.number(self.mine))

    def url(self, **changes: str) -> str:
        """This page's address with some parameters changed; paging starts over unless it is named."""
        return inbox_url(
            {"show": self.show, "whose": self.whose, "playbook": self.playbook} | changes, self.choices.email
        )

    @property
    def filtered(self) -> bool:
        return bool(self.whose or self.playbook)

    @property
    def members(self) -> tuple[tuple[str, str], ...]:
        """Whose a reader may choose, beside everybody's."""
        others = tuple(email for email in self.choices.members if email != self.choices.email)
        return ((self.choices.email, "Mine"), (NOBODY, "Nobody’s yet"), *((email, "") for email in others))


def inbox_url(state: dict[str, str], email: str) -> str:
    """Whatever the page begins with is left out; the reader's own are `me`, so that a link means each reader's."""
    if state.get("whose") == email:
        state = state | {"whose": ME}
    chosen = {name: value for name, value in state.items() if value and (name, value) != ("show", "open")}
    return f"/actions?{urlencode(chosen)}" if chosen else "/actions"


def action_row(one: Queued, plan: Plan, *, named: bool = True) -> ActionRow:
    """The team reads the playbook's name, the customer its title."""
    team = one.team
    since = {"accepted": one.accepted_at, "dismissed": one.dismissed_at, "done": one.done_at, "shown": one.shown_at}
    closed = one.state in ("dismissed", "done", "expired")
    over: Literal["team", "customer", "time"] | None = None
    if team.handled in ("done", "dismissed"):
        over = "team"
    elif closed:
        over = "time" if one.state == "expired" else "customer"
    return ActionRow(
        recommendation_id=str(one.recommendation_id),
        customer_id=one.customer_id,
        name=fmt.visible_name(one.customer_name, one.customer_id) if named else "",
        playbook="Learned from other customers"
        if one.playbook is None
        else plan.playbook_names().get(one.playbook, one.title),
        action=team.action,
        reason=team.reason,
        words=team.words,
        assignee=team.assignee or "",
        owner=team.owner or "",
        made_at=one.made_at,
        snoozed_until=team.snoozed_until if team.handled == "snoozed" else None,
        over=over,
        ended="done" if team.handled == "done" else "dismissed" if team.handled == "dismissed" else None,
        ended_at=team.ended_at,
        ended_by=team.ended_by or "",
        why=WHYS[team.why] if team.why else "",
        note=team.note or "",
        customer_words=_CUSTOMER[one.state],
        customer_at=since.get(one.state),
        # An address of the product, from the plan: a path leads nowhere from here.
        url=one.url if one.url and one.url.startswith(("https://", "http://")) else None,
        card=Card(one.title, one.action, one.reason, tuple(one.evidence), one.state == "accepted"),
    )
