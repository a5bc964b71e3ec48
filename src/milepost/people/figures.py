"""The numbers of an account's people, worked out of what each actor did. docs/scores.md has every formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from milepost.people.model import GoneQuiet, Numbers
from milepost.vocabulary import ActorType

#: Fewer events of people in 28 days are no activity to take shares of.
LEAST_EVENTS: Final = 20
#: The last day of which a person's past is made, the first, and the least of it, in days ago and days.
_PAST_ENDS, _PAST_BEGINS, _LEAST_PAST = 28, 391, 28
#: Who is a champion: of so many events, among those who made half, and at least a tenth of them.
_LEAST_WATCHED: Final = 50
_HALF, _TENTH, _MOST_BY = Fraction(1, 2), Fraction(1, 10), Fraction(8, 10)
#: When a champion has gone quiet: days of silence, active days that tell their rhythm, share of the gaps exceeded.
_LEAST_SILENCE: Final = 14
_LEAST_DAYS: Final = 10
_OF_GAPS: Final = Fraction(95, 100)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Acted(NamedTuple):
    """What one user did as one kind of actor, as the column store says it; times are Unix times in microseconds."""

    user: int
    actor_type: ActorType
    events: int
    first: int
    last: int
    last_28: int
    before_28: int
    days_28: int
    past: int
    """Events 28 to 391 days ago."""
    watched: int
    """Events 14 to 103 days ago."""
    sessions: int

    @property
    def first_seen(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.first)

    @property
    def last_seen(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.last)

    def silent(self, today: date) -> int:
        """Days since the last with an event; below 0 for one dated ahead."""
        return (today - self.last_seen.date()).days

    def is_new(self, today: date) -> bool:
        return 0 <= (today - self.first_seen.date()).days < _PAST_ENDS

    def usual(self, today: date) -> float | None:
        """Events per 28 days from the first day on, at most 364 days, up to the last 28; None for fewer than 28."""
        known = min((today - self.first_seen.date()).days, _PAST_BEGINS) - _PAST_ENDS + 1
        return self.past * 28 / known if known >= _LEAST_PAST else None


def share(of: int, all_events: int) -> float | None:
    """None where there are too few for a share to say anything."""
    return of / all_events if all_events >= LEAST_EVENTS else None


def in_order(people: Sequence[Acted], name: Callable[[Acted], str]) -> list[Acted]:
    """The most active of the last 28 days first, then of all time, then by id."""
    return sorted(people, key=lambda one: (-one.last_28, -one.events, name(one)))


def champions(people: Sequence[Acted]) -> list[Acted]:
    """Those who made half of what people did 14 to 103 days ago, each a tenth at least; whoever is level with the last
    of them is one too."""
    whole = sum(one.watched for one in people)
    found: list[Acted] = []
    if whole < _LEAST_WATCHED:
        return found
    made = 0
    for one in sorted(people, key=lambda one: -one.watched):
        if made >= _HALF * whole and one.watched < found[-1].watched:
            break
        if one.watched < _TENTH * whole:
            break
        found.append(one)
        made += one.watched
    return found


class Silence(NamedTuple):
    """A champion who has gone quiet: days since the last active one, the gaps between those before."""

    who: Acted
    days: int
    gaps: list[int]
    share: float

    def told(self, people: Sequence[Acted], name: str, events_since: int, today: date) -> GoneQuiet:
        """`events_since`: what people did after the champion's last active day."""
        return GoneQuiet(
            user_id=name,
            last_seen=self.who.last_seen,
            silent_days=self.days,
            gaps=len(self.gaps),
            shorter_gaps=sum(gap < self.days for gap in self.gaps),
            longest_gap=max(self.gaps),
            share=self.share,
            others_since=sum(0 <= other.silent(today) < self.days for other in people),
            events_since=events_since,
            chance=(1 - self.share) ** events_since,
        )


def gone_quiet(people: Sequence[Acted], days: Mapping[int, Sequence[int]], today: date) -> list[Silence]:
    """The champions who have gone quiet. `days`: of each champion, the active ones of the last 365, in days ago, latest
    first."""
    whole = sum(one.watched for one in people)
    found = []
    for one in champions(people):
        active, silent = days.get(one.user, ()), one.silent(today)
        gaps = [earlier - later for later, earlier in pairwise(active)]
        shorter = sum(gap < silent for gap in gaps)
        if silent >= _LEAST_SILENCE and len(active) >= _LEAST_DAYS and shorter >= _OF_GAPS * len(gaps):
            found.append(Silence(one, silent, gaps, one.watched / whole))
    return found


def numbers(
    people: Sequence[Acted],
    visitors: Sequence[Acted],
    software: Sequence[Acted],
    names: Mapping[int, str],
    quiet: list[GoneQuiet],
    today: date,
) -> Numbers:
    """`names`: the ids of the people; `quiet`: those of them who have gone quiet, in any order."""
    whole = sum(one.last_28 for one in people)
    first = in_order(people, lambda one: names[one.user])
    enough = whole >= LEAST_EVENTS
    made, makers = 0, 0
    while enough and made < _MOST_BY * whole:
        made, makers = made + first[makers].last_28, makers + 1
    return Numbers(
        people_total=len(people),
        breadth=sum(one.last_28 > 0 for one in people),
        breadth_before=sum(one.before_28 > 0 for one in people),
        concentration=first[0].last_28 / whole if enough else None,
        most_active=names[first[0].user] if enough else None,
        makers_of_80=makers if enough else None,
        new_people=sum(one.is_new(today) for one in people),
        gone_quiet=sorted(quiet, key=lambda one: (-one.share, one.user_id)),
        person_events_28=whole,
        person_events_28_before=sum(one.before_28 for one in people),
        visitor_events_28=sum(one.last_28 for one in visitors),
        software_total=len(software),
        software_events_28=sum(one.last_28 for one in software),
        software_events_28_before=sum(one.before_28 for one in software),
    )
