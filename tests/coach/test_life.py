"""The life of a recommendation is what stored events and marks say, whatever order, doubles, delays and erasures they
come with: derived by life.sql, and by a few lines of plain Python beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from milepost.coach import life
from milepost.plan.coach import Coach
from tests.coach.people import NOON, days, event, store, stored
from tests.support.examples import examples, repeatable
from tests.support.postgres import Cluster

_COACH = Coach()
_EXPIRES = NOON + days(30)
_WORDS = ("shown", "accepted", "dismissed", "done")
_RANK = {"done": 0, "dismissed": 1, "expired": 2}
#: Minutes after it was made; some before, at the same moment, about its end, and behind it.
_MINUTES = st.sampled_from([-60, 0, 1, 2, 3, 5, 60, 1440, 30 * 1440 - 1, 30 * 1440, 40 * 1440])


class Statement(NamedTuple):
    """Something that happened: a word about the recommendation, or a use of its tool."""

    word: str
    minutes: int
    customer: str = "acme"
    bot: bool = False

    @property
    def at(self) -> datetime:
        return NOON + timedelta(minutes=self.minutes)


_TOLD = st.builds(
    Statement,
    st.sampled_from([*_WORDS, *_WORDS, "used", "used", "seen"]),
    _MINUTES,
    st.sampled_from(["acme", "acme", "acme", "other"]),
    st.sampled_from([False, False, False, True]),
)


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


def recommend(connection: psycopg.Connection, **fields: Any) -> UUID:
    """A recommendation as settling makes it."""
    row = {
        "customer_id": "acme",
        "playbook": "p",
        "asks_for": "tool:business-case",
        "done_tool": "business-case",
        "held_out": False,
        "made_at": NOON,
        "expires_at": _EXPIRES,
    } | fields
    (made,) = connection.execute(
        "insert into milepost.recommendations (customer_id, source, playbook, asks_for, plan_version, rank, title,"
        " action, reason, held_out, is_first, done_tool, made_at, expires_at) values (%(customer_id)s, 'playbook',"
        " %(playbook)s, %(asks_for)s, 1, 50, 'T', 'A', 'R', %(held_out)s, true, %(done_tool)s, %(made_at)s,"
        " %(expires_at)s)"
        " returning recommendation_id",
        row,
    ).fetchone() or (None,)
    assert isinstance(made, UUID)
    return made


def derive(connection: psycopg.Connection, now: datetime) -> dict[str, Any]:
    connection.execute(life.DERIVE, life.asked(["acme"], _COACH, now))
    return stored(connection)[0]


def as_event(told: Statement, recommendation: UUID) -> dict[str, Any]:
    metadata = {"recommendation_id": str(recommendation).upper(), "recommendation": told.word}
    if told.word == "used":
        return event(told.customer, told.at, tool_id="business-case", is_bot=told.bot)
    return event(
        told.customer, told.at, "content_interaction", tool_id="business-case", event_metadata=metadata, is_bot=told.bot
    )


def modelled(everything: list[Statement], now: datetime, *, held_out: bool) -> dict[str, Any]:
    """docs/coach.md in plain Python."""
    own = [told for told in everything if told.customer == "acme" and not told.bot]
    said: dict[str, list[datetime]] = {word: [] for word in _WORDS}
    for told in own:
        at = max(told.at, NOON)
        if told.word in said and at < _EXPIRES and not held_out:
            said[told.word].append(at)
    said["done"] += [told.at for told in own if told.word == "used" and NOON < told.at < _EXPIRES]
    ends = [(min(times), _RANK[word], word) for word in ("done", "dismissed") if (times := said[word])]
    if now >= _EXPIRES:
        ends.append((_EXPIRES, _RANK["expired"], "expired"))
    closed, _, state = min(ends, default=(None, 0, ""))
    spoken = [t for told in own if told.word in said and not held_out and (t := max(told.at, NOON)) < _EXPIRES]

    def first(times: list[datetime]) -> datetime | None:
        return min((at for at in times if closed is None or at <= closed), default=None)

    shown, accepted = first(spoken), first(said["accepted"])
    return {
        "shown_at": shown,
        "accepted_at": accepted,
        "dismissed_at": closed if state == "dismissed" else None,
        "done_at": closed if state == "done" else None,
        "closed_at": closed,
        "state": state or ("accepted" if accepted else "shown" if shown else "made"),
    }


@given(
    everything=st.lists(_TOLD, max_size=8),
    order=st.randoms(use_true_random=False),
    erased=st.sets(st.integers(0, 7), max_size=3),
    looks=st.sets(st.integers(1, 8), max_size=2),
    after=st.sampled_from([0, 1, 29, 31]),
    held_out=st.sampled_from([False, False, True]),
)
@example([Statement("dismissed", 5), Statement("used", 3)], Random(1), set(), {1}, 1, False)
@example([Statement("used", 0), Statement("accepted", 60), Statement("done", 60)], Random(1), set(), set(), 1, False)
@settings(max_examples=examples(80), suppress_health_check=list(HealthCheck), derandomize=repeatable())
def test_life_is_what_the_events_say(
    shared: psycopg.Connection,
    everything: list[Statement],
    order: Any,
    erased: set[int],
    looks: set[int],
    after: int,
    held_out: bool,
) -> None:
    """In any order, some twice, some late (between two looks), some erased again."""
    now = NOON + days(after)
    with shared.transaction(force_rollback=True):
        store(shared, [event("acme", NOON - days(1))])
        made = recommend(shared, held_out=held_out)
        rows = [(told, as_event(told, made)) for told in everything]
        order.shuffle(rows)
        for number, (_, row) in enumerate(rows):
            store(shared, [row])
            if number in looks:
                derive(shared, now)
        gone = [row["event_id"] for number, (_, row) in enumerate(rows) if number in erased]
        shared.execute("delete from public.behavior_events where event_id = any(%s::uuid[])", (gone,))
        left = [told for number, (told, _) in enumerate(rows) if number not in erased]
        found = derive(shared, now)
        wanted = modelled(left, now, held_out=held_out)
        assert {name: found[name] for name in wanted} == wanted
        again = derive(shared, now)
        assert again == found


def test_marks_by_hand_count_like_events(shared: psycopg.Connection) -> None:
    with shared.transaction(force_rollback=True):
        store(shared, [event("acme", NOON - days(1))])
        made = recommend(shared)
        shared.execute(
            "insert into milepost.recommendation_marks values (%s, 'accepted', %s, 'dana'), (%s, 'done', %s, 'dana')",
            (made, NOON + days(1), made, NOON + days(2)),
        )
        found = derive(shared, NOON + days(3))
        assert (found["state"], found["shown_at"], found["done_at"]) == ("done", NOON + days(1), NOON + days(2))
        assert found["done_by"] is None


def test_what_the_team_dismisses_runs_out_and_is_no_word_of_the_customer(shared: psycopg.Connection) -> None:
    with shared.transaction(force_rollback=True):
        store(shared, [event("acme", NOON - days(1))])
        made = recommend(shared)
        before = derive(shared, NOON + days(1))
        team = "insert into milepost.recommendation_work (recommendation_id, ended, ended_at) values (%s, %s, %s)"
        team += " on conflict (recommendation_id) do update set ended = excluded.ended, ended_at = excluded.ended_at"
        shared.execute(team, (made, "done", NOON + days(2)))
        assert derive(shared, NOON + days(3)) == before, "what the team did is not done by the customer"
        shared.execute(team, (made, "dismissed", NOON + days(2)))
        # Late, and of before: the customer was first.
        store(shared, [as_event(Statement("accepted", 60), made), as_event(Statement("used", 4 * 1440), made)])
        found = derive(shared, NOON + days(5))
        assert (found["state"], found["closed_at"], found["dismissed_at"]) == ("expired", NOON + days(2), None)
        assert (found["accepted_at"], found["done_at"]) == (NOON + timedelta(hours=1), None)
        measured = derive(shared, NOON + days(40))["moved_up"], found["held_out"], found["is_first"]
        shared.execute("delete from milepost.recommendation_work")
        again = derive(shared, NOON + days(40))
        assert again["state"] == "done"
        assert (again["moved_up"], again["held_out"], again["is_first"]) == measured


def test_nobody_marks_the_recommendation_of_another(shared: psycopg.Connection) -> None:
    """An event of one customer that names a recommendation of another changes nothing."""
    with shared.transaction(force_rollback=True):
        store(shared, [event("acme", NOON - days(1))])
        made = recommend(shared)
        told = {"recommendation_id": str(made), "recommendation": "dismissed"}
        store(shared, [event("other", NOON + days(1), "content_interaction", event_metadata=told)])
        assert derive(shared, NOON + days(2))["state"] == "made"


@pytest.mark.parametrize("junk", [None, 7, "", "x", [], {"a": 1}, "0" * 400])
def test_whatever_metadata_says_nothing_breaks(shared: psycopg.Connection, junk: Any) -> None:
    with shared.transaction(force_rollback=True):
        store(shared, [event("acme", NOON - days(1))])
        made = recommend(shared)
        for metadata in (
            {"recommendation_id": junk, "recommendation": "done"},
            {"recommendation_id": str(made), "recommendation": junk},
        ):
            store(shared, [event("acme", NOON + days(1), "navigation", event_metadata=metadata)])
        assert derive(shared, NOON + days(2))["state"] == "made"


def test_the_outcome_leaves_out_what_events_about_recommendations_earned(shared: psycopg.Connection) -> None:
    """10 points before; 3 x 2 after, and 15 more for having accepted: 6 are counted, and nobody moved up."""
    with shared.transaction(force_rollback=True):
        store(shared, [event("acme", NOON - days(3 + i)) for i in range(5)])
        made = recommend(shared)
        told = {"recommendation_id": str(made), "recommendation": "accepted"}
        more: dict[str, Any] = {"business_impact": "high", "event_metadata": told}
        store(shared, [event("acme", NOON + days(1 + i), tool_id="icp-analysis") for i in range(3)])
        store(shared, [event("acme", NOON + days(2), "export_action", **more)])
        assert derive(shared, NOON + days(28))["points_after"] is None
        found = derive(shared, NOON + days(29))
        assert (found["points_before"], found["points_after"], found["moved_up"]) == (10, 6, False)


def test_days_are_utc_and_the_day_it_was_made_is_before(shared: psycopg.Connection) -> None:
    with shared.transaction(force_rollback=True):
        store(shared, [event("acme", NOON + timedelta(hours=11)), event("acme", NOON + timedelta(hours=12))])
        recommend(shared)
        store(shared, [event("acme", datetime(2026, 6, 29, 23, 59, tzinfo=UTC))])
        store(shared, [event("acme", datetime(2026, 6, 30, 0, 0, tzinfo=UTC))])
        found = derive(shared, NOON + days(29))
        assert (found["points_before"], found["points_after"]) == (2, 4)
