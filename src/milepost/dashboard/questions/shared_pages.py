"""Sharing a dashboard: the members' page of its links, and what a stranger with one of them sees."""

from __future__ import annotations

import asyncio
from typing import Final, cast
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import PAGE_HEADERS, go, page, tell_once, told_once, zone_of
from milepost.dashboard.questions import kept, shared
from milepost.dashboard.questions.frame import framed, read_frame
from milepost.dashboard.questions.shared_answers import SharedAnswers
from milepost.dashboard.questions.shown import QuestionPage
from milepost.dashboard.questions.unnamed import names_somebody
from milepost.dashboard.questions.view import asked_by
from milepost.dashboard.texts import form_texts
from milepost.dashboard.views import Shell
from milepost.errors import InvalidRequest

#: How often one address may open a link, or try one.
_OPENINGS: Final = RateLimitConfig(("minute", 60), store="shared_pages").middleware
#: No address of a link goes anywhere with what is clicked on its page, nor into an index.
_HEADERS: Final = {**PAGE_HEADERS, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}

#: In the session: the dashboard and the token of a link that was just made.
_MADE: Final = "shared_link"


class SharedCard(msgspec.Struct, frozen=True):
    """A card for strangers. `page` None: it would name somebody, so that neither it nor its name is shown."""

    card: kept.Card
    name: str
    page: QuestionPage | None


class SharedPage(msgspec.Struct, frozen=True):
    """questions/shared.html."""

    name: str
    cards: tuple[SharedCard, ...]
    waiting: bool


class Sharing(msgspec.Struct, frozen=True):
    """questions/share.html. `link`: one that was just made, shown this once."""

    dashboard: kept.Dashboard
    links: tuple[shared.SharedLink, ...]
    withheld: int
    link: str = ""
    problem: str = ""


@get("/dashboards/{dashboard_id:uuid}/share")
async def sharing(request: AnyRequest, dashboard_id: UUID) -> Template:
    """The links to a dashboard, and the form that makes one; a link that was just made is shown, this once."""
    made = told_once(request, _MADE)
    mine = made is not None and made[0] == str(dashboard_id)
    link = f"{services(request).settings.url}/shared/{made[1]}" if made and mine else ""
    return await _sharing(request, dashboard_id, link=link)


@post("/dashboards/{dashboard_id:uuid}/share")
async def share(request: AnyRequest, dashboard_id: UUID) -> Template | Redirect:
    """Makes a link. The page that shows it comes after, so that a reload makes no second one."""
    fields, served = await form_texts(request), services(request)
    try:
        ends_at = shared.end_of(fields.get("until", "").strip(), zone_of(request), served.now())
    except InvalidRequest as problem:
        return await _sharing(request, dashboard_id, problem=problem.message, status_code=400)
    token = await shared.share(
        served.database, dashboard_id, with_names=fields.get("with_names") == "yes", ends_at=ends_at,
        by=member_email(request), now=served.now(),
    )  # fmt: skip
    tell_once(request, _MADE, str(dashboard_id), token)
    return go(f"/dashboards/{dashboard_id}/share")


@post("/dashboards/{dashboard_id:uuid}/share/{link_id:uuid}/revoke")
async def revoke(request: AnyRequest, dashboard_id: UUID, link_id: UUID) -> Redirect:
    """The link leads nowhere from now on."""
    await shared.revoke(services(request).database, dashboard_id, link_id)
    return go(f"/dashboards/{dashboard_id}/share")


@get("/shared/{token:str}", middleware=[_OPENINGS])
async def show_shared(request: AnyRequest, token: str) -> Template:
    """A dashboard for whoever has the link: its answers, and nothing that leads further."""
    served = services(request)
    found = await shared.opened(served.database, token, now=served.now())
    if found is None:
        return Template("questions/shared_gone.html", status_code=404, headers=_HEADERS)
    now, dashboard = served.now(), found.dashboard
    frame = read_frame("", dashboard.frame, "UTC", now)
    kept_answers = cast(SharedAnswers, request.app.state["shared"])

    async def shown(card: kept.Card, report: kept.Report) -> SharedCard:
        asked = asked_by(request, report.question, framed(report.question, report.shown.address, frame, now))
        if not found.with_names and names_somebody(asked):
            return SharedCard(card, "", None)
        return SharedCard(card, report.name, await kept_answers.page(asked))

    known = [(card, found.reports[card.report_id]) for card in dashboard.cards if card.report_id in found.reports]
    cards = tuple(await asyncio.gather(*(shown(card, report) for card, report in known)))
    waiting = any(card.page is not None and card.page.waiting for card in cards)
    context = {
        "shell": Shell(None, "", now, zone_of(request)),
        "view": SharedPage(dashboard.name, cards, waiting),
    }
    return Template("questions/shared.html", context=context, headers=_HEADERS)


async def _sharing(
    request: AnyRequest,
    dashboard_id: UUID,
    *,
    link: str = "",
    problem: str = "",
    status_code: int = 200,
) -> Template:
    served = services(request)
    dashboard = await kept.dashboard(served.database, dashboard_id)
    known = {report.report_id: report for report in await kept.reports(served.database)}
    reports = [known[card.report_id] for card in dashboard.cards if card.report_id in known]
    withheld = sum(names_somebody(asked_by(request, one.question, one.shown.address)) for one in reports)
    links = await shared.links(served.database, dashboard_id, now=served.now())
    view = Sharing(dashboard, tuple(links), withheld, link, problem)
    return page(request, "questions/share.html", section="dashboards", status_code=status_code, view=view)


share_handlers = (sharing, share, revoke)
public_router = Router("/", route_handlers=[show_shared], opt={ACCESS: Caller.ANYBODY}, include_in_schema=False)
