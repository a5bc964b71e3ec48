"""Reads the team's queue: everybody's recommendations, whose they are to deal with, paged by key."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import sql

from milepost.coach.read import plain
from milepost.coach.said import Handled, Queue, Queued, Which
from milepost.coach.wording import suggested
from milepost.errors import InvalidRequest, NotFound
from milepost.insights.by_owner import owned_by
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.vocabulary import NOBODY

_SQL = load("milepost.coach", "read.sql")
#: The queue counts no further: a person pages through fewer.
MOST_COUNTED: Final = 1_000

_OPEN: Final = sql.SQL("r.closed_at is null and r.expires_at > %(now)s")
_WHICH: Final[dict[Which, sql.SQL]] = {
    "open": _OPEN,
    "made": sql.SQL("r.state = 'made' and r.expires_at > %(now)s"),
    "shown": sql.SQL("r.state = 'shown' and r.expires_at > %(now)s"),
    "accepted": sql.SQL("r.state = 'accepted' and r.expires_at > %(now)s"),
    "dismissed": sql.SQL("r.state = 'dismissed'"),
    "done": sql.SQL("r.state = 'done'"),
    "expired": sql.SQL("r.state = 'expired'"),
    "all": sql.SQL("true"),
}
_AWAKE: Final = sql.SQL("(w.snoozed_until is null or w.snoozed_until <= %(today)s)")
_HANDLED: Final[dict[Handled, sql.Composable]] = {
    "todo": sql.SQL("w.ended is null and {}").format(_AWAKE),
    "snoozed": sql.SQL("w.ended is null and w.snoozed_until > %(today)s"),
    "done": sql.SQL("w.ended = 'done'"),
    "dismissed": sql.SQL("w.ended = 'dismissed'"),
}
_TEAM: Final = {"team": sql.SQL(_SQL["team"]).format(), "joins": sql.SQL(_SQL["joins"])}
_EVERYBODY: Final = sql.SQL("true")


class Wanted(NamedTuple):
    """What of the queue is asked for. `whose`: a member's e-mail address, `nobody`, or None for everybody's; `first`:
    the member whose own come before the others. What is somebody's: what was given to them, and what was given to
    nobody and is about an account of theirs. `today`: the reader's day, which ends a snooze."""

    today: date
    which: Which = "open"
    handled: Handled | None = None
    whose: str | None = None
    playbook: str | None = None
    first: str | None = None


async def read_queue(
    connection: DictConnection, wanted: Wanted, *, now: datetime, limit: int = 50, cursor: str | None = None
) -> Queue:
    """A page, best first. Raises InvalidRequest for a cursor that is not ours."""
    asked = _asked(wanted, now) | {"limit": limit + 1}
    which, behind, place = _which(wanted), _EVERYBODY, None
    if cursor is not None:
        place = _decode(cursor)
        asked |= {"rank": place.rank, "made_at": place.made_at, "id": place.id}
        behind = sql.SQL("(r.rank, r.made_at, r.recommendation_id) < (%(rank)s::float8, %(made_at)s, %(id)s)")
    part = sql.SQL(_SQL["part"])
    if wanted.first is None or wanted.whose is not None:
        parts: list[sql.Composable] = [
            part.format(own=sql.SQL("false"), which=which, whose=_whose(wanted.whose), behind=behind)
        ]
    else:
        own, others = _whose(wanted.first), sql.SQL(_SQL["others"]).format(owned=owned_by(wanted.first))
        parts = [part.format(own=sql.SQL("false"), which=which, whose=others, behind=behind)]
        if place is None or place.own:
            parts = [part.format(own=sql.SQL("true"), which=which, whose=own, behind=behind)]
            parts.append(part.format(own=sql.SQL("false"), which=which, whose=others, behind=_EVERYBODY))
    query = sql.SQL(_SQL["queue"]).format(parts=sql.SQL(" union all ").join(parts), **_TEAM)
    rows = await (await connection.execute(query, asked)).fetchall()
    following = _encode(rows[limit - 1]) if len(rows) > limit else None
    items = [queued(row, now, wanted.today) for row in rows[:limit]]
    return Queue(items, await count_queue(connection, wanted, now=now), following)


async def count_queue(connection: DictConnection, wanted: Wanted, *, now: datetime) -> int:
    """How many there are, counted up to MOST_COUNTED."""
    query = sql.SQL(_SQL["queue_count"]).format(which=_which(wanted), whose=_whose(wanted.whose))
    row = await (await connection.execute(query, _asked(wanted, now))).fetchone()
    return int(str(row["total"])) if row else 0


async def read_ended(connection: DictConnection, wanted: Wanted, *, now: datetime, limit: int) -> list[Queued]:
    """What the team or the customer closed last, newest first, of `whose` and `playbook`."""
    whose = sql.SQL("({}) and {}").format(_whose(wanted.whose), _playbook(wanted.playbook))
    query = sql.SQL(_SQL["ended"]).format(whose=whose, **_TEAM)
    rows = await (await connection.execute(query, _asked(wanted, now) | {"limit": limit})).fetchall()
    return [queued(row, now, wanted.today) for row in rows]


async def read_queued(
    connection: DictConnection, customer_id: str, recommendation_id: UUID, *, now: datetime, today: date
) -> Queued:
    """One of a customer. Raises NotFound for one that is not theirs, or was held out."""
    asked = {"customer_id": customer_id, "recommendation_id": recommendation_id}
    query = sql.SQL(_SQL["one_queued"]).format(**_TEAM)
    row = await (await connection.execute(query, asked)).fetchone()
    if row is None:
        raise NotFound("This customer has no such recommendation.", field="recommendation_id")
    return queued(row, now, today)


async def read_firsts(
    connection: DictConnection, customers: Sequence[str], *, now: datetime, today: date
) -> dict[str, Queued]:
    """The best open one that is to be dealt with, of each of these customers who has any."""
    wanted = Wanted(today, handled="todo")
    query = sql.SQL(_SQL["firsts"]).format(which=_which(wanted), **_TEAM)
    rows = await (await connection.execute(query, _asked(wanted, now) | {"customers": list(customers)})).fetchall()
    return {str(row["customer_id"]): queued(row, now, today) for row in rows}


async def read_of_customer(
    connection: DictConnection, customer_id: str, *, now: datetime, today: date, limit: int
) -> list[Queued]:
    """All of a customer's: open ones best first, then the newest of the others."""
    asked = {"customer_id": customer_id, "now": now, "limit": limit}
    rows = await (await connection.execute(sql.SQL(_SQL["of_customer"]).format(**_TEAM), asked)).fetchall()
    return [queued(row, now, today) for row in rows]


def queued(row: Mapping[str, Any], now: datetime, today: date) -> Queued:
    """A stored row with its team's side as it is told."""
    usual = suggested(row["action"], row["reason"], why=_figures(row["evidence"]) or row["reason"])
    snoozed = row["snoozed_until"] is not None and row["snoozed_until"] > today
    team = {
        "action": row["team_action"] or usual.action,
        "reason": row["team_reason"] or usual.reason,
        "words": row["team_words"] or usual.words,
        "handled": row["ended"] or ("snoozed" if snoozed else "todo"),
        **{name: row[name] for name in ("assignee", "owner", "snoozed_until", "ended_at", "ended_by", "why", "note")},
    }
    return msgspec.convert(plain(dict(row), now) | {"team": team}, Queued)


def _figures(evidence: list[dict[str, str]]) -> str:
    """Of one that was made before the team had a text of its own."""
    return "; ".join(f"{one['label']}: {one['value']}" for one in evidence)


def _which(wanted: Wanted) -> sql.Composable:
    handled = _EVERYBODY if wanted.handled is None else _HANDLED[wanted.handled]
    return sql.SQL("{} and {} and {}").format(_WHICH[wanted.which], handled, _playbook(wanted.playbook))


def _playbook(playbook: str | None) -> sql.Composable:
    return _EVERYBODY if playbook is None else sql.SQL("r.playbook = %(playbook)s")


def _whose(whose: str | None) -> sql.Composable:
    if whose is None:
        return _EVERYBODY
    return (
        sql.SQL(_SQL["nobodys"]).format() if whose == NOBODY else sql.SQL(_SQL["theirs"]).format(owned=owned_by(whose))
    )


def _asked(wanted: Wanted, now: datetime) -> dict[str, Any]:
    values = {"now": now, "today": wanted.today, "playbook": wanted.playbook, "most": MOST_COUNTED}
    return values | {"owner": wanted.whose or wanted.first}


class _Place(NamedTuple):
    """The last of a page."""

    own: bool
    rank: float
    made_at: datetime
    id: UUID


def _encode(row: Row) -> str:
    place = msgspec.json.encode([row["own"], row["rank"], row["made_at"], row["recommendation_id"]])
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _decode(cursor: str) -> _Place:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        place = msgspec.json.decode(text, type=_Place)
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
    if place.made_at.tzinfo is None:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor")
    return place
