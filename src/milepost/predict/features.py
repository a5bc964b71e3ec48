"""What is known of customers at the beginning of a day: one statement of the column store, for training and serving."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.columns.reading import QueryResult, Value
from milepost.predict.bgnbd import Histories, Standing, fit
from milepost.store.queries import load

_SQL = load("milepost.predict", "features.sql")

Matrix = NDArray[np.float32]
Numbers = NDArray[np.int64]
#: Events that one answer of the column store may be about.
_AT_ONCE: Final = 5_000_000
#: As text, a moment in UTC for the statement.
AT: Final = "{} 00:00:00"


class Ask(Protocol):
    """One statement of ours; what answers it is in `columns.reading`."""

    async def __call__(self, sql: str, parameters: dict[str, Value]) -> QueryResult: ...


class Known(msgspec.Struct, frozen=True):
    """Customers as of a day: `values[i, j]` is `names[j]` of `customers[i]` (a number of the column store), NaN where
    nothing is known. `segments[i]` is '' where there is none."""

    at: date
    names: tuple[str, ...]
    customers: Numbers
    segments: NDArray[np.str_]
    values: Matrix

    def column(self, name: str) -> NDArray[np.float32]:
        """One feature of everybody."""
        return self.values[:, self.names.index(name)]

    def columns(self, names: Sequence[str]) -> Matrix:
        """Some features of everybody, in this order."""
        return self.values[:, [self.names.index(name) for name in names]]

    def chosen(self, which: NDArray[np.bool_]) -> Known:
        """Some of the customers."""
        return msgspec.structs.replace(
            self, customers=self.customers[which], segments=self.segments[which], values=self.values[which]
        )


async def known_at(ask: Ask, at: date, *, segment: str = "", parts: int = 1, of: int = 1) -> Known:
    """Everybody who had done anything before `at` began, in UTC, or one in `of`, drawn by a hash; read in `parts`.
    Peers are those who are read. Raises as `Reader.query` says."""
    names: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    parts = -(-parts // of) * of
    for part in range(0, parts, of):
        answer = await ask(_SQL["features"], {"at": AT.format(at), "segment": segment, "parts": parts, "part": part})
        names = tuple(answer.names[2:])
        rows.extend(answer.rows)
    values = np.array([row[2:] for row in rows], dtype=np.float32).reshape(len(rows), len(names))
    customers = np.array([row[0] for row in rows], dtype=np.int64)
    segments = np.array([row[1] or "" for row in rows], dtype=np.str_)
    return with_standing(_with_peers(Known(at, names, customers, segments, values)))


async def anybody(ask: Ask, start: date, end: date) -> bool:
    """Whether anybody did anything from the beginning of `start` until before `end` begins."""
    return bool((await ask(_SQL["anybody"], {"from": AT.format(start), "until": AT.format(end)})).rows)


class Span(NamedTuple):
    """The first day and the last with an event, and how many events there are."""

    first: date
    last: date
    events: int


async def span(ask: Ask, before: date) -> Span | None:
    """Of the events before a day; None where there is none. The first days of a wrong clock, a thousandth of all
    events, do not count."""
    answer = await ask(_SQL["span"], {"at": AT.format(before)})
    first, last, events = answer.rows[0]
    return Span(date.fromisoformat(str(first)), date.fromisoformat(str(last)), int(str(events))) if events else None


def parts_of(found: Span | None) -> int:
    """In how many parts everybody is read, so that no answer is too big."""
    return 1 if found is None else found.events // _AT_ONCE + 1


#: Of the people in a customer.
PEOPLE: Final = (
    "people_28", "people_91", "people_ever", "people_new", "top_share", "champion_away", "people_before",
    "people_stayed",
)  # fmt: skip
#: What a target knows of itself: how much of it there is, and days since it last changed or came (targets.sql).
OWN: Final = ("own_level", "own_since")
#: Of the segment's customers, as of the day: the same for all of a segment but for the last.
PEERS: Final = ("peers_active", "peers_change", "peers_quiet", "rank_28")


def _with_peers(known: Known) -> Known:
    """Adds what the customer's segment does: the share of it (active in 56 days) that came in the last 7; its events
    of 28 days over those of the 28 before; the share of whom came 29 to 56 days ago that has not come since; the
    customer's rank in it by fading days."""
    more = np.full((len(known.customers), len(PEERS)), np.nan, dtype=np.float32)
    recency, now, before = known.column("recency"), known.column("events_28"), known.column("events_56")
    fading, came = known.column("fading_days_28"), known.column("active_days_56") > 0
    for segment in np.unique(known.segments):
        peers = known.segments == segment
        present = peers & (recency <= 56)
        if present.any():
            more[peers, 0] = (recency[present] <= 7).mean()
            more[peers, 3] = np.searchsorted(np.sort(fading[present]), fading[peers], side="right") / present.sum()
        # A few events or customers more keep a small segment from looking extreme.
        more[peers, 1] = (now[peers].sum() + 5) / (before[peers].sum() + 5)
        more[peers, 2] = ((recency > 28) & came & peers).sum() / ((came & peers).sum() + 5)
    return msgspec.structs.replace(
        known, names=known.names + PEERS, values=np.concatenate([known.values, more], axis=1)
    )


#: What BG/NBD believes of everybody (bgnbd.Standing), fitted to everybody's history up to the day and to no outcome.
STANDING: Final = ("bg_gone", "bg_times", "bg_age")


def with_standing(known: Known) -> Known:
    """Adds those columns."""
    days, age = known.column("active_days").astype(np.float64), known.column("tenure").astype(np.float64)
    more = np.zeros((len(days), len(STANDING)))
    if len(days):
        histories = Histories(np.maximum(days - 1, 0), np.maximum(age - known.column("recency"), 0), age)
        found = fit(histories).standing(histories)
        more = np.stack([found.gone, found.times, found.age], axis=1)
    values = np.concatenate([known.values, more.astype(np.float32)], axis=1)
    return msgspec.structs.replace(known, names=known.names + STANDING, values=values)


def standing_of(values: Matrix, names: Sequence[str]) -> Standing:
    """What those columns say."""
    return Standing(*(values[:, names.index(name)].astype(np.float64) for name in STANDING))
