"""Alerts over HTTP: what is so just now, what is watched, and who is told; for a secret key or a signed-in member."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from milepost.access.callers import Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.alerts import keep
from milepost.alerts.keep import Alert, Concerned, NewAlert
from milepost.api.schemas import errors, json_body
from milepost.errors import InvalidRequest
from milepost.messages.destinations import list_destinations
from milepost.segments.keep import read_segment
from milepost.store.database import DictConnection
from milepost.vocabulary import AlertKind, DestinationKind

_MANY = errors(400, 401, 403, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_CHANGING = errors(400, 401, 403, 404, 409, 413, 422, 429, 503)
_LONGEST_SNOOZE: Final = timedelta(days=90)

#: Null: all that want alerts, those to come among them.
Whom = Annotated[list[UUID], Meta(max_length=100, description="Destinations, by GET /v1/destinations.")] | None
Limited = Annotated[float, Meta(ge=-1e15, le=1e15)]
Customers = Annotated[int, Parameter(ge=0, le=500, description="Of how many customers it says why.")]


class AlertAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be watched: `segment` (its slug or id) for who enters it, or the figure of a saved trend (`report_id`)
    `below` or `above` something; with neither it is held against its own past. `name`: else that of either."""

    kind: Literal["segment", "figure"]
    name: Annotated[str, Meta(max_length=100)] = ""
    segment: Annotated[str, Meta(max_length=80)] | None = None
    report_id: UUID | None = None
    below: Limited | None = None
    above: Limited | None = None
    destinations: Whom = None


class AlertChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not sent stays. `snoozed_until`: within 90 days; null ends it. `acknowledged`: nothing more is told of
    what is so now but its end."""

    active: bool | UnsetType = UNSET
    snoozed_until: datetime | UnsetType | None = UNSET
    destinations: Whom | UnsetType = UNSET
    acknowledged: bool | UnsetType = UNSET


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert found, from when to when; null while it is so. `customers`: of how many it holds."""

    incident_id: UUID
    began_at: datetime
    ended_at: datetime | None
    says: str | None
    customers: int
    told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class AlertSaid(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and its open incident, or its last. `holds`: it is so just now. `trouble`: why it cannot be looked at.
    `customers`: of whom it holds, the newest first, where one alert is asked for."""

    alert_id: UUID
    kind: AlertKind
    name: str
    segment: str | None
    report_id: UUID | None
    below: float | None
    above: float | None
    destinations: list[UUID] | None
    active: bool
    snoozed_until: datetime | None
    made_at: datetime
    made_by: str | None
    checked_at: datetime | None
    trouble: str | None
    holds: bool
    incident: Incident | None
    customers: list[Concerned]


class DestinationSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go; not its address, which for a channel is a key. `disabled_why`: it is told of nothing."""

    destination_id: UUID
    kind: DestinationKind
    name: str
    topics: list[str]
    disabled_at: datetime | None
    disabled_why: str | None


@get("/alerts", summary="Alerts", responses=_MANY, access=Caller.TEAM)
async def get_alerts(request: AnyRequest) -> list[AlertSaid]:
    """What is watched, and whether it is so just now: first what is there from the start, then as they were made."""
    async with services(request).database.transaction() as connection:
        found = await keep.list_alerts(connection)
    return [_said(one, []) for one in found]


@get("/alerts/{alert_id:uuid}", summary="One alert", responses=_ONE, access=Caller.TEAM)
async def get_alert(request: AnyRequest, alert_id: UUID, customers: Customers = 50) -> AlertSaid:
    """With the customers of whom it holds, and why."""
    async with services(request).database.transaction() as connection:
        return await _one(connection, alert_id, customers)


@post(
    "/alerts",
    status_code=201,
    summary="Watch something",
    operation_class=json_body(AlertAsked),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def post_alert(request: AnyRequest, data: AlertAsked) -> AlertSaid:
    """What is so at its first look is no news."""
    served, by = services(request), member_email(request)
    async with served.database.transaction() as connection:
        made = await keep.add_alert(connection, await _wanted(connection, data, served.now()), by=by, now=served.now())
        return await _one(connection, made, 0)


@patch(
    "/alerts/{alert_id:uuid}",
    summary="Change an alert",
    operation_class=json_body(AlertChange),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def patch_alert(request: AnyRequest, alert_id: UUID, data: AlertChange) -> AlertSaid:
    """Switches it, snoozes it, says whom it tells, or that somebody looks after what it found."""
    served, now = services(request), services(request).now()
    async with served.database.transaction() as connection:
        await keep.read_alert(connection, alert_id)
        if data.active is not UNSET:
            await keep.switch_alert(connection, alert_id, on=data.active)
        if data.snoozed_until is not UNSET:
            await keep.snooze_alert(connection, alert_id, _until(data.snoozed_until, now))
        if data.destinations is not UNSET:
            await keep.route_alert(connection, alert_id, await _known(connection, data.destinations, now))
        if data.acknowledged is False:
            raise InvalidRequest("What somebody looks after stays so until it is over.", field="acknowledged")
        if data.acknowledged is True:
            await keep.acknowledge(connection, alert_id, by=member_email(request), now=now)
        return await _one(connection, alert_id, 0)


@delete("/alerts/{alert_id:uuid}", summary="Remove an alert", responses=_ONE, access=Caller.TEAM)
async def delete_alert(request: AnyRequest, alert_id: UUID) -> None:
    """With what it found. Those that are there from the start can only be switched off."""
    async with services(request).database.transaction() as connection:
        await keep.remove_alert(connection, alert_id)


@get("/destinations", summary="Where messages go", responses=_MANY, access=Caller.TEAM)
async def get_destinations(request: AnyRequest) -> list[DestinationSaid]:
    """By name: what an alert's `destinations` may name. They are made on the page "Messages"."""
    served = services(request)
    async with served.database.transaction() as connection:
        found = await list_destinations(connection, now=served.now())
    return [
        DestinationSaid(
            destination_id=one.destination_id,
            kind=one.kind,
            name=one.name,
            topics=one.topics,
            disabled_at=one.disabled_at,
            disabled_why=one.disabled_why,
        )
        for one in found
    ]


async def _wanted(connection: DictConnection, asked: AlertAsked, now: datetime) -> NewAlert:
    if asked.kind == "segment" and asked.segment is None:
        raise InvalidRequest("Name the segment whose new customers are to be told of.", field="segment")
    segment = None if asked.segment is None else await read_segment(connection, asked.segment)
    report = None if asked.report_id is None else await keep.watchable_report(connection, asked.report_id)
    return NewAlert(
        kind=asked.kind,
        name=asked.name or (segment.name if segment else report or "")[:100],
        segment_id=segment.segment_id if segment else None,
        report_id=asked.report_id,
        below=asked.below,
        above=asked.above,
        destinations=await _known(connection, asked.destinations, now),
    )


async def _known(connection: DictConnection, asked: list[UUID] | None, now: datetime) -> list[UUID] | None:
    if asked is None:
        return None
    there = {one.destination_id for one in await list_destinations(connection, now=now)}
    for one in asked:
        if one not in there:
            raise InvalidRequest(f"There is no destination {one}. GET /v1/destinations has them.", field="destinations")
    return asked


def _until(asked: datetime | None, now: datetime) -> datetime | None:
    if asked is not None and (asked.tzinfo is None or not now < asked <= now + _LONGEST_SNOOZE):
        raise InvalidRequest("Snooze until a time with its zone, within 90 days from now.", field="snoozed_until")
    return asked


async def _one(connection: DictConnection, alert_id: UUID, customers: int) -> AlertSaid:
    found = await keep.read_alert(connection, alert_id)
    whom = found.incident_id if found.holds and customers else None
    return _said(found, [] if whom is None else await keep.concerned(connection, whom, limit=customers))


def _said(one: Alert, customers: list[Concerned]) -> AlertSaid:
    incident = None
    if one.incident_id is not None and one.began_at is not None:
        incident = Incident(
            incident_id=one.incident_id,
            began_at=one.began_at,
            ended_at=one.ended_at,
            says=one.says,
            customers=one.customers,
            told_at=one.incident_told_at,
            acknowledged_at=one.acknowledged_at,
            acknowledged_by=one.acknowledged_by,
        )
    return AlertSaid(
        alert_id=one.alert_id,
        kind=one.kind,
        name=one.name,
        segment=one.segment_slug,
        report_id=one.report_id,
        below=one.below,
        above=one.above,
        destinations=one.destinations,
        active=one.active,
        snoozed_until=one.snoozed_until,
        made_at=one.made_at,
        made_by=one.made_by,
        checked_at=one.checked_at,
        trouble=one.trouble,
        holds=one.holds,
        incident=incident,
        customers=customers,
    )


router = Router(
    "/v1",
    route_handlers=[get_alerts, get_alert, post_alert, patch_alert, delete_alert, get_destinations],
    tags=["alerts"],
)
