"""Asks who acted for a customer, and for whom a person acted: the column store by numbers, PostgreSQL for the names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any, TypeVar

import msgspec

from milepost.analytics.context import Store
from milepost.columns.reading import Value
from milepost.errors import NotFound
from milepost.insights.conditions import pattern
from milepost.people import figures
from milepost.people.figures import Acted
from milepost.people.model import AccountPerson, Actor, CustomerPeople, GoneQuiet, Membership, PersonSeen, ToolCount
from milepost.people.reasons import reasons
from milepost.people.wanted import Wanted, choose
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.traits.keep import read_now
from milepost.vocabulary import ActorType

T = TypeVar("T")
Tools = Mapping[tuple[int, ActorType], list[ToolCount]]

#: People, and actors, that are listed.
MOST_LISTED = 500
EVERYBODY = Wanted()
#: A name in a sentence.
_LONGEST = 60

_ASK = load("milepost.people", "acting.sql")
_WHO = load("milepost.people", "who.sql")


class Account(msgspec.Struct, frozen=True):
    """Everybody who acted for a customer, a row a user and kind of actor; the rest is by the user's number."""

    people: list[Acted]
    visitors: list[Acted]
    software: list[Acted]
    user_ids: Mapping[int, str]
    anonymous_ids: Mapping[int, str]
    types: Mapping[int, set[ActorType]]


async def read_people(store: Store, customer_id: str, wanted: Wanted = EVERYBODY) -> CustomerPeople:
    """The people of a customer; `wanted` says who is listed, while the numbers are of all. Raises NotFound for a
    customer nothing is known of, InvalidRequest for an order there is none of, and what the column store raises."""
    async with store.database.transaction() as connection:
        row = await (await connection.execute(_WHO["customer"], {"id": customer_id})).fetchone()
    if row is None:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")
    as_of = (await store.columns.freshness()).at
    today = utc_day(store)
    customer = msgspec.convert(row["number"], int | None)
    account = Account([], [], [], {}, {}, {}) if customer is None else await _account(store, customer, today)
    people, software = account.people, account.software
    quiet = [] if customer is None else await _gone_quiet(store, customer, account, today)
    found = figures.numbers(people, account.visitors, software, account.user_ids, quiet, today)
    called = await _called_so(store, [one.user for one in people], wanted.text) if wanted.by_name else {}
    matching = choose(people, wanted, account.user_ids, called, {one.user_id for one in quiet}, today)
    listed = matching[:MOST_LISTED]
    actors = figures.in_order(software, lambda one: _order(account, one))[:MOST_LISTED]
    tools = await _tools(store, customer, {one.user for one in (*listed, *actors)})
    new = [account.user_ids[one.user] for one in people if one.is_new(today)]
    named = {*(account.user_ids[one.user] for one in listed), *new, *(one.user_id for one in quiet)}
    async with store.database.transaction() as connection:
        traits = await read_now(connection, "person", sorted(named))
    return CustomerPeople(
        **msgspec.structs.asdict(found),
        customer_id=customer_id,
        as_of=as_of,
        people_matching=len(matching),
        reasons=reasons(
            found,
            people,
            lambda user_id: _called(user_id, traits.get(user_id, {})),
            lambda one: account.user_ids[one.user],
            today,
        ),
        people=[
            AccountPerson(
                **_acts(account, one, found.person_events_28, tools, today),
                user_id=(user_id := account.user_ids[one.user]),
                name=_text(traits[user_id], "name"),
                role=_text(traits[user_id], "role"),
                new=one.is_new(today),
                gone_quiet=any(user_id == champion.user_id for champion in quiet),
            )
            for one in listed
        ],
        actors=[
            Actor(
                **_acts(account, one, found.software_events_28, tools, today),
                actor_type=one.actor_type,
                user_id=account.user_ids.get(one.user),
                anonymous_id=account.anonymous_ids.get(one.user),
            )
            for one in actors
        ],
    )


async def read_person(store: Store, user_id: str) -> PersonSeen:
    """A person with the customers they acted for. Raises NotFound for one nothing is known of, and what the column
    store raises."""
    async with store.database.transaction() as connection:
        user = await number_of(connection, user_id)
        traits = (await read_now(connection, "person", [user_id]))[user_id]
    if user is None and not traits:
        raise _unknown(user_id)
    as_of = (await store.columns.freshness()).at
    known = [] if user is None else await rows_of(store, tuple[int, int], "customers_of", {"user": user})
    names = await customer_names(store, [customer for customer, _ in known])
    today, memberships, gone = utc_day(store), [], 0
    for customer, _ in known:
        if customer not in names or user is None:
            continue
        account = await _account(store, customer, today)
        mine = [one for one in (*account.people, *account.software) if one.user == user]
        gone += not mine
        whole = {True: sum(one.last_28 for one in account.people), False: sum(one.last_28 for one in account.software)}
        tools = await _tools(store, customer, {user} if mine else ())
        customer_id, name = names[customer]
        memberships += [
            Membership(
                **_acts(account, one, whole[one.actor_type == "person"], tools, today),
                customer_id=customer_id,
                name=name,
                actor_type=one.actor_type,
            )
            for one in mine
        ]
    if not memberships and not traits:
        raise _unknown(user_id)
    memberships.sort(key=lambda one: (one.last_seen, one.customer_id, one.actor_type), reverse=True)
    return PersonSeen(
        user_id=user_id,
        as_of=as_of,
        traits=dict(traits),
        customers_total=known[0][1] - gone if known else 0,
        customers=memberships,
    )


async def number_of(connection: DictConnection, user_id: str) -> int | None:
    """A user's number, None before their first event has reached the column store."""
    row = await (await connection.execute(_WHO["user"], {"id": user_id})).fetchone()
    return None if row is None else int(str(row["number"]))


async def customer_names(store: Store, numbers: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """Ids and names of customers, by number."""
    async with store.database.transaction() as connection:
        rows = await (await connection.execute(_WHO["customers"], {"numbers": list(numbers)})).fetchall()
    return {
        int(str(row["number"])): (str(row["id"]), None if row["name"] is None else str(row["name"])) for row in rows
    }


def _unknown(user_id: str) -> NotFound:
    return NotFound(f"No person {user_id[:200]!r}. They appear with their first event.", field="user_id")


def utc_day(store: Store) -> date:
    return store.now().astimezone(UTC).date()


async def _account(store: Store, customer: int, today: date) -> Account:
    acted = await rows_of(store, tuple[int, ActorType], "actors", {"customer": customer})
    types: dict[int, set[ActorType]] = {}
    for user, actor_type in acted:
        types.setdefault(user, set()).add(actor_type)
    values = {"numbers": list(types), "software": [user for user, kinds in types.items() if kinds != {"person"}]}
    async with store.database.transaction() as connection:
        known = await (await connection.execute(_WHO["names"], values)).fetchall()
    ids: dict[str, dict[int, str]] = {"user": {}, "anonymous": {}}
    for row in known:
        ids.setdefault(str(row["kind"]), {})[int(str(row["number"]))] = str(row["id"])
    users = ids["user"]
    asked: dict[str, Value] = {"customer": customer, "today": today.isoformat(), "users": sorted(users)}
    rows = await rows_of(store, Acted, "acting", asked)
    people = [one for one in rows if one.actor_type == "person" and one.user in users]
    visitors = [one for one in rows if one.actor_type == "person" and one.user not in users]
    software = [one for one in rows if one.actor_type != "person"]
    return Account(people, visitors, software, users, ids["anonymous"], types)


async def _called_so(store: Store, users: Sequence[int], text: str) -> dict[int, int]:
    """The place by name of each of these users who has the text in their id, name, role or address."""
    values = {"numbers": list(users), "like": pattern(text) if text else None}
    async with store.database.transaction() as connection:
        rows = await (await connection.execute(_WHO["matching"], values)).fetchall()
    return {int(str(row["number"])): place for place, row in enumerate(rows)}


async def _gone_quiet(store: Store, customer: int, account: Account, today: date) -> list[GoneQuiet]:
    people = account.people
    asked: dict[str, Value] = {"customer": customer, "today": today.isoformat()}
    champions = [one.user for one in figures.champions(people)]
    if not champions:
        return []
    days = await rows_of(store, tuple[int, list[int]], "days", {**asked, "users": champions})
    silences = figures.gone_quiet(people, dict(days), today)
    if not silences:
        return []
    asked["silent"] = [one.days for one in silences]
    since = dict(await rows_of(store, tuple[int, list[int]], "since", asked))
    return [
        one.told(
            people,
            account.user_ids[one.who.user],
            sum(since[other.user][place] for other in people if other.user in since),
            today,
        )
        for place, one in enumerate(silences)
    ]


async def _tools(store: Store, customer: int | None, users: Iterable[int]) -> Tools:
    asked = sorted(users)
    found: dict[tuple[int, ActorType], list[ToolCount]] = {}
    if customer is None or not asked:
        return found
    parameters: dict[str, Value] = {"customer": customer, "users": asked}
    for user, actor, tool, uses in await rows_of(store, tuple[int, ActorType, str, int], "tools", parameters):
        found.setdefault((user, actor), []).append(ToolCount(tool, uses))
    return found


async def rows_of(store: Store, kind: type[T], statement: str, parameters: Mapping[str, Value]) -> list[T]:
    """The rows of one of this package's statements, each as `kind`, a tuple type."""
    return (await store.columns.query(_ASK[statement], parameters)).typed(kind)


def _acts(account: Account, one: Acted, whole: int, tools: Tools, today: date) -> dict[str, Any]:
    return {
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "events": one.events,
        "events_28": one.last_28,
        "events_28_before": one.before_28,
        "active_days_28": one.days_28,
        "usual_28": one.usual(today),
        "share": figures.share(one.last_28, whole),
        "sessions": one.sessions,
        "tools": tools.get((one.user, one.actor_type), []),
        # Nobody in particular is not one user who has been all of it.
        "actor_types": sorted(account.types.get(one.user, {one.actor_type})) if one.user else [one.actor_type],
    }


def _order(account: Account, one: Acted) -> str:
    return f"{account.user_ids.get(one.user) or account.anonymous_ids.get(one.user, '')}\x00{one.actor_type}"


def _called(user_id: str, traits: Mapping[str, object]) -> str:
    text = " ".join((_text(traits, "name") or user_id).split()) or user_id
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _text(traits: Mapping[str, object], name: str) -> str | None:
    value = traits.get(name)
    return None if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
