"""When an alert begins, is over, and is told of: never a storm, never silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from milepost.alerts.incidents import AGAIN, SOON_AGAIN, Finding, Found, Incident, Step, Told, next_step

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_ID = UUID(int=1)


def of(*customers: str) -> Finding:
    return Finding([Found(one, one, "quiet") for one in customers])


def opened(*, told: bool = True, acknowledged: bool = False) -> Incident:
    return Incident(_ID, None, told, acknowledged)


def step(
    finding: Finding, last: Incident | None = None, *, known: tuple[str, ...] = (), untold: tuple[str, ...] = (),
    told: int | None = None, first_look: bool = False, quiet: bool = False, later: timedelta = timedelta(0),
) -> Step:  # fmt: skip
    """`told`: of how many the last message was, which went out at NOW; `later`: how long ago that is."""
    waiting = {one: Found(one, one, "quiet") for one in untold}
    before = None if told is None else Told(NOW, told)
    return next_step(
        finding, last, known=known, untold=waiting, told=before, first_look=first_look, quiet=quiet, now=NOW + later
    )


def names(found: Step) -> list[str] | None:
    return None if found.tell is None else [one.customer_id for one in found.tell]


def test_whoever_is_new_begins_it_and_is_told_of() -> None:
    found = step(of("a", "b"))
    assert (found.begin, names(found)) == (True, ["a", "b"])


def test_what_was_so_before_anybody_looked_is_no_news() -> None:
    found = step(of("a", "b"), first_look=True)
    assert (found.begin, names(found)) == (True, None)
    # Of what is of no customers one is told at once: there is no event, however long that has been so.
    assert names(step(Finding(says="No event."), first_look=True)) == []


def test_more_is_told_after_a_day_after_an_hour_where_it_is_as_much_again_or_at_once_where_it_is_far_more() -> None:
    more, last = of("a", "b", "c"), opened()
    assert names(step(more, last, known=("a", "b"), told=2, later=AGAIN - timedelta(minutes=1))) is None
    assert names(step(more, last, known=("a", "b"), told=2, later=AGAIN)) == ["c"]
    assert names(step(more, last, known=("a",), told=1, later=timedelta(minutes=59))) is None
    assert names(step(more, last, known=("a",), told=1, later=timedelta(hours=1))) == ["b", "c"]
    many = [f"c{n}" for n in range(10)]
    assert names(step(of("a", *many[1:]), last, known=("a",), told=1)) is None
    assert names(step(of("a", *many), last, known=("a",), told=1)) == many


def test_whoever_waited_is_told_of_if_it_still_holds() -> None:
    there = of("a", "b")
    assert names(step(there, opened(), known=("a", "b", "c"), untold=("b", "c"), told=1, later=AGAIN)) == ["b"]


def test_acknowledged_or_snoozed_nothing_more_is_told() -> None:
    for last, quiet in ((opened(acknowledged=True), False), (opened(), True)):
        assert names(step(of("a", "b"), last, known=("a",), quiet=quiet, told=1, later=AGAIN)) is None
    # When the snooze is over what is still so is told.
    assert names(step(of("a"), opened(told=False), known=("a",), untold=("a",))) == ["a"]
    assert names(step(Finding(says="No event."), opened(told=False))) == []


def test_it_is_over_when_it_holds_of_nobody_and_comes_back_without_a_word() -> None:
    assert step(Finding(), opened()) == Step(end=True)
    assert step(Finding()) == Step()
    ended = Incident(_ID, NOW, told=True, acknowledged=False)
    assert step(of("a"), ended, known=("a",), told=1, later=timedelta(hours=23)) == Step(reopen=True)
    assert step(Finding(says="No event."), ended, told=0, later=timedelta(hours=23)) == Step(reopen=True)
    # Who is known is no news in a new one either.
    assert step(of("a"), ended, known=("a",), told=1, later=timedelta(hours=25)) == Step(begin=True, as_known=True)
    assert names(step(of("a", "b"), ended, known=("a",), told=1, later=timedelta(hours=1))) == ["b"]
    assert names(step(of("a", "b"), ended, known=("a",), told=1, later=timedelta(minutes=1))) is None


@given(st.lists(st.sets(st.integers(0, 40)), min_size=1, max_size=60), st.integers(1, 90))
def test_no_storm_and_nobody_forgotten(looks: list[set[int]], minutes: int) -> None:
    """Whatever comes and goes: two messages are an hour apart or the second is of ten times as many; nobody is told of
    twice within an incident; and who stays is told of within a day or so."""
    last: Incident | None = None
    told: Told | None = None
    known: dict[str, bool] = {}
    days = 3 * 1440 // minutes
    for turn, look in enumerate([*looks, *([looks[-1]] * days)]):
        now = NOW + timedelta(minutes=minutes * turn)
        finding = of(*(f"c{one}" for one in sorted(look)))
        is_open = last is not None and last.ended_at is None
        untold = {who: Found(who, who, "") for who, was_told in known.items() if not was_told and is_open}
        found = next_step(
            finding, last, known=list(known), untold=untold, told=told, first_look=False, quiet=False, now=now
        )
        if found.begin:
            last, known = Incident(UUID(int=turn), None, told=False, acknowledged=False), dict.fromkeys(known, True)
        if found.reopen and last is not None:
            last = last._replace(ended_at=None)
        known = {**dict.fromkeys((one.customer_id for one in finding.customers), found.as_known), **known}
        if found.tell is not None and last is not None:
            who = [one.customer_id for one in found.tell]
            assert who
            assert not any(known[one] for one in who), "told twice"
            assert told is None or now - told.at >= SOON_AGAIN or len(who) >= 10 * told.customers, "a storm"
            known |= dict.fromkeys(who, True)
            last, told = last._replace(told=True), Told(now, len(who))
        if found.end and last is not None:
            last = last._replace(ended_at=now)
    assert all(known[f"c{one}"] for one in looks[-1])
