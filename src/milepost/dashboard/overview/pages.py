"""The routes of Home, and of the page that waits for the first event."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, Final, cast

import msgspec
from litestar import Response, Router, get
from litestar.response import Template
from msgspec.structs import replace

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.keys import create_key, first_browser_key
from milepost.access.services import AnyRequest, Services, services
from milepost.analytics.period import Window
from milepost.dashboard.account.views import GettingStarted
from milepost.dashboard.overview.today import read_today
from milepost.dashboard.overview.view import overview_view, still_counting
from milepost.dashboard.page_context import PAGE_HEADERS, page, zone_of
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.periods import read_period
from milepost.dashboard.remembered import RememberedEach
from milepost.insights.overview import Activity, any_event, read_activity
from milepost.names.names import called
from milepost.work.annotations import annotations_between

#: The period of a page whose address names none; periods whose figures are kept at once.
_DAYS: Final = 28
#: Seconds until Home stands without its figures.
_PATIENCE: Final = 0.5
_MOST_PERIODS: Final = 16


class Figures:
    """The figures of each period, kept for a few seconds: they cost more the more there is to count."""

    def __init__(self, served: Services) -> None:
        self._served = served
        self._kept = RememberedEach[tuple[date, date], Activity](_MOST_PERIODS)

    async def get(self, first: date, last: date) -> Activity:
        """Of UTC days, both included."""
        return await self._kept.get((first, last), partial(self._read, first, last))

    async def _read(self, first: date, last: date) -> Activity:
        async with self._served.database.transaction() as connection:
            return await read_activity(connection, now=self._served.now(), first=first, last=last)


@get("/")
async def home(request: AnyRequest) -> Template:
    """Home, or how to send the first event."""
    served = services(request)
    async with served.database.transaction() as connection:
        started = await any_event(connection)
    if not started:
        view = GettingStarted(served.settings.url, await _example_key(request))
        if served.plan.tools:
            view = replace(view, tool=served.plan.tools[0].id)
        return page(request, "getting_started.html", section="overview", view=view)
    query = request.scope["query_string"].decode("latin-1")
    period = read_period(Address.of(query if "days=" in query else f"days={_DAYS}"), "UTC", served.now())
    # Days are counted by UTC, in whatever zone they are read.
    period = msgspec.structs.replace(period, timezone="UTC")
    window = Window.of(period, served.now())
    last = min(window.last, window.today)
    first = min(window.first, last)
    activity = None
    # Where there are millions of days to count, the page does not wait: it asks for its figures itself.
    waits = "wait" in request.query_params or request.headers.get("hx-target") == "figures"
    with suppress(TimeoutError):
        async with asyncio.timeout(None if waits else _PATIENCE):
            activity = await cast("Figures", request.app.state.figures).get(first, last)
    async with served.database.transaction() as connection:
        today = await read_today(connection, request)
        notes = await annotations_between(connection, first, last)
        names = await called(connection)
    if activity is None:
        view_now = still_counting(today, period, first, last)
    else:
        view_now = overview_view(activity, today, period, served.plan, zone_of(request), notes, names)
    return page(request, "overview.html", section="overview", view=view_now, words=words)


@get("/first-event")
async def first_event(request: AnyRequest) -> Response[Any]:
    """Asked by the page that waits for it: 204 while there is none, then word to load the page again."""
    async with services(request).database.transaction() as connection:
        started = await any_event(connection)
    headers = dict(PAGE_HEADERS)
    if started:
        return Response(b"", status_code=200, headers=headers | {"HX-Refresh": "true"})
    return Response(None, status_code=204, headers=headers)


async def _example_key(request: AnyRequest) -> str:
    """A browser key to copy from: the preset one, else the oldest, else a first one, so that a newcomer has it."""
    served = services(request)
    if served.settings.write_key:
        return served.settings.write_key
    if key := await first_browser_key(served.database):
        return key
    return await create_key(served.database, "browser", "First key", by=member_email(request))


router = Router("/", route_handlers=[home, first_event], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
