"""Why a prediction is what it is: what each kind of knowledge adds to a customer's log-odds, and in words.

Shapley values of groups of features, against the median customer: the mean, over orders of the groups, of what the
log-odds change by when a group takes the customer's own values (Strumbelj and Kononenko 2014). `_ORDERS` orders are
drawn once and taken for everybody; what the groups add sums up to the distance of the log-odds from the median's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from milepost.predict.features import OWN, PEOPLE, STANDING, Matrix
from milepost.predict.measures import Floats
from milepost.predict.models import Model
from milepost.predict.said import PredictionReason
from milepost.predict.targets import Target

_ORDERS: Final = 12
#: Less than this, in log-odds, is no reason.
_MATTERS: Final = 0.1

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "away": ("recency", "gaps_as_long", *STANDING),
    "days": (
        "active_days", "active_days_7", "active_days_28", "active_days_56", "active_days_91", "active_days_182",
        "active_days_365", "fading_days_7", "fading_days_28", "fading_days_91", "fading_days_182",
        "active_weeks_8", "active_weeks_26", "active_months_13",
    ),
    "events": (
        "events_7", "events_28", "events_56", "events_91", "events_182", "events_365",
        "fading_volume_28", "fading_volume_91",
    ),
    "gaps": ("usual_gap", "long_gap"),
    "tools": ("tools_28", "tools_91", "event_names_28"),
    "people": PEOPLE,
    "tenure": ("tenure",),
    "target": OWN,
    "peers": ("peers_active", "peers_change", "peers_quiet", "rank_28"),
}  # fmt: skip


def contributions(model: Model, values: Matrix, usual: Matrix, *, seed: int = 0) -> dict[str, Floats]:
    """By group, what it adds to the log-odds of each row, beside a customer with the values `usual` (one row)."""
    return {
        name: model.slope * added
        for name, added in added_by_group(model.odds, model.features, values, usual, GROUPS, seed=seed).items()
    }


def added_by_group(
    figure: Callable[[Matrix], Floats], features: Sequence[str], values: Matrix, usual: Matrix,
    named: Mapping[str, tuple[str, ...]], *, seed: int = 0,
) -> dict[str, Floats]:  # fmt: skip
    """By group of features, what it adds to a figure of each row."""
    groups = {name: [features.index(one) for one in members if one in features] for name, members in named.items()}
    groups = {name: columns for name, columns in groups.items() if columns}
    names = list(groups)
    chance = np.random.default_rng(seed)
    orders = [[str(one) for one in chance.permutation(names)] for _ in range(_ORDERS)]
    total = {name: np.zeros(len(values)) for name in names}
    for order in orders:
        mixed = np.repeat(usual, len(values), axis=0)
        before = figure(mixed)
        for name in order:
            mixed[:, groups[name]] = values[:, groups[name]]
            after = figure(mixed)
            total[name] += after - before
            before = after
    return {name: added / len(orders) for name, added in total.items()}


def reasons(
    model: Model, values: Matrix, usual: Matrix, *, most: int = 3, target: Target | None = None
) -> list[list[PredictionReason]]:
    """For each row the groups that make it likelier, the strongest first, `most` at most."""
    added = contributions(model, values, usual)
    found = []
    for index, row in enumerate(values):
        known = dict(zip(model.features, (float(value) for value in row), strict=True))
        usual_of = dict(zip(model.features, (float(value) for value in usual[0]), strict=True))
        ranked = sorted(added, key=lambda name: -added[name][index])
        found.append(
            [
                PredictionReason(name, round(float(added[name][index]), 3), in_words(name, known, usual_of, target))
                for name in ranked[:most]
                if added[name][index] >= _MATTERS
            ]
        )
    return found


def in_words(group: str, known: Mapping[str, float], usual: Mapping[str, float], target: Target | None = None) -> str:
    """What is known of the customer in a group, as a sentence."""

    def of(name: str, values: Mapping[str, float] = known) -> float:
        return float(np.nan_to_num(values.get(name, 0.0)))

    def days(name: str, values: Mapping[str, float] = known) -> str:
        return counted(of(name, values), "day")

    if group == "gaps" and np.isnan(known.get("usual_gap", np.nan)):
        return "Has come on one day only, so no rhythm is known."
    if group == "target":
        return _own(known, target)
    sentences = {
        "away": f"Last seen {days('recency')} ago; {days('recency', usual)} is usual.",
        "days": f"Active on {days('active_days_28')} of the last 28, on {of('active_days_56'):.0f} of the 28 before.",
        "events": f"{counted(of('events_28'), 'event')} in 28 days, {of('events_56'):,.0f} in the 28 before.",
        "gaps": f"Comes every {days('usual_gap')} as a rule; every {days('usual_gap', usual)} is usual.",
        "tools": f"{counted(of('tools_28'), 'tool')} used in 28 days, {of('tools_91'):.0f} in 91.",
        "people": f"{of('people_28'):.0f} people active in 28 days, {of('people_91'):.0f} in 91; whoever does most was "
        f"last seen {days('champion_away')} ago.",
        "tenure": f"First seen {days('tenure')} ago.",
        "peers": f"Of its segment, {of('peers_quiet'):.0%} of who came a month ago has not come since.",
    }
    return sentences[group]


def _own(known: Mapping[str, float], target: Target | None) -> str:
    """What the target knows of itself."""
    level, since = known.get("own_level", np.nan), known.get("own_since", np.nan)
    what = target.asks.what if target is not None and target.asks is not None else ""
    ago = counted(float(np.nan_to_num(since)), "day")
    if what == "level_up":
        return "No points yet." if np.isnan(level) else f"{counted(level, 'point')} to the nearest next level."
    if what == "event":
        return "Never so far." if np.isnan(since) else f"{level:,.0f} times in 91 days, last {ago} ago."
    if what == "trait_becomes":
        return "Never said so far." if np.isnan(since) else f"As it is now for {ago}."
    return f"{level:,.4g} for {ago}."


def counted(count: float, word: str) -> str:
    """A number and its word: 1 day, 12 days."""
    return f"{count:,.0f} {word}" + ("" if round(count) == 1 else "s")


def usual_row(values: Matrix) -> Matrix:
    """One row of medians, of who has a value; 0 where nobody has."""
    with np.errstate(all="ignore"):
        row = np.nan_to_num(np.nanmedian(values, axis=0))
    return row[np.newaxis, :].astype(np.float32)
