"""The team's members: one-time links, passwords, sign-in."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from milepost.errors import InvalidRequest, Unauthorised
from milepost.store.database import Database
from milepost.store.queries import load

MIN_PASSWORD = 10
_MAX_PASSWORD = 1000
LINK_VALID = timedelta(hours=24)

_SQL = load("milepost.access", "members.sql")
_hasher = PasswordHasher()


class Member(msgspec.Struct, frozen=True):
    """Someone of the team. `password_mark` is another one when the password is."""

    member_id: UUID
    email: str
    password_mark: str


async def has_members(database: Database) -> bool:
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["any"])).fetchone()
    return bool(row and row["any"])


async def make_link(database: Database, url: str, *, now: datetime) -> str:
    """The address of a one-time link that is good for 24 hours."""
    token = secrets.token_urlsafe(24)
    async with database.transaction() as connection:
        await connection.execute(_SQL["forget_links"], {"now": now})
        await connection.execute(_SQL["make_link"], {"token_hash": _hash(token), "expires_at": now + LINK_VALID})
    return f"{url}/welcome/{token}"


async def link_is_good(database: Database, token: str, *, now: datetime) -> bool:
    async with database.transaction() as connection:
        cursor = await connection.execute(_SQL["find_link"], {"token_hash": _hash(token), "now": now})
        return await cursor.fetchone() is not None


async def welcome(database: Database, token: str, email: str, password: str, *, now: datetime) -> Member:
    """Uses a one-time link up: the member with this address has this password from now on.

    Raises InvalidRequest for an address or password that will not do (the link stays good), Unauthorised for a
    link that was used or is too old.
    """
    address = email.strip().lower()
    if not 3 <= len(address) <= 320 or address.count("@") != 1 or "\x00" in address or not all(address.split("@")):
        raise InvalidRequest("That is not an e-mail address.", field="email")
    if not MIN_PASSWORD <= len(password) <= _MAX_PASSWORD:
        raise InvalidRequest(f"Choose a password of at least {MIN_PASSWORD} characters.", field="password")
    password_hash = await asyncio.to_thread(_hasher.hash, password)
    values = {"token_hash": _hash(token), "now": now, "email": address, "password_hash": password_hash}
    async with database.transaction() as connection:
        if (await connection.execute(_SQL["use_link"], values)).rowcount != 1:
            raise Unauthorised("This link has already been used, or is more than 24 hours old.")
        row = await (await connection.execute(_SQL["save_member"], values)).fetchone()
    return msgspec.convert(row, Member)


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
        values = {"member_id": row["member_id"], "now": now, "password_hash": fresh}
        found = await (await connection.execute(_SQL["signed_in"], values)).fetchone()
    if found is None:  # removed in this very moment
        raise Unauthorised("The e-mail address or the password is wrong.")
    return msgspec.convert(found, Member)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Not at import: it takes as long as every sign-in, and commands do not sign in."""
    return _hasher.hash(secrets.token_hex(16))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
