"""BG/NBD, the rival that everybody knows: who comes, how often, and who has left, told by the histories alone.

Fader, Hardie and Lee, "Counting your customers" the easy way: an alternative to the Pareto/NBD model, Marketing Science
24 (2005), pages 275 to 284: the likelihood is their equation 6. Unlike `rhythm.py` it is fitted to no outcome.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from milepost.predict.measures import Floats

#: Customers that are enough for four parameters.
_MOST: Final = 2_000
#: Log-odds of having left, of who came once: nobody leaves but after coming again.
_SURELY_THERE: Final = -50.0


class Histories(msgspec.Struct, frozen=True):
    """Of each customer: `again`, days with anything after the first; `last`, days from the first to the last of them;
    `age`, days since the first."""

    again: Floats
    last: Floats
    age: Floats


class BgNbd(msgspec.Struct, frozen=True):
    """`r`, `alpha`: the gamma of the rates a day; `a`, `b`: the beta of leaving after each time."""

    r: float
    alpha: float
    a: float
    b: float

    def standing(self, known: Histories) -> Standing:
        """Where each of them stands."""
        gone = np.where(known.again > 0, _gone(known, self.r, self.alpha, self.a, self.b), _SURELY_THERE)
        return Standing(np.clip(gone, _SURELY_THERE, -_SURELY_THERE), self.r + known.again, self.alpha + known.age)


class Standing(msgspec.Struct, frozen=True):
    """What is believed of each customer: `gone`, the log-odds of having left; if they have not, their rate a day is a
    gamma of the shape `times` and the scale 1 / `age`."""

    gone: Floats
    times: Floats
    age: Floats

    def quiet(self, days: int) -> Floats:
        """The probability of nothing in the next so many days: gone already, or there and not come."""
        alive = 1 / (1 + np.exp(self.gone))
        quiet: Floats = 1 - alive * (1 - (self.age / (self.age + days)) ** self.times)
        return quiet


def fit(known: Histories, *, seed: int = 0) -> BgNbd:
    """The parameters under which these histories are likeliest, of 2,000 of the customers, in whatever order."""
    from scipy.optimize import minimize

    chosen = np.lexsort((known.age, known.last, known.again))
    if len(chosen) > _MOST:
        chosen = np.random.default_rng(seed).choice(chosen, _MOST, replace=False)
    known = Histories(known.again[chosen], known.last[chosen], known.age[chosen])

    def loss(logs: Floats) -> float:
        # A little towards where it began: a parameter that the histories say nothing of stays there.
        return -float(_likelihood(known, *np.exp(logs)).mean()) + 1e-4 * float(np.sum(logs**2))

    begin, limits = np.array([-0.5, 2.0, -0.5, 0.5]), [(-7.0, 7.0)] * 4
    found = minimize(loss, begin, method="L-BFGS-B", bounds=limits)
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    return BgNbd(r, alpha, a, b)


def _likelihood(known: Histories, r: float, alpha: float, a: float, b: float) -> Floats:
    """The logarithm, of each customer."""
    from scipy.special import betaln, gammaln

    comes = gammaln(r + known.again) - gammaln(r) + r * np.log(alpha) - (r + known.again) * np.log(alpha + known.age)
    stays = betaln(a, b + known.again) - betaln(a, b)
    left = np.where(known.again > 0, np.logaddexp(0.0, _gone(known, r, alpha, a, b)), 0.0)
    likelihood: Floats = comes + stays + left
    return likelihood


def _gone(known: Histories, r: float, alpha: float, a: float, b: float) -> Floats:
    """The log-odds of having left after the last time; means something of those who came again."""
    longer = np.log(alpha + known.age) - np.log(alpha + known.last)
    gone: Floats = np.log(a) - np.log(b + np.maximum(known.again, 1) - 1) + (r + known.again) * longer
    return gone
