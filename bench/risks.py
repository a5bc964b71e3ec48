"""`python -m bench.risks FOLDER`: do those of whom a reason to worry holds do worse, and does a trend say what comes.

The data sets and the days asked are those of `bench.at_risk`: every 28th day, customers active in the 112 days before,
and whether they come in the 28 days after. docs/validation.md says what the columns are.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.at_risk import Seen, by_rule, in_words, share, slices
from bench.three_sets import NAMES, acts
from tests.insights.at_risk_model import present
from tests.insights.scores_model import trend

_AFTER: Final = 28
_DRAWS: Final = 300
#: Own gaps that are needed to say that this one is longer than 95 % of them.
_GAPS: Final = 10
_LOW: Final = {
    "oulad": {"homepage", "subpage", "sharedsubpage", "oucontent", "url", "glossary", "forumng", "ouelluminate",
              "oucollaborate", "dataplus"},
    "onlineshop": {"main", "catalog", "product1", "product2", "cart"},
    "openstack": set[str](),
}  # fmt: skip


@dataclass
class Day:
    """A customer's day: events, those of low impact, and with what and by whom."""

    events: int = 0
    low: int = 0
    tools: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)


class Look(NamedTuple):
    """A customer's days, sorted in `days`, and the day that is asked of: nothing after it counts."""

    past: Mapping[int, Day]
    days: Sequence[int]
    today: int


Reason = Callable[[Look], bool]


def irregular(at: Look) -> bool:
    """inconsistent_system_usage: fewer than 4 active weeks of the last 8, or as large a share of those there were."""
    age = at.today - at.days[0]
    weeks = {(at.today - day) // 7 for day in at.days if at.today - 56 < day <= at.today}
    return age >= 28 and len(weeks) < 4 * min(8, age // 7 + 1) / 8


def little_impact(at: Look) -> bool:
    """low_business_impact_actions: more than 80 % of 10 events or more in 28 days."""
    recent = [at.past[day] for day in at.days if at.today - 28 < day <= at.today]
    events = sum(day.events for day in recent)
    return events >= 10 and sum(day.low for day in recent) > 0.8 * events


def long_away(at: Look) -> bool:
    """Longer than 95 % of its own gaps, of which there are 10 or more."""
    before = at.days[: bisect_right(at.days, at.today)]
    gaps = [later - earlier for earlier, later in pairwise(before)]
    return len(gaps) >= _GAPS and sum(gap < at.today - before[-1] for gap in gaps) >= 0.95 * len(gaps)


def fewer_people(at: Look) -> bool:
    """At most half as many people in 28 days as in the 28 before, which were 2 or more."""
    now, then = _of(at, 0), _of(at, 28)
    return len(then[1]) >= 2 and len(now[1]) <= len(then[1]) / 2


def champion_quiet(at: Look) -> bool:
    """Of whoever was there on most days of 14 to 103 days ago, 10 or more, nothing for 14, while others came."""
    on = defaultdict[str, int](int)
    for day in at.days:
        if at.today - 104 < day <= at.today - 14:
            for person in at.past[day].people:
                on[person] += 1
    if not on:
        return False
    champion = max(on, key=lambda person: (on[person], person))
    lately = [at.past[day].people for day in at.days if at.today - 14 < day <= at.today]
    return on[champion] >= 10 and any(lately) and all(champion not in people for people in lately)


def less_breadth(at: Look) -> bool:
    """At most half as many tools in 28 days as in the 28 before, which were 2 or more."""
    now, then = _of(at, 0), _of(at, 28)
    return len(then[0]) >= 2 and len(now[0]) <= len(then[0]) / 2


def declining(at: Look) -> bool:
    """professional_credibility_trend."""
    return _trend(at.days, at.today) == "declining"


REASONS: Final[Mapping[str, Reason]] = {
    "irregular use": irregular,
    "little impact": little_impact,
    "away longer than 95 % of own gaps": long_away,
    "fewer people than before": fewer_people,
    "champion quiet": champion_quiet,
    "fewer tools than before": less_breadth,
    "trend: declining": declining,
}


def main() -> None:
    """Prints a table of all data sets."""
    parser = argparse.ArgumentParser(prog="python -m bench.risks", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the three data sets are")
    folder: Path = parser.parse_args().folder
    table = Table("data", "reason", "flagged", "gone", "lift", "at equal activity")
    for name in NAMES:
        pasts = read(name, folder / name)
        histories = {customer: sorted(past) for customer, past in pasts.items()}
        asked = [
            (customer, today)
            for today in slices(histories)
            for customer, days in histories.items()
            if present(days, today)
        ]
        for reason, holds in REASONS.items():
            seen, of = [], []
            for customer, today in asked:
                days = histories[customer]
                gone = bisect_right(days, today + _AFTER) == bisect_right(days, today)
                flagged = holds(Look(pasts[customer], days, today))
                seen.append(Seen(customer, flagged, longest=False, known=False, gone=gone, lost=0.0))
                of.append(bisect_right(days, today) - bisect_right(days, today - 112))
            chosen = [one for one in seen if one.flagged]
            if chosen:
                part = f"{100 * len(chosen) / len(seen):.1f} %", f"{100 * share(chosen):.0f} %"
                table.add_row(name, reason, *part, in_words(seen, by_rule), _equally_active(seen, of))
        known = [(days, today) for customer, today in asked if today - (days := histories[customer])[0] >= 55]
        print(f"{name}: {_shuffled(known):.1%} of shuffled histories have a trend")
    Console(width=130).print(table)


def _equally_active(seen: Sequence[Seen], of: Sequence[int]) -> str:
    """The lift among customers with as many active days in 112 (Mantel-Haenszel), and its 95 % interval."""
    each: defaultdict[str, list[tuple[Seen, int]]] = defaultdict(list)
    for one, days in zip(seen, of, strict=True):
        each[one.customer].append((one, days))
    customers = list(each.values())

    def ratio(drawn: Sequence[Sequence[tuple[Seen, int]]]) -> float:
        counts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for customer in drawn:
            for one, days in customer:
                at = 0 if one.flagged else 2
                counts[days][at] += one.gone
                counts[days][at + 1] += 1
        top = sum(gone * n / (m + n) for gone, m, _, n in counts.values())
        bottom = sum(gone * m / (m + n) for _, m, gone, n in counts.values())
        return top / bottom if bottom else 0.0

    drawn = sorted(ratio(random.Random(k).choices(customers, k=len(customers))) for k in range(_DRAWS))
    return f"{ratio(customers):.2f} ({drawn[int(0.025 * _DRAWS)]:.2f} to {drawn[int(0.975 * _DRAWS)]:.2f})"


def _trend(days: Sequence[int], today: int) -> str | None:
    if today - days[0] < 55:
        return None
    end, recent, first = (bisect_right(days, today - ago) for ago in (0, 28, 112))
    return trend(end - recent, recent - first, min(84, today - days[0] - 27))


def _shuffled(known: Sequence[tuple[Sequence[int], int]]) -> float:
    """How many have a trend when each one's active days are dealt anew over its window."""
    found = 0
    for number, (days, today) in enumerate(known):
        window = min(112, today - days[0] + 1)
        active = bisect_right(days, today) - bisect_right(days, today - window)
        dealt = sorted(today - ago for ago in random.Random(number).sample(range(window), active))
        found += _trend([days[0], *(day for day in dealt if day != days[0])], today) in ("improving", "declining")
    return found / len(known)


def _of(at: Look, ago: int) -> tuple[set[str], set[str]]:
    """With what and by whom in the 28 days up to so many days ago."""
    within = at.days[bisect_right(at.days, at.today - ago - 28) : bisect_right(at.days, at.today - ago)]
    return set().union(*(at.past[day].tools for day in within)), set().union(*(at.past[day].people for day in within))


def read(name: str, folder: Path) -> dict[str, dict[int, Day]]:
    """Every customer's days."""
    found: defaultdict[str, defaultdict[int, Day]] = defaultdict(lambda: defaultdict(Day))
    for customer, on, tool, person in acts(name, folder):
        day = found[customer][on]
        day.events += 1
        day.low += tool in _LOW[name]
        day.tools.add(tool)
        if person:
            day.people.add(person)
    return {customer: dict(days) for customer, days in found.items()}


if __name__ == "__main__":
    main()
