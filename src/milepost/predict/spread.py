"""How features are spread, and by how much that has shifted since a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from milepost.predict.features import Known
from milepost.predict.measures import Floats

#: A share is never nothing: its logarithm is taken.
_LEAST: Final = 1e-3


class Spread(msgspec.Struct, frozen=True):
    """Of a feature: where it is cut (its tenths), and the share of rows below each cut, above the last, and unknown."""

    cuts: list[float]
    shares: list[float]


def spread(known: Known, features: Sequence[str]) -> dict[str, Spread]:
    """Of each feature."""
    found = {}
    for name in features:
        column = known.column(name).astype(np.float64)
        there = column[~np.isnan(column)]
        cuts = np.unique(np.quantile(there, np.arange(1, 10) / 10)) if len(there) else np.zeros(0)
        found[name] = Spread(cuts.tolist(), _shares(column, cuts).tolist())
    return found


def shift(before: Mapping[str, Spread], known: Known) -> dict[str, float]:
    """The population stability index of each feature that is still known: the sum over parts of (now - before) times
    the logarithm of now over before. 0 is no shift; from 0.25 on it is a large one."""
    found = {}
    for name, one in before.items():
        if name in known.names and len(known.customers):
            then = np.maximum(np.array(one.shares), _LEAST)
            now = np.maximum(_shares(known.column(name).astype(np.float64), np.array(one.cuts)), _LEAST)
            found[name] = round(float(((now - then) * np.log(now / then)).sum()), 3)
    return found


def _shares(column: Floats, cuts: Floats) -> Floats:
    there = column[~np.isnan(column)]
    counts = np.bincount(np.searchsorted(cuts, there, side="left"), minlength=len(cuts) + 1)
    shares: Floats = np.append(counts, len(column) - len(there)) / max(len(column), 1)
    return shares
