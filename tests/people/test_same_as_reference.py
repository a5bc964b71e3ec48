"""What is read of customers' people is what a plain Python model says: of random accounts with merged ids, ties, bots,
visitors, software, deleted events and events at the edges of days."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.people.model import Acts, ToolCount
from tests.analytics.data import an_id
from tests.analytics.generated import hard
from tests.analytics.reference.events import Event, World
from tests.people import reference
from tests.people.conftest import Looking
from tests.support.examples import examples

_CUSTOMERS = ("people of a", "people of 🏢 'b'")
_USERS = ("ann", "bob", "🙂", "d'or\\", "eve")
_EDGES = (timedelta(), timedelta(microseconds=1), timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999))


def _account(seed: int) -> World:
    """Each user has habits in each customer, and perhaps a day on which they ended."""
    made = random.Random(seed)
    now = datetime(2024, 5, 20, made.randrange(24), made.randrange(60), tzinfo=UTC)
    midnight = now.replace(hour=0, minute=0)
    events: list[Event] = []
    for customer in _CUSTOMERS:
        for user in made.sample(_USERS, made.randrange(1, len(_USERS) + 1)):
            ended, began = made.choice((0, 0, 14, 15, 20, 45, 120)), made.choice((2, 27, 28, 55, 56, 100, 391, 450))
            every = made.choice((1, 2, 7, 13))
            for ago in range(ended, began + 1, every):
                for _ in range(made.choice((0, 1, 1, 2, 3))):
                    edge = made.choice((*_EDGES, timedelta(seconds=made.randrange(86_400))))
                    at = midnight - timedelta(days=ago) + edge
                    events.append(_event(made, customer, user, at))
    events += [_event(made, made.choice(_CUSTOMERS), "ann", now + timedelta(hours=made.randrange(1, 24)))]
    return World(events=events, now=now)


def _event(made: random.Random, customer: str, user: str, at: datetime) -> Event:
    odd = made.random()
    return Event(
        event_id=an_id(made),
        customer_id=customer,
        at=at,
        user_id=None if odd < 0.1 else user,
        anonymous_id=made.choice((None, "v", "ann")),
        session_id=made.choice((None, "s", f"{at.date()}", "🧵")),
        actor_type=made.choice(("person",) * 8 + ("service", "agent")),
        tool_id=made.choice((None, "a", "b", "c", "ü")),
        is_bot=made.random() < 0.1,
        deleted=made.random() < 0.1,
    )


def _plain(one: Acts) -> dict[str, object]:
    return {
        name: [(use.tool_id, use.events) for use in value]
        if name == "tools" and all(isinstance(use, ToolCount) for use in value)
        else value
        for name, value in ((name, getattr(one, name)) for name in Acts.__struct_fields__)
    }


def _same(looking: Looking, world: World) -> int:
    """Compares all customers and people of it; answers how many have gone quiet."""
    champions = 0
    customers = sorted({one.customer_id for one in world.events})
    active = {name: reference.numbers(world, name)["breadth"] for name in customers}
    assert looking.active(world, [*customers, "nobody"]) == active
    for customer in customers:
        found = looking.customer(world, customer)
        expected = reference.numbers(world, customer)
        told = msgspec.to_builtins(found)
        assert sorted(one.user_id for one in found.gone_quiet) == expected.pop("gone_quiet")
        assert {name: told[name] for name in expected} == expected
        for one in found.gone_quiet:
            assert one.events_since == reference.since(world, customer, one.user_id)
            assert one.chance == (1 - one.share) ** one.events_since
        champions += len(found.gone_quiet)
        actors = {reference.actor_of(one) for one in reference.counted(world, customer)}
        listed: dict[tuple[str, str | None, str | None], dict[str, object]] = {}
        listed |= {("person", one.user_id, None): _plain(one) for one in found.people}
        listed |= {(one.actor_type, one.user_id, one.anonymous_id): _plain(one) for one in found.actors}
        wanted = {actor for actor in actors if actor[0] != "person" or actor[1]}
        assert listed == {actor: reference.acts(world, customer, actor) for actor in wanted}
        order = [(-one.events_28, -one.events, one.user_id) for one in found.people]
        assert order == sorted(order)
    everybody = {one.user_id for one in world.events if not one.is_bot and not one.deleted}
    for user in sorted(user for user in everybody if user):
        mine = {(one.customer_id, one.actor_type): _plain(one) for one in looking.person(world, user).customers}
        assert mine == {
            (customer, actor[0]): reference.acts(world, customer, actor)
            for customer in {one.customer_id for one in world.events}
            for actor in {reference.actor_of(one) for one in reference.counted(world, customer)}
            if actor[1] == user
        }
    return champions


@settings(max_examples=examples(10))
@given(seed=st.integers(0, 10**9))
def test_random_accounts(looking: Looking, seed: int) -> None:
    _same(looking, _account(seed))


def test_some_random_accounts_have_a_champion_who_has_gone_quiet(looking: Looking) -> None:
    assert sum(_same(looking, _account(seed)) for seed in range(4)) > 0


def test_events_that_are_hard_to_tell_apart(looking: Looking) -> None:
    _same(looking, hard())


def test_days_are_those_of_utc_whatever_zone_the_clock_has(looking: Looking) -> None:
    """On Kiritimati it is tomorrow already."""
    world = _account(5)
    there = World(events=world.events, now=world.now.replace(hour=20).astimezone(timezone(timedelta(hours=14))))
    here = World(events=world.events, now=world.now.replace(hour=20))
    assert there.now.date() != here.now.date()
    for customer in _CUSTOMERS:
        told = [msgspec.structs.replace(looking.customer(world, customer), as_of=None) for world in (here, there)]
        assert told[0] == told[1]
