"""The routes of saved reports: forms that work without scripts, and the answer of a card."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from litestar import get, post
from litestar.response import Redirect, Template

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import go, local_path, page
from milepost.dashboard.questions import kept
from milepost.dashboard.questions.arranging import arranged
from milepost.dashboard.questions.asked import NAMES
from milepost.dashboard.questions.dashboard_pages import frame_of
from milepost.dashboard.questions.frame import framed
from milepost.dashboard.questions.named import names_with_segments
from milepost.dashboard.questions.proposed import proposed_name
from milepost.dashboard.questions.view import asked_by, question_page
from milepost.dashboard.texts import form_texts
from milepost.errors import InvalidRequest


@post("/reports")
async def save(request: AnyRequest) -> Redirect:
    """Saves the question of a page under a name, else under what it asks; puts it on a dashboard if one is chosen."""
    fields, served = await form_texts(request), services(request)
    question = next((n for n in NAMES if n == fields.get("question")), None)
    if question is None:
        raise InvalidRequest("There is no such question.", field="question")
    # Read and written again: what is kept is an address of ours, whatever was sent.
    asked = asked_by(request, question, fields.get("address", ""))
    name = fields.get("name") or proposed_name(asked, await names_with_segments(served, asked))
    report_id = await kept.save_report(served.database, name, asked, by=member_email(request))
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
    """Puts it on a dashboard and goes there: on a new one where a name was typed, else of the report's name."""
    database, wanted = services(request).database, fields.get("dashboard", "")
    name = fields.get("dashboard_name", "").strip()
    if name or wanted == "new":
        name = name or (await kept.report(database, report_id)).name
        dashboard_id = await kept.make_dashboard(database, name, by=member_email(request))
    else:
        try:
            dashboard_id = UUID(wanted)
        except ValueError as error:
            raise InvalidRequest("There is no such dashboard. Choose one of the list.", field="dashboard") from error
    await kept.arrange(database, dashboard_id, lambda cards: arranged(cards, f"add:{report_id}"))
    return go(f"/dashboards/{dashboard_id}#card-{report_id}")


@get("/reports/{report_id:uuid}/card")
async def card(request: AnyRequest, report_id: UUID) -> Template:
    """The answer of one card, for a dashboard that did not wait for it."""
    found = await kept.report(services(request).database, report_id)
    frame = frame_of(request, "")
    query = framed(found.question, found.shown.address, frame, services(request).now())
    view, _ = await question_page(request, asked_by(request, found.question, query), patient=True)
    return page(request, "questions/_card.html", section=None, report=found, view=view, frame=frame)


kept_handlers = (save, change, card)
