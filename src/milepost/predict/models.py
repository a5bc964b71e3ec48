"""What learns: a logistic regression, gradient boosted trees, and their mix. scikit-learn's, behind two functions,
which load it when something is fitted or asked: that takes two seconds of a processor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from typing import Final, Literal, Protocol, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from milepost.predict.features import STANDING, Matrix, standing_of
from milepost.predict.measures import Flags, Floats
from milepost.predict.rhythm import Rhythm, fit_rhythm

#: What can be chosen, the simplest first. `rhythm` knows how often everybody comes and no more: BG/NBD (bgnbd.py);
#: `mix` is the mean of `logistic` and `boosting`, as log-odds.
Kind = Literal["rhythm", "logistic", "splines", "boosting", "mix"]
KINDS: Final[tuple[Kind, ...]] = ("rhythm", "logistic", "splines", "boosting", "mix")

#: Stored with each model: what fitted it is what can read it.
MADE_WITH: Final = f"scikit-learn {version('scikit-learn')}"

#: Strong ridges: histories of one customer are alike, so there is less to learn from than there are rows.
_RIDGE: Final = 0.01
_RIDGE_OF_SPLINES: Final = 0.003
#: Shallow trees, few of them.
_TREES: Final = 120
_LEAVES: Final = 8
#: Rows in a leaf: a hundred, or a fiftieth where there are few.
_IN_A_LEAF: Final = 100
_SURE: Final = 1e-6
#: Threads that wait for each other cost more than they gain beside a server that needs the cores.
_ONE_THREAD: Final = partial(threadpool_limits, 1)


class _Classifier(Protocol):
    """What we use of scikit-learn's."""

    def fit(self, X: Matrix, y: Flags) -> object: ...  # noqa: N803 -- scikit-learn's names
    def predict_proba(self, X: Matrix) -> NDArray[np.float64]: ...  # noqa: N803


class Model(msgspec.Struct, frozen=True):
    """Something fitted, and the line that makes its log-odds true ones."""

    kind: Kind
    parts: tuple[object, ...]
    #: The columns of the values, in their order.
    features: tuple[str, ...]
    rhythm: Rhythm
    slope: float = 1.0
    shift: float = 0.0

    def probability(self, values: Matrix) -> Floats:
        """Of each row."""
        return expit(self.slope * self.odds(values) + self.shift)

    def odds(self, values: Matrix) -> Floats:
        """Log-odds as they were fitted, before the line."""
        if not self.parts:
            return logit(standing_of(values, self.features).quiet(self.rhythm.horizon_days))
        ready = prepared(values, self.features, self.rhythm)
        with _ONE_THREAD():
            each = [logit(cast(_Classifier, part).predict_proba(ready)[:, 1]) for part in self.parts]
        odds: Floats = np.mean(each, axis=0)
        return odds


def fit(
    kind: Kind, values: Matrix, features: Sequence[str], happened: Flags, *, horizon_days: int, to_quiet: bool = True,
    seed: int = 0,
) -> Model:  # fmt: skip
    """Learns from rows of known outcome; the same rows and seed give the same model. `features` name the columns, those
    of `ALWAYS` among them. `to_quiet`: what happened is a kind of staying away. Raises ValueError where it happened to
    all or to none."""
    return next(fit_each([kind], values, features, happened, horizon_days=horizon_days, to_quiet=to_quiet, seed=seed))


def fit_each(
    kinds: Iterable[Kind],
    values: Matrix,
    features: Sequence[str],
    happened: Flags,
    *,
    horizon_days: int,
    to_quiet: bool = True,
    seed: int = 0,
) -> Iterator[Model]:
    """Several kinds on the same rows, which share what each begins with. Raises as `fit`."""
    if happened.all() or not happened.any():
        raise ValueError("it happened to all or to none")
    away = happened if to_quiet else ~happened
    rhythm = fit_rhythm(*_own(values, features), away, horizon_days, seed=seed)
    for kind in kinds:
        yield _fitted(kind, values, tuple(features), happened, rhythm, seed)


def _fitted(kind: Kind, values: Matrix, features: tuple[str, ...], happened: Flags, rhythm: Rhythm, seed: int) -> Model:
    if kind == "rhythm":
        return Model(kind, (), features, rhythm)
    ready = prepared(values, features, rhythm)
    kinds: Sequence[Kind] = ("logistic", "boosting") if kind == "mix" else (kind,)
    parts = []
    with _ONE_THREAD():
        for one in kinds:
            part = _classifier(one, len(happened), seed)
            part.fit(ready, happened)
            parts.append(part)
    return Model(kind, tuple(parts), features, rhythm)


def prepared(values: Matrix, features: Sequence[str], rhythm: Rhythm) -> Matrix:
    """As models take them: counts and days matter by their ratio, so as logarithms; and, as log-odds, what the
    customer's own rhythm says. Not what BG/NBD believes: it was fitted to others than a model is asked about later."""
    counts = [place for place, name in enumerate(features) if name not in STANDING]
    odds = logit(rhythm.quiet(*_own(values, features))).astype(np.float32)
    return np.concatenate([np.log1p(values[:, counts]), odds[:, np.newaxis]], axis=1)


#: What the customer's own rhythm is told by.
_OWN: Final = ("active_days", "recency", "tenure")
ALWAYS: Final = (*_OWN, *STANDING)


def _own(values: Matrix, features: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    days, recency, tenure = (values[:, features.index(name)].astype(np.float64) for name in _OWN)
    return days, recency, tenure


def logit(probability: Floats) -> Floats:
    """Log-odds."""
    p = np.clip(probability, _SURE, 1 - _SURE)
    odds: Floats = np.log(p / (1 - p))
    return odds


def expit(odds: Floats) -> Floats:
    """The probability of log-odds."""
    probability: Floats = 1 / (1 + np.exp(-odds))
    return probability


def line(odds: Floats, happened: Flags) -> tuple[float, float]:
    """The slope and shift that make log-odds calibrated (Platt 1999), from rows that nothing was fitted on."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6).fit(odds.reshape(-1, 1), happened)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _classifier(kind: Kind, rows: int, seed: int) -> _Classifier:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import SplineTransformer, StandardScaler

    if kind == "boosting":
        return cast(
            _Classifier,
            HistGradientBoostingClassifier(
                learning_rate=0.05,
                max_iter=_TREES,
                max_leaf_nodes=_LEAVES,
                min_samples_leaf=max(20, min(_IN_A_LEAF, rows // 50)),
                l2_regularization=5.0,
                early_stopping=False,
                random_state=seed,
            ),
        )
    known = SimpleImputer(strategy="median", keep_empty_features=True)
    if kind == "splines":
        bends = SplineTransformer(n_knots=5, degree=2, knots="quantile", extrapolation="linear")
        return _linear(known, StandardScaler(), bends, LogisticRegression(C=_RIDGE_OF_SPLINES, max_iter=2000))
    return _linear(known, StandardScaler(), LogisticRegression(C=_RIDGE, max_iter=2000))


def _linear(*steps: object) -> _Classifier:
    from sklearn.pipeline import make_pipeline

    return cast(_Classifier, make_pipeline(*steps))
