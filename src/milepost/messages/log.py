"""What was sent to a destination, how it went, and to send it again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from milepost.errors import NotFound
from milepost.insights.cursor import decode_place, encode_place
from milepost.insights.customer import Page
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.messages", "log.sql")
Which = Literal["all", "waiting", "failed", "delivered"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message and how it went. `body`: what a webhook is sent; `next_try_at`: it waits for that."""

    message_id: UUID
    topic: str
    customer_id: str | None
    customer_name: str | None
    made_at: datetime
    body: str
    attempts: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    gave_up_at: datetime | None
    last_status: int | None
    last_error: str | None


async def list_deliveries(
    connection: DictConnection,
    destination_id: UUID,
    *,
    which: Which = "all",
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Delivery]:
    """The newest first. Raises InvalidRequest for a foreign cursor."""
    at, place = decode_place(cursor, is_uuid=True) if cursor else (None, None)
    values = {
        "destination_id": destination_id,
        "which": which,
        "before": at,
        "before_id": place,
        "limit": limit + 1,
    }
    rows = await (await connection.execute(_SQL["list"], values)).fetchall()
    found = msgspec.convert(rows[:limit], list[Delivery])
    if len(rows) <= limit:
        return Page(found, None)
    return Page(found, encode_place(found[-1].made_at, str(found[-1].message_id)))


async def replay(connection: DictConnection, destination_id: UUID, message_id: UUID, *, now: datetime) -> None:
    """Sends one again, with the id it had. Raises NotFound."""
    values = {"destination_id": destination_id, "message_id": message_id, "now": now}
    if await (await connection.execute(_SQL["replay"], values)).fetchone() is None:
        raise NotFound("This destination was never sent such a message.", field="message_id")


async def replay_failed(connection: DictConnection, destination_id: UUID, *, now: datetime) -> int:
    """Sends all that was given up once more; answers how many."""
    values = {"destination_id": destination_id, "now": now}
    return len(await (await connection.execute(_SQL["replay_failed"], values)).fetchall())


async def send_test(connection: DictConnection, destination_id: UUID, *, now: datetime) -> UUID:
    """A message that says it is a test. Raises NotFound."""
    row = await (await connection.execute(_SQL["test"], {"destination_id": destination_id, "now": now})).fetchone()
    if row is None:
        raise NotFound("There is no such destination.", field="destination_id")
    return UUID(str(row["message_id"]))
