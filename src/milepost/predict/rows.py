"""Rows to learn from: customers at the beginnings of past days, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.predict.features import Ask, Known, known_at, seen_between
from milepost.predict.folds import number
from milepost.predict.measures import Flags


class Target(msgspec.Struct, frozen=True):
    """To go quiet: nothing at all in the `horizon_days` from a day on, of customers active in the `active_days` before.
    `segment`: the trait whose values are peers; ''  for none."""

    horizon_days: int = 28
    active_days: int = 56
    every_days: int = 7
    segment: str = ""


class Rows(msgspec.Struct, frozen=True):
    """A row a customer and day: what was known, and whether it happened. `at` is days since 1970."""

    known: Known
    at: NDArray[np.int64]
    happened: Flags

    def chosen(self, which: NDArray[np.bool_]) -> Rows:
        """Some of them."""
        return Rows(self.known.chosen(which), self.at[which], self.happened[which])


def days_to_ask(target: Target, first: date, last: date, *, warm_up: int = 28) -> list[date]:
    """The days whose outcome is known, oldest first: back from the last that leaves a whole horizon up to `last`, to
    the first that has `warm_up` days before it."""
    day = last + timedelta(days=1 - target.horizon_days)
    found = []
    while day >= first + timedelta(days=warm_up):
        found.append(day)
        day -= timedelta(days=target.every_days)
    return found[::-1]


async def gather(
    ask: Ask,
    target: Target,
    days: Sequence[date],
    *,
    parts: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Rows:
    """All rows of these days. Raises as `Reader.query` says, ValueError without days."""
    known, at, happened = [], [], []
    for done, day in enumerate(days):
        progress(done, len(days))
        everybody = await known_at(ask, day, segment=target.segment, parts=parts)
        asked = everybody.chosen(everybody.column("recency") <= target.active_days)
        came = await seen_between(ask, day, day + timedelta(days=target.horizon_days))
        known.append(asked)
        at.append(np.full(len(asked.customers), number(day), dtype=np.int64))
        happened.append(~np.isin(asked.customers, came))
    if not known:
        raise ValueError("no day has a whole horizon after it")
    return Rows(
        Known(
            at=days[-1],
            names=known[0].names,
            customers=np.concatenate([one.customers for one in known]),
            segments=np.concatenate([one.segments for one in known]),
            values=np.concatenate([one.values for one in known]),
        ),
        np.concatenate(at),
        np.concatenate(happened),
    )
