"""The team's members: one-time links, passwords, sign-in."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from milepost.errors import InvalidRequest, Unauthorised
from milepost.store.database import Database
from milepost.store.queries import load

MIN_PASSWORD = 10
MAX_MEMBER_NAME = 100
_MAX_PASSWORD = 1000
LINK_VALID = timedelta(hours=24)

_SQL = load("milepost.access", "members.sql")
_hasher = PasswordHasher()
_USED: Final = "This link has already been used, or is too old."


class Member(msgspec.Struct, frozen=True):
    """Someone of the team. `password_mark` is another one when the password is. Where a session says who it is, there
    are `session_id`, the `name`, and `names`: what everybody is called who has a name, by address."""

    member_id: UUID
    email: str
    password_mark: str
    name: str | None = None
    session_id: UUID | None = None
    names: dict[str, str] = {}


class Link(msgspec.Struct, frozen=True):
    """A one-time link that is good. `email` is whom it invites; None: it is for whoever holds it."""

    email: str | None


class Session(msgspec.Struct, frozen=True):
    """Where else a member is signed in. `browser` as "Firefox on Linux"; None where it was not told."""

    started_at: datetime
    browser: str | None


async def has_members(database: Database) -> bool:
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["any"])).fetchone()
    return bool(row and row["any"])


async def make_link(database: Database, url: str, *, now: datetime) -> str:
    """The address of a one-time link that is good for 24 hours."""
    token = secrets.token_urlsafe(24)
    async with database.transaction() as connection:
        await connection.execute(_SQL["forget_links"], {"now": now})
        await connection.execute(_SQL["make_link"], {"token_hash": hash_of(token), "expires_at": now + LINK_VALID})
    return f"{url}/welcome/{token}"


async def find_link(database: Database, token: str, *, now: datetime) -> Link | None:
    """The link, or None where it was used, was revoked, is too old or never was."""
    async with database.transaction() as connection:
        cursor = await connection.execute(_SQL["find_link"], {"token_hash": hash_of(token), "now": now})
        row = await cursor.fetchone()
    return None if row is None else msgspec.convert(row, Link)


async def welcome(
    database: Database, token: str, email: str, password: str, *, now: datetime, name: str = ""
) -> Member:
    """Uses a one-time link up: the member with this address has this password from now on. An invitation is for the
    address in it, whatever `email` says, and only ever makes a new member, called `name`.

    Raises InvalidRequest for an address, password or name that will not do (the link stays good), Unauthorised for a
    link that was used or is too old.
    """
    link = await find_link(database, token, now=now)
    if link is None:
        raise Unauthorised(_USED)
    address = link.email or address_of(email)
    checked = _checked_password(password)
    called = name_of(name) if link.email else None
    password_hash = await asyncio.to_thread(_hasher.hash, checked)
    values = {"token_hash": hash_of(token), "now": now, "email": address, "password_hash": password_hash}
    async with database.transaction() as connection:
        if (await connection.execute(_SQL["use_link"], values)).rowcount != 1:
            raise Unauthorised(_USED)
        save = _SQL["add_member" if link.email else "save_member"]
        row = await (await connection.execute(save, {**values, "name": called})).fetchone()
        if row is None:  # invited, and by now a member some other way
            raise Unauthorised(_USED)
    return msgspec.convert(row, Member)


def address_of(text: str) -> str:
    """An e-mail address as members have it. Raises InvalidRequest."""
    address = text.strip().lower()
    if not 3 <= len(address) <= 320 or address.count("@") != 1 or "\x00" in address or not all(address.split("@")):
        raise InvalidRequest("That is not an e-mail address.", field="email")
    return address


def name_of(text: str) -> str | None:
    """What a member is called; None for the address alone. Raises InvalidRequest."""
    name = " ".join(text.split())
    if len(name) > MAX_MEMBER_NAME:
        raise InvalidRequest(f"A name has up to {MAX_MEMBER_NAME} characters.", field="name")
    # It stands where the address would: nobody is to pass for somebody else by it.
    if "@" in name:
        raise InvalidRequest("A name has no @: it would look like an address.", field="name")
    # Of blanks, controls and marks alone nobody could read who it is.
    return name if any(unicodedata.category(character)[0] not in "ZCM" for character in name) else None


async def call(database: Database, member: Member, name: str) -> None:
    """What the member is called from now on. Raises InvalidRequest."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["call"], {"member_id": member.member_id, "name": name_of(name)})


async def change_password(database: Database, member: Member, present: str, chosen: str) -> Member:
    """Gives the member another password and ends every session. Raises Unauthorised where `present` is not the
    password, InvalidRequest for one that will not do."""
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["password_of"], {"member_id": member.member_id})).fetchone()
    stored = "" if row is None else str(row["password_hash"])
    if not await asyncio.to_thread(_verify, stored, present[:_MAX_PASSWORD]):
        raise Unauthorised("That is not your present password.")
    fresh = await asyncio.to_thread(_hasher.hash, _checked_password(chosen))
    values = {"member_id": member.member_id, "was": stored, "password_hash": fresh}
    async with database.transaction() as connection:
        found = await (await connection.execute(_SQL["set_password"], values)).fetchone()
        if found is None:  # removed, or changed elsewhere, in this very moment
            raise Unauthorised("That is not your present password.")
        await connection.execute(_SQL["end_sessions"], {"member_id": member.member_id, "keep": None})
    return msgspec.convert(found, Member)


async def other_sessions(database: Database, member: Member, *, now: datetime) -> list[Session]:
    """Where else the member is signed in, the newest first."""
    values = {"member_id": member.member_id, "session_id": member.session_id, "now": now}
    async with database.transaction() as connection:
        cursor = await connection.execute(_SQL["sessions"], values)
        return msgspec.convert(await cursor.fetchall(), list[Session])


async def end_other_sessions(database: Database, member: Member) -> int:
    """Signs the member out everywhere else; answers in how many places."""
    async with database.transaction() as connection:
        values = {"member_id": member.member_id, "keep": member.session_id}
        return (await connection.execute(_SQL["end_sessions"], values)).rowcount


async def sign_in(database: Database, email: str, password: str, *, now: datetime) -> Member:
    """Raises Unauthorised, in the same words and time whether the address or the password was wrong."""
    address = email.strip().lower().replace("\x00", "")
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["find_member"], {"email": address})).fetchone()
    # Verified against where there is no such member, so that the answer takes as long.
    nobody = await asyncio.to_thread(_nobody)
    stored = nobody if row is None else str(row["password_hash"])
    good = await asyncio.to_thread(_verify, stored, password[:_MAX_PASSWORD])
    if row is None or not good:
        raise Unauthorised("The e-mail address or the password is wrong.")
    fresh = _hasher.hash(password) if _hasher.check_needs_rehash(stored) else None
    async with database.transaction() as connection:
        values = {"member_id": row["member_id"], "now": now, "was": stored, "password_hash": fresh}
        found = await (await connection.execute(_SQL["signed_in"], values)).fetchone()
    if found is None:  # removed, or given another password, in this very moment
        raise Unauthorised("The e-mail address or the password is wrong.")
    return msgspec.convert(found, Member)


def _checked_password(text: str) -> str:
    if not MIN_PASSWORD <= len(text) <= _MAX_PASSWORD:
        raise InvalidRequest(f"Choose a password of at least {MIN_PASSWORD} characters.", field="password")
    return text


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Not at import: it takes as long as every sign-in, and commands do not sign in."""
    return _hasher.hash(secrets.token_hex(16))


def hash_of(token: str) -> bytes:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
