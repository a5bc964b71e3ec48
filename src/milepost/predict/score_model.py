"""What a score is expected to be: trees for the median and both ends of its change, made true by what they missed.

Conformalized quantile regression (Romano, Patterson and Candès 2019): the ends are moved by as much as it takes that 80
of 100 rows, which nothing was fitted on, lie between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from milepost.predict.features import Matrix
from milepost.predict.measures import Floats

#: Of 100 scores, how many come to lie in the interval.
COVERS: Final = 0.8
_ENDS: Final = ((1 - COVERS) / 2, 0.5, (1 + COVERS) / 2)
_TREES: Final = 100
_LEAVES: Final = 12
_IN_A_LEAF: Final = 60
_MOST: Final = 100.0


class _Regressor(Protocol):
    """What we use of scikit-learn's."""

    def fit(self, X: Matrix, y: Floats) -> object: ...  # noqa: N803 -- scikit-learn's names
    def predict(self, X: Matrix) -> NDArray[np.float64]: ...  # noqa: N803


class ScoreModel(msgspec.Struct, frozen=True):
    """Something fitted: the low end, the median and the high end of how a score changes, and by how much the ends are
    moved apart."""

    parts: tuple[object, ...]
    #: The columns of the values, in their order; `score` is one.
    features: tuple[str, ...]
    wider: float = 0.0

    def expected(self, values: Matrix) -> Floats:
        """The score of each row, between 0 and 100."""
        return self.ends(values)[1]

    def ends(self, values: Matrix) -> tuple[Floats, Floats, Floats]:
        """Low, median and high of each row, in this order whatever was fitted."""
        now = values[:, self.features.index("score")].astype(np.float64)
        with threadpool_limits(1):
            each = [cast(_Regressor, part).predict(values) for part in self.parts]
        low, middle, high = np.sort(np.stack(each), axis=0)
        ends = np.clip(np.stack([now + low - self.wider, now + middle, now + high + self.wider]), 0, _MOST)
        # Ends that are moved together pass each other where they are narrow.
        return np.minimum(ends[0], ends[1]), ends[1], np.maximum(ends[2], ends[1])


def fit_score(values: Matrix, features: Sequence[str], came: Floats, *, seed: int = 0) -> ScoreModel:
    """Learns from rows of which it is known what the score came to; the same rows and seed give the same model."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    change = came - values[:, list(features).index("score")]
    parts = []
    with threadpool_limits(1):
        for end in _ENDS:
            part = HistGradientBoostingRegressor(
                loss="quantile",
                quantile=end,
                learning_rate=0.08,
                max_iter=_TREES,
                max_leaf_nodes=_LEAVES,
                min_samples_leaf=max(20, min(_IN_A_LEAF, len(came) // 50)),
                l2_regularization=5.0,
                early_stopping=False,
                random_state=seed,
            )
            part.fit(values, change)
            parts.append(part)
    return ScoreModel(tuple(parts), tuple(features))


def missed(low: Floats, high: Floats, came: Floats) -> Floats:
    """By how much each score is outside its interval; less than 0 within."""
    return np.maximum(low - came, came - high)


def wider(outside: Floats) -> float:
    """By how much the ends have to move apart so that as many rows as shall be lie between them."""
    share = min(1.0, COVERS * (1 + 1 / len(outside)))
    return float(np.quantile(outside, share, method="higher"))
