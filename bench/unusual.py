"""What the alert on unusual use finds and what it makes up: `python -m bench.unusual`.

Worlds of 1,000 accounts, each at a pace of its own and quieter on weekends; in each 20 fall by half. Looked at on each
of the seven days after. Beside it stands the simplest rule: fewer events in a week than in any of the twelve before and
at most 60 % of their mean. With `--data` real accounts too, whose whole weeks are shuffled within each: there is next
to nothing to be found.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from bench.three_sets import NAMES, acts
from milepost.alerts.unusual import DAYS, WEEKS, find_unusual

_WEEK = np.array([1.3, 1.4, 1.3, 1.3, 1.1, 0.3, 0.3])
Found = set[tuple[int, str]]


def world(seed: int, *, least: float, spread: float, drift: float = 0.0) -> tuple[Any, set[int]]:
    """Counts by account and day, and who fell: at least `least` events a week; `spread`: the variance of what a whole
    week is above or below its mean; `drift`: how far paces grow or shrink in a month."""
    chance, days = np.random.default_rng(seed), DAYS + 7
    pace = np.maximum(np.exp(chance.normal(np.log(100 / 7), 1.0, 1_000)), least / 7)
    weeks = np.arange(days) // 7
    own = chance.gamma(1 / spread, spread, (1_000, weeks.max() + 1))[:, weeks] if spread else 1.0
    moved = np.exp(drift * chance.normal(0, 1, 1_000)[:, None] * (np.arange(days) - days) / 30)
    expected = pace[:, None] * (_WEEK / _WEEK.mean())[np.arange(days) % 7] * own * moved
    fell = {int(place) for place in chance.choice(1_000, 20, replace=False)}
    expected[sorted(fell), -7:] *= 0.5
    return chance.poisson(expected), fell


def ours(counts: Any) -> Found:
    there = np.full(len(counts), 10**6)
    return {(one.place, one.way) for day in range(1, 8) for one in find_unusual(counts[:, day : day + DAYS], there)}


def simplest(counts: Any) -> Found:
    found: Found = set()
    for day in range(1, 8):
        weeks = counts[:, day : day + DAYS].reshape(len(counts), WEEKS + 1, 7).sum(axis=2)
        last, before = weeks[:, -1], weeks[:, :-1]
        low = (last < before.min(axis=1)) & (last <= 0.6 * before.mean(axis=1)) & (before.mean(axis=1) >= 5)
        found |= {(int(place), "quiet") for place in np.flatnonzero(low)}
    return found


def planted(rule: Callable[[Any], Found], seeds: Iterable[int], **kind: float) -> str:
    found, false = [], []
    for seed in seeds:
        counts, fell = world(seed, **kind)
        told = rule(counts)
        found.append(len({place for place, way in told if way == "quiet"} & fell))
        false.append(sum(place not in fell for place, _ in told))
    hits = f"{statistics.median(found):5.1f} ({min(found)}-{max(found)}) of 20"
    return f"{hits}, {statistics.mean(false):4.1f} ({max(false)}) made up"


def shuffled(rule: Callable[[Any], Found], counts: Any, seeds: Iterable[int]) -> str:
    """The whole weeks of each account in random order."""
    made = 0
    weeks = counts.reshape(len(counts), WEEKS + 2, 7)
    for seed in seeds:
        order = np.argsort(np.random.default_rng(seed).random(weeks.shape[:2]), axis=1)
        made += len(rule(np.take_along_axis(weeks, order[:, :, None], axis=1).reshape(len(counts), -1)))
    rounds = len(list(seeds))
    share = 1_000 * made / max(len(counts) * rounds, 1)
    return f"{share:4.1f} of 1,000 a week ({len(counts):,} accounts, {rounds} rounds)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--data", type=Path, help="the folder of openstack, oulad and onlineshop")
    arguments = parser.parse_args()
    seeds = range(arguments.worlds)
    kinds: list[tuple[str, dict[str, float]]] = [
        ("30 events a week and more, chance alone", {"least": 30, "spread": 0.0}),
        ("50 and more, chance alone", {"least": 50, "spread": 0.0}),
        ("50 and more, weeks vary by 7 %", {"least": 50, "spread": 0.005}),
        ("100 and more, weeks vary by 10 %", {"least": 100, "spread": 0.01}),
        ("100 and more, weeks vary by 14 %", {"least": 100, "spread": 0.02}),
        ("100 and more, by 10 %, and drift by 10 % a month", {"least": 100, "spread": 0.01, "drift": 0.1}),
    ]
    for label, kind in kinds:
        print(label)
        print(f"  the alert         {planted(ours, seeds, **kind)}")
        print(f"  the simplest rule {planted(simplest, seeds, **kind)}")
    for name in NAMES if arguments.data else ():
        counts = _real(name, arguments.data / name)
        print(f"{name}, its weeks shuffled")
        print(f"  the alert         {shuffled(ours, counts, seeds)}")
        print(f"  the simplest rule {shuffled(simplest, counts, seeds)}")


def _real(name: str, folder: Path) -> Any:
    """The 14 whole weeks of a data set in which most happened, by account and day."""
    days: dict[str, Counter[int]] = {}
    for act in acts(name, folder):
        days.setdefault(act.customer, Counter())[act.day] += 1
    length, total = DAYS + 7, Counter[int]()
    for counts in days.values():
        total.update(counts)
    first = max(range(min(total), max(total) - length + 2, 7), key=lambda at: sum(total[at + k] for k in range(length)))
    rows = [[counts[first + k] for k in range(length)] for counts in days.values()]
    found = np.array([row for row in rows if any(row)], dtype=np.int64)
    return found


if __name__ == "__main__":
    main()
