"""Percentiles, and the largest values of a breakdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeVar

V = TypeVar("V", str, tuple[str, ...])


def percentile(values: Iterable[float], p: float) -> float | None:
    """Exact and interpolated: of n sorted values, at place p * (n - 1)."""
    found = sorted(values)
    if not found:
        return None
    place = p * (len(found) - 1)
    low = math.floor(place)
    high = min(low + 1, len(found) - 1)
    return found[low] + (found[high] - found[low]) * (place - low)


def largest(sizes: Mapping[V, float], top: int) -> list[V]:
    """The `top` largest, the smaller text first where two are as large."""
    return sorted(sizes, key=lambda value: (-sizes[value], value))[:top]


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
