"""What a model has to beat: figures that anybody can see, by the same rows. Higher means likelier to go quiet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from milepost.predict.features import Known, standing_of
from milepost.predict.measures import Floats

#: What bgnbd.py says is called among simple guesses.
BG_NBD: Final = "BG/NBD"
#: In how many days it says that nobody comes; for who comes before whom it is nearly all the same.
_DAYS: Final = 28


def _negative(name: str) -> Callable[[Known], Floats]:
    return lambda known: -known.column(name).astype(np.float64)


def _recency(known: Known) -> Floats:
    return known.column("recency").astype(np.float64)


def _own_rhythm(known: Known) -> Floats:
    """Days away over the customer's own long gap; who has none is as far as the days say."""
    gap = np.nan_to_num(known.column("long_gap"), nan=1.0)
    ratio: Floats = (known.column("recency") / np.maximum(gap, 1.0)).astype(np.float64)
    return ratio


def guesses(known: Known) -> dict[str, Floats]:
    """By name, the figure of each customer; of a target that knows something of itself, that too."""
    found = {name: guess(known) for name, guess in _GUESSES.items()}
    found[BG_NBD] = standing_of(known.values, known.names).quiet(_DAYS)
    for feature, name in (("own_level", "how much of it there is"), ("own_since", "days since the last change of it")):
        if feature in known.names:
            # Who has none of it has it longest ago, and least of it.
            missing = -1.0 if feature == "own_level" else 1e6
            found[name] = np.nan_to_num(known.column(feature).astype(np.float64), nan=missing)
    return found


def rivals_of(kind: str, known: Known) -> dict[str, Floats]:
    """The guesses that a model of this kind has to beat: it is no rival of itself."""
    return {name: guess for name, guess in guesses(known).items() if (kind, name) != ("rhythm", BG_NBD)}


#: By name: the figure.
_GUESSES: Final[Mapping[str, Callable[[Known], Floats]]] = {
    "days since the last event": _recency,
    "days over own long gap": _own_rhythm,
    "active days in 28": _negative("active_days_28"),
    "active days in 91": _negative("active_days_91"),
    "events in 91 days": _negative("events_91"),
}
