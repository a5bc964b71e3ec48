"""What is told of how well a later score can be told, as it is stored."""

from __future__ import annotations

from typing import Literal

import msgspec

from milepost.predict.score_said import ScoreBeside, ScoreFigures, why_not
from milepost.predict.spread import Spread
from milepost.predict.targets import Target


class ScoreReport(msgspec.Struct, frozen=True):
    """How a later score can be told, on later days of other customers than it learned from."""

    target: Target
    kind: Literal["score"]
    features: tuple[str, ...]
    trained_rows: int
    rows: int
    figures: ScoreFigures
    #: The best first.
    beside: list[ScoreBeside]
    made_with: str = ""
    spread: dict[str, Spread] = {}

    @property
    def holds(self) -> bool:
        """Whether it beats every simple guess beyond chance and its interval holds; else it is not shown."""
        return not why_not(self.figures, self.beside)

    @property
    def verdict(self) -> str:
        """A sentence."""
        if why := why_not(self.figures, self.beside):
            return f"{why} So nothing is said."
        return "It beats every simple guess beyond chance, and its interval holds, so it is said."
