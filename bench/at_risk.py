"""`python -m bench.at_risk FOLDER`: what it is worth to be told who is at risk, on real histories.

FOLDER has `openstack/changes.csv.gz`, `oulad/events.csv.gz` and `onlineshop/events.csv`. Every 28th day it is asked who
is at risk, by the rule itself (tests hold the database to the same one), and whether they come in the 28 days after.
docs/validation.md says what the columns are.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.three_sets import NAMES, acts
from tests.insights.at_risk_model import at_risk, own_past, present

_SLICE: Final = 28
_DRAWS: Final = 1_000

Histories = Mapping[str, Sequence[int]]


class Seen(NamedTuple):
    """A customer in a slice: whether it was flagged by the rule and by the rival, whether enough of its past is known,
    whether it did not come in the 28 days after, and how many of its usual days it lost in them."""

    customer: str
    flagged: bool
    longest: bool
    known: bool
    gone: bool
    lost: float


def main() -> None:
    """Prints a table of all data sets."""
    parser = argparse.ArgumentParser(prog="python -m bench.at_risk", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the three data sets are")
    folder: Path = parser.parse_args().folder
    table = Table("data", "customers x slices", "flagged", "gone", "lift", "of those known", "shuffled", "days lost")
    for name in NAMES:
        histories = days_of(name, folder / name)
        seen = [one for today in slices(histories) for one in look(histories, today)]
        dealt = [one for today in slices(histories) for one in deal(look(histories, today), today)]
        for who, chosen in (("rule", by_rule), ("longest not seen", _longest)):
            table.add_row(
                f"{name}: {who}",
                f"{len(seen):,}",
                f"{100 * sum(map(chosen, seen)) / len(seen):.1f} %",
                f"{100 * share([one for one in seen if chosen(one)]):.0f} %",
                in_words(seen, chosen),
                in_words([one for one in seen if one.known or chosen(one)], chosen),
                in_words(dealt, chosen),
                f"{100 * sum(one.lost for one in seen if chosen(one)) / sum(one.lost for one in seen):.0f} %",
            )
    Console(width=150).print(table)


def slices(histories: Histories) -> Iterator[int]:
    """Every 28th day, back from the last that leaves 28 after it, while anybody can be told."""
    first, last = min(days[0] for days in histories.values()), max(days[-1] for days in histories.values())
    yield from range(last - _SLICE, first + 56, -_SLICE)


def look(histories: Histories, today: int) -> list[Seen]:
    """Everybody who was active in the 112 days up to today."""
    flagged = set(at_risk(histories, today))
    active = [name for name, days in histories.items() if present(days, today)]
    last = {name: histories[name][bisect_right(histories[name], today) - 1] for name in active}
    longest = set(sorted(active, key=lambda name: (last[name], name))[: len(flagged)])
    return [_seen(name, histories[name], today, flagged=name in flagged, longest=name in longest) for name in active]


def _seen(name: str, days: Sequence[int], today: int, *, flagged: bool, longest: bool) -> Seen:
    usual = own_past(days, today).usual_days
    after = bisect_right(days, today + _SLICE) - bisect_right(days, today)
    return Seen(name, flagged, longest, usual is not None, not after, max(0.0, (usual or 0) - after))


def deal(seen: Sequence[Seen], seed: int) -> list[Seen]:
    """The same customers, and what came after as if it had been another's of the slice."""
    gone = [one.gone for one in seen]
    random.Random(seed).shuffle(gone)
    return [one._replace(gone=dealt) for one, dealt in zip(seen, gone, strict=True)]


def share(seen: Sequence[Seen]) -> float:
    """Of whom nothing came."""
    return sum(one.gone for one in seen) / len(seen) if seen else 0.0


def in_words(seen: Iterable[Seen], chosen: Callable[[Seen], bool]) -> str:
    """The lift of the chosen against the others, and its 95 % interval."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in seen:
        at = 0 if chosen(one) else 2
        counts[one.customer][at] += one.gone
        counts[one.customer][at + 1] += 1
    each = list(counts.values())
    drawn = sorted(_lift(random.Random(draw).choices(each, k=len(each))) for draw in range(_DRAWS))
    low, high = drawn[int(0.025 * _DRAWS)], drawn[int(0.975 * _DRAWS)]
    return f"{_lift(each):.2f} ({low:.2f} to {high:.2f})"


def _lift(each: Sequence[Sequence[int]]) -> float:
    gone, chosen, others_gone, others = (sum(one[at] for one in each) for at in range(4))
    return (gone / chosen) / (others_gone / others) if chosen and others_gone else 0.0


def by_rule(one: Seen) -> bool:
    return one.flagged


def _longest(one: Seen) -> bool:
    return one.longest


def days_of(name: str, folder: Path) -> dict[str, list[int]]:
    """Every customer's active days, sorted."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for one in acts(name, folder):
        found[one.customer].add(one.day)
    return {customer: sorted(days) for customer, days in found.items()}


if __name__ == "__main__":
    main()
