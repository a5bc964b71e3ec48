"""Rows to learn a later score from: customers with their score at the beginnings of past days, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import psycopg
from numpy.typing import NDArray

from milepost.predict.enough import NotEnough
from milepost.predict.features import Ask, Known, anybody
from milepost.predict.folds import number
from milepost.predict.measures import Floats
from milepost.predict.rows import KnownAt, some_of, together
from milepost.predict.targets import Target
from milepost.store.queries import load

_SQL = load("milepost.predict", "scores.sql")
#: The score, that of four weeks before, and the score's parts (scores.sql).
SCORE: Final = (
    "score", "score_before", "part_competencies", "part_breadth", "part_consistency", "part_recency", "part_lately",
    "part_habit", "part_outcomes",
)  # fmt: skip
_CAME: Final = len(SCORE) + 1

#: By customer's number at one day: `SCORE`, and the score at another; None is not known.
Scores = Callable[[date, date], list[tuple[float | None, ...]]]


def scores_in(connection: psycopg.Connection[Any]) -> Scores:
    """What the database remembers of scores, in the order of customers."""

    def ask(at: date, until: date) -> list[tuple[float | None, ...]]:
        return connection.execute(_SQL["scores"], {"at": at, "until": until}).fetchall()

    return ask


class ScoreRows(msgspec.Struct, frozen=True):
    """A row a customer and day: what was known, the score with it, and the score a horizon later. `at` is days since
    1970."""

    known: Known
    at: NDArray[np.int64]
    came: Floats

    @property
    def now(self) -> Floats:
        """The score of the day that is asked about."""
        return self.known.column("score").astype(np.float64)

    def chosen(self, which: NDArray[np.bool_]) -> ScoreRows:
        """Some of them."""
        return ScoreRows(self.known.chosen(which), self.at[which], self.came[which])

    def of_some(self, most: int, *, seed: int = 0) -> ScoreRows:
        """As `Rows.of_some`."""
        return self.chosen(some_of(self.known.customers, most, seed=seed))


class Scored(NamedTuple):
    """Customers whose score is known at a day, with it; and what it was at the later one, NaN where nobody knows."""

    known: Known
    came: Floats


def scored(known: Known, scores: Scores, target: Target, *, ahead: bool) -> Scored:
    """Of everybody known at a day, whom the target asks. Without `ahead`, as of today, nothing came yet."""
    until = known.at + timedelta(days=target.horizon_days if ahead else 0)
    # A first row, which is nobody's, so that there is one.
    table = np.array([(-1, *(None,) * _CAME), *scores(known.at, until)], dtype=np.float64)
    found = table[np.minimum(np.searchsorted(table[:, 0], known.customers), len(table) - 1)]
    found[found[:, 0] != known.customers] = np.nan
    asked = ~np.isnan(found[:, 1]) & (known.column("recency") <= target.active_days)
    more = found[:, 1:_CAME].astype(np.float32)
    with_it = msgspec.structs.replace(
        known, names=known.names + SCORE, values=np.concatenate([known.values, more], axis=1)
    )
    came = found[:, _CAME] if ahead else np.full(len(found), np.nan)
    return Scored(with_it.chosen(asked), came[asked])


async def gather_scores(
    ask: Ask,
    target: Target,
    days: Sequence[date],
    *,
    known_on: KnownAt,
    scores: Scores,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> ScoreRows:
    """All rows of these days whose later score is known, but for those after which nobody at all did anything. Raises
    as `Reader.query` says, NotEnough where there is none."""
    known, at, came = [], [], []
    for done, day in enumerate(days):
        progress(done, len(days))
        if not await anybody(ask, day, day + timedelta(days=target.horizon_days)):
            continue
        asked, later = scored(await known_on(day), scores, target, ahead=True)
        told = ~np.isnan(later)
        if not told.any():
            continue
        known.append(asked.chosen(told))
        at.append(np.full(int(told.sum()), number(day), dtype=np.int64))
        came.append(later[told])
    if not known:
        raise NotEnough(0, what="customers' days with a score before and after")
    return ScoreRows(
        together(known, at=days[-1]),
        np.concatenate(at),
        np.concatenate(came),
    )
