"""What a person did last, and in which sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from milepost.analytics.context import Store
from milepost.columns.reading import Value
from milepost.insights.cursor import decode_place, encode_place
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


class Whose(NamedTuple):
    """A user's number, and those of the latest 20 customers they acted for with their ids and names."""

    user: int
    customers: dict[int, tuple[str, str | None]]


async def read_did(
    store: Store, user_id: str, *, limit: int, before: str | None = None
) -> tuple[list[Did], str | None]:
    """A page of a user's events in the latest 20 of their customers, newest first, and the cursor of the next. Raises
    InvalidRequest for a foreign cursor, and what the column store raises."""
    at, place = decode_place(before, is_uuid=True) if before else (_EPOCH, "")
    whose = await _whose(store, user_id)
    if whose is None:
        return [], None
    asked: dict[str, Value] = {
        "user": whose.user,
        "customers": sorted(whose.customers),
        "before": (at - _EPOCH) // timedelta(microseconds=1),
        "before_id": place,
        "limit": limit + 1,
    }
    rows = await rows_of(store, _Event, "timeline", asked)
    did = [_did(row, whose.customers[row.customer]) for row in rows[:limit]]
    return did, encode_place(did[-1].at, did[-1].event_id) if len(rows) > limit else None


async def read_sittings(store: Store, user_id: str, *, limit: int) -> list[Sitting]:
    """The newest sessions of a user in the latest 20 of their customers, newest first. Raises what the column store
    raises."""
    whose = await _whose(store, user_id)
    if whose is None:
        return []
    asked: dict[str, Value] = {"user": whose.user, "customers": sorted(whose.customers), "limit": limit}
    sat = await rows_of(store, tuple[int, int, int, int, list[str]], "sessions", asked)
    return [
        Sitting(
            customer_id=whose.customers[customer][0],
            customer_name=whose.customers[customer][1],
            started_at=_time(began),
            ended_at=_time(ended),
            events=count,
            tools=tools,
        )
        for customer, began, ended, count, tools in sat
    ]


async def _whose(store: Store, user_id: str) -> Whose | None:
    """None for whoever has done nothing that the column store knows."""
    async with store.database.transaction() as connection:
        user = await number_of(connection, user_id)
    if user is None:
        return None
    customers = [number for number, _ in await rows_of(store, tuple[int, int], "customers_of", {"user": user})]
    names = await customer_names(store, customers)
    return Whose(user, names) if names else None


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
