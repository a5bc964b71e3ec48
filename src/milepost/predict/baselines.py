"""What a model has to beat: figures that anybody can see, by the same rows. Higher means likelier to go quiet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from milepost.predict.features import Known
from milepost.predict.measures import Floats


def _negative(name: str) -> Callable[[Known], Floats]:
    return lambda known: -known.column(name).astype(np.float64)


def _recency(known: Known) -> Floats:
    return known.column("recency").astype(np.float64)


def _own_rhythm(known: Known) -> Floats:
    """Days away over the customer's own long gap; who has none is as far as the days say."""
    gap = np.nan_to_num(known.column("long_gap"), nan=1.0)
    ratio: Floats = (known.column("recency") / np.maximum(gap, 1.0)).astype(np.float64)
    return ratio


#: By name: the figure.
BASELINES: Final[Mapping[str, Callable[[Known], Floats]]] = {
    "days since the last event": _recency,
    "days over own long gap": _own_rhythm,
    "active days in 28": _negative("active_days_28"),
    "active days in 91": _negative("active_days_91"),
    "events in 91 days": _negative("events_91"),
}
