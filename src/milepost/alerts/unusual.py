"""Which accounts are unusually quiet or busy for themselves: the last seven days against their own weeks before.

A week's events are brought to a scale on which chance alone makes them vary alike whatever their number (Anscombe
1948), after what all accounts have in common (a holiday, a season) is taken out by the median of their ratios. An
account's own variance is steadied by that of accounts of its size (Smyth 2004, "Linear models and empirical Bayes
methods"), since twelve weeks tell little of it. The test is a t-test of one new value against those before, one-sided
each way; beside it the week must be below (or above) all of them, and by a good part of what is usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

#: Weeks before that an account is held against, and the fewest it must have been there for.
WEEKS: Final = 12
LEAST_WEEKS: Final = 5
#: Days that are looked at, the last seven included.
DAYS: Final = 7 * (WEEKS + 1)
#: The chance, at one look, that an account to which nothing happened is called quiet, or busy. Looked at every day it
#: is more in a week, as the days overlap; with what else is asked below, two to four of a thousand accounts (bench).
QUIET: Final = 0.002
BUSY: Final = 0.0001
#: A change smaller than this share of what is usual is nobody's concern, however certain.
LEAST_FALL: Final = 0.36
LEAST_RISE: Final = 0.5
#: Accounts with fewer events in a usual week say too little; so many tell what all have in common.
_SOME: Final = 5.0
_ENOUGH: Final = 20
_MOST_STEADYING: Final = 60.0
#: What all may have in common in the last seven days, as a share of what is usual.
_MOST_COMMON: Final = 0.6


class Unusual(NamedTuple):
    """An account (by its place in what was given) that is not as usual: events in the last seven days, in a usual seven
    (allowing for what all accounts have in common), and how unlikely that is where nothing happened."""

    place: int
    way: Literal["quiet", "busy"]
    events: int
    usual: float
    chance: float


def find_unusual(counts: Counts, known_days: Counts) -> list[Unusual]:
    """`counts`: events of each account (rows) on each of the last `DAYS` days, the newest last; `known_days`: for how
    many of them it has been there. The most unlikely first."""
    import numpy as np
    from scipy.special import stdtr

    weeks = counts.reshape(len(counts), WEEKS + 1, 7).sum(axis=2)[:, ::-1].astype(np.float64)
    there = known_days[:, None] >= 7 * np.arange(1, WEEKS + 2)[None, :]
    before = there[:, 1:]
    enough = before.sum(axis=1) >= LEAST_WEEKS
    if not enough.any():
        return []
    mean = _mean(weeks[:, 1:], before)
    common = _common(weeks, there, mean, enough)
    usual = _mean(weeks[:, 1:] / common[1:], before) * common[0]
    enough &= usual >= _SOME
    if not enough.any():
        return []
    # Divided by what all have in common they would vary otherwise, so each is brought to the same size on the scale.
    steady = 2.0 * np.sqrt(weeks + 0.375) / np.sqrt(common)
    own = _mean(steady[:, 1:], before)
    freedom = before.sum(axis=1) - 1.0
    spread = (np.where(before, steady[:, 1:] - own[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(freedom, 1.0)
    variance, degrees = _steadied(spread, freedom, usual, enough)
    error = np.sqrt(variance * (1.0 + 1.0 / np.maximum(before.sum(axis=1), 1)))
    lower = stdtr(degrees, (steady[:, 0] - own) / error)
    # Steady as it may be, a week that was so before is not unusual.
    alike = weeks / common
    least = np.where(before, alike[:, 1:], np.inf).min(axis=1) * common[0]
    most = np.where(before, alike[:, 1:], 0.0).max(axis=1) * common[0]
    found = []
    for place in np.flatnonzero(enough):
        now, expected = weeks[place, 0], usual[place]
        if lower[place] < QUIET and now < least[place] and now <= expected * (1 - LEAST_FALL):
            found.append(Unusual(int(place), "quiet", int(now), float(expected), float(lower[place])))
        elif 1 - lower[place] < BUSY and now > most[place] and now >= expected * (1 + LEAST_RISE):
            found.append(Unusual(int(place), "busy", int(now), float(expected), float(1 - lower[place])))
    return sorted(found, key=lambda one: (one.chance, one.place))


def _mean(values: Floats, there: NDArray[np.bool_]) -> Floats:
    import numpy as np

    sums: Floats = np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return sums


def _common(weeks: Floats, there: NDArray[np.bool_], mean: Floats, enough: NDArray[np.bool_]) -> Floats:
    """For each week what all accounts were above or below their own mean by: the median of their ratios (as DESeq's,
    Anders and Huber 2010); 1 where too few can tell."""
    import numpy as np

    common = np.ones(WEEKS + 1)
    for week in range(WEEKS + 1):
        tell = enough & there[:, week] & (mean >= _SOME)
        if tell.sum() >= _ENOUGH:
            ratio = float(np.median(weeks[tell, week] / mean[tell]))
            common[week] = max(ratio, 0.05)
    # What hits most of them at once and so hard is no season: each of them is as quiet as it is.
    if not _MOST_COMMON <= common[0] <= 1 / _MOST_COMMON:
        common[0] = 1.0
    return common


def _steadied(spread: Floats, freedom: Floats, usual: Floats, enough: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Each account's variance, drawn towards that of accounts of its size, and the degrees of freedom it then has."""
    import numpy as np
    from scipy.special import digamma, polygamma

    # On this scale chance alone has variance 1; what people do adds a part that grows with their number.
    extra = max(float(np.median(np.maximum(spread[enough] - 1.0, 0.0) / usual[enough])), 0.0)
    prior = 1.0 + extra * usual
    half = np.maximum(freedom, 1.0) / 2
    logs = np.log(np.maximum(spread, 1e-3)) - np.log(prior) - digamma(half) + np.log(half)
    scatter = float(np.var(logs[enough], ddof=1)) if enough.sum() > 2 else np.inf
    left = scatter - float(np.mean(polygamma(1, half[enough])))
    steadying = min(2 * _trigamma_inverse(left), _MOST_STEADYING) if left > 0 else _MOST_STEADYING
    if not np.isfinite(scatter):
        steadying = 0.0
    shift = float(np.mean(logs[enough])) if enough.sum() > 2 else 0.0
    if steadying:
        shift += float(digamma(steadying / 2) - np.log(steadying / 2))
    prior = np.maximum(prior * np.exp(shift), 1.0)
    variance = (steadying * prior + freedom * spread) / np.maximum(steadying + freedom, 1.0)
    return np.maximum(variance, 1.0), np.maximum(steadying + freedom, 1.0)


def _trigamma_inverse(value: float) -> float:
    """By Newton's method, as in the paper's appendix."""
    from scipy.special import polygamma

    found = 0.5 + 1 / value
    for _ in range(50):
        step = float(polygamma(1, found)) * (1 - float(polygamma(1, found)) / value) / float(polygamma(2, found))
        found += step
        if -step / found < 1e-8:
            break
    return found
