"""What is only claimed, by a public key: it counts where nobody else's word stands, and is held back where it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from psycopg import AsyncConnection

from milepost.ingest.events import EventRow, Held, IdentityCall
from milepost.store.queries import load
from milepost.traits.keep import is_known, is_so, rows, tell

_SQL = load("milepost.ingest", "claims.sql")
#: customer_id, user_id, anonymous_id
_Claim: TypeAlias = tuple[str, str | None, str | None]
#: Seconds in which what counted is not asked again: the events of a page claim the same, every half minute.
_FRESH: Final = 300.0
_MOST_KNOWN: Final = 20_000
_ELSEWHERE: Final = "The user belongs to another customer. Name this one with a server key, or signed."
_TAKEN: Final = {
    "identify": "The anonymous id is another user's. Identify it with a server key.",
    "alias": "The previous id is another user's. Send the alias with a server key.",
    "group": "The user belongs to another customer. Send the group call with a server key, or signed.",
}
_FIELDS: Final = {"identify": "anonymousId", "alias": "previousId", "group": "groupId"}


class Claims:
    """Finds out which claims count, on a writer's connection."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted: dict[_Claim, float] = {}

    async def settle(self, connection: AsyncConnection, rows: Sequence[EventRow]) -> dict[str, Held]:
        """Takes the customer out of rows, or puts in its user's own, where a claim does not count; answers what was
        held back, by event."""
        claims = {_claim(row) for row in rows if row.claimed}
        unknown = [claim for claim in claims if self._counted.get(claim, 0.0) <= self._clock()]
        elsewhere: dict[_Claim, str | None] = {}
        if unknown:
            cursor = await connection.execute(
                _SQL["claimed_customers"], [list(ids) for ids in zip(*unknown, strict=True)]
            )
            answers = await cursor.fetchall()
            for claim, (customer,) in zip(unknown, answers, strict=True):
                if customer == claim[0]:
                    self._remember(claim)
                else:
                    elsewhere[claim] = customer
        held: dict[str, Held] = {}
        for row in rows:
            if row.claimed and (claim := _claim(row)) in elsewhere:
                row.customer_id = elsewhere[claim]
                held[row.event_id] = Held("needs_server_key", "customer_id", _ELSEWHERE)
        return held

    def _remember(self, claim: _Claim) -> None:
        if len(self._counted) >= _MOST_KNOWN:
            self._counted.clear()
        self._counted[claim] = self._clock() + _FRESH


async def apply_call(connection: AsyncConnection, call: IdentityCall) -> list[Held]:
    """Makes a call's ties and keeps its traits; answers what of it was held back."""
    held: list[Held] = []
    for tie in call.ties:
        values = (tie.call, tie.kind, tie.from_id, tie.to_id)
        if not tie.claimed:
            await connection.execute(_SQL["tie"], values)
        elif not await _value(connection, "claim", values):
            held.append(Held("needs_server_key", _FIELDS[tie.call], _TAKEN[tie.call]))
    for traits in call.traits:
        told = rows(traits.kind, traits.id, traits.told, call.at, "event")
        if traits.kind == "customer" and traits.claimed:
            await connection.execute(_SQL["one_at_a_time"], (traits.id,))
            is_first = bool(call.ties) and not held and not await is_known(connection, traits.id)
            if not is_first and (held or not call.ties or not await is_so(connection, told)):
                message = (
                    "A public key cannot change what is known of a customer. "
                    "Send the traits with a server key, or signed."
                )
                held.append(Held("needs_server_key", "traits", message))
                continue
        await tell(connection, told)
    return held


async def _value(connection: AsyncConnection, name: str, values: Sequence[object] | Mapping[str, object]) -> bool:
    row = await (await connection.execute(_SQL[name], values)).fetchone()
    assert row is not None
    return bool(row[0])


def _claim(row: EventRow) -> _Claim:
    assert row.customer_id is not None
    return row.customer_id, row.user_id, row.anonymous_id
