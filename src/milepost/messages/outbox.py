"""The outbox: what is due is claimed, and how it went is written down. Nothing here knows how anything is sent."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from milepost.store.queries import load
from milepost.vocabulary import DestinationKind

_log = logging.getLogger(__name__)
_SQL = load("milepost.messages", "outbox.sql")
#: Seconds to the next try after the first, the second, ... failed one: together a bit over three days, as Standard
#: Webhooks advises; then it is given up.
BACKOFF: Final = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: A destination of which every try has failed for so long is disabled.
TOO_LONG: Final = timedelta(days=5)
#: Messages of one webhook that are sent side by side, and those of a channel that become one.
_AT_ONCE: Final = 5
_GROUPED: Final = 200
#: "Gone": whoever was there wants nothing more of this.
_GONE: Final = 410


class Claimed(NamedTuple):
    """A message that is to be sent now, and where."""

    destination_id: UUID
    kind: DestinationKind
    address: str
    preset: bool
    secret_turn: int
    message_id: UUID
    topic: str
    body: str
    made_at: datetime
    attempts: int


class Outcome(NamedTuple):
    """What became of a try: the receiver's status where it has one, and what went wrong. `wait`: the receiver's own
    word on when it may be asked again."""

    status: int | None
    error: str | None
    wait: timedelta | None = None


def claim(
    connection: psycopg.Connection[Any], now: datetime, *, busy: Collection[UUID] = ()
) -> dict[UUID, list[Claimed]]:
    """What is due, by destination, the oldest first."""
    if connection.execute(_SQL["any_due"], {"now": now}).fetchone() == (False,):
        return {}
    connection.execute(_SQL["take_back"])
    values = {"now": now, "busy": list(busy), "most": _AT_ONCE, "most_grouped": _GROUPED}
    claimed: dict[UUID, list[Claimed]] = {}
    for row in connection.execute(_SQL["claim"], values):
        one = Claimed(*row)
        claimed.setdefault(one.destination_id, []).append(one)
    for messages in claimed.values():
        messages.sort(key=lambda one: (one.made_at, one.message_id))
    return claimed


def record(
    connection: psycopg.Connection[Any], messages: Sequence[Claimed], outcomes: Sequence[Outcome], now: datetime
) -> None:
    """How the messages of one destination fared, all in one transaction."""
    with connection.transaction():
        for message, outcome in zip(messages, outcomes, strict=True):
            _record(connection, message, outcome, now)
        sent = {"messages": [message.message_id for message in messages]}
        connection.execute(_SQL["forget_erased"], sent)
        connection.execute(_SQL["strip_digests"], sent)
        destination = messages[0].destination_id
        if any(outcome.error is None for outcome in outcomes):
            connection.execute(_SQL["works"], {"destination_id": destination, "now": now})
            return
        asked = {"destination_id": destination, "now": now, "too_long": now - TOO_LONG}
        row = connection.execute(_SQL["fails"], asked).fetchone()
        if row is None:
            return
        if any(outcome.status == _GONE for outcome in outcomes):
            _disable(connection, destination, "It answered 410: it wants nothing more.", now)
        elif row[1]:
            why = f"Every try failed for {TOO_LONG.days} days. The last: {outcomes[-1].error}"
            _disable(connection, destination, why, now)


def forget_messages(connection: psycopg.Connection[Any], *, now: datetime) -> None:
    """Deletes messages that are long done with."""
    connection.execute(_SQL["forget"], {"now": now})


def _record(connection: psycopg.Connection[Any], message: Claimed, outcome: Outcome, now: datetime) -> None:
    values = {
        "message_id": message.message_id,
        "destination_id": message.destination_id,
        "now": now,
        "status": outcome.status,
        "error": outcome.error,
    }
    if outcome.error is None:
        connection.execute(_SQL["delivered"], values)
        return
    again = message.attempts <= len(BACKOFF) and outcome.status != _GONE
    wait = timedelta(seconds=BACKOFF[message.attempts - 1]) if again else None
    if wait is not None and outcome.wait is not None:
        wait = max(wait, outcome.wait)
    connection.execute(_SQL["failed"], values | {"next": now + wait if wait else None})
    if not again:
        _log.warning("a %s gave up on msg_%s: %s", message.kind, message.message_id, outcome.error)


def _disable(connection: psycopg.Connection[Any], destination: UUID, why: str, now: datetime) -> None:
    values = {"destination_id": destination, "why": why, "now": now}
    row = connection.execute(_SQL["disable"], values).fetchone()
    if row is None:
        return
    connection.execute(_SQL["give_up_all"], values)
    # The others are told: who looks at no page would never know.
    connection.execute(_SQL["tell_disabled"], values | {"name": row[0]})
    _log.warning("the destination %r is disabled: %s", row[0], why)
