"""The routes of saved reports and dashboards: forms that work without scripts, and parts for those that have them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect, Template

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import PAGE_HEADERS, local_path, page
from milepost.dashboard.questions import kept
from milepost.dashboard.questions.arranging import arranged
from milepost.dashboard.questions.asked import NAMES
from milepost.dashboard.questions.shown import QuestionPage
from milepost.dashboard.questions.tabs import TITLES
from milepost.dashboard.questions.view import asked_by, question_page
from milepost.dashboard.texts import form_texts
from milepost.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card with its report; without one, the report was deleted."""

    card: kept.Card
    report: kept.Report
    page: QuestionPage


def go(address: str) -> Redirect:
    return Redirect(address, status_code=303, headers=dict(PAGE_HEADERS))


@post("/reports")
async def save(request: AnyRequest) -> Redirect:
    """Saves the question of a page under a name, and puts it on a dashboard where one was chosen."""
    fields, served = await form_texts(request), services(request)
    name = next((n for n in NAMES if n == fields.get("question")), None)
    if name is None:
        raise InvalidRequest("There is no such question.", field="question")
    # Read and written again: what is kept is an address of ours, whatever was sent.
    asked = asked_by(request, name, fields.get("address", ""))
    report_id = await kept.save_report(served.database, fields.get("name", ""), asked, by=member_email(request))
    if fields.get("dashboard"):
        return await _placed(request, report_id, fields)
    return go(f"{asked.url}&saved={report_id}")


@post("/reports/{report_id:uuid}")
async def change(request: AnyRequest, report_id: UUID) -> Redirect:
    """Renames a report, deletes it, or puts it on a dashboard. `back`: the page of ours that it was done on."""
    fields, served = await form_texts(request), services(request)
    command, back = fields.get("do"), fields.get("back")
    if command == "place":
        return await _placed(request, report_id, fields)
    if command == "delete":
        await kept.delete_report(served.database, report_id)
        return go(local_path(back or "/dashboards"))
    await kept.rename_report(served.database, report_id, fields.get("name", ""))
    return go(local_path(back or f"/dashboards#report-{report_id}"))


async def _placed(request: AnyRequest, report_id: UUID, fields: Mapping[str, str]) -> Redirect:
    """Puts it on a dashboard, or on a new one, and goes there."""
    database, wanted = services(request).database, fields.get("dashboard", "")
    if wanted == "new":
        name = fields.get("dashboard_name", "").strip() or "My dashboard"
        dashboard_id = await kept.make_dashboard(database, name, by=member_email(request))
    else:
        try:
            dashboard_id = UUID(wanted)
        except ValueError as error:
            raise InvalidRequest("There is no such dashboard. Choose one of the list.", field="dashboard") from error
    await kept.arrange(database, dashboard_id, lambda cards: arranged(cards, f"add:{report_id}"))
    return go(f"/dashboards/{dashboard_id}#card-{report_id}")


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
    return await _dashboard(request, await kept.dashboard(services(request).database, dashboard_id))


@post("/dashboards/{dashboard_id:uuid}")
async def change_dashboard(request: AnyRequest, dashboard_id: UUID) -> Redirect | Template:
    """Renames or deletes it, or arranges its cards."""
    fields, database = await form_texts(request), services(request).database
    command = fields.get("do", "")
    if command == "delete":
        await kept.delete_dashboard(database, dashboard_id)
        return go("/dashboards")
    if command == "rename":
        await kept.rename_dashboard(database, dashboard_id, fields.get("name", ""))
        return go(f"/dashboards/{dashboard_id}")
    if command == "add":
        command = f"add:{fields.get('report', '')}"
    after = await kept.arrange(database, dashboard_id, lambda cards: arranged(cards, command))
    if "hx-request" in request.headers and not command.startswith("add:"):
        word, _, card = command.partition(":")
        return await _dashboard(request, after, focus=f"{word}-{card}" if word != "remove" else "", arranging=True)
    return go(f"/dashboards/{dashboard_id}")


@get("/reports/{report_id:uuid}/card")
async def card(request: AnyRequest, report_id: UUID) -> Template:
    """The answer of one card, for a dashboard that did not wait for it."""
    found = await kept.report(services(request).database, report_id)
    asked = asked_by(request, found.question, found.shown.address)
    view, _ = await question_page(request, asked, patient=True)
    return page(request, "questions/_card.html", section=None, report=found, view=view)


async def _dashboard(
    request: AnyRequest, found: kept.Dashboard, *, focus: str = "", arranging: bool = False
) -> Template:
    known = {report.report_id: report for report in await kept.reports(services(request).database)}
    cards = [(item, known[item.report_id]) for item in found.cards if item.report_id in known]
    asked = [asked_by(request, report.question, report.shown.address) for _, report in cards]
    pages = await asyncio.gather(*(question_page(request, each, patient=False) for each in asked))
    shown = tuple(ShownCard(item, report, view) for (item, report), (view, _) in zip(cards, pages, strict=True))
    return page(
        request,
        "questions/dashboard.html",
        section="dashboards",
        dashboard=found,
        cards=shown,
        others=tuple(report for report in known.values() if all(report is not item.report for item in shown)),
        titles=TITLES,
        focus=focus,
        arranging=arranging,
    )


kept_handlers = (save, change, all_kept, make, show, change_dashboard, card)
