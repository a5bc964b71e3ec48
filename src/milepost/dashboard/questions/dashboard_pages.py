"""The routes of dashboards: forms that work without scripts, and parts for those that have them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from milepost.access.callers import member_email, who_asks
from milepost.access.services import AnyRequest, services
from milepost.analytics.period import Window
from milepost.dashboard.page_context import go, page, zone_of
from milepost.dashboard.questions import kept, words
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.arranging import arranged
from milepost.dashboard.questions.frame import Frame, framed, read_frame
from milepost.dashboard.questions.gallery import GALLERY, ready_report
from milepost.dashboard.questions.named import segment_names
from milepost.dashboard.questions.periods import read_period
from milepost.dashboard.questions.shown import QuestionPage
from milepost.dashboard.questions.tabs import TITLES
from milepost.dashboard.questions.view import asked_by, question_page
from milepost.dashboard.texts import form_texts
from milepost.digests.subscribe import is_subscribed


class ShownCard(msgspec.Struct, frozen=True):
    """A card with its report; without one, the report was deleted."""

    card: kept.Card
    report: kept.Report
    page: QuestionPage


@get("/dashboards")
async def all_kept(request: AnyRequest) -> Template:
    """All dashboards and all reports."""
    database = services(request).database
    return page(
        request,
        "questions/dashboards.html",
        section="dashboards",
        dashboards=await kept.dashboards(database),
        reports=await kept.reports(database),
        titles=TITLES,
    )


@post("/dashboards")
async def make(request: AnyRequest) -> Redirect:
    fields = await form_texts(request)
    made = await kept.make_dashboard(services(request).database, fields.get("name", ""), by=member_email(request))
    return go(f"/dashboards/{made}")


@get("/dashboards/{dashboard_id:uuid}")
async def show(request: AnyRequest, dashboard_id: UUID) -> Template:
    """A dashboard. Cards whose answers take longer than the page may wait for follow by themselves."""
    found = await kept.dashboard(services(request).database, dashboard_id)
    frame = frame_of(request, found.frame)
    answer = await _dashboard(request, found, frame)
    if "hx-request" in request.headers:
        answer.headers["HX-Push-Url"] = _address(found, frame)
    return answer


@post("/dashboards/{dashboard_id:uuid}")
async def change_dashboard(request: AnyRequest, dashboard_id: UUID) -> Redirect | Template:
    """Renames or deletes it, keeps what its address says for all its cards, or arranges them."""
    fields, database = await form_texts(request), services(request).database
    found = await kept.dashboard(database, dashboard_id)
    frame, command = frame_of(request, found.frame), fields.get("do", "")
    if command == "delete":
        await kept.delete_dashboard(database, dashboard_id)
        return go("/dashboards")
    if command == "rename":
        await kept.rename_dashboard(database, dashboard_id, fields.get("name", ""))
        return go(_address(found, frame))
    if command == "frame":
        await kept.set_frame(database, dashboard_id, frame.query)
        return go(f"/dashboards/{dashboard_id}")
    if command == "add":
        command = f"add:{fields.get('report', '')}"
    elif command.startswith("ready:"):
        command = f"add:{await ready_report(request, command.removeprefix('ready:'))}"
    after = await kept.arrange(database, dashboard_id, lambda cards: arranged(cards, command))
    word, _, card = command.partition(":")
    if "hx-request" in request.headers and word != "add":
        focus = f"{word}-{card}" if word != "remove" else ""
        return await _dashboard(request, after, frame, focus=focus, arranging=True)
    return go(_address(after, frame) + (f"#card-{card}" if word == "add" else ""))


def frame_of(request: AnyRequest, saved: str) -> Frame:
    """What the address says of all cards, else what is kept with their dashboard."""
    query = request.scope["query_string"].decode("latin-1")
    return read_frame(query, saved, getattr(zone_of(request), "key", "UTC"), services(request).now())


def _address(found: kept.Dashboard, frame: Frame) -> str:
    """Where a dashboard stands with these days."""
    path = f"/dashboards/{found.dashboard_id}"
    return path if frame.query == found.frame else f"{path}?{frame.query or 'days=own'}"


async def _dashboard(
    request: AnyRequest, found: kept.Dashboard, frame: Frame, *, focus: str = "", arranging: bool = False
) -> Template:
    served = services(request)
    now = served.now()
    known = {report.report_id: report for report in await kept.reports(served.database)}
    cards = [(item, known[item.report_id]) for item in found.cards if item.report_id in known]
    asked = [
        asked_by(request, report.question, framed(report.question, report.shown.address, frame, now))
        for _, report in cards
    ]
    pages = await asyncio.gather(*(question_page(request, each, patient=False) for each in asked))
    shown = tuple(ShownCard(item, report, view) for (item, report), (view, _) in zip(cards, pages, strict=True))
    async with served.database.transaction() as connection:
        mailed = await is_subscribed(connection, who_asks(request).member_id, found.dashboard_id)
    context = laid_out(
        found, shown, known.values(), frame, await segment_names(served), getattr(zone_of(request), "key", "UTC"), now,
        mailed=mailed, mail=served.sender.mail_server is not None, focus=focus, arranging=arranging,
    )  # fmt: skip
    return page(request, "questions/dashboard.html", section="dashboards", status_code=200, **context)


def laid_out(
    found: kept.Dashboard,
    cards: tuple[ShownCard, ...],
    reports: Collection[kept.Report],
    frame: Frame,
    segments: Sequence[tuple[str, str]],
    zone: str,
    now: datetime,
    *,
    mailed: bool = False,
    mail: bool = True,
    focus: str = "",
    arranging: bool = False,
) -> dict[str, object]:
    """What the template of a dashboard takes. `reports`: all there are, those that it has no card of to be added."""
    on_it = {item.report.report_id for item in cards}
    # Whoever chooses dates begins with the last 30 days.
    period = frame.period or read_period(Address(), zone, now)
    return {
        "dashboard": found,
        "address": _address(found, frame),
        "cards": cards,
        "others": tuple(report for report in reports if report.report_id not in on_it),
        "titles": TITLES,
        "gallery": GALLERY,
        "frame": frame,
        "period": period,
        "window": Window.of(period, now),
        "words": words,
        "segments": segments,
        "mailed": mailed,
        "mail": mail,
        "focus": focus,
        "arranging": arranging,
    }


dashboard_handlers = (all_kept, make, show, change_dashboard)
