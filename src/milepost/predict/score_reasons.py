"""Why a score is expected to be what it is: what each kind of knowledge adds to it in points, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from milepost.predict.features import Matrix
from milepost.predict.reasons import GROUPS, added_by_group, in_words
from milepost.predict.said import PredictionReason
from milepost.predict.score_model import ScoreModel
from milepost.predict.score_rows import SCORE

#: Fewer points are no reason.
_MATTERS: Final = 0.5
_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {"score": SCORE, **GROUPS}


def score_reasons(model: ScoreModel, values: Matrix, usual: Matrix, *, most: int = 3) -> list[list[PredictionReason]]:
    """For each row the groups that move how the score changes, beside the median customer, the strongest first; `adds`
    is in points, below 0 where it takes some away."""

    def change(rows: Matrix) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return model.expected(rows) - rows[:, model.features.index("score")]

    added = added_by_group(change, model.features, values, usual, _GROUPS)
    found = []
    for index, row in enumerate(values):
        known = dict(zip(model.features, (float(value) for value in row), strict=True))
        usual_of = dict(zip(model.features, (float(value) for value in usual[0]), strict=True))
        ranked = sorted(added, key=lambda name: -abs(added[name][index]))
        found.append(
            [
                PredictionReason(
                    name, round(float(added[name][index]), 1),
                    _score(known) if name == "score" else in_words(name, known, usual_of),
                )
                for name in ranked[:most] if abs(added[name][index]) >= _MATTERS
            ]
        )  # fmt: skip
    return found


def _score(known: Mapping[str, float]) -> str:
    before = known.get("score_before", np.nan)
    then = "" if np.isnan(before) else f", {before:.0f} four weeks before"
    return f"A score of {known['score']:.0f}{then}."
