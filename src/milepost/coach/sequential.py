"""How wide an interval must be that may be looked at every day: it is right at all looks together, not at each one.

A difference of two groups whose customers come in over time goes, in units of its standard error and of the information
in it, as a Brownian motion does (Jennison and Turnbull, *Group Sequential Methods*, 1999, chapter 3; Waudby-Smith,
Arbour, Sinha, Kennedy and Ramdas, *Annals of Statistics* 52, 2024, 2613-2640, for why the normal limit holds at all
times at once). Two bounds on its path share the error, and the tighter one counts:

- around the size the plan expects, a bound that is flat up to it, as O'Brien and Fleming's (*Biometrics* 35, 1979,
  549-556), and goes on as a line through the origin (Robbins and Siegmund, *Annals of Mathematical Statistics* 41,
  1970, 1410-1429): nine tenths of the error;
- for every other size Robbins' normal mixture (*ibid.*, 1397-1409), which never ends: the rest.
"""

from __future__ import annotations

from functools import lru_cache
from math import erfc, exp, log, log1p, sqrt
from typing import Final

#: How often an interval, or any of several that are shown together, may be wrong ever: 95 % are right.
LEVEL: Final = 0.05
#: Of the error, what the bound around the expected size has.
_PLANNED: Final = 0.9
#: Where the mixture is tightest, in sizes that the plan expects: about there, and it hardly changes over a decade.
_MIXED: Final = 12.0
#: The least information that is looked at: nobody asks with fewer customers than this share of the expected.
_LEAST: Final = 1e-6


def multiplier(information: float, level: float = LEVEL) -> float:
    """How many standard errors either side of an estimate the interval reaches.

    `information`: customers measured, as a share of those the plan expects. `level`: the probability that the interval
    leaves the truth out at any moment ever. Whatever changes this share must not look at how the customers did.
    """
    size = max(information, _LEAST)
    planned = _flat(_PLANNED * level) * max(sqrt(1 / size), sqrt(size))
    spread = _MIXED * size
    mixed = sqrt((1 + 1 / spread) * (log1p(spread) + 2 * log(1 / ((1 - _PLANNED) * level))))
    return min(planned, mixed)


@lru_cache
def _flat(level: float) -> float:
    """The height c of the bound c x max(1, t), for the time t that is 1 at the expected size.

    One side of it is crossed with the probability 3 P(N > c) - exp(4 c^2) P(N > 3 c): by reflection 2 P(N > c) up to 1,
    and from where the path then is, s below c, exp(-2 c (c - s)) after it, the crossing of a line.
    """
    low, high = 0.0, 9.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        if 2 * (3 * _above(middle) - exp(4 * middle**2) * _above(3 * middle)) > level:
            low = middle
        else:
            high = middle
    return high


def _above(z: float) -> float:
    """P(N > z), exact far out."""
    return erfc(z / sqrt(2)) / 2
