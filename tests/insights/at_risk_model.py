"""The rule of who is at risk in plain Python: what the database says is held to it, and `python -m bench.at_risk` asks
what it is worth. Days are numbers, active days sorted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple


class Past(NamedTuple):
    """As milepost.own_past."""

    active_days: int
    usual_days: float | None
    missed_days: float | None


def own_past(days: Sequence[int], today: int) -> Past:
    """A customer against its own past; what comes after today counts for nothing."""
    end, recent, first = (bisect_right(days, today - ago) for ago in (0, 28, 112))
    active, earlier = end - recent, recent - first
    if earlier < 2 or today - days[0] < 55:
        return Past(active, None, None)
    usual = 28 * earlier / min(84, today - days[0] - 27)
    return Past(active, usual, usual * (today - days[end - 1]) / 28 if active <= usual / 2 else None)


def present(days: Sequence[int], today: int) -> bool:
    """Whether a customer was active in the last 112 days."""
    return bisect_right(days, today) > bisect_right(days, today - 112)


def at_risk(histories: Mapping[str, Sequence[int]], today: int) -> list[str]:
    """Who is at risk: first those away for long, the root of how often they usually come taken into account."""
    active = [name for name, days in histories.items() if present(days, today)]
    pasts = {name: own_past(histories[name], today) for name in active}
    found = [
        (-past.missed_days / sqrt(past.usual_days), name)
        for name, past in pasts.items()
        if past.missed_days is not None and past.usual_days is not None
    ]
    return [name for _, name in sorted(found)[: max(1, int(0.15 * len(active)))]]
