"""Browser keys (public, ingest within rules), server keys (ingest) and secret keys (for the API too): made, found,
revoked.

Of all but browser keys only a hash is kept. Keys have 190 bits of chance, so a plain SHA-256 is as good as a slow one.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import secrets
import string
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec

from milepost.errors import DatabaseUnavailable
from milepost.store.database import Database
from milepost.store.queries import load
from milepost.vocabulary import KEY_PREFIXES

KeyKind = Literal["browser", "server", "secret"]
KEY_KINDS: Final[tuple[KeyKind, ...]] = get_args(KeyKind)

_SQL = load("milepost.access", "keys.sql")
_LETTERS = string.ascii_letters + string.digits
_PREFIX: Final[dict[KeyKind, str]] = dict(zip(KEY_KINDS, KEY_PREFIXES, strict=True))
#: Seconds a key is taken as valid without asking again: a revocation takes this long.
_FRESH = 2.0
#: Seconds one that is not known is taken as invalid.
_UNKNOWN_FRESH = 1.0
#: Seconds between two times that a key's use is written down.
_MARKED_EVERY = 60.0
#: Seconds the database counts as away after it could not be asked.
_AWAY = 2.0


class KeyInfo(msgspec.Struct, frozen=True):
    """A valid key. `key_id` is None for one that was set in the environment, such as MILEPOST_WRITE_KEY. With
    `signed_only`, a browser key takes ids with an identity signature alone."""

    kind: KeyKind
    name: str
    key_id: UUID | None = None
    signed_only: bool = False


class _ValidKey(KeyInfo, frozen=True, kw_only=True):
    key_hash: bytes


class KeyRecord(msgspec.Struct, kw_only=True):
    """A key as it is listed; `public_key` is the whole key, for browser keys alone."""

    key_id: UUID
    kind: KeyKind
    name: str
    prefix: str
    public_key: str | None
    signed_only: bool
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def new_key(kind: KeyKind) -> str:
    """A fresh key, such as mpw_4nQ...: 32 letters and digits after its prefix."""
    return _PREFIX[kind] + "".join(secrets.choice(_LETTERS) for _ in range(32))


async def create_key(database: Database, kind: KeyKind, name: str, *, by: str | None, signed_only: bool = False) -> str:
    """Stores a fresh key and answers it: the only time one is seen that is not for browsers."""
    key = new_key(kind)
    values = {
        "kind": kind,
        "name": name,
        "key_hash": _hash(key),
        "prefix": key[:8],
        "public_key": key if kind == "browser" else None,
        "signed_only": signed_only and kind == "browser",
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
    """False where there is no such key, or it was revoked before. Takes effect within two seconds."""
    async with database.transaction() as connection:
        return (await connection.execute(_SQL["revoke"], {"key_id": key_id})).rowcount == 1


async def first_browser_key(database: Database) -> str | None:
    """The oldest valid browser key, to show in examples."""
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["first_browser_key"])).fetchone()
    return None if row is None else str(row["public_key"])


class KeyRing:
    """Finds out what a key is. All valid keys are in memory and read again every two seconds, so that who has none, or
    invents one each time, costs no question to the database."""

    def __init__(self, database: Database, preset: dict[str, KeyInfo], clock: Callable[[], float] = time.monotonic):
        self._database = database
        self._preset = {_hash(key): info for key, info in preset.items() if key}
        self._clock = clock
        self._known: dict[bytes, KeyInfo] = {}
        self._marked_at: dict[bytes, float] = {}
        self._read_at = -math.inf
        self._away_until = -math.inf
        self._reading = asyncio.Lock()

    async def find(self, key: str) -> KeyInfo | None:
        """The key, or None where it is not valid. While the database is away, what was valid stays valid.

        Raises DatabaseUnavailable for a key that is not known while the database is away.
        """
        key_hash = _hash(key)
        if preset := self._preset.get(key_hash):
            return preset
        # One that was made a moment ago is not known yet: an unknown key is looked for, once a second.
        fresh = _FRESH if key_hash in self._known else _UNKNOWN_FRESH
        if self._clock() - self._read_at >= fresh:
            await self._read(fresh)
        info = self._known.get(key_hash)
        if info is not None:
            await self._mark_used(key_hash)
        elif self._clock() < self._away_until:
            raise DatabaseUnavailable(retry_after=2)
        return info

    def knows(self, key: str) -> bool:
        """Whether it was valid when the keys were last read."""
        key_hash = _hash(key)
        return key_hash in self._preset or key_hash in self._known

    def forget(self) -> None:
        """Asks the database again at once."""
        self._read_at = -math.inf

    async def _mark_used(self, key_hash: bytes) -> None:
        now = self._clock()
        if now - self._marked_at.get(key_hash, -math.inf) < _MARKED_EVERY or now < self._away_until:
            return
        self._marked_at[key_hash] = now
        with suppress(DatabaseUnavailable):
            async with self._database.transaction() as connection:
                await connection.execute(_SQL["used"], {"key_hash": key_hash})

    async def _read(self, fresh: float) -> None:
        async with self._reading:
            # Somebody else may have read them meanwhile; and while the database is away, a request would wait for a
            # connection just to hear so again.
            if self._clock() - self._read_at < fresh or self._clock() < self._away_until:
                return
            try:
                async with self._database.transaction() as connection:
                    rows = await (await connection.execute(_SQL["valid"])).fetchall()
            except DatabaseUnavailable:
                self._away_until = self._clock() + _AWAY
                return
            self._known = {row.key_hash: row for row in msgspec.convert(rows, list[_ValidKey])}
            self._read_at = self._clock()


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
