"""What a validation says, in types: how well the score, its parts and its rival rank what happened next."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

#: The simplest rival: whole days since the last day with an event, fewer is better.
RIVAL: Final = "days_since_last_activity"
SCORE: Final = "score"
COVERAGE: Final = "coverage"
#: What happened in the days after a slice's day.
OUTCOMES: Final = ("active", "active_days", "points", "milestones", "outcomes")

#: Against the rival: the 95 % interval of the difference is above 0, below 0, or has 0 in it.
Verdict = Literal["better", "worse", "as good", "not enough data"]
Correlation = Annotated[float, Meta(description="Spearman's rank correlation, -1 to 1.")]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A predictor and what happened, in one slice. `rival` is the rival's correlation for the very same customers."""

    predictor: str
    outcome: str
    customers: int
    correlation: Correlation
    low: float | None
    high: float | None
    rival: float
    top: float
    bottom: float


class Pooled(msgspec.Struct, frozen=True, kw_only=True):
    """The same over all slices: the mean over them, weighted by customers. `lifts`: by tenth, the lowest first."""

    predictor: str
    outcome: str
    verdict: Verdict
    slices: int
    customer_slices: Annotated[int, Meta(description="Customers, counted in each slice they are compared in.")]
    correlation: float | None = None
    low: float | None = None
    high: float | None = None
    rival: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    top: float | None = None
    bottom: float | None = None
    lifts: list[float] = []


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A day, and the days after it. `customers` had an event by then; `unscored` of them had no score."""

    day: date
    customers: int
    unscored: int
    means: Annotated[dict[str, float], Meta(description="What a customer did in the days after, on average.")]
    compared: list[Compared]


class ValidationReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole validation. Figures of many customers, and no customer's own."""

    as_of: datetime
    every_days: int
    after_days: int
    customers: Annotated[int, Meta(description="Customers taken, by a hash of their ids where there are more.")]
    of_customers: int
    customer_slices: int
    unscored: Annotated[int, Meta(description="Customer-slices without a score: they are compared with nothing.")]
    plan_version: int
    score_version: int
    predictors: list[str]
    outcomes: list[str]
    slices: list[Slice]
    pooled: list[Pooled]

    def of(self, predictor: str, outcome: str) -> Pooled | None:
        """What is said of these two, all slices together."""
        return next((p for p in self.pooled if (p.predictor, p.outcome) == (predictor, outcome)), None)


#: How the predictors and outcomes are called where people read them.
PREDICTOR_WORDS: Final = {
    SCORE: "Score",
    COVERAGE: "Coverage of the score",
    RIVAL: "Days since last activity",
}
OUTCOME_WORDS: Final = {
    "active": "active at all",
    "active_days": "active days",
    "points": "points",
    "milestones": "milestones",
    "outcomes": "offline outcomes",
}
#: A difference below this is one to those who compute it, and hardly to those who use it.
_SLIGHT: Final = 0.01
_RANKS: Final = {
    "active": "who stays active",
    "active_days": "who is active on more days",
    "points": "who gathers more points",
    "milestones": "who reaches milestones",
    "outcomes": "who has results offline",
}


def predictor_words(predictor: str) -> str:
    """'days_since_last_activity' -> 'Days since last activity'."""
    return PREDICTOR_WORDS.get(predictor) or predictor.replace("_", " ").capitalize()


def finding(report: ValidationReport | None, outcome: str = "active") -> str:
    """What the comparison of the score with its rival came to, as a sentence."""
    what = _RANKS.get(outcome, outcome)
    found = report.of(SCORE, outcome) if report else None
    if found is None or found.correlation is None or found.rival is None or found.verdict == "not enough data":
        return f"There is not enough data yet to say whether the score ranks {what}."
    how = {"better": "better than", "worse": "worse than"}.get(found.verdict, "about as well as")
    if found.verdict != "as good" and abs(found.correlation - found.rival) < _SLIGHT:
        how = f"slightly {how}"  # sure, and yet of little use
    # Two places are enough, unless it is the third that tells them apart.
    alike = found.verdict != "as good" and f"{found.correlation:.2f}" == f"{found.rival:.2f}"
    places = 3 if alike else 2
    figures = f"{found.correlation:.{places}f} against {found.rival:.{places}f}"
    return f"The score ranks {what} {how} days since last activity: {figures}."
