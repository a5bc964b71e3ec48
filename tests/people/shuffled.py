"""How often each reason to look at an account's people is given in real data, and in the same data with each account's
people shuffled among its events: `python -m tests.people.shuffled`."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from milepost.people import figures
from milepost.people.figures import Acted
from milepost.people.reasons import reasons

FILE: Final = Path(__file__).parents[1] / "data" / "openstack" / "changes.csv.gz"
_EPOCH: Final = date(1970, 1, 1)
_DAY: Final = 86_400_000_000
#: Asked so many days apart, of accounts active within as many.
_EVERY: Final = 28


class Change(NamedTuple):
    """What a person did for a company; days since 1970."""

    company: str
    person: str
    day: int


class Given(NamedTuple):
    """`asked`: accounts times days; `champions`: times any of theirs was known well enough to have gone quiet."""

    asked: int
    champions: int
    reasons: Counter[str]


def changes() -> list[Change]:
    with gzip.open(FILE, "rt", newline="") as file:
        return [Change(row["company"], row["person"], int(row["day"])) for row in csv.DictReader(file)]


def shuffled(real: Iterable[Change], seed: int) -> list[Change]:
    """Every account keeps its days and how much each person did, but when it was is anybody's."""
    made, found = random.Random(seed), []
    for company, theirs in sorted(_by_company(real).items()):
        people = [one.person for one in theirs]
        made.shuffle(people)
        found += [Change(company, person, one.day) for person, one in zip(people, theirs, strict=True)]
    return found


def given(events: Iterable[Change]) -> Given:
    """The reasons of every account on every 28th day."""
    by_company = _by_company(events)
    days = [one.day for theirs in by_company.values() for one in theirs]
    asked, champions, found = 0, 0, Counter[str]()
    for today in range(min(days) + 180, max(days), _EVERY):
        for theirs in by_company.values():
            past = [one for one in theirs if one.day <= today]
            if past and max(one.day for one in past) > today - _EVERY:
                known, codes = _reasons(past, today)
                asked, champions = asked + 1, champions + known
                found.update(codes)
    return Given(asked, champions, found)


def _reasons(past: list[Change], today: int) -> tuple[int, list[str]]:
    by_person: defaultdict[str, list[int]] = defaultdict(list)
    for one in past:
        by_person[one.person].append(today - one.day)
    names = dict(enumerate(sorted(by_person)))
    people = [_acted(number, by_person[name], today) for number, name in names.items()]
    active = {number: sorted({ago for ago in by_person[name] if ago < 365}) for number, name in names.items()}
    when = _EPOCH + timedelta(days=today)
    quiet = [
        one.told(people, names[one.who.user], sum(today - event.day < one.days for event in past), when)
        for one in figures.gone_quiet(people, active, when)
    ]
    numbers = figures.numbers(people, [], [], names, quiet, when)
    known = sum(len(active[one.user]) >= 10 for one in figures.champions(people))
    return known, [one.code for one in reasons(numbers, people, str, lambda one: names[one.user], when)]


def _acted(user: int, agos: list[int], today: int) -> Acted:
    def within(first: int, last: int) -> int:
        return sum(first <= ago <= last for ago in agos)

    return Acted(
        user=user,
        actor_type="person",
        events=len(agos),
        first=(today - max(agos)) * _DAY,
        last=(today - min(agos)) * _DAY,
        last_28=within(0, 27),
        before_28=within(28, 55),
        days_28=len({ago for ago in agos if ago < 28}),
        past=within(28, 391),
        watched=within(14, 103),
        sessions=0,
    )


def _by_company(events: Iterable[Change]) -> dict[str, list[Change]]:
    found: defaultdict[str, list[Change]] = defaultdict(list)
    for one in events:
        found[one.company].append(one)
    return found


def _print(title: str, found: Given) -> None:
    said = ", ".join(f"{code} {count}" for code, count in sorted(found.reasons.items())) or "none"
    print(f"{title}: {found.asked:,} times asked, {found.champions:,} champions: {said}")


if __name__ == "__main__":
    _print("real", given(changes()))
    for seed in range(5):
        _print(f"shuffled ({seed})", given(shuffled(changes(), seed)))
