"""How well a later score can be told. Nothing here learns, so a server imports it in no time."""

from __future__ import annotations

from typing import Final

import msgspec

#: An interval that says 80 of 100 has to hold so many of 100 that it was not fitted on.
LEAST: Final = 0.75
MOST: Final = 0.85


class ScoreBeside(msgspec.Struct, frozen=True):
    """A simple guess on the same rows: how many points it is off on average, and by how many fewer the model is, with
    95 %."""

    name: str
    error: float
    less: float
    low: float
    high: float


class ScoreTenth(msgspec.Struct, frozen=True):
    """Of a tenth of the checked rows, by what was expected: the mean of what was, of both ends and of what came."""

    expected: float
    low: float
    high: float
    came: float
    covers: float
    rows: int


class ScoreFigures(msgspec.Struct, frozen=True):
    """What rows say that were not learned from: how many points off on average, the share that came to lie in the
    interval, and how wide that is on average."""

    rows: int
    customers: int
    error: float
    covers: float
    width: float
    tenths: list[ScoreTenth]


def why_not(figures: ScoreFigures, beside: list[ScoreBeside]) -> str:
    """Why nothing may be said of a later score, in a sentence; '' where nothing is wrong."""
    worst = min(beside, key=lambda one: one.low, default=None)
    if worst is not None and worst.low <= 0:
        return (
            f"It is off by {figures.error:.1f} points on average, and {worst.name!r} by {worst.error:.1f},"
            " which is no better beyond chance."
        )
    if not LEAST <= figures.covers <= MOST:
        return (
            f"Of 100 scores {100 * figures.covers:.0f} came to lie in an interval that says 80;"
            f" {100 * LEAST:.0f} to {100 * MOST:.0f} are near enough."
        )
    return ""
