"""Every route of the pages: one router a folder."""

from typing import Final

from litestar.types import ControllerRouterHandler

from milepost.dashboard import live
from milepost.dashboard.account import pages as account
from milepost.dashboard.alerts import pages as alerts
from milepost.dashboard.annotations import pages as annotations
from milepost.dashboard.coach import pages as coach
from milepost.dashboard.customers import pages as customers
from milepost.dashboard.dev import pages as dev
from milepost.dashboard.digests import dashboard_pages, paper_pages
from milepost.dashboard.digests import pages as digests
from milepost.dashboard.events import pages as events
from milepost.dashboard.game import pages as game
from milepost.dashboard.imports import pages as imports
from milepost.dashboard.messages import pages as messages
from milepost.dashboard.offline import pages as offline
from milepost.dashboard.overview import pages as overview
from milepost.dashboard.people import pages as people
from milepost.dashboard.predictions import pages as predictions
from milepost.dashboard.questions import pages as questions
from milepost.dashboard.questions import shared_pages
from milepost.dashboard.score import pages as score
from milepost.dashboard.search import pages as search
from milepost.dashboard.segments import pages as segments
from milepost.dashboard.settings import exports, plan, profile, scoring, server, team, tools
from milepost.dashboard.sql import pages as sql
from milepost.dashboard.static_files import browser_sdk, static_router
from milepost.dashboard.tools_app import tools_app_routes
from milepost.dashboard.traits import pages as traits
from milepost.dashboard.work import pages as work
from milepost.settings import Settings

#: For whoever is signed in.
_PAGES: Final[tuple[ControllerRouterHandler, ...]] = (
    overview.router,
    customers.router,
    people.router,
    live.router,
    questions.router,
    sql.router,
    annotations.router,
    segments.router,
    search.router,
    score.router,
    predictions.router,
    coach.router,
    work.router,
    offline.router,
    game.router,
    traits.router,
    events.router,
    imports.router,
    messages.router,
    alerts.router,
    digests.router,
    dashboard_pages.router,
    paper_pages.router,
    account.router,
    profile.router,
    team.router,
    server.router,
    exports.router,
    tools.router,
    scoring.router,
    plan.router,
)
#: For whoever has the link.
_PUBLIC: Final[tuple[ControllerRouterHandler, ...]] = (
    account.public_router,
    shared_pages.public_router,
    digests.public_router,
)


def routes(settings: Settings) -> tuple[ControllerRouterHandler, ...]:
    """The pages, the files they load, and with them what these settings ask for."""
    extra = [*(tools_app_routes() if settings.tools_app else ()), *((dev.router,) if settings.development else ())]
    return (*_PAGES, *_PUBLIC, static_router(), browser_sdk, *extra)
