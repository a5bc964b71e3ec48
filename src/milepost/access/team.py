"""The team: who is in it, who is invited, and what becomes of somebody's work when they go."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from milepost.access.members import Member, address_of, hash_of
from milepost.errors import Conflict, Forbidden, InvalidRequest, NotFound
from milepost.store.database import Database
from milepost.store.queries import load
from milepost.traits.keep import Row, tell
from milepost.traits.values import Type

INVITATION_VALID: Final = timedelta(days=7)

_GONE: Final = "You are no longer a member of the team."
#: Customers handed over in one statement, so that none runs into the limit of its time.
_SLICE: Final = 1_000
_TEXT: Final[Type] = "text"
_SQL = load("milepost.access", "team.sql")


class TeamMember(msgspec.Struct, frozen=True):
    """Somebody of the team, as the others see them."""

    member_id: UUID
    email: str
    name: str | None
    last_sign_in_at: datetime | None
    created_at: datetime


class Invitation(msgspec.Struct, frozen=True):
    """An invitation nobody has used yet. `invited_by` is an address."""

    link_id: UUID
    email: str
    created_at: datetime
    expires_at: datetime
    invited_by: str | None


class Owned(msgspec.Struct, frozen=True):
    """How many customers somebody looks after, and tasks they still have to do."""

    customers: int
    tasks: int


async def list_team(database: Database, *, now: datetime) -> tuple[list[TeamMember], list[Invitation]]:
    """Everybody by name, and the open invitations, the newest first."""
    async with database.transaction() as connection:
        members = await (await connection.execute(_SQL["members"])).fetchall()
        invited = await (await connection.execute(_SQL["invitations"], {"now": now})).fetchall()
    return msgspec.convert(members, list[TeamMember]), msgspec.convert(invited, list[Invitation])


async def invite(database: Database, url: str, email: str, *, by: Member, now: datetime) -> str:
    """The address of a link, good for seven days and once, by which `email` becomes a member; an open one of before is
    no longer good. Raises InvalidRequest for what is no address, Conflict for a member's, Forbidden for who was removed
    meanwhile."""
    address, token = address_of(email), secrets.token_urlsafe(24)
    values = {
        "email": address,
        "token_hash": hash_of(token),
        "invited_by": by.member_id,
        "now": now,
        "expires_at": now + INVITATION_VALID,
    }
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["is_member"], values)).fetchone()
        if row and row["there"]:
            raise Conflict(f"{address} is a member already.", field="email")
        if (await connection.execute(_SQL["invite"], values)).rowcount != 1:
            raise Forbidden(_GONE)
    return f"{url}/welcome/{token}"


async def revoke_invitation(database: Database, link_id: UUID) -> None:
    """Its link is no longer good; one that is used or gone already stays so."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["revoke"], {"link_id": link_id})


async def read_member(database: Database, member_id: UUID) -> tuple[TeamMember, Owned]:
    """One of the team and what they own. Raises NotFound."""
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["one"], {"member_id": member_id})).fetchone()
        if row is None:
            raise NotFound("Nobody of the team is at this address. They may have been removed already.")
        member = msgspec.convert(row, TeamMember)
        values = {"member_id": member_id, "email": member.email}
        owned = await (await connection.execute(_SQL["count_owned"], values)).fetchone()
    return member, msgspec.convert(owned, Owned)


async def remove(database: Database, member_id: UUID, *, to: UUID | None, by: Member, now: datetime) -> None:
    """Removes a member: their sessions end, and their customers, open tasks and actions are those of `to`, or nobody's.

    Raises NotFound, Forbidden for who was removed meanwhile, Conflict for the last member, InvalidRequest where `to`
    is not another member.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(_SQL["hold"])
        team = {UUID(str(row["member_id"])): str(row["email"]) for row in await cursor.fetchall()}
        if by.member_id not in team:  # of two who remove each other, the first did
            raise Forbidden(_GONE)
        if member_id not in team:
            raise NotFound("Nobody of the team is at this address. They may have been removed already.")
        if len(team) == 1:
            raise Conflict("The last member cannot be removed: nobody could sign in. Invite somebody first.")
        if to is not None and (to == member_id or to not in team):
            raise InvalidRequest("Choose another member to hand over to, or nobody.", field="to")
        values = {"member_id": member_id, "email": team[member_id], "to": to}
        owned = await (await connection.execute(_SQL["owned"], values)).fetchall()
        owner, kind = (None, None) if to is None else (team[to], _TEXT)
        told = [Row("customer", str(row["id"]), "owner", owner, None, kind, now, by.email) for row in owned]
        for start in range(0, len(told), _SLICE):
            await tell(connection, told[start : start + _SLICE])
        await connection.execute(_SQL["hand_over_tasks"], values)
        await connection.execute(_SQL["hand_over_actions"], values)
        await connection.execute(_SQL["remove"], values)
