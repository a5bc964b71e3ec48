"""Tokens that no longer count although their time has not come: one by its id, or all that a customer has."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from milepost.access.paths import may_be_id
from milepost.access.tokens import CustomerToken
from milepost.errors import DatabaseUnavailable, InvalidRequest, Unauthorised
from milepost.insights.cursor import decode_place, encode_place
from milepost.insights.customer import Page
from milepost.store.database import Database
from milepost.store.queries import load
from milepost.vocabulary import MAX_ID_LENGTH

_SQL = load("milepost.access", "revocations.sql")
#: Seconds for which nobody asks what was revoked meanwhile.
_FRESH = 2.0
#: Seconds the database counts as away after it could not be asked.
_AWAY = 2.0


class Revocation(msgspec.Struct, kw_only=True, frozen=True):
    """What was revoked: the token `token_id`, or every token of `customer_id` that was issued (`iat`) until
    `revoked_at` or does not say when. `revoked_by` is a member's address, or how else it was done."""

    token_id: str | None
    customer_id: str | None
    revoked_at: datetime
    revoked_by: str | None = None


class _Listed(Revocation, kw_only=True, frozen=True):
    revocation_id: UUID


async def revoke_token(database: Database, token_id: str, *, by: str | None) -> Revocation:
    """Revokes a token by its id (`jti`), for good. Running servers refuse it within two seconds.

    Raises InvalidRequest for what cannot be an id.
    """
    if not may_be_id(token_id):
        raise InvalidRequest(
            f"A token's id (jti) has 1 to {MAX_ID_LENGTH} characters, none of them U+0000. Revoke a token with another "
            "by its customer.",
            field="token_id",
        )
    return await _revoke(database, "revoke_token", {"token_id": token_id, "revoked_by": by})


async def revoke_customer(database: Database, customer_id: str, *, by: str | None) -> Revocation:
    """Revokes every token of a customer that was issued until now. Running servers refuse them within two seconds.

    Raises InvalidRequest for what cannot be a customer's id.
    """
    if not may_be_id(customer_id):
        raise InvalidRequest(
            f"A customer id has 1 to {MAX_ID_LENGTH} characters, none of them U+0000.", field="customer_id"
        )
    return await _revoke(database, "revoke_customer", {"customer_id": customer_id, "revoked_by": by})


async def list_revocations(database: Database, *, limit: int = 50, cursor: str | None = None) -> Page[Revocation]:
    """The newest first. Raises InvalidRequest for a foreign cursor."""
    at, row_id = decode_place(cursor, is_uuid=True) if cursor else (None, None)
    async with database.transaction() as connection:
        values = {"at": at, "id": row_id, "limit": limit + 1}
        rows = msgspec.convert(await (await connection.execute(_SQL["list"], values)).fetchall(), list[_Listed])
    last = rows[limit - 1] if len(rows) > limit else None
    found = [Revocation(**{name: getattr(row, name) for name in Revocation.__struct_fields__}) for row in rows[:limit]]
    return Page(found, encode_place(last.revoked_at, str(last.revocation_id)) if last else None)


class Revocations:
    """Finds out whether a token was revoked. All that was is in memory; what is new is asked for every two seconds at
    most, so that a token costs no question to the database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._tokens: set[str] = set()
        self._customers: dict[str, float] = {}
        #: The database's own time when it was last asked, and ours.
        self._asked_at: datetime | None = None
        self._read_at = -math.inf
        self._away_until = -math.inf
        self._reading = asyncio.Lock()

    async def check(self, token: CustomerToken) -> None:
        """Raises Unauthorised for a token that was revoked, DatabaseUnavailable where that was never known yet.

        While the database is away, what was known counts.
        """
        if self._clock() - self._read_at >= _FRESH:
            await self._read()
        if self._asked_at is None:
            raise DatabaseUnavailable(retry_after=2)
        until = self._customers.get(token.customer_id)
        late = until is not None and (token.issued_at is None or token.issued_at <= until)
        if late or token.token_id in self._tokens:
            raise Unauthorised("This token has been revoked. Ask for a new one.")

    def forget(self) -> None:
        """Asks the database again at once."""
        self._read_at = -math.inf

    async def _read(self) -> None:
        async with self._reading:
            # Somebody else may have asked meanwhile; and while the database is away, a request would wait for a
            # connection just to hear so again.
            if self._clock() - self._read_at < _FRESH or self._clock() < self._away_until:
                return
            began, since = self._clock(), self._asked_at
            try:
                async with self._database.transaction() as connection:
                    row = await (await connection.execute(_SQL["clock"])).fetchone()
                    now = msgspec.convert(row and row["now"], datetime)
                    # Its clock was put back, or it is another: what is new may be older than what is known.
                    name = "all" if since is None or now < since else "since"
                    rows = await (await connection.execute(_SQL[name], {"since": since})).fetchall()
            except DatabaseUnavailable:
                self._away_until = self._clock() + _AWAY
                return
            for revoked in msgspec.convert(rows, list[Revocation]):
                if revoked.token_id is not None:
                    self._tokens.add(revoked.token_id)
                elif revoked.customer_id is not None:
                    self._customers[revoked.customer_id] = revoked.revoked_at.timestamp()
            self._asked_at, self._read_at = now, began


async def _revoke(database: Database, name: str, values: dict[str, str | None]) -> Revocation:
    async with database.transaction() as connection:
        return msgspec.convert(await (await connection.execute(_SQL[name], values)).fetchone(), Revocation)
