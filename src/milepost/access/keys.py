"""Write keys (public, ingest only) and secret keys (for the API): made, found, revoked.

Of a secret key only a hash is kept. Keys have 190 bits of chance, so a plain SHA-256 is as good as a slow one.
"""

from __future__ import annotations

import hashlib
import secrets
import string
import time
from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from milepost.errors import DatabaseUnavailable
from milepost.store.database import Database
from milepost.store.queries import load

KeyKind = Literal["write", "secret"]

_SQL = load("milepost.access", "keys.sql")
_LETTERS = string.ascii_letters + string.digits
_PREFIX: dict[KeyKind, str] = {"write": "mpw_", "secret": "mps_"}
#: Seconds a key is taken as valid, or as invalid, without asking again: a revocation takes this long.
_FRESH = 10.0
_MOST_CACHED = 10_000
#: Seconds the database counts as away after it could not be asked.
_AWAY = 2.0


class KeyInfo(msgspec.Struct, frozen=True):
    """A valid key. `key_id` is None for one that was set by MILEPOST_WRITE_KEY or MILEPOST_SECRET_KEY."""

    kind: KeyKind
    name: str
    key_id: UUID | None = None


class KeyRecord(msgspec.Struct, kw_only=True):
    """A key as it is listed; `public_key` is the whole key, for write keys alone."""

    key_id: UUID
    kind: KeyKind
    name: str
    prefix: str
    public_key: str | None
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def new_key(kind: KeyKind) -> str:
    """A fresh key, such as mpw_4nQ...: 32 letters and digits after its prefix."""
    return _PREFIX[kind] + "".join(secrets.choice(_LETTERS) for _ in range(32))


async def create_key(database: Database, kind: KeyKind, name: str, *, by: str | None, key: str | None = None) -> str:
    """Stores a key, a fresh one where none is given, and answers it: the only time a secret key is seen."""
    key = key or new_key(kind)
    values = {
        "kind": kind,
        "name": name,
        "key_hash": _hash(key),
        "prefix": key[:8],
        "public_key": key if kind == "write" else None,
        "created_by": by,
    }
    async with database.transaction() as connection:
        await connection.execute(_SQL["create"], values)
    return key


async def list_keys(database: Database) -> list[KeyRecord]:
    """All keys, the newest first; revoked ones last."""
    async with database.transaction() as connection:
        return msgspec.convert(await (await connection.execute(_SQL["list"])).fetchall(), list[KeyRecord])


async def revoke_key(database: Database, key_id: UUID) -> bool:
    """False where there is no such key, or it was revoked before. Takes effect within ten seconds."""
    async with database.transaction() as connection:
        return (await connection.execute(_SQL["revoke"], {"key_id": key_id})).rowcount == 1


async def first_write_key(database: Database) -> str | None:
    """The oldest valid write key, to show in examples."""
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["first_write_key"])).fetchone()
    return None if row is None else str(row["public_key"])


class KeyRing:
    """Finds out what a key is, asking the database once in ten seconds per key."""

    def __init__(self, database: Database, preset: dict[str, KeyInfo], clock: Callable[[], float] = time.monotonic):
        self._database = database
        self._preset = {_hash(key): info for key, info in preset.items() if key}
        self._clock = clock
        self._known: dict[bytes, tuple[float, KeyInfo | None]] = {}
        self._away_until = 0.0

    async def find(self, key: str) -> KeyInfo | None:
        """The key, or None where it is not valid. While the database is away, what was valid stays valid.

        Raises DatabaseUnavailable for a key that was never seen while the database is away.
        """
        key_hash = _hash(key)
        if preset := self._preset.get(key_hash):
            return preset
        known = self._known.get(key_hash)
        if known is not None and self._clock() - known[0] < _FRESH:
            return known[1]
        if self._clock() < self._away_until:
            # It was away a moment ago: every request would wait for a connection just to hear so again.
            if known is None:
                raise DatabaseUnavailable(retry_after=2)
            return known[1]
        try:
            info = await self._ask(key_hash)
        except DatabaseUnavailable:
            self._away_until = self._clock() + _AWAY
            if known is None:
                raise
            return known[1]
        if len(self._known) >= _MOST_CACHED:
            self._known.clear()
        self._known[key_hash] = (self._clock(), info)
        return info

    def forget(self) -> None:
        """Asks the database again about every key, at once."""
        self._known.clear()

    async def _ask(self, key_hash: bytes) -> KeyInfo | None:
        async with self._database.transaction() as connection:
            row = await (await connection.execute(_SQL["find"], {"key_hash": key_hash})).fetchone()
            if row is not None:
                await connection.execute(_SQL["used"], {"key_hash": key_hash})
        return None if row is None else msgspec.convert(row, KeyInfo)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
