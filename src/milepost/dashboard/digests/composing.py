"""A dashboard as a digest: what its weekly mail says, of the answers that its own page draws."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec.structs import replace

from milepost.access.services import Services
from milepost.analytics.asking import Period
from milepost.analytics.period import Window
from milepost.dashboard import format as fmt
from milepost.dashboard.questions import kept, spans
from milepost.dashboard.questions.address import Address, address_of
from milepost.dashboard.questions.asked import Name, PageQuestion
from milepost.dashboard.questions.frame import Frame, framed, read_frame
from milepost.dashboard.questions.shared_answers import answered
from milepost.dashboard.questions.shown import QuestionPage, Short, Shown
from milepost.dashboard.questions.view import asked_of, trouble
from milepost.digests.digest import Chart, Digest, Grid, Section, Series
from milepost.errors import NotFound, Problem

_log = logging.getLogger(__name__)
#: Rows of one table; of more it says how many are left out.
_MOST_ROWS: Final = 12
_MOST_LINES: Final = 4
#: Questions that are asked side by side.
_AT_ONCE: Final = 3
_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
#: What a week is too short for: these keep their own days.
_LONG: Final[tuple[Name, ...]] = ("retention", "lifecycle")
#: What only those hear who cannot see the rest.
_UNSEEN: Final = re.compile(r'<span class="sr-only">[^<]*</span>')
#: A server that is busy or away: whoever asked asks again.
_AWAY: Final = 503


async def digest_or_later(served: Services, dashboard_id: UUID, zone: str) -> Digest | None:
    """This week's mail of a dashboard; None while the column store or the database is away, and where it is gone."""
    try:
        dashboard = await kept.dashboard(served.database, dashboard_id)
        return await weekly_digest(served, dashboard, zone)
    except NotFound:
        return None
    except Problem as problem:
        if problem.status != _AWAY:
            raise
        _log.info("the weekly mail of the dashboard %s waits: %s", dashboard_id, problem.message)
        return None


async def weekly_digest(served: Services, dashboard: kept.Dashboard, zone: str) -> Digest:
    """Of the days that the dashboard is kept with, else of the seven up to yesterday, beside those before. Raises
    ColumnsUnavailable, DatabaseUnavailable."""
    now = served.now()
    frame = read_frame("", dashboard.frame, zone, now)
    days = frame.period or _last_week(zone, now)
    window = Window.of(days, now)
    asked = [(one, _of_week(served, one, frame, days, zone)) for one in await _reports(served, dashboard)]
    title = f"{dashboard.name}: {spans.between(window.first, window.last)}"
    return await _digest(served, dashboard, asked, zone, title, "")


async def digest_of(served: Services, dashboard: kept.Dashboard, frame: Frame, zone: str) -> Digest:
    """As its page shows it within a frame. Raises ColumnsUnavailable, DatabaseUnavailable."""
    now = served.now()
    asked = [
        (one, asked_of(served, one.question, framed(one.question, one.shown.address, frame, now), zone))
        for one in await _reports(served, dashboard)
    ]
    window = Window.of(frame.period, now) if frame.period else None
    span = spans.between(window.first, window.last) if window else "Each with days of its own"
    return await _digest(served, dashboard, asked, zone, dashboard.name, f"{span}. ")


async def _digest(
    served: Services,
    dashboard: kept.Dashboard,
    asked: Sequence[tuple[kept.Report, PageQuestion]],
    zone: str,
    title: str,
    lead: str,
) -> Digest:
    pages = await _pages(served, [each for _, each in asked])
    sections = tuple(_section(report.name, page) for (report, _), page in zip(asked, pages, strict=True))
    if not sections:
        lead += "Nothing is on it yet."
    fresh = [page.as_of for page in pages if page.as_of]
    if fresh:
        lead += f"As of {fmt.date_time(min(fresh), ZoneInfo(zone))} ({zone})."
    behind = next((page.behind for page in pages if page.behind), "")
    return Digest(title, f"{lead} {behind}".strip(), sections, f"/dashboards/{dashboard.dashboard_id}")


async def _pages(served: Services, asked: Sequence[PageQuestion]) -> list[QuestionPage]:
    """A few at a time: whoever else asks the column store meanwhile has their turn. A question that fails by itself
    says so in its place."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def page(each: PageQuestion) -> QuestionPage:
        async with turn:
            try:
                return await answered(served, each)
            except Problem as problem:
                if problem.status == _AWAY:
                    raise
                return QuestionPage(each, "", trouble=trouble(problem, served))

    return await asyncio.gather(*map(page, asked))


async def _reports(served: Services, dashboard: kept.Dashboard) -> list[kept.Report]:
    """In the order of its cards; those of reports that were deleted are left out, as on its page."""
    known = {report.report_id: report for report in await kept.reports(served.database)}
    return [known[card.report_id] for card in dashboard.cards if card.report_id in known]


def _last_week(zone: str, now: datetime) -> Period:
    today = now.astimezone(ZoneInfo(zone)).date()
    return Period(first=today - _WEEK, last=today - _DAY, timezone=zone)


def _of_week(served: Services, report: kept.Report, frame: Frame, days: Period, zone: str) -> PageQuestion:
    """Compared with the days before, where neither the dashboard nor the question says what with."""
    name, query = report.question, report.shown.address
    own_days = frame.period is None and name in _LONG
    if frame.compare is None and not own_days and not Address.of(query).all("compare"):
        frame = replace(frame, compare="previous")
    if frame.period is None and not own_days:
        # An interval that was chosen for months says nothing of a week.
        query = address_of("", [pair for pair in Address.of(query).pairs if pair[0] != "interval"]).removeprefix("?")
        frame = replace(frame, period=days)
    return asked_of(served, name, framed(name, query, frame, served.now()), zone)


def _section(name: str, page: QuestionPage) -> Section:
    link = page.asked.url
    if page.shown is None:
        return Section(name, empty=page.trouble, page=link)
    text = plain(page.shown.answer)
    if page.shown.empty:
        return Section(name, page=link, text=text)
    grids = tuple(_grid(one) for one in page.shown.main.short)
    return Section(name, page=link, text=text, grids=grids, chart=_chart(page.shown))


def _grid(short: Short) -> Grid:
    kept_rows = slice(-_MOST_ROWS, None) if short.newest else slice(_MOST_ROWS)
    sizes = [max(0.0, size or 0.0) for size in short.sizes[kept_rows]]
    longest = max(sizes, default=0.0)
    return Grid(
        short.columns,
        tuple(tuple(plain(cell.html) for cell in row) for row in short.rows[kept_rows]),
        max(0, len(short.rows) - _MOST_ROWS),
        tuple(size / longest for size in sizes) if longest else (),
    )


def plain(html: Markup) -> str:
    """What is read of it, as a text."""
    return Markup(_UNSEEN.sub("", html)).striptags()  # noqa: S704 -- what is left of it is taken apart, not shown


def _chart(shown: Shown) -> Chart | None:
    """What the page draws along an axis; None where its figures are drawn as bars beside them, or not at all."""
    spec = cast(Mapping[str, Any], shown.main.spec or {})
    kind = spec.get("kind")
    if kind not in ("lines", "bars", "curve", "lifecycle", "columns"):
        return None
    labels = [_label(one) for one in spec["buckets"]] if "buckets" in spec else list(spec["categories"])
    # An interval that is not over yet would look like a fall: it is in the table.
    count = len(labels) - (len(labels) > 2 and str(len(labels) - 1) in spec.get("partial", {}))
    labels = labels[:count]
    series = [Series(str(one["name"]), tuple(one["values"][:count])) for one in spec["series"][:_MOST_LINES]]
    if len(series) == 1 and (was := spec["series"][0].get("previous")):
        series.append(Series("Before", tuple(was[:count]), before=True))
    bars = kind in ("bars", "columns") and len(labels) > 1
    return Chart(tuple(labels), tuple(series), bars, spec.get("format", "number"))


def _label(bucket: str) -> str:
    """'3 Nov', or of an hour '3 Nov, 14:00'."""
    day = fmt.axis_day(date.fromisoformat(bucket[:10]))
    return f"{day}, {bucket[11:16]}" if len(bucket) > 10 else day
