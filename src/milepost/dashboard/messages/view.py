"""What the pages of messages show."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import msgspec

from milepost.dashboard import format as fmt
from milepost.messages.destinations import TOPICS, Destination
from milepost.messages.log import Delivery
from milepost.messages.wording import say
from milepost.vocabulary import DestinationKind, Topic

KIND_LABELS: Final[dict[DestinationKind, str]] = {
    "webhook": "Webhook",
    "slack": "Slack",
    "teams": "Microsoft Teams",
    "email": "E-mail",
}
TOPIC_LABELS: Final[dict[Topic, str]] = {
    "alert.raised": "Alerts",
    "alert.ended": "Alerts that are over",
    "risk.began": "Who is at risk, one by one",
    "prediction.likely": "Predictions",
    "recommendation.made": "Recommendations",
    "milestone.reached": "Milestones",
    "level.reached": "Levels",
    "badge.earned": "Badges",
    "trait.changed": "Changed traits",
    "customer.erased": "Erased customers",
    "person.erased": "Erased people",
    "export.failed": "Exports that fail",
    "destination.disabled": "A destination that is switched off",
}
#: What a new destination is told of, where nothing was chosen yet.
USUAL: Final[tuple[Topic, ...]] = ("alert.raised", "export.failed", "destination.disabled")


class Form(msgspec.Struct, frozen=True):
    """What was typed into the form of a destination; `problem` is of the field that `wrong` names."""

    kind: str = "slack"
    name: str = ""
    address: str = ""
    topics: tuple[str, ...] = USUAL
    quiet_from: str = ""
    quiet_until: str = ""
    time_zone: str = "UTC"
    problem: str = ""
    wrong: str = ""

    def problem_of(self, field: str) -> str:
        return self.problem if field == self.wrong else ""

    @property
    def general(self) -> str:
        """What is wrong with no field of the form."""
        return "" if self.wrong in ("name", "address", "topics", "quiet_until", "time_zone") else self.problem


class Row(msgspec.Struct, frozen=True):
    """A destination in the list. `week`: how the last 7 days went."""

    destination: Destination
    kind: str
    where: str
    topics: str
    week: str
    state: str
    ok: bool


class MessagesPage(msgspec.Struct, frozen=True):
    """messages/messages.html. `mail`: there is a mail server; `crowded`: topics whose rest is not told just now."""

    rows: tuple[Row, ...]
    form: Form
    mail: bool
    crowded: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = tuple(KIND_LABELS.items())
    topics: tuple[tuple[str, str], ...] = tuple(TOPIC_LABELS.items())

    @property
    def held_back(self) -> str:
        """That not all is told, where that is so."""
        if not self.crowded:
            return ""
        return f"{', '.join(self.crowded)}: a thousand were told in the last hour, and no more are told within an hour."

    @property
    def answer(self) -> str:
        """Who is told, and whether that works."""
        if not self.rows:
            return "Nobody is told anything yet."
        wrong = sum(not row.ok for row in self.rows)
        told = f"{fmt.integer(len(self.rows))} {fmt.plural(len(self.rows), 'place is told', 'places are told')}"
        if not wrong:
            return f"{told}, and it works."
        return f"{told}; {fmt.integer(wrong)} {fmt.plural(wrong, 'needs', 'need')} somebody to look."


class LogRow(msgspec.Struct, frozen=True):
    """A message of the log: `said`, what it says; `how`, how it went."""

    delivery: Delivery
    label: str
    said: str
    how: str
    css: str


class DestinationPage(msgspec.Struct, frozen=True):
    """messages/destination.html. `secret`: of a webhook that is not of the settings."""

    row: Row
    form: Form
    secret: str
    log: tuple[LogRow, ...]
    which: str
    next: str | None
    done: str = ""
    mail: bool = True
    topics: tuple[tuple[str, str], ...] = tuple(TOPIC_LABELS.items())


def row_of(one: Destination) -> Row:
    """What the list says of a destination."""
    chosen = [TOPIC_LABELS[topic] for topic in TOPICS if topic in one.topics]
    told = "Everything" if len(chosen) == len(TOPICS) else ", ".join(chosen)
    week = f"{fmt.integer(one.delivered)} accepted"
    if one.waiting:
        week += f", {fmt.integer(one.waiting)} waiting"
    if one.gave_up:
        week += f", {fmt.integer(one.gave_up)} given up"
    if one.disabled_at is not None:
        state, ok = f"Switched off. {one.disabled_why or ''}".strip(), False
    elif one.failing_since is not None:
        state, ok = f"Every try fails. {one.last_error or ''}".strip(), False
    else:
        state, ok = "Works" if one.sent_at else "Nothing was sent yet", True
    return Row(one, KIND_LABELS[one.kind], _where(one), told, week, state, ok)


def form_of(one: Destination) -> Form:
    """The form as it is when nothing was typed."""

    def clock(at: object) -> str:
        return str(at)[:5] if at else ""

    return Form(
        one.kind, one.name, one.address, tuple(one.topics), clock(one.quiet_from), clock(one.quiet_until), one.time_zone
    )


def log_row(one: Delivery) -> LogRow:
    """A line of the log."""
    label = TOPIC_LABELS.get(one.topic, "Test")  # type: ignore[call-overload]
    tries = f"{fmt.integer(one.attempts)} {fmt.plural(one.attempts, 'try', 'tries')}"
    if one.delivered_at is not None:
        how, css = "Accepted" if one.attempts == 1 else f"Accepted after {tries}", ""
    elif one.gave_up_at is not None:
        how, css = f"Given up after {tries}. {one.last_error or ''}".strip(), "worse"
    elif one.attempts:
        how, css = f"Waits after {tries}. {one.last_error or ''}".strip(), ""
    else:
        how, css = "Waits", ""
    return LogRow(one, str(label), say(one.body).title, how, css)


def _where(one: Destination) -> str:
    """Whose it is, without what in it is a secret."""
    return one.address if one.kind == "email" else (urlsplit(one.address).hostname or one.address)
