"""What happened, in order: a customer's events, offline actions, notes and tasks as one list, single events, the
newest of all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from milepost.errors import NotFound
from milepost.insights.cursor import decode_place, encode_place
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.vocabulary import ActionRole, Impact

_SQL = load("milepost.insights", "timeline.sql")


class Happening(msgspec.Struct, kw_only=True):
    """An event (`what` is its type), an offline action (`what` is its kind; it has a role), or what the team did: a
    note (`description` is its text), a task that was set or `done` (`what` is its title), a tag (`what`) that is there
    still, an `act` on a recommendation (`what` is what the team was to do; `metadata`: act, whom, why; `due`: until
    when it waits), an `owner` (`what` is the member's address, '' where there was none from then on). `by`: a member's
    e-mail address; None where it came with a secret key. Events and actions have an impact."""

    kind: Literal["event", "action", "note", "task", "done", "tag", "act", "owner"]
    id: UUID
    at: datetime
    what: str
    tool_id: str | None
    tool_section: str | None
    business_impact: Impact | None
    competency_area: str | None
    user_id: str | None
    page_url: str | None
    metadata: dict[str, object]
    is_bot: bool
    role: ActionRole | None
    description: str | None
    value: float | None
    currency: str | None
    private: bool
    by: str | None
    due: date | None
    #: What an event's sender calls it.
    name: str | None


class NewEvent(msgspec.Struct, kw_only=True):
    """One of the newest events, with its customer's name if there is one."""

    event_id: UUID
    customer_id: str
    customer_name: str | None
    event_type: str
    tool_id: str | None
    tool_section: str | None
    business_impact: Impact
    timestamp: datetime
    event_metadata: dict[str, object]
    page_url: str | None
    event_name: str | None


async def read_timeline(
    connection: DictConnection, customer_id: str, *, limit: int, before: str | None = None
) -> tuple[list[Happening], str | None]:
    """A page, newest first, and the cursor of the next. Raises InvalidRequest for a foreign cursor."""
    at, place = decode_place(before, is_uuid=True) if before else (None, None)
    values = {"customer_id": customer_id, "limit": limit + 1, "before": at, "before_id": place}
    rows = await (await connection.execute(_SQL["timeline"], values)).fetchall()
    found = msgspec.convert(rows[:limit], list[Happening])
    return found, encode_place(found[-1].at, str(found[-1].id)) if len(rows) > limit else None


async def read_event(connection: DictConnection, customer_id: str, event_id: UUID) -> Row:
    """Every column of one event. Raises NotFound."""
    values = {"customer_id": customer_id, "event_id": event_id}
    row = await (await connection.execute(_SQL["event"], values)).fetchone()
    if row is None:
        raise NotFound("There is no such event. It may have reached the end of its retention.", field="event_id")
    return row


async def read_newest(connection: DictConnection, *, now: datetime, limit: int) -> list[NewEvent]:
    """The newest events by their own time, none from the future."""
    rows = await (await connection.execute(_SQL["newest"], {"now": now, "limit": limit})).fetchall()
    return msgspec.convert(rows, list[NewEvent])
