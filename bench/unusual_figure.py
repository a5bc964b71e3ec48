"""What an alert on a figure unlike its own past finds and what it makes up: `python -m bench.unusual_figure`.

Series of events a day, quieter on weekends, some of which grow, and vary beyond chance; the last week of each falls by
half, or goes on. Looked at on each of its days. Beside the alert stand two simple rules: fewer than on the same day of
each of the eight weeks before and at most 60 % of their mean; and three standard deviations from the mean of 28 days.
With `--data` real series, the events a day of each data set and of its largest customers, whose whole weeks are
shuffled: there is next to nothing to be found.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.three_sets import NAMES, acts
from milepost.alerts.unusual_figure import RHYTHMS, find_odd

_WEEK = np.array([1.3, 1.4, 1.3, 1.3, 1.1, 0.3, 0.3])
_RHYTHM = RHYTHMS["day"]
_DAYS = _RHYTHM.days
Rule = Callable[[Any], bool]


def world(seed: int, many: int, *, pace: float, spread: float, growth: float = 0.0) -> Any:
    """Counts by series and day, and what is expected of the day that follows; `spread`: the variance of what a day is
    above or below its mean; `growth` in a month."""
    chance, days = np.random.default_rng(seed), np.arange(_DAYS + 6)
    own = chance.gamma(1 / spread, spread, (many, len(days))) if spread else 1.0
    paces = pace * np.exp(chance.normal(0, 0.5, many))
    grown = np.exp(growth * (days - days[-1]) / 30)
    # The last day is one of each of the week, in turn.
    week = (_WEEK / _WEEK.mean())[(days[None, :] + np.arange(many)[:, None]) % 7]
    return paces[:, None] * week * grown * own


def ours(series: Any) -> bool:
    odd = find_odd([float(value) for value in series], _RHYTHM)
    return odd is not None


def same_days(series: Any) -> bool:
    before = series[-8 - 7 * 7 : -7 : 7] if len(series) > 56 else series[:0]
    return bool(len(before)) and bool(series[-1] < before.min() and series[-1] <= 0.6 * before.mean())


def three_sigma(series: Any) -> bool:
    before = series[-29:-1]
    return bool(abs(series[-1] - before.mean()) > 3 * before.std(ddof=1))


RULES: dict[str, Rule] = {"the alert": ours, "same days, 60 %": same_days, "three sigma": three_sigma}


def planted(rule: Rule, many: int, fall: float, **kind: float) -> str:
    """Each on seven days, by what there was until then."""
    chance, expected = np.random.default_rng(7), world(3, many, **kind)
    usual = chance.poisson(expected)
    expected[:, -7:] *= 1 - fall
    fell = chance.poisson(expected)
    looks = [slice(day, day + _DAYS) for day in range(7)]
    at_once = sum(rule(row[looks[0]]) for row in fell)
    found = sum(any(rule(row[look]) for look in looks) for row in fell)
    false = sum(rule(row[look]) for row in usual for look in looks)
    shares = f"{100 * at_once / many:5.1f} % found at once, {100 * found / many:5.1f} % in a week"
    return f"{shares}, {1_000 * false / (7 * many):5.1f} of 1,000 looks made up"


def shuffled(rule: Rule, series: Any, rounds: int) -> str:
    """The whole weeks of each in random order."""
    made, weeks = 0, series.reshape(len(series), -1, 7)
    for seed in range(rounds):
        order = np.argsort(np.random.default_rng(seed).random(weeks.shape[:2]), axis=1)
        made += sum(map(rule, np.take_along_axis(weeks, order[:, :, None], axis=1).reshape(len(series), -1)))
    return (
        f"{1_000 * made / (len(series) * rounds):5.1f} of 1,000 looks made up ({len(series)} series, {rounds} rounds)"
    )


def _real(name: str, folder: Path) -> Any:
    """The whole weeks of a data set in which most happened: all of it, and its forty busiest customers."""
    days: dict[str, Counter[int]] = {"": Counter()}
    for act in acts(name, folder):
        days.setdefault(act.customer, Counter())[act.day] += 1
        days[""][act.day] += 1
    total = days[""]
    first = max(range(min(total), max(total) - _DAYS + 2, 7), key=lambda at: sum(total[at + k] for k in range(_DAYS)))
    busiest = sorted(days, key=lambda who: -sum(days[who][first + k] for k in range(_DAYS)))[:41]
    return np.array([[days[who][first + k] for k in range(_DAYS)] for who in busiest], dtype=np.int64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=4_000)
    parser.add_argument("--data", type=Path, help="the folder of openstack, oulad and onlineshop")
    arguments = parser.parse_args()
    kinds: list[tuple[str, dict[str, float]]] = [
        ("50 events a day, chance alone", {"pace": 50, "spread": 0.0}),
        ("50 a day, days vary by 20 %", {"pace": 50, "spread": 0.04}),
        ("500 a day, days vary by 10 %", {"pace": 500, "spread": 0.01}),
        ("500 a day, by 10 %, growing by 10 % a month", {"pace": 500, "spread": 0.01, "growth": 0.1}),
        ("500 a day, days vary by 20 %", {"pace": 500, "spread": 0.04}),
    ]
    for label, kind in kinds:
        for fall in (0.5, 0.3):
            print(f"{label}; a fall by {100 * fall:.0f} %")
            for name, rule in RULES.items():
                print(f"  {name:16} {planted(rule, arguments.series, fall, **kind)}")
    for name in NAMES if arguments.data else ():
        series = _real(name, arguments.data / name)
        print(f"{name}, its weeks shuffled")
        for called, rule in RULES.items():
            print(f"  {called:16} {shuffled(rule, series, 20)}")


if __name__ == "__main__":
    main()
