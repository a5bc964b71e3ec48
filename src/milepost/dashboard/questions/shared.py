"""Links by which somebody who is not of the team reads one dashboard, until they end or are revoked."""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final
from uuid import UUID

import msgspec

from milepost.access.members import hash_of
from milepost.dashboard.questions.kept import Dashboard, Report, report_of
from milepost.errors import InvalidRequest, NotFound
from milepost.store.database import Database
from milepost.store.queries import load

#: 32 random bytes, as they stand in an address.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST: Final = timedelta(days=3660)
_SQL = load("milepost.dashboard.questions", "shared.sql")


class SharedLink(msgspec.Struct, frozen=True, kw_only=True):
    """`created_by` is an address, of a member who may have gone. `ends_at`: good until then; None: until revoked."""

    link_id: UUID
    with_names: bool
    created_at: datetime
    created_by: str | None
    ends_at: datetime | None
    last_opened_at: datetime | None


class Opened(msgspec.Struct, frozen=True):
    """What a link leads to: the dashboard with its reports, and whether names go with it."""

    dashboard: Dashboard
    reports: dict[UUID, Report]
    with_names: bool


async def share(
    database: Database, dashboard_id: UUID, *, with_names: bool, ends_at: datetime | None, by: str | None, now: datetime
) -> str:
    """A new link's token, which is told this once: its hash is kept. Raises NotFound."""
    token = secrets.token_urlsafe(32)
    values = {
        "dashboard_id": dashboard_id, "token_hash": hash_of(token), "with_names": with_names, "ends_at": ends_at,
        "by": by, "now": now,
    }  # fmt: skip
    async with database.transaction() as connection:
        await connection.execute(_SQL["forget_ended"], {"now": now})
        made = await (await connection.execute(_SQL["make"], values)).fetchone()
    if made is None:
        raise NotFound("There is no such dashboard; it may have been deleted.")
    return token


async def links(database: Database, dashboard_id: UUID, *, now: datetime) -> list[SharedLink]:
    """The links that are good now, the newest first."""
    async with database.transaction() as connection:
        values = {"dashboard_id": dashboard_id, "now": now}
        rows = await (await connection.execute(_SQL["links"], values)).fetchall()
    return msgspec.convert(rows, list[SharedLink])


async def revoke(database: Database, dashboard_id: UUID, link_id: UUID) -> None:
    """The link leads nowhere from now on; one that is gone already does not either."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["revoke"], {"dashboard_id": dashboard_id, "link_id": link_id})


async def opened(database: Database, token: str, *, now: datetime) -> Opened | None:
    """What a link leads to; None where it ended, was revoked or never was. What is no token costs nothing."""
    if not _TOKEN.fullmatch(token):
        return None
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["open"], {"token_hash": hash_of(token), "now": now})).fetchone()
        if row is None:
            return None
        dashboard = msgspec.convert(row, Dashboard)
        ids = [card.report_id for card in dashboard.cards]
        rows = await (await connection.execute(_SQL["reports"], {"report_ids": ids})).fetchall()
    found = [one for each in rows if (one := report_of(each)) is not None]
    return Opened(dashboard, {one.report_id: one for one in found}, bool(row["with_names"]))


def end_of(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """The moment after the last day that a link is good for; None where none was chosen. Raises InvalidRequest."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest("Write the last day as 2026-12-31, or leave it empty.", field="until") from None
    if not now.astimezone(zone).date() <= day <= (now + _LONGEST).date():
        raise InvalidRequest("Choose a last day that is not over, within ten years.", field="until")
    return datetime.combine(day + timedelta(days=1), time(), zone)
