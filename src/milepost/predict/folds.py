"""How what was learned is checked: later, of other customers, and of other segments where there are enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from milepost.predict.measures import Flags

_GROUPS: Final = 4
_PERIODS: Final = 4
#: Segments from which what a segment does can be told from what one segment is.
ENOUGH_SEGMENTS: Final = 4


class Fold(NamedTuple):
    """Rows to learn from and rows to check with."""

    learn: Flags
    check: Flags


def groups(customers: NDArray[np.int64], segments: NDArray[np.str_]) -> NDArray[np.int64]:
    """The group of each row: of its segment where there are enough segments, else of its customer. Stable."""
    names = np.unique(segments)
    if len(names) >= ENOUGH_SEGMENTS:
        of = {name: index % _GROUPS for index, name in enumerate(names)}
        return np.array([of[name] for name in segments], dtype=np.int64)
    # A multiplicative hash: numbers of customers are given in the order they came.
    mixed = (customers.astype(np.uint64) * np.uint64(11400714819323198485)) >> np.uint64(40)
    return (mixed % np.uint64(_GROUPS)).astype(np.int64)


def apart(group: NDArray[np.int64]) -> Iterator[Fold]:
    """Customers or segments apart, at the same time: what flatters."""
    for one in np.unique(group):
        yield Fold(group != one, group == one)


def ahead(at: NDArray[np.int64], group: NDArray[np.int64], horizon_days: int) -> Iterator[Fold]:
    """Later and apart: what was known a horizon before a period, of the other groups, against the period of this one.
    The first half of the days is for learning alone. `at` is days since 1970."""
    days = np.unique(at)
    later = days[len(days) // 2 :]
    for period in np.array_split(later, min(_PERIODS, max(len(later), 1))):
        if not len(period):
            continue
        past = at <= period[0] - horizon_days
        within = (at >= period[0]) & (at <= period[-1])
        for one in np.unique(group):
            fold = Fold(past & (group != one), within & (group == one))
            if fold.learn.any() and fold.check.any():
                yield fold


def number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()
