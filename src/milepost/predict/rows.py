"""Rows to learn from: customers at the beginnings of past days, and what came of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.predict.enough import NotEnough
from milepost.predict.features import Ask, Known, Numbers, anybody, known_at
from milepost.predict.folds import number
from milepost.predict.measures import Flags
from milepost.predict.targets import Levels, Target, asked_of


class Rows(msgspec.Struct, frozen=True):
    """A row a customer and day: what was known, and whether it happened. `at` is days since 1970."""

    known: Known
    at: NDArray[np.int64]
    happened: Flags

    def chosen(self, which: NDArray[np.bool_]) -> Rows:
        """Some of them."""
        return Rows(self.known.chosen(which), self.at[which], self.happened[which])

    def of_some(self, most: int, *, seed: int = 0) -> Rows:
        """All rows of as many customers as have `most` together, drawn at random; all where there are no more."""
        return self.chosen(some_of(self.known.customers, most, seed=seed))


def some_of(customers: Numbers, most: int, *, seed: int = 0) -> NDArray[np.bool_]:
    """Which rows are of the customers that `most` are drawn from; all where there are no more."""
    if len(customers) <= most:
        return np.ones(len(customers), dtype=bool)
    _, of, counts = np.unique(customers, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(counts))
    taken = np.zeros(len(counts), dtype=bool)
    taken[order[np.cumsum(counts[order]) <= most]] = True
    return taken[of]


def days_to_ask(target: Target, first: date, last: date, *, warm_up: int = 28) -> list[date]:
    """The days whose outcome is known, oldest first: back from the last that leaves a whole horizon up to `last`, to
    the first that has `warm_up` days before it."""
    day = last + timedelta(days=1 - target.horizon_days)
    found = []
    while day >= first + timedelta(days=warm_up):
        found.append(day)
        day -= timedelta(days=target.every_days)
    return found[::-1]


#: Everybody as of a day; read once for all targets that ask about it.
KnownAt = Callable[[date], Awaitable[Known]]


async def one_in(ask: Ask, target: Target, days: Sequence[date], *, most: int, parts: int = 1) -> int:
    """Of how many customers one is enough to have `most` rows of these days, by who is asked on the last of them. 1
    where all are needed."""
    if not days:
        return 1
    known = await known_at(ask, days[-1], segment=target.segment, parts=parts)
    return max(1, int((known.column("recency") <= target.active_days).sum()) * len(days) // most)


def remembered(ask: Ask, *, segment: str, active_days: int, parts: int = 1, of: int = 1) -> KnownAt:
    """Reads one in `of` customers, each day once, and keeps who was active in `active_days` before."""
    kept: dict[date, Known] = {}

    async def known(day: date) -> Known:
        if day not in kept:
            everybody = await known_at(ask, day, segment=segment, parts=parts, of=of)
            kept[day] = everybody.chosen(everybody.column("recency") <= active_days)
        return kept[day]

    return known


async def gather(
    ask: Ask,
    target: Target,
    days: Sequence[date],
    *,
    known_on: KnownAt | None = None,
    levels: Levels | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Rows:
    """All rows of these days, but for those after which nobody at all did anything for a whole horizon: then it was not
    the customers who went quiet. Raises as `Reader.query` says, NotEnough where there is none."""
    read = known_on or remembered(ask, segment=target.segment, active_days=target.active_days)
    known, at, happened = [], [], []
    for done, day in enumerate(days):
        progress(done, len(days))
        if not await anybody(ask, day, day + timedelta(days=target.horizon_days)):
            continue
        asked, did = await asked_of(ask, target, await read(day), levels=levels, ahead=True)
        known.append(asked)
        at.append(np.full(len(asked.customers), number(day), dtype=np.int64))
        happened.append(did)
    if not known:
        raise NotEnough(0)
    return Rows(
        together(known, at=days[-1]),
        np.concatenate(at),
        np.concatenate(happened),
    )


def together(known: Sequence[Known], *, at: date) -> Known:
    """What was known on several days, one behind another, as of the last."""
    return Known(
        at=at,
        names=known[0].names,
        customers=np.concatenate([one.customers for one in known]),
        segments=np.concatenate([one.segments for one in known]),
        values=np.concatenate([one.values for one in known]),
    )
