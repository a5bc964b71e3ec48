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

#: What happened or did not: of these Somers' D is said as the area under the curve, (D + 1) / 2.
YES_OR_NO: Final = ("active",)
#: How the figures are made; a report of another method is out of date.
METHOD: Final = 2

#: Against the rival: both differences, of Somers' D and of the correlation, are surely above 0; that of Somers' D is
#: surely below 0; neither.
Verdict = Literal["better", "worse", "as good", "not enough data"]
Correlation = Annotated[float, Meta(description="Spearman's rank correlation, -1 to 1.")]
Somers = Annotated[
    float,
    Meta(
        description="Somers' D, -1 to 1: of the pairs whose outcomes differ, those that the predictor has in the right "
        "order less those in the wrong one; a pair that it cannot tell apart is neither. (D + 1) / 2 is the AUC."
    ),
]
Ties = Annotated[float, Meta(description="The share of those pairs that the predictor cannot tell apart.")]


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
    somers: Somers | None = None
    somers_low: float | None = None
    somers_high: float | None = None
    rival_somers: float | None = None
    ties: Ties | None = None


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
    somers: Somers | None = None
    somers_low: float | None = None
    somers_high: float | None = None
    rival_somers: float | None = None
    somers_difference: float | None = None
    somers_difference_low: float | None = None
    somers_difference_high: float | None = None
    ties: Ties | None = None
    rival_ties: float | None = None
    top: float | None = None
    bottom: float | None = None
    lifts: list[float] = []


class Stratum(msgspec.Struct, frozen=True, kw_only=True):
    """The score among customers of one kind: `by` is "tenure" or a trait's name, `value` which."""

    by: str
    value: str
    found: Pooled


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
    pooled: Annotated[list[Pooled], Meta(description="Each predictor for those of whom it is known.")]
    together: Annotated[
        list[Pooled],
        Meta(description="Predictors for the same customers: those of whom the score and every one of them is known."),
    ] = []
    strata: list[Stratum] = []
    by: Annotated[str | None, Meta(description="The trait that customers were parted by.")] = None
    median_gap: Annotated[float | None, Meta(description="Days from one active day to a customer's next.")] = None
    method: int = 1

    def of_the_same(self, predictor: str, outcome: str) -> Pooled | None:
        """What is said of these two for the customers of whom everything is known."""
        return next((p for p in self.together if (p.predictor, p.outcome) == (predictor, outcome)), None)

    def of(self, predictor: str, outcome: str) -> Pooled | None:
        """What is said of these two, all slices together."""
        return next((p for p in self.pooled if (p.predictor, p.outcome) == (predictor, outcome)), None)


#: How the predictors and outcomes are called where people read them.
PREDICTOR_WORDS: Final = {
    SCORE: "Health",
    COVERAGE: "Data behind health",
    RIVAL: "Days since last activity",
}
OUTCOME_WORDS: Final = {
    "active": "active at all",
    "active_days": "active days",
    "points": "points",
    "milestones": "milestones",
    "outcomes": "offline outcomes",
}
#: A difference of Somers' D below this is one to those who compute it, and hardly to those who use it.
_SLIGHT: Final = 0.02
#: As a share of the pairs, so many that people ought to know.
_MANY_TIES: Final = 0.1
TENURE: Final = "tenure"
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


def figure(outcome: str, somers: float | None) -> float | None:
    """As it is shown: an AUC where something happened or did not, else Somers' D itself."""
    return (somers + 1) / 2 if somers is not None and outcome in YES_OR_NO else somers


def apart(outcome: str, somers: float | None) -> float | None:
    """A difference of two, as it is shown."""
    return somers / 2 if somers is not None and outcome in YES_OR_NO else somers


def figure_words(outcome: str) -> str:
    """What that figure is called."""
    return "AUC" if outcome in YES_OR_NO else "Somers' D"


def finding(report: ValidationReport | None, outcome: str = "active") -> str:
    """What the comparison of the score with its rival came to, as a sentence."""
    what = _RANKS.get(outcome, outcome)
    found = report.of(SCORE, outcome) if report else None
    if found is None or found.somers is None or found.rival_somers is None or found.verdict == "not enough data":
        return f"There is not enough data yet to say whether health ranks {what}."
    how = {"better": "better than", "worse": "worse than"}.get(found.verdict, "about as well as")
    if found.verdict != "as good" and abs(found.somers - found.rival_somers) < _SLIGHT:
        how = f"slightly {how}"  # sure, and yet of little use
    one, other = figure(outcome, found.somers), figure(outcome, found.rival_somers)
    # Two places are enough, unless it is the third that tells them apart.
    places = 3 if found.verdict != "as good" and f"{one:.2f}" == f"{other:.2f}" else 2
    said = f"Health ranks {what} {how} days since last activity: {figure_words(outcome)} {one:.{places}f} against"
    said += f" {other:.{places}f}."
    if found.ties is not None and found.ties >= _MANY_TIES:
        said += f" Of {found.ties:.0%} of the pairs it says nothing, as both have the same health."
    return said
