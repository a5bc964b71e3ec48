"""The page of alerts, and what its buttons do."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.services import AnyRequest, services
from milepost.alerts import keep
from milepost.alerts.keep import NewAlert
from milepost.dashboard.alerts.view import AlertsPage, Form, Holding, row_of
from milepost.dashboard.page_context import go, page
from milepost.dashboard.questions.kept import reports as list_reports
from milepost.dashboard.texts import form_texts
from milepost.errors import Conflict, InvalidRequest
from milepost.messages.destinations import list_destinations
from milepost.segments.keep import list_segments
from milepost.store.database import Database, DictConnection

_HERE: Final = "/alerts"
#: Of how many customers a card says why.
_SHOWN: Final = 8
_LONGEST_SNOOZE: Final = 90


@get(_HERE)
async def show(request: AnyRequest) -> Template:
    """What is so just now, and all that is watched."""
    return await _page(request, Form())


@post(_HERE)
async def add(request: AnyRequest) -> Template | Redirect:
    """Adds one of a segment, or of a saved trend's figure."""
    served, fields = services(request), await form_texts(request)
    names = ("kind", "name", "segment", "report", "way", "limit")
    form = Form(*(fields.get(name, "")[:1000] for name in names))
    try:
        async with served.database.transaction() as connection:
            wanted = await _wanted(served.database, connection, form)
            await keep.add_alert(connection, wanted, by=who_asks(request).email, now=served.now())
    except (InvalidRequest, Conflict) as refused:
        return await _page(request, msgspec.structs.replace(form, problem=refused.message), refused.status)
    return go(f"{_HERE}#watched-title")


@post(f"{_HERE}/{{alert_id:uuid}}/{{act:str}}")
async def act(request: AnyRequest, alert_id: UUID, act: str) -> Redirect:
    """What its buttons do. Raises NotFound for one of which it cannot be done, InvalidRequest for no button of it."""
    served, fields = services(request), await request.form()
    now = served.now()
    async with served.database.transaction() as connection:
        match act:
            case "acknowledge":
                await keep.acknowledge(connection, alert_id, by=who_asks(request).email, now=now)
            case "snooze":
                days = _days(str(fields.get("days", "")))
                await keep.snooze_alert(connection, alert_id, now + timedelta(days=days) if days else None)
            case "on" | "off":
                await keep.switch_alert(connection, alert_id, on=act == "on")
            case "remove":
                await keep.remove_alert(connection, alert_id)
            case "tell":
                await keep.route_alert(
                    connection, alert_id, await _chosen(connection, fields.getall("to", []), request)
                )
            case _:
                raise InvalidRequest("There is no such button.", field="act")
    return go(_HERE)


async def _wanted(database: Database, connection: DictConnection, form: Form) -> NewAlert:
    """Raises InvalidRequest."""
    if form.kind == "segment":
        segments = {one.slug: one for one in await list_segments(connection)}
        chosen = segments.get(form.segment)
        return NewAlert(
            kind="segment",
            name=form.name or (chosen.name if chosen else ""),
            segment_id=chosen.segment_id if chosen else None,
        )
    try:
        report_id = UUID(form.report)
    except ValueError:
        raise InvalidRequest("Choose a saved trend.", field="report_id") from None
    limit = _limit(form)
    reports = {one.report_id: one.name for one in await list_reports(database)}
    if report_id not in reports:
        raise InvalidRequest("This saved question is gone. Choose another.", field="report_id")
    below, above = (limit, None) if form.way == "below" else (None, limit)
    name = form.name or reports[report_id][:100]
    return NewAlert(kind="figure", name=name, report_id=report_id, below=below, above=above)


def _limit(form: Form) -> float | None:
    """None where it is held against its own past."""
    if form.way not in ("below", "above"):
        return None
    try:
        limit = float(form.limit)
    except ValueError:
        limit = math.nan
    if not math.isfinite(limit):
        raise InvalidRequest(f"Say {form.way} what: a number such as 100.", field=form.way)
    return limit


async def _chosen(connection: DictConnection, asked: list[Any], request: AnyRequest) -> list[UUID] | None:
    """The destinations that were ticked; None where that is all of them: then a new one is told, too."""
    there = await list_destinations(connection, now=services(request).now())
    wants = [one.destination_id for one in there if "alert.raised" in one.topics]
    ticked = [one for one in wants if str(one) in {str(value) for value in asked}]
    return None if ticked == wants else ticked


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 3 or int(text) > _LONGEST_SNOOZE:
        raise InvalidRequest(f"Snooze for 1 to {_LONGEST_SNOOZE} days, or 0 to end it.", field="days")
    return int(text)


async def _page(request: AnyRequest, form: Form, status_code: int = 200) -> Template:
    served, now = services(request), services(request).now()
    async with served.database.transaction() as connection:
        alerts = await keep.list_alerts(connection)
        destinations = await list_destinations(connection, now=now)
        rows = tuple(row_of(one, destinations, now) for one in alerts)
        holding = [
            Holding(row, tuple(await keep.concerned(connection, row.alert.incident_id, limit=_SHOWN)))
            for row in rows
            if row.alert.holds and row.alert.active and row.alert.incident_id
        ]
        past = await keep.past_incidents(connection, now=now)
        segments = [(one.slug, one.name) for one in await list_segments(connection)]
    reports = [
        (str(one.report_id), one.name) for one in await list_reports(served.database) if one.shown.page == "trends"
    ]
    view = AlertsPage(
        holding=tuple(holding),
        rows=rows,
        past=tuple(past),
        segments=tuple(segments),
        reports=tuple(reports),
        form=form,
        nobody=not any("alert.raised" in one.topics and one.disabled_at is None for one in destinations),
    )
    return page(request, "alerts/alerts.html", section="actions", status_code=status_code, view=view)


router = Router("/", route_handlers=[show, add, act], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
