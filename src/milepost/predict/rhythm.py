"""What a customer's own rhythm alone says: come so often, for so long, and away since then.

MBG/NBD (Batislam, Denizel, Filiztekin 2007, after the BG/NBD of Fader, Hardie and Lee 2005): a customer comes at a rate
of their own, gamma distributed, and may leave after each time with a probability of their own, beta distributed. Its
four parameters are fitted to the outcome itself, by the log-loss of not coming within the horizon: rows are of
customers seen lately, whom the model's own likelihood would take for all there are.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from milepost.predict.measures import Flags, Floats, log_loss

#: Rows that are enough for four parameters.
_MOST: Final = 20_000


class Rhythm(msgspec.Struct, frozen=True):
    """`r`, `alpha`: the rates' gamma; `a`, `b`: the leavings' beta. Days are the unit of time."""

    r: float
    alpha: float
    a: float
    b: float
    horizon_days: int

    def quiet(self, active_days: Floats, recency: Floats, tenure: Floats) -> Floats:
        """The probability of nothing in the horizon: gone already, or there and not come (whoever leaves within the
        horizon has come before). `active_days` with anything ever; `recency`, `tenure`: days since the last, the first.
        """
        again = np.maximum(active_days - 1, 0)
        until = np.maximum(tenure - recency, 0)
        longer = np.log((self.alpha + tenure) / (self.alpha + until))
        gone = 1 / (1 + np.exp(-((self.r + again) * longer + np.log(self.a) - np.log(self.b + again))))
        none = ((self.alpha + tenure) / (self.alpha + tenure + self.horizon_days)) ** (self.r + again)
        quiet: Floats = gone + (1 - gone) * none
        return quiet


def fit_rhythm(
    active_days: Floats, recency: Floats, tenure: Floats, happened: Flags, horizon_days: int, *, seed: int = 0
) -> Rhythm:
    """The parameters that tell best who did not come."""
    from scipy.optimize import minimize

    chosen: NDArray[np.int64] = np.arange(len(happened))
    if len(chosen) > _MOST:
        chosen = np.random.default_rng(seed).choice(chosen, _MOST, replace=False)
    days, away, old, gone = active_days[chosen], recency[chosen], tenure[chosen], happened[chosen]

    def loss(logs: Floats) -> float:
        # Within limits in which powers of it are numbers.
        r, alpha, a, b = np.exp(np.clip(logs, -7, 7))
        # A little towards where it began: a parameter that the rows say nothing of stays there.
        held = 1e-4 * float(np.sum(logs**2))
        return log_loss(gone, Rhythm(r, alpha, a, b, horizon_days).quiet(days, away, old)) + held

    found = minimize(loss, np.array([-0.5, 2.0, -0.5, 0.5]), method="Nelder-Mead", options={"maxiter": 400})
    r, alpha, a, b = (float(value) for value in np.exp(np.clip(found.x, -7, 7)))
    return Rhythm(r, alpha, a, b, horizon_days)
