"""What predictions say, as they are stored and told. Nothing here learns, so a server imports it in no time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import msgspec

#: Shares at which curves are told: 0, 5 %, ... 100 %.
GRID: Final = tuple(round(step / 20, 2) for step in range(21))


class PredictionReason(msgspec.Struct, frozen=True):
    """A kind of knowledge, what it adds to the log-odds, or to a score in points, beside the median customer, and what
    it is of this one."""

    group: str
    adds: float
    says: str


class ExpectedScore(msgspec.Struct, frozen=True):
    """What a score is expected to be, and what 80 of 100 lie between."""

    expected: float
    low: float
    high: float


class Prediction(msgspec.Struct, frozen=True):
    """How likely something is to come of a customer, as of the beginning of a day (UTC); of a target that is a score,
    `probability` is null and `score` says what is expected. `reasons`: what makes it likelier, or moves the score, the
    strongest first; of the 2,000 likeliest, or most moved, only."""

    customer_id: str
    probability: float | None
    reasons: list[PredictionReason]
    as_of: date
    score: ExpectedScore | None = None


class Expected(msgspec.Struct, frozen=True):
    """What is said of a customer by another target than to go quiet, within so many days: a probability, or a score;
    and why."""

    label: str
    days: int
    probability: float | None
    score: ExpectedScore | None
    reasons: list[PredictionReason]


class Likely(msgspec.Struct, frozen=True):
    """Somebody who is likelier than not to go quiet, and the strongest reason, in a sentence."""

    customer_id: str
    name: str
    probability: float
    reason: str


class Worth(msgspec.Struct, frozen=True):
    """What the newest model is worth on later days of other customers than it learned from. `holds`: it beats every
    simple guess beyond chance. `low`, `high`: 95 % of the AUC. `rival`: the best of the simple guesses."""

    trained_at: datetime
    first_day: date
    last_day: date
    holds: bool
    kind: str
    rows: int
    happened: int
    auc: float
    low: float
    high: float
    calibration_error: float
    rival: str
    rival_auc: float


class ScoreWorth(msgspec.Struct, frozen=True):
    """As `Worth`, of a target that is a score. `error`: how many points it is off on average; `covers`: the share that
    came to lie in the interval; `rival`: the best of the simple guesses, and how far that is off."""

    trained_at: datetime
    first_day: date
    last_day: date
    holds: bool
    rows: int
    error: float
    covers: float
    width: float
    rival: str
    rival_error: float


class Predictions(msgspec.Struct, frozen=True):
    """What is likely to come of whom: `target` within `horizon_days`, of customers with an event in the `active_days`
    before. `worth`, of a score `score_worth`, is null before the first training that had enough history; `says`: why
    the newest training learned nothing, or the model predicts no more. No prediction is there unless a model holds."""

    target: str
    label: str
    horizon_days: int
    active_days: int
    worth: Worth | None
    score_worth: ScoreWorth | None
    says: str | None
    predictions: list[Prediction]


class Beside(msgspec.Struct, frozen=True):
    """A simple guess on the same rows: its AUC, and by how much the model's is higher, with 95 %."""

    name: str
    auc: float
    somers_d: float
    more: float
    low: float
    high: float


class Figures(msgspec.Struct, frozen=True):
    """What the checked rows say of the model. `low`, `high`: 95 % of the AUC."""

    rows: int
    customers: int
    happened: int
    auc: float
    low: float
    high: float
    somers_d: float
    brier: float
    #: The Brier score of who always says the share it happened to.
    brier_of_base: float
    log_loss: float
    calibration_error: float
    reliability: list[tuple[float, float, int]]


class Curve(msgspec.Struct, frozen=True):
    """At each share of GRID. `roc`: of those to whom it happened, the share found among so large a share of the others
    (from the likeliest down). `precision`: how many of those named it happened to, when so large a share is found."""

    roc: list[float]
    precision: list[float]


class Week(msgspec.Struct, frozen=True):
    """The rows of one day, days since 1970; AUCs are null where it happened to few or to nearly all."""

    day: int
    rows: int
    happened: int
    auc: float | None
    rival_auc: float | None


class Drawn(msgspec.Struct, frozen=True):
    """Curves by name, and the days in order. `rival` is the best simple guess."""

    model: Curve
    rival: Curve
    weeks: list[Week]
