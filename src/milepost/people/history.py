"""What a person did last, and in which sessions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from milepost.analytics.context import Store
from milepost.columns.reading import Value
from milepost.people.model import Did, Sitting
from milepost.people.read import customer_names, number_of, rows_of
from milepost.vocabulary import ActorType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_metadata = msgspec.json.Decoder(dict[str, Any])


class _Event(NamedTuple):
    """A row of `timeline`."""

    event_id: str
    customer: int
    at: int
    event_type: str
    event_name: str
    tool_id: str
    tool_section: str
    page_url: str
    metadata: str
    actor_type: ActorType


async def read_history(store: Store, user_id: str, *, events: int, sessions: int) -> tuple[list[Did], list[Sitting]]:
    """The newest events and sessions of a user, newest first, in the latest 20 of their customers. Raises what the
    column store raises."""
    async with store.database.transaction() as connection:
        user = await number_of(connection, user_id)
    if user is None:
        return [], []
    customers = [number for number, _ in await rows_of(store, tuple[int, int], "customers_of", {"user": user})]
    if not customers:
        return [], []
    asked: Mapping[str, Value] = {"user": user, "customers": customers}
    did = await rows_of(store, _Event, "timeline", {**asked, "limit": events})
    sat = await rows_of(store, tuple[int, int, int, int, list[str]], "sessions", {**asked, "limit": sessions})
    names = await customer_names(store, customers)
    return (
        [_did(row, names[row.customer]) for row in did if row.customer in names],
        [
            Sitting(
                customer_id=names[customer][0],
                customer_name=names[customer][1],
                started_at=_time(began),
                ended_at=_time(ended),
                events=count,
                tools=tools,
            )
            for customer, began, ended, count, tools in sat
            if customer in names
        ],
    )


def _did(row: _Event, customer: tuple[str, str | None]) -> Did:
    return Did(
        event_id=row.event_id,
        customer_id=customer[0],
        customer_name=customer[1],
        at=_time(row.at),
        event_type=row.event_type,
        event_name=row.event_name or None,
        tool_id=row.tool_id or None,
        tool_section=row.tool_section or None,
        page_url=row.page_url or None,
        metadata=_metadata.decode(row.metadata),
        actor_type=row.actor_type,
    )


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
