"""Alerts in PostgreSQL: listed with what is so just now, made, snoozed, acknowledged, switched off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from milepost.errors import Conflict, InvalidRequest, NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.vocabulary import AlertKind

SQL = load("milepost.alerts", "alerts.sql")
MOST_ALERTS: Final = 100
_MAX_NAME: Final = 100
#: Incidents that are over stand on the page for so long, and in the database.
PAST: Final = timedelta(days=30)
_KEPT: Final = timedelta(days=365)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and its open incident, or the last one. `customers`: of how many it holds; `told`: how many of them
    messages told of."""

    alert_id: UUID
    kind: AlertKind
    name: str
    segment_id: UUID | None
    segment: str | None
    segment_slug: str | None
    conditions: list[dict[str, Any]] | None
    report_id: UUID | None
    report: str | None
    question: dict[str, Any] | None
    below: float | None
    above: float | None
    destinations: list[UUID] | None
    active: bool
    snoozed_until: datetime | None
    made_at: datetime
    made_by: str | None
    checked_at: datetime | None
    trouble: str | None
    told_at: datetime | None
    told_count: int
    incident_id: UUID | None
    began_at: datetime | None
    ended_at: datetime | None
    says: str | None
    incident_told_at: datetime | None
    over_told_at: datetime | None
    told: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    customers: int

    @property
    def holds(self) -> bool:
        return self.incident_id is not None and self.ended_at is None

    @property
    def by_past(self) -> bool:
        """Whether a figure is held against its own past."""
        return self.kind == "figure" and self.below is None and self.above is None

    def is_snoozed(self, now: datetime) -> bool:
        return self.snoozed_until is not None and self.snoozed_until > now


class Concerned(msgspec.Struct, frozen=True, kw_only=True):
    """A customer of whom an incident holds, since when, and why."""

    customer_id: str
    name: str | None
    since: datetime
    says: str


class PastIncident(msgspec.Struct, frozen=True, kw_only=True):
    """One that is over. `customers`: how many it was of, in all."""

    incident_id: UUID
    name: str
    began_at: datetime
    ended_at: datetime
    says: str | None
    told: int
    customers: int


class NewAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told of: who enters a segment; or a saved trend's figure `below` or `above` something, or, with
    neither, unlike its own past."""

    kind: AlertKind
    name: str
    segment_id: UUID | None = None
    report_id: UUID | None = None
    below: float | None = None
    above: float | None = None
    destinations: Sequence[UUID] | None = None


async def list_alerts(connection: DictConnection) -> list[Alert]:
    """All of them: first those that are there from the start, then by when they were made."""
    rows = await (await connection.execute(SQL["list"], {"alert_id": None})).fetchall()
    return msgspec.convert(rows, list[Alert])


async def read_alert(connection: DictConnection, alert_id: UUID) -> Alert:
    """Raises NotFound."""
    row = await (await connection.execute(SQL["list"], {"alert_id": alert_id})).fetchone()
    if row is None:
        raise _gone()
    return msgspec.convert(row, Alert)


async def concerned(connection: DictConnection, incident_id: UUID, *, limit: int) -> list[Concerned]:
    """Of whom an incident holds, the newest first."""
    values = {"incident_id": incident_id, "limit": limit}
    rows = await (await connection.execute(SQL["customers"], values)).fetchall()
    return msgspec.convert(rows, list[Concerned])


async def past_incidents(connection: DictConnection, *, now: datetime, limit: int = 50) -> list[PastIncident]:
    """Those that ended within 30 days, the newest first."""
    rows = await (await connection.execute(SQL["past"], {"since": now - PAST, "limit": limit})).fetchall()
    return msgspec.convert(rows, list[PastIncident])


async def add_alert(connection: DictConnection, wanted: NewAlert, *, by: str | None, now: datetime) -> UUID:
    """Raises InvalidRequest for what will not do, Conflict where there are too many."""
    match wanted.kind:
        case "segment":
            if wanted.segment_id is None:
                raise InvalidRequest("Choose the segment whose new customers are to be told of.", field="segment_id")
        case "figure":
            if wanted.report_id is None:
                raise InvalidRequest("Choose the saved question whose figure is watched.", field="report_id")
            if wanted.below is not None and wanted.above is not None:
                raise InvalidRequest("Say below what, or above what: one of the two.", field="below")
        case _:
            raise InvalidRequest("An alert is of a segment, or of a saved question's figure.", field="kind")
    name = " ".join(wanted.name.split())
    if not 1 <= len(name) <= _MAX_NAME:
        raise InvalidRequest(f"name has {len(name)} characters; give 1 to {_MAX_NAME}.", field="name")
    row = await (await connection.execute(SQL["count"])).fetchone()
    if row is not None and int(str(row["count"])) >= MOST_ALERTS:
        raise Conflict(f"There are {MOST_ALERTS} alerts, the most there can be. Remove one first.")
    of_segment = wanted.kind == "segment"
    values = {
        "kind": wanted.kind,
        "name": name,
        "segment_id": wanted.segment_id if of_segment else None,
        "report_id": None if of_segment else wanted.report_id,
        "below": None if of_segment else wanted.below,
        "above": None if of_segment else wanted.above,
        "destinations": None if wanted.destinations is None else list(wanted.destinations),
        "now": now,
        "by": by,
    }
    row = await (await connection.execute(SQL["add"], values)).fetchone()
    assert row is not None
    return UUID(str(row["alert_id"]))


async def watchable_report(connection: DictConnection, report_id: UUID) -> str:
    """The name of a saved trend. Raises InvalidRequest for what is none."""
    row = await (await connection.execute(SQL["trend"], {"report_id": report_id})).fetchone()
    if row is None:
        raise InvalidRequest("There is no saved trend with this id. Save one, and name it here.", field="report_id")
    return str(row["name"])


async def remove_alert(connection: DictConnection, alert_id: UUID) -> None:
    """With its incidents. Raises NotFound; those that are there from the start can only be switched off."""
    await _one(connection, "remove", {"alert_id": alert_id})


async def switch_alert(connection: DictConnection, alert_id: UUID, *, on: bool) -> None:
    """Raises NotFound."""
    await _one(connection, "switch", {"alert_id": alert_id, "on": on})


async def snooze_alert(connection: DictConnection, alert_id: UUID, until: datetime | None) -> None:
    """Until then nobody is told; None ends it. What is still so then is told then. Raises NotFound."""
    await _one(connection, "snooze", {"alert_id": alert_id, "until": until})


async def route_alert(connection: DictConnection, alert_id: UUID, destinations: Sequence[UUID] | None) -> None:
    """Who is told; None: every destination that wants alerts. Raises NotFound."""
    chosen = None if destinations is None else list(destinations)
    await _one(connection, "route", {"alert_id": alert_id, "destinations": chosen})


async def acknowledge(connection: DictConnection, alert_id: UUID, *, by: str | None, now: datetime) -> None:
    """Somebody looks after it: nothing more is told of this incident but its end. Raises NotFound."""
    await _one(connection, "acknowledge", {"alert_id": alert_id, "by": by, "now": now})


def forget_incidents(connection: psycopg.Connection[Any], *, now: datetime) -> None:
    """Deletes those that have been over for a year."""
    connection.execute(SQL["forget"], {"before": now - _KEPT})


async def _one(connection: DictConnection, name: str, values: dict[str, object]) -> None:
    if await (await connection.execute(SQL[name], values)).fetchone() is None:
        raise _gone()


def _gone() -> NotFound:
    return NotFound("There is no such alert of which that can be done.", field="alert_id")
