"""The demo's companies, in plain Python: from the shipped changes to events, and what there is to tell of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
import pyarrow.parquet as pq

from tests.analytics.reference.events import Event, World

_FILE: Final = Path(__file__).parents[2] / "src" / "milepost" / "demo" / "data" / "openstack-changes.parquet"
#: The demo's today: it is of this week, of the year 2016.
WEEK: Final = datetime(2016, 3, 30, tzinfo=UTC)
#: Accounts of so many events up to then: enough for a story, few enough for a test.
_LEAST, _MOST = 250, 700


class Change(msgspec.Struct, frozen=True):
    """A row of the shipped file; times in Unix seconds."""

    project: str
    change: int
    company: str
    person: int
    role: str
    written_at: int
    seconds_to_merge: int
    kind: str
    areas: str
    lines_added: int
    lines_removed: int
    files: int
    test_files: int
    doc_files: int
    release_notes: int

    @property
    def who(self) -> str:
        return f"p{self.person:05}"

    @property
    def written(self) -> datetime:
        return datetime.fromtimestamp(self.written_at, UTC)

    @property
    def merged(self) -> datetime:
        return self.written + timedelta(seconds=self.seconds_to_merge)


@cache
def raw() -> list[Change]:
    """Every change and person of the shipped file."""
    return msgspec.convert(pq.read_table(_FILE).to_pylist(), list[Change])


def now_there(now: datetime) -> datetime:
    """The moment of the data that a demo first started at `now` takes for the present: the same weekday and hour."""
    return WEEK + (now - WEEK) % timedelta(weeks=1)


@cache
def by_company() -> dict[str, list[Event]]:
    """The events of each company, by docs/import.md."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for row in raw():
        names = [("Change written", row.written), ("Change merged", row.merged)]
        for count, name in (
            (row.test_files, "Tests written"),
            (row.doc_files, "Documentation written"),
            (row.release_notes, "Release note written"),
        ):
            if count:
                names.append((name, row.written))
        for name, at in names:
            key = f"{row.change} {row.who} {name}"
            event = Event(event_id=key, customer_id=row.company, at=at, user_id=row.who, event_name=name)
            found[row.company].append(event)
    return dict(found)


@cache
def cut() -> frozenset[str]:
    """Companies of middling size."""
    return frozenset(
        name for name, events in by_company().items() if _LEAST <= sum(event.at < WEEK for event in events) <= _MOST
    )


def world(companies: Iterable[str], now: datetime) -> World:
    """What has happened to these companies by `now`, a moment of the data."""
    events = [event for name in companies for event in by_company()[name] if event.at <= now]
    return World(events=sorted(events, key=lambda event: event.order), now=now)


def quiet(seen: World) -> list[str]:
    """Who did something in the last 44 days and nothing in the last 14, the busiest first."""
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for event in seen.events:
        events[event.customer_id].append(event)
    ago = {name: seen.now - max(event.at for event in theirs) for name, theirs in events.items()}
    gone = [name for name in events if timedelta(days=14) <= ago[name] < timedelta(days=44)]
    return sorted(gone, key=lambda name: (-len(events[name]), name))


def champions_gone(seen: World) -> list[tuple[str, str]]:
    """Company and person, where a champion has gone quiet and the others have gone on enough for it to be no chance
    (docs/scores.md, People)."""
    agos: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in seen.events:
        agos[event.customer_id].append(((seen.now.date() - event.at.date()).days, str(event.user_id)))
    return sorted((name, person) for name, acts in agos.items() for person in _gone(acts))


def _gone(acts: list[tuple[int, str]]) -> list[str]:
    """Of what people did so many days ago: the champions who have left the others."""
    watched = Counter(person for ago, person in acts if 14 <= ago <= 103)
    total, found = watched.total(), []
    for person, made in watched.items():
        ahead = sum(more for more in watched.values() if more > made)
        if total < 50 or 10 * made < total or 2 * ahead >= total:
            continue
        days = sorted({ago for ago, who in acts if who == person and ago < 365})
        gaps = [later - earlier for earlier, later in pairwise(days)]
        silent, since = days[0], sum(ago < days[0] for ago, _ in acts)
        rare = len(days) >= 10 and 100 * sum(gap < silent for gap in gaps) >= 95 * len(gaps)
        if silent >= 14 and rare and since and (1 - made / total) ** since <= 0.01:
            found.append(person)
    return found


def comes_back(now: datetime, *, company: str = "", person: str = "") -> bool:
    """Whether they wrote anything in the year that followed."""
    return any(row.written > now and (row.company == company or row.who == person) for row in raw())
