"""The sample data of the page that says what can be predicted."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from milepost.dashboard.predictions.score_view import score_page
from milepost.dashboard.predictions.view import PredictionsPage, predictions_page
from milepost.plan.predictions import PlannedTarget, Predictions
from milepost.predict.said import GRID, Beside, Curve, Drawn, Figures, Week
from milepost.predict.score_said import ScoreBeside, ScoreFigures, ScoreTenth
from milepost.predict.stored import (
    Stored,
    StoredCheck,
    StoredFigures,
    StoredModel,
    StoredReport,
    StoredScoreCheck,
    StoredScoreFigures,
    StoredScoreModel,
    StoredScoreReport,
)

from .sample import EVIL, NOW, Scenario

_DAY = NOW.date()


def page(scenario: Scenario) -> PredictionsPage:
    """A model that holds; nothing yet; one that was withdrawn, of a target with a name nobody gives."""
    if scenario == "empty":
        return predictions_page(Stored(), Predictions(), "goes_quiet")
    absurd = scenario == "absurd"
    targets = tuple(
        PlannedTarget(f"t{k}", "level_up", name=EVIL if absurd else name)
        for k, name in enumerate(("Next milestone", "Level up") if not absurd else [""] * 20)
    )
    return predictions_page(_stored(absurd=absurd), Predictions(targets=targets), "t0" if absurd else "goes_quiet")


def score(scenario: Scenario) -> PredictionsPage:
    """Of a target that is a score: a model that holds; nothing yet; one that was withdrawn."""
    absurd = scenario == "absurd"
    asked = Predictions(targets=(PlannedTarget("score", "score", name=EVIL if absurd else "Health in four weeks"),))
    if scenario == "empty":
        return score_page(Stored(), asked, "score")
    tenths = [ScoreTenth(8 + 9 * k, 2 + 8 * k, 20 + 8 * k, 9 + 8.5 * k, 0.8, 178) for k in range(10)]
    figures = ScoreFigures(10**12 if absurd else 1_786, 93, 11.71, 0.797, 32.8, tenths)
    beside = [ScoreBeside("stays as it is", 13.13, 1.42, 0.74, 2.08), ScoreBeside("goes on as before", 21.7, 10, 9, 11)]
    why = f"Predictions of {_DAY}: What came is told no better than by a simple guess, so nothing is said."
    model = StoredScoreModel(
        NOW, _DAY - timedelta(days=400), _DAY, True, not absurd, why if absurd else None,
        StoredScoreReport(3_503, figures, beside, 3_503),
    )  # fmt: skip
    checks = tuple(
        StoredScoreCheck(_DAY - timedelta(days=28 + 7 * k), StoredScoreFigures(
            90, None if k else 11.9, None if k else 13.0, None if k else 0.78, {"score": 0.4} if k else {}, absurd,
        )) for k in range(3)
    )  # fmt: skip
    stored = Stored(None, NOW - timedelta(days=2), EVIL if absurd else None, 0 if absurd else 91, score=model)
    return score_page(
        msgspec.structs.replace(stored, as_of=None if absurd else _DAY, score_checks=checks), asked, "score"
    )


def too_little() -> PredictionsPage:
    """A training that found too little."""
    says = "not enough history: 12 of 50 customers' days of either outcome"
    return predictions_page(Stored(tried_at=NOW - timedelta(days=2), says=says), Predictions(), "goes_quiet")


def _stored(*, absurd: bool) -> Stored:
    shares = (0.0, 0.01, 0.01, 0.02, 0.03, 0.05, 0.09, 0.17, 0.33, 0.6)
    tenths = [(share, min(1.0, share * 1.04), 4705) for share in shares]
    figures = Figures(
        10**12 if absurd else 47_045, 1_915, 10**11 if absurd else 5_928, 0.916, 0.909, 0.922, 0.83, 0.067, 0.11, 0.22,
        0.022, tenths,
    )  # fmt: skip
    weeks = [
        Week(20_400 + 7 * k, 900, 0 if k == 3 else 110, *((None, None) if k == 3 else (0.91 + k % 3 / 100, 0.9)))
        for k in range(1 if absurd else 20)
    ]
    mine, other = (Curve([at**power for at in GRID], [1 - at * 0.8 for at in GRID]) for power in (0.12, 0.2))
    best = "active days in 28"
    report = StoredReport(
        kind="mix", trained_rows=47_045, rows=47_045, figures=figures, apart_auc=0.94,
        beside=[
            Beside(best, 0.905, 0.8, 0.011, 0.007, 0.015), Beside("events in 91 days", 0.88, 0.76, 0.036, 0.03, 0.04),
        ],
        segments=dict.fromkeys((EVIL, "x" * 300, "") if absurd else ("Enterprise", "Mid-market", "Small"), 0.91),
        drawn=Drawn(mine, other, weeks), without_people=Beside("without people", 0.91, 0.8, 0.006, -0.001, 0.012),
        older_goes_on=absurd,
    )  # fmt: skip
    checks = tuple(
        StoredCheck(_DAY - timedelta(days=28 + 7 * k),
                    StoredFigures(900, 110, 0.12, None if k else 0.91, None if k else 0.02, best, None if k else 0.9,
                                  {"tenure": 0.4} if k else {}, absurd))
        for k in range(3)
    )  # fmt: skip
    why = f"Predictions of {_DAY}: What came is told no better than by a simple guess, so it predicts nothing."
    model = StoredModel(NOW, _DAY - timedelta(days=400), _DAY, True, not absurd, why if absurd else None, report)
    return Stored(
        model,
        NOW - timedelta(days=2),
        EVIL if absurd else None,
        0 if absurd else 1_204,
        None if absurd else _DAY,
        checks,
    )
