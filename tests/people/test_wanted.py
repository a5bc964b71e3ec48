"""Whom a list of people has, and in which order: what a plain Python model says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import InvalidRequest
from milepost.people.figures import Acted
from milepost.people.wanted import Wanted, choose

_TODAY = date(2024, 5, 20)
_SHOWN = ("all", "active", "away", "new", "gone_quiet")
_SORTS = ("events_28", "name", "first_seen", "last_seen", "events", "usual_28", "change_28", "sessions")
_days = st.integers(0, 120)
_few = st.integers(0, 3)


@st.composite
def _accounts(draw: st.DrawFn) -> list[Acted]:
    people = []
    for user in range(1, draw(st.integers(0, 8)) + 1):
        first = draw(_days)
        last = draw(st.integers(0, first))
        figures = [draw(_few) for _ in range(7)]
        people.append(Acted(user, "person", figures[0], _micros(first), _micros(last), *figures[1:]))
    return people


def _micros(days_ago: int) -> int:
    noon = datetime(_TODAY.year, _TODAY.month, _TODAY.day, 12, tzinfo=UTC) - timedelta(days=days_ago)
    return int(noon.timestamp()) * 1_000_000


def _value(one: Acted, sort: str) -> float | None:
    match sort:
        case "events_28":
            return one.last_28
        case "first_seen":
            return one.first
        case "last_seen":
            return one.last
        case "events":
            return one.events
        case "usual_28":
            known = min((_TODAY - one.first_seen.date()).days + 1, 392) - 28
            return one.past * 28 / known if known >= 28 else None
        case "change_28":
            return one.last_28 - one.before_28
    return one.sessions


def _within(one: Acted, show: str, quiet: set[str]) -> bool:
    if show == "new":
        return one.first_seen.date() > _TODAY - timedelta(days=28)
    return {
        "all": True,
        "active": one.last_28 > 0,
        "away": not one.last_28,
        "gone_quiet": f"u{one.user}" in quiet,
    }[show]


@given(_accounts(), st.sampled_from(_SHOWN), st.sampled_from(_SORTS), st.booleans(), st.data())
def test_it_is_what_the_plain_model_says(
    people: list[Acted], show: str, sort: str, down: bool, data: st.DataObject
) -> None:
    names = {one.user: f"u{one.user}" for one in people}
    order = data.draw(st.permutations(sorted(names)))
    matching = order[: data.draw(st.integers(0, len(order)))]
    quiet = set(data.draw(st.lists(st.sampled_from(sorted(names.values())), unique=True))) if names else set()
    text = data.draw(st.sampled_from(("", "x")))
    wanted = Wanted(text=text, show=show, sort=f"-{sort}" if down else sort)  # type: ignore[arg-type]
    called = {user: place for place, user in enumerate(matching if text else order)} if wanted.by_name else {}
    found = [one.user for one in choose(people, wanted, names, called, quiet, _TODAY)]

    expected = [one for one in people if _within(one, show, quiet) and (not text or one.user in matching)]
    sign = -1 if down else 1
    if sort == "name":
        expected.sort(key=lambda one: sign * called[one.user])
    else:
        expected.sort(
            key=lambda one: (
                (value := _value(one, sort)) is None,
                sign * (value or 0),
                -one.events,
                names[one.user],
            )
        )
    assert found == [one.user for one in expected]


@pytest.mark.parametrize("sort", ["", "-", "--name", "score", "name desc"])
def test_an_order_there_is_none_of_is_refused(sort: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        choose([], Wanted(sort=sort), {}, {}, set(), _TODAY)
    assert refused.value.field == "sort"
