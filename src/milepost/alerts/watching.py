"""Looks at every alert while the server runs, writes down what was found, and tells whom it concerns."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from milepost.alerts.incidents import STILL_KNOWN, Finding, Found, Incident, Step, Told, next_step
from milepost.alerts.keep import SQL, Alert, list_alerts
from milepost.alerts.looking import look
from milepost.analytics.context import Store
from milepost.errors import DatabaseUnavailable, Problem
from milepost.store.database import DictConnection
from milepost.supervisor import Supervisor, Task

_log = logging.getLogger(__name__)
#: Seconds between two looks: settled within 16 s and sent within 2, what is told of is told within a minute.
_TICK: Final = 20.0
#: A look may take this share of the time at most, or the next comes later.
_SHARE: Final = 0.05
#: How often a saved question is asked, and when the day before is looked at, after midnight UTC.
_ASKED_EVERY: Final = timedelta(minutes=10)
_AFTER_MIDNIGHT: Final = timedelta(minutes=20)
#: The most customers that a message names, and that its body for software lists.
_NAMED: Final = 10
_LISTED: Final = 200


class Watching:
    """The background task; over several servers one looks at a time."""

    def __init__(self, store: Store, *, tick: float = _TICK, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._tick = tick
        self._clock = clock
        #: When each may be looked at again, by the monotonic clock.
        self._next: dict[UUID, float] = {}

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database."""
        supervisor.start("alerts", self._run)

    async def _run(self, task: Task) -> None:
        task.works()
        while True:
            # A server that starts has enough to do.
            await asyncio.sleep(self._tick)
            await self.round()
            task.works()

    async def round(self) -> None:
        """One look at each that is due. Raises DatabaseUnavailable."""
        async with self._store.database.transaction() as connection:
            row = await (await connection.execute(SQL["alone"])).fetchone()
            if row is None or not row["alone"]:
                return
            alerts = await list_alerts(connection)
            importing = await (await connection.execute("select milepost.is_importing() as busy")).fetchone()
            busy = importing is not None and bool(importing["busy"])
            for alert in alerts:
                now = self._store.now()
                # While the half of an import is there, everything looks unusual.
                if (
                    alert.active
                    and not busy
                    and is_due(alert, now)
                    and self._next.get(alert.alert_id, 0) <= self._clock()
                ):
                    await self._look(alert, now)

    async def _look(self, alert: Alert, now: datetime) -> None:
        began = self._clock()
        try:
            finding = await look(self._store, alert, now=now)
        except DatabaseUnavailable:
            raise
        except Problem as problem:
            # Of a question or segment that cannot be asked just now; the page says so, and it is tried again.
            async with self._store.database.transaction() as connection:
                values = {"alert_id": alert.alert_id, "now": now, "trouble": problem.message[:500]}
                await connection.execute(SQL["checked"], values)
            if alert.trouble != problem.message[:500]:
                _log.warning("the alert %r cannot be looked at: %s", alert.name, problem.message)
            return
        async with self._store.database.transaction() as connection:
            await take_down(connection, alert, finding, now=now)
        took = self._clock() - began
        self._next[alert.alert_id] = self._clock() + took / _SHARE - self._tick


def is_due(alert: Alert, now: datetime) -> bool:
    """Whether it is time: of whole days once a day, of a question every ten minutes, of all else at each look."""
    last = alert.checked_at
    if last is None or alert.trouble is not None:
        return True
    if alert.kind == "unusual":
        begins = datetime.combine(now.astimezone(UTC).date(), datetime.min.time(), UTC) + _AFTER_MIDNIGHT
        return now >= begins > last
    if alert.kind == "figure":
        return now - last >= _ASKED_EVERY
    return True


async def take_down(connection: DictConnection, alert: Alert, finding: Finding, *, now: datetime) -> None:
    """Writes down what was found and puts what is to be told into the outbox, all in this transaction."""
    since = now - STILL_KNOWN
    rows = await (await connection.execute(SQL["looking"], {"alert_id": alert.alert_id, "since": since})).fetchall()
    last = _last(alert)
    open_id = last.incident_id if last is not None and last.ended_at is None else None
    by_id = {one.customer_id: one for one in finding.customers}
    untold = {
        str(row["customer_id"]): by_id[str(row["customer_id"])]
        for row in rows
        if row["incident_id"] == open_id and not row["told"] and str(row["customer_id"]) in by_id
    }
    step = next_step(
        finding,
        last,
        known={str(row["customer_id"]) for row in rows},
        untold=untold,
        told=None if alert.told_at is None else Told(alert.told_at, alert.told_count),
        first_look=alert.checked_at is None,
        quiet=alert.is_snoozed(now),
        now=now,
    )
    incident = await _incident(connection, alert, finding, last, step, now)
    if incident is not None:
        await _customers(connection, incident, finding, now)
        if step.tell is not None:
            await _tell(connection, alert, incident, step.tell, finding, now)
        elif step.as_known:
            await connection.execute(SQL["as_known"], {"incident_id": incident})
    if step.end and last is not None:
        await _over(connection, alert, last, now)
    await connection.execute(SQL["checked"], {"alert_id": alert.alert_id, "now": now, "trouble": None})


def _last(alert: Alert) -> Incident | None:
    if alert.incident_id is None:
        return None
    told = alert.incident_told_at is not None
    return Incident(alert.incident_id, alert.ended_at, told, alert.acknowledged_at is not None)


async def _incident(
    connection: DictConnection, alert: Alert, finding: Finding, last: Incident | None, step: Step, now: datetime
) -> UUID | None:
    """The incident that what was found belongs to, begun or opened again where it has to be; None: there is none."""
    if step.begin:
        values = {"alert_id": alert.alert_id, "now": now, "says": finding.says}
        row = await (await connection.execute(SQL["begin"], values)).fetchone()
        assert row is not None
        return UUID(str(row["incident_id"]))
    if last is None or step.end or not finding.holds:
        return None
    if step.reopen:
        await connection.execute(SQL["reopen"], {"incident_id": last.incident_id})
    if finding.says is not None:
        await connection.execute(SQL["now_says"], {"incident_id": last.incident_id, "says": finding.says})
    return last.incident_id


async def _customers(connection: DictConnection, incident: UUID, finding: Finding, now: datetime) -> None:
    there = [one.customer_id for one in finding.customers]
    await connection.execute(SQL["left"], {"incident_id": incident, "now": now, "there": there})
    if there:
        values = {
            "incident_id": incident,
            "now": now,
            "customers": there,
            "says": [one.says for one in finding.customers],
        }
        await connection.execute(SQL["joined"], values)


async def _tell(
    connection: DictConnection, alert: Alert, incident: UUID, tell: tuple[Found, ...], finding: Finding, now: datetime
) -> None:
    told = [one.customer_id for one in tell]
    await _send(connection, alert, "alert.raised", _raised(alert, incident, tell, finding, now), now)
    await connection.execute(SQL["told"], {"incident_id": incident, "now": now, "count": len(told)})
    await connection.execute(SQL["told_of"], {"incident_id": incident, "customers": told})
    if alert.kind == "at_risk":
        values = {"customers": told, "says": [one.says for one in tell], "now": now}
        await connection.execute(SQL["tell_risks"], values)


async def _over(connection: DictConnection, alert: Alert, last: Incident, now: datetime) -> None:
    await connection.execute(SQL["left"], {"incident_id": last.incident_id, "now": now, "there": []})
    await connection.execute(SQL["end"], {"incident_id": last.incident_id, "now": now})
    began, told, over = alert.began_at, alert.incident_told_at, alert.over_told_at
    # Whoever was not told that it began is not told that it is over; and nobody twice, however often it comes and goes.
    if began is None or told is None or alert.is_snoozed(now) or (over is not None and over >= told):
        return
    lines = [f"It began {began.astimezone(UTC):%Y-%m-%d %H:%M} UTC."]
    data = _data(alert, last.incident_id, f"{alert.name}: over", lines, began, ())
    await _send(connection, alert, "alert.ended", data, now)
    await connection.execute(SQL["over_told"], {"incident_id": last.incident_id, "now": now})


async def _send(connection: DictConnection, alert: Alert, topic: str, data: dict[str, Any], now: datetime) -> None:
    values = {
        "topic": topic,
        "alert_id": alert.alert_id,
        "data": msgspec.json.encode(data).decode(),
        "now": now,
        "whom": alert.destinations,
    }
    await connection.execute(SQL["tell"], values)


def _raised(alert: Alert, incident: UUID, tell: tuple[Found, ...], finding: Finding, now: datetime) -> dict[str, Any]:
    if finding.says is not None:
        return _data(alert, incident, alert.name, [finding.says], now, ())
    lines = [f"{one.name}: {one.says}" for one in tell[:_NAMED]]
    if len(tell) > _NAMED:
        lines.append(f"And {len(tell) - _NAMED:,} more.")
    who = tell[0].name if len(tell) == 1 else f"{len(tell):,} customers"
    before = len(finding.customers) - len(tell)
    if before > 0:
        lines.append(f"{before:,} were told of before.")
    return _data(alert, incident, f"{alert.name}: {who}", lines, now, tell[:_LISTED]) | {"count": len(tell)}


def _data(
    alert: Alert, incident: UUID, title: str, lines: list[str], since: datetime, customers: tuple[Found, ...]
) -> dict[str, Any]:
    return {
        "alert_id": str(alert.alert_id),
        "incident_id": str(incident),
        "kind": alert.kind,
        "title": title,
        "lines": lines,
        "since": since.astimezone(UTC).isoformat(),
        "path": "/alerts",
        "customers": [one._asdict() for one in customers],
    }
