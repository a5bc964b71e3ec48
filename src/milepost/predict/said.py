"""What predictions say, as they are stored and told. Nothing here learns, so a server imports it in no time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

import msgspec

GOES_QUIET: Final = "goes_quiet"


class PredictionReason(msgspec.Struct, frozen=True):
    """A kind of knowledge, what it adds to the log-odds beside the median customer, and what it is of this one."""

    group: str
    adds: float
    says: str


class Prediction(msgspec.Struct, frozen=True):
    """How likely a customer goes quiet, as of the beginning of a day (UTC). `reasons`: what makes it likelier, the
    strongest first; of the likeliest 2,000 only."""

    customer_id: str
    probability: float
    reasons: list[PredictionReason]
    as_of: date


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


class Predictions(msgspec.Struct, frozen=True):
    """Who is likely to go quiet: no event in `quiet_days`, of customers with one in the `active_days` before. `worth`
    is null before the first training that had enough history; no prediction is there unless a model holds."""

    target: Literal["goes_quiet"]
    quiet_days: int
    active_days: int
    worth: Worth | None
    predictions: list[Prediction]
