"""Where messages go: webhooks, channels of Slack and Teams, e-mail addresses, and what each is told of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import psycopg

from milepost.errors import Conflict, InvalidRequest, NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.vocabulary import DestinationKind, Topic

_SQL = load("milepost.messages", "destinations.sql")
TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)
KINDS: Final[tuple[DestinationKind, ...]] = get_args(DestinationKind)
#: What the address of the server's settings is told of.
PRESET_TOPICS: Final[tuple[Topic, ...]] = TOPICS
#: Told of single events, which anybody with the public key may send: at most 1,000 an hour of each (room_for.sql).
OF_EVENTS: Final[tuple[Topic, ...]] = ("milestone.reached", "level.reached", "badge.earned", "trait.changed")
MAX_DESTINATIONS: Final = 100
_MAX_NAME: Final = 100
_MAX_ADDRESS: Final = 2_000
_URL: Final = re.compile(r"https?://[^/\s@]+(/\S*)?\Z")
_EMAIL: Final = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+\Z")


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """One destination and its last 7 days. `quiet_from` to `quiet_until` of its zone's clock nothing is sent."""

    destination_id: UUID
    kind: DestinationKind
    name: str
    address: str
    topics: list[str]
    preset: bool
    secret_turn: int
    quiet_from: time | None
    quiet_until: time | None
    time_zone: str
    made_at: datetime
    made_by: str | None
    sent_at: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_why: str | None
    delivered: int
    waiting: int
    gave_up: int
    last_error: str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a form or a request asks a destination to be."""

    kind: DestinationKind
    name: str
    address: str
    topics: list[Topic]
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: str = "UTC"


async def list_destinations(connection: DictConnection, *, now: datetime) -> list[Destination]:
    """All of them, by name; the settings' own comes first."""
    rows = await (await connection.execute(_SQL["list"], {"now": now, "destination_id": None})).fetchall()
    return msgspec.convert(rows, list[Destination])


async def read_destination(connection: DictConnection, destination_id: UUID, *, now: datetime) -> Destination:
    """Raises NotFound."""
    values = {"now": now, "destination_id": destination_id}
    row = await (await connection.execute(_SQL["list"], values)).fetchone()
    if row is None:
        raise _gone()
    return msgspec.convert(row, Destination)


async def crowded(connection: DictConnection, *, now: datetime) -> list[Topic]:
    """Topics of which so much was told in the last hour that the rest is not."""
    cursor = await connection.execute(_SQL["crowded"], {"topics": list(OF_EVENTS), "now": now})
    return [msgspec.convert(row["topic"], Topic) for row in await cursor.fetchall()]


async def add_destination(connection: DictConnection, wanted: Wanted, *, by: str | None, now: datetime) -> UUID:
    """Raises InvalidRequest for what will not do, Conflict where there are too many."""
    values = _checked(wanted)
    (count,) = ((await (await connection.execute(_SQL["count"])).fetchone()) or {"count": 0}).values()
    if int(str(count)) >= MAX_DESTINATIONS:
        raise Conflict(f"There are {MAX_DESTINATIONS} destinations, the most there can be. Remove one first.")
    row = await (await connection.execute(_SQL["add"], values | {"by": by, "now": now})).fetchone()
    assert row is not None
    return UUID(str(row["destination_id"]))


async def change_destination(connection: DictConnection, destination_id: UUID, wanted: Wanted) -> None:
    """All but its kind. Raises InvalidRequest, NotFound; the settings' own is changed there."""
    await _one(connection, "change", _checked(wanted) | {"destination_id": destination_id})


async def remove_destination(connection: DictConnection, destination_id: UUID) -> None:
    """With what waits for it and its log. Raises NotFound."""
    await _one(connection, "remove", {"destination_id": destination_id})


async def enable_destination(connection: DictConnection, destination_id: UUID) -> None:
    """From now on it is told again. Raises NotFound."""
    await _one(connection, "enable", {"destination_id": destination_id})


async def disable_destination(connection: DictConnection, destination_id: UUID, *, why: str, now: datetime) -> None:
    """It is told of nothing until it is enabled; what waits, waits. Raises NotFound for one that is disabled."""
    await _one(connection, "disable", {"destination_id": destination_id, "why": why, "now": now})


async def turn_secret(connection: DictConnection, destination_id: UUID) -> None:
    """The next message is signed with a new secret. Raises NotFound."""
    await _one(connection, "turn_secret", {"destination_id": destination_id})


def note_preset(connection: psycopg.Connection[Any], url: str, *, now: datetime) -> None:
    """Brings the settings' own destination up to MILEPOST_WEBHOOK_URL; '' is none."""
    if url:
        connection.execute(_SQL["preset"], {"address": url, "topics": list(PRESET_TOPICS), "now": now})
    else:
        connection.execute(_SQL["no_preset"], {"now": now})


def _checked(wanted: Wanted) -> dict[str, object]:
    name = " ".join(wanted.name.split())
    if not 1 <= len(name) <= _MAX_NAME:
        raise InvalidRequest(f"name has {len(name)} characters; give 1 to {_MAX_NAME}.", field="name")
    if not wanted.topics:
        raise InvalidRequest("Choose at least one thing it is to be told of.", field="topics")
    if (wanted.quiet_from is None) != (wanted.quiet_until is None):
        raise InvalidRequest("Quiet hours have a beginning and an end: give both, or neither.", field="quiet_until")
    if wanted.quiet_from is not None and wanted.quiet_from == wanted.quiet_until:
        raise InvalidRequest("Quiet hours end when they begin: nothing would ever be sent.", field="quiet_until")
    try:
        ZoneInfo(wanted.time_zone)
    except (ValueError, OSError, KeyError):
        message = f"time_zone is {wanted.time_zone[:100]!r}; give one such as Europe/Berlin."
        raise InvalidRequest(message, field="time_zone") from None
    return {
        "kind": wanted.kind,
        "name": name,
        "address": _address(wanted.kind, wanted.address.strip()),
        "topics": _ordered(wanted.topics),
        "quiet_from": wanted.quiet_from,
        "quiet_until": wanted.quiet_until,
        "time_zone": wanted.time_zone,
    }


def _address(kind: DestinationKind, address: str) -> str:
    if len(address) > _MAX_ADDRESS:
        raise InvalidRequest(f"address has {len(address)} characters; the most is {_MAX_ADDRESS}.", field="address")
    if kind == "email":
        if not _EMAIL.match(address):
            raise InvalidRequest("Give one e-mail address, as team@example.com.", field="address")
    elif not _URL.match(address):
        raise InvalidRequest(
            "Give an address that starts with https:// or http://, without a user name in it.", field="address"
        )
    return address


def _ordered(topics: Sequence[Topic]) -> list[Topic]:
    return [topic for topic in TOPICS if topic in set(topics)]


async def _one(connection: DictConnection, name: str, values: dict[str, object]) -> None:
    if await (await connection.execute(_SQL[name], values)).fetchone() is None:
        raise _gone()


def _gone() -> NotFound:
    return NotFound("There is no such destination that can be changed here.", field="destination_id")
