"""What becomes of an alert when it is looked at again: begun, grown, over; and who is told of it. No database here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

#: Who left and comes back within that is no news; nor is an alert that holds again.
STILL_KNOWN: Final = timedelta(days=7)
REOPENS: Final = timedelta(hours=24)
#: More is told of one alert once a day; after an hour where it is as much again as was told last; at once where it is
#: ten times as much.
AGAIN: Final = timedelta(days=1)
SOON_AGAIN: Final = timedelta(hours=1)
_AT_ONCE: Final = 10


class Found(NamedTuple):
    """A customer of whom an alert holds just now, and why, in a sentence."""

    customer_id: str
    name: str
    says: str


class Finding(NamedTuple):
    """What a look found. `says`: what is so, of an alert that is of no customers; None where it is not."""

    customers: Sequence[Found] = ()
    says: str | None = None

    @property
    def holds(self) -> bool:
        return bool(self.customers) or self.says is not None


class Incident(NamedTuple):
    """The one that is open, or the last. `told`: whether somebody was told of it."""

    incident_id: UUID
    ended_at: datetime | None
    told: bool
    acknowledged: bool


class Told(NamedTuple):
    """The last message of an alert, and of how many customers it was."""

    at: datetime
    customers: int


class Step(NamedTuple):
    """What is to be done. `begin`: a new incident; `reopen`: the last one again; `end`: it is over. `tell`: these are
    told of, or (of an alert without customers) that it holds; None: nobody is told anything. `as_known`: what is so now
    is no news later either."""

    begin: bool = False
    reopen: bool = False
    end: bool = False
    tell: tuple[Found, ...] | None = None
    as_known: bool = False


def next_step(
    finding: Finding,
    last: Incident | None,
    *,
    known: Collection[str],
    untold: Mapping[str, Found],
    told: Told | None,
    first_look: bool,
    quiet: bool,
    now: datetime,
) -> Step:
    """`known`: customers it held of within `STILL_KNOWN`; `untold`: those of the open incident nobody was told of.
    `first_look`: the alert was never looked at before, so of whom it holds it did before. `quiet`: it is snoozed."""
    is_open = last is not None and last.ended_at is None
    if not finding.holds:
        return Step(end=is_open)
    news = [one for one in finding.customers if one.customer_id not in known]
    if last is None or last.ended_at is not None:
        if last is not None and last.ended_at is not None and now - last.ended_at < REOPENS and not news:
            return Step(reopen=True)
        if finding.customers and (first_look or not news):
            return Step(begin=True, as_known=True)
        may = not quiet and _may_tell(told, len(news), now)
        return Step(begin=True, tell=tuple(news) if may else None)
    there = {one.customer_id for one in finding.customers}
    waiting = [one for one in [*untold.values(), *news] if one.customer_id in there]
    something = bool(waiting) or (finding.says is not None and not last.told)
    if not something or quiet or last.acknowledged or not _may_tell(told, len(waiting), now):
        return Step()
    return Step(tell=tuple(waiting))


def _may_tell(told: Told | None, waiting: int, now: datetime) -> bool:
    if told is None or waiting >= _AT_ONCE * max(told.customers, 1):
        return True
    since = now - told.at
    return since >= AGAIN or (since >= SOON_AGAIN and waiting >= told.customers)
