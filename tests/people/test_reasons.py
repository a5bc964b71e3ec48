"""Reasons are given where they hold on enough data, and a champion who has gone quiet hardly ever where nobody has."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from milepost.people import figures
from milepost.people.figures import Acted
from milepost.people.model import Numbers, Reason
from milepost.people.reasons import reasons
from milepost.vocabulary import ActorType
from tests.people.shuffled import changes, given, shuffled

_TODAY = date(2024, 5, 20)


def test_in_real_data_and_in_the_same_shuffled() -> None:
    """Measured: of 356 real champions 14, of 1,828 in five shuffles 7."""
    real, made = given(changes()), [given(shuffled(changes(), seed)) for seed in range(3)]
    assert real.reasons["champion_gone_quiet"] >= 0.03 * real.champions
    assert sum(one.reasons["champion_gone_quiet"] for one in made) <= 0.01 * sum(one.champions for one in made)
    assert min(one.champions for one in made) > 300


def _acted(user: int, agos: list[int], actor: ActorType = "person") -> Acted:
    def micro(ago: int) -> int:
        day = datetime(_TODAY.year, _TODAY.month, _TODAY.day, tzinfo=UTC) - timedelta(days=ago)
        return int(day.timestamp()) * 1_000_000

    def within(first: int, last: int) -> int:
        return sum(first <= ago <= last for ago in agos)

    first, last = micro(max(agos)), micro(min(agos))
    days = len({ago for ago in agos if ago < 28})
    return Acted(
        user, actor, len(agos), first, last, within(0, 27), within(28, 55), days, within(28, 391), within(14, 103), 0
    )


def _given(people: dict[int, list[int]], software: dict[int, list[int]] | None = None) -> tuple[Numbers, list[Reason]]:
    """Of users by number: the days ago of their events."""
    acted = [_acted(user, agos) for user, agos in people.items()]
    robots = [_acted(user, agos, "service") for user, agos in (software or {}).items()]
    names = {user: f"u{user}" for user in people}
    active = {user: sorted({ago for ago in agos if ago < 365}) for user, agos in people.items()}
    quiet = [
        one.told(acted, names[one.who.user], sum(ago < one.days for agos in people.values() for ago in agos), _TODAY)
        for one in figures.gone_quiet(acted, active, _TODAY)
    ]
    found = figures.numbers(acted, [], robots, names, quiet, _TODAY)
    return found, reasons(found, acted, str.upper, lambda one: names[one.user], _TODAY)


def _codes(people: dict[int, list[int]], software: dict[int, list[int]] | None = None) -> list[str]:
    return [one.code for one in _given(people, software)[1]]


def test_a_champion_gone_quiet() -> None:
    champion, other = list(range(20, 120)), list(range(0, 120, 2))
    found, (reason,) = _given({1: champion, 2: other})
    assert [one.user_id for one in found.gone_quiet] == ["u1"]
    assert reason.code == "champion_gone_quiet"
    assert reason.sentence == (
        "U1 has not been seen for 20 days, longer than all 99 gaps between their active days; before that they did 65%"
        " of what people did here. 1 person went on, with 10 events since."
    )
    assert reason.evidence["silent_days"] == 20
    # Thirteen days are no silence; nine active days no rhythm; and where all have stopped, it is the account.
    assert _codes({1: list(range(13, 120)), 2: other}) == []
    assert _codes({1: [ago for ago in range(30, 39) for _ in range(9)], 2: other}) == []
    assert _codes({1: champion, 2: list(range(20, 120, 2))}) == []
    # Few have gone on: it may be chance.
    assert _codes({1: champion, 2: [3, *range(20, 120, 2)]}) == []


def test_who_often_stays_away_so_long_has_not_gone_quiet() -> None:
    visits = [ago for start in range(20, 340, 40) for ago in (start, start + 1, start + 2) for _ in range(9)]
    found, _ = _given({1: visits, 2: list(range(0, 120, 3))})
    assert found.gone_quiet == []


def test_one_person_does_nearly_everything() -> None:
    most, rest = [ago for ago in range(25) for _ in range(2)], [1] * 10
    found, (reason,) = _given({1: [*most, 90], 2: [*rest, 80]})
    assert (reason.code, found.concentration, found.makers_of_80) == ("concentrated", 50 / 60, 1)
    assert "U1 did 83% of the 60 things that people did here" in reason.sentence
    assert _codes({1: most}) == []
    assert _codes({1: most[:30], 2: [1]}) == []
    assert _given({1: [0]})[0].concentration is None


def test_half_as_many_people() -> None:
    people = {n: [30 + n, *([1] if n < 3 else [])] for n in range(6)}
    found, (reason,) = _given(people)
    assert (reason.code, found.breadth, found.breadth_before) == ("breadth_fell", 3, 6)
    assert reason.sentence == "3 people active in the last 28 days, 6 in the 28 days before."
    assert _codes({n: agos for n, agos in people.items() if n}) == []


def test_new_people() -> None:
    people = {1: [1, 100], 2: [1, 2, 3, 4, 5], 3: [1, 2, 3, 4, 5]}
    found, (reason,) = _given(people)
    assert (reason.code, found.new_people) == ("new_people", 2)
    assert "U2, U3" in reason.sentence
    assert _codes({2: people[2], 3: people[3]}) == []  # an account that is new itself
    assert _codes({1: people[1], 2: people[2], 3: [1]}) == []


def test_only_software() -> None:
    found, (reason,) = _given({1: [40, 50]}, {9: list(range(20))})
    assert (reason.code, found.breadth, found.software_events_28) == ("only_software", 0, 20)
    assert _codes({1: [1]}, {9: list(range(20))}) == []
    assert _codes({}, {9: [1]}) == []
