"""Whether the newest whole interval of a figure, or the newest few together, are unlike the figure's own past.

They are held against what their season says: the mean of the same hour of the week, day of the week, week or month
before, on a scale on which figures vary alike at every size (whole numbers: Anscombe 1948, for chance alone and for
what varies beyond it; other positive figures: logarithms). What earlier ones were above or below their own season says
how far off they usually are, and by how much they grow meanwhile. The test is a t-test of one new value against those;
beside it the newest must be farther off than every one of them, and by a good part of what is usual. A day may fall by
a third by chance; seven days in a row do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import dropwhile
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: A change smaller than this share of what is usual is nobody's concern, however certain.
LEAST_CHANGE: Final = 0.2
_COVERS: Final = 0.95


class Rhythm(NamedTuple):
    """How a kind of interval is held against its past: `season` intervals make a cycle, of which the mean of `cycles`
    is expected; `together` of them are looked at as one, too. Of `least` earlier ones at least it must be known how far
    off they were. `chance`: that of a call at one look, each way and of each of the two, where nothing happened.
    `days`: how many of them hold all that is looked at."""

    season: int
    cycles: int
    together: int
    least: int
    chance: float
    days: int


RHYTHMS: Final[dict[Literal["hour", "day", "week", "month"], Rhythm]] = {
    "hour": Rhythm(168, 4, 24, 168, 0.00005, 7 * 8),
    "day": Rhythm(7, 4, 7, 28, 0.0004, 7 * 16),
    "week": Rhythm(1, 4, 1, 12, 0.002, 7 * 40),
    "month": Rhythm(1, 3, 1, 9, 0.005, 31 * 30),
}
#: The fewest earlier ones of several intervals together.
_LEAST_TOGETHER: Final = 6
#: Of fewer than so many, a count says too little.
_SOME: Final = 5.0


class Odd(NamedTuple):
    """The newest value, or the mean of the `intervals` newest; the usual one, between what 95 of 100 lie, and how
    unlikely it is where nothing happened."""

    way: Literal["low", "high"]
    intervals: int
    value: float
    usual: float
    least: float
    most: float
    chance: float


def find_odd(values: Sequence[float | None], rhythm: Rhythm) -> Odd | None:
    """`values` in order, the one that is asked about last; None of an interval without a figure. None where it is as
    usual, and where its past is too short to say. Loads scipy: for a thread."""
    import numpy as np

    # What was before the first is not there, and no past.
    known = list(dropwhile(lambda value: not value, values))
    figures = np.array([math.nan if value is None else value for value in known])
    if len(known) <= rhythm.season:
        return None
    scale = _scale_of(figures, rhythm)
    steady = scale.to(figures)
    expected = _expected(steady, rhythm)
    off = steady - expected
    newest = _held(off, rhythm.least, rhythm.chance)
    if newest is not None and (odd := _odd(newest, figures[-1:], expected[-1:], scale)):
        return odd
    if rhythm.together == 1:
        return None
    several = _held(_together(off, rhythm.together), _LEAST_TOGETHER, rhythm.chance)
    if several is None:
        return None
    return _odd(several, figures[-rhythm.together :], expected[-rhythm.together :], scale)


class _Held(NamedTuple):
    """How far off the newest is beyond what it grew by, on the steady scale; by how much it grew; how far off 95 of 100
    are; and the chance of it."""

    away: float
    growth: float
    reach: float
    chance: float


def _held(off: Floats, least: int, chance: float) -> _Held | None:
    """None where it is not unusual, or too few are known."""
    import numpy as np
    from scipy.special import stdtr, stdtrit

    before = off[:-1][np.isfinite(off[:-1])]
    if len(before) < least or not math.isfinite(off[-1]):
        return None
    growth, freedom = float(before.mean()), len(before) - 1
    error = float(before.std(ddof=1)) * math.sqrt(1 + 1 / len(before))
    away = float(off[-1]) - growth
    is_farther = off[-1] < before.min() or off[-1] > before.max()
    # A past that never varied was no figure that anybody watches.
    if error == 0 or not is_farther:
        return None
    found = float(stdtr(freedom, -abs(away) / error))
    if found >= chance:
        return None
    return _Held(away, growth, float(stdtrit(freedom, (1 + _COVERS) / 2)) * error, found)


def _odd(held: _Held, figures: Floats, expected: Floats, scale: _Scale) -> Odd | None:
    """None where the change is too small for anybody's concern."""

    def mean(shift: float) -> float:
        return math.fsum(scale.back(float(one) + held.growth + shift) for one in expected) / len(expected)

    value, usual = float(figures.mean()), mean(0.0)
    if abs(value - usual) < LEAST_CHANGE * abs(usual) or (scale.kind == "counts" and usual * len(figures) < _SOME):
        return None
    way: Literal["low", "high"] = "low" if held.away < 0 else "high"
    return Odd(way, len(figures), value, usual, mean(-held.reach), mean(held.reach), held.chance)


def _together(off: Floats, many: int) -> Floats:
    """The means of so many in a row, the newest of them last; NaN where one is not known."""
    means: Floats = off[len(off) % many :].reshape(-1, many).mean(axis=1)
    return means


def _expected(steady: Floats, rhythm: Rhythm) -> Floats:
    """The mean of the same place in the cycles before, of those that have a figure; NaN where fewer than all but one
    are there."""
    import numpy as np

    sums, counts = np.zeros(len(steady)), np.zeros(len(steady))
    for cycle in range(1, rhythm.cycles + 1):
        back = cycle * rhythm.season
        if back < len(steady):
            there = np.isfinite(steady[:-back])
            sums[back:] += np.where(there, steady[:-back], 0.0)
            counts[back:] += there
    return np.where(counts >= rhythm.cycles - 1, sums / np.maximum(counts, 1), math.nan)


class _Scale(NamedTuple):
    """Where figures vary alike at every size; of counts those whose variance is their mean and `beyond` times its
    square."""

    kind: Literal["counts", "positive", "any"]
    beyond: float = 0.0

    def to(self, figures: Floats) -> Floats:
        import numpy as np

        if self.kind == "counts":
            root = np.sqrt(figures + 0.375)
            return 2.0 * (np.arcsinh(root * self._root) / self._root if self.beyond else root)
        return np.log(figures) if self.kind == "positive" else figures

    def back(self, value: float) -> float:
        if self.kind == "counts":
            half = min(max(value, 0.0) / 2, 350.0 / self._root if self.beyond else math.inf)
            root = math.sinh(half * self._root) / self._root if self.beyond else half
            return max(0.0, root**2 - 0.375)
        return math.exp(min(value, 700.0)) if self.kind == "positive" else value

    @property
    def _root(self) -> float:
        return math.sqrt(self.beyond)


def _scale_of(figures: Floats, rhythm: Rhythm) -> _Scale:
    import numpy as np

    there = figures[np.isfinite(figures)]
    if (there < 0).any() or (there != np.round(there)).any():
        return _Scale("positive" if (there > 0).all() else "any")
    # By how much the past varies beyond chance; the newest, which is asked about, does not tell.
    expected = _expected(figures, rhythm)[:-1]
    told = np.isfinite(expected) & np.isfinite(figures[:-1])
    mean, off = expected[told], (figures[:-1] - expected)[told]
    squares = float((mean**2).sum())
    beyond = float((off**2 / (1 + 1 / rhythm.cycles) - mean).sum()) / squares if squares else 0.0
    return _Scale("counts", max(beyond, 0.0))
