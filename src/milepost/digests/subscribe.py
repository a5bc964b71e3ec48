"""Who gets weekly mails: a member asks for that of their accounts, or of a dashboard, and ends it here or by the link
in each mail."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.digests", "digests.sql")


async def is_subscribed(connection: DictConnection, member_id: UUID, dashboard_id: UUID | None = None) -> bool:
    values = {"member_id": member_id, "dashboard_id": dashboard_id}
    row = await (await connection.execute(_SQL["of_member"], values)).fetchone()
    return row is not None and bool(row["active"])


async def subscribe(
    connection: DictConnection, member_id: UUID, dashboard_id: UUID | None = None, *, zone: str, now: datetime
) -> bool:
    """From next Monday on, by the clock of `zone`, an IANA name. False: there is no such dashboard any more."""
    values = {"member_id": member_id, "dashboard_id": dashboard_id, "zone": zone, "now": now}
    return (await connection.execute(_SQL["subscribe"], values)).rowcount > 0


async def unsubscribe(connection: DictConnection, member_id: UUID, dashboard_id: UUID | None = None) -> bool:
    """Twice is once; answers whether there was one."""
    values = {"member_id": member_id, "dashboard_id": dashboard_id}
    return (await connection.execute(_SQL["unsubscribe"], values)).rowcount > 0


async def unsubscribe_by(connection: DictConnection, link: UUID) -> bool:
    """By what a link in a mail names (messages/unsubscribe.py). Twice is once."""
    return (await connection.execute(_SQL["unsubscribe_by"], {"destination_id": link})).rowcount > 0


async def mailed_dashboards(connection: DictConnection, member_id: UUID) -> list[tuple[UUID, str]]:
    """The dashboards that a member gets weekly: ids and names, by name."""
    rows = await (await connection.execute(_SQL["mailed"], {"member_id": member_id})).fetchall()
    return [(cast(UUID, row["dashboard_id"]), str(row["name"])) for row in rows]
