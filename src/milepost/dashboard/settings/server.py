"""Settings of the server rather than of somebody: the game's rules, appearance, the data, and what this is."""

from __future__ import annotations

import platform
from typing import Final

import msgspec
from litestar import Router, get
from litestar.response import Template

from milepost import __version__
from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import page
from milepost.dashboard.settings.health import Check, Stored, read_health, read_stored
from milepost.dashboard.settings.saving import plan_state

#: The documents in the folder docs/ of Milepost's repository, by what somebody wants to know.
DOCS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    ("Send events", (
        ("sdk-browser.md", "from pages"), ("sdk-react.md", "from React"), ("sdk-python.md", "from Python"),
        ("segment.md", "by Segment’s SDKs"), ("http.md", "by HTTP"), ("event-names.md", "what their names mean"),
        ("import.md", "from files"),
    )),
    ("Read what they say", (
        ("questions.md", "what each question counts"), ("scores.md", "the scores’ formulas"),
        ("validation.md", "whether they hold"), ("accounts.md", "the team’s work"), ("traits.md", "traits"),
        ("coach.md", "recommendations"), ("game.md", "levels and badges"), ("export.md", "as files for other tools"),
    )),
    ("Run the server", (
        ("settings.md", "these pages"), ("running.md", "settings and health"), ("security.md", "what is promised"),
        ("backup.md", "backup and restore"), ("database.md", "PostgreSQL of your own"),
        ("reliability.md", "what it stands"),
    )),
)  # fmt: skip


class Rules(msgspec.Struct, frozen=True):
    """settings/game.html: levels as (name, points they are reached at), and badges as (name, what earns it)."""

    levels: tuple[tuple[str, int], ...]
    badges: tuple[tuple[str, str], ...]
    plan: str


class Data(msgspec.Struct, frozen=True):
    """settings/data.html. `retention_days`: where the sender says nothing; `folder`: of the embedded database."""

    checks: tuple[Check, ...]
    stored: Stored
    retention_days: int
    history_days: int
    cleanup_minutes: int
    plan: str
    folder: str


class About(msgspec.Struct, frozen=True):
    """settings/about.html."""

    version: str
    python: str
    database: str
    embedded: bool
    columns: str
    url: str
    plan: str
    docs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = DOCS


@get("/settings/game")
async def show_rules(request: AnyRequest) -> Template:
    """The game's rules, as the plan has them."""
    plan = services(request).plan
    levels = tuple(zip(plan.game.level_names, (0, *plan.game.level_points), strict=False))
    badges = tuple((rule.name, rule.description) for rule in plan.badges)
    return page(request, "settings/game.html", section="game-rules", view=Rules(levels, badges, _plan_file(request)))


@get("/settings/appearance")
async def show_appearance(request: AnyRequest) -> Template:
    """Light or dark: kept in this browser alone."""
    return page(request, "settings/appearance.html", section="appearance")


@get("/settings/data")
async def show_data(request: AnyRequest) -> Template:
    """How the server does, how long it keeps what, and how data comes in and out."""
    served, folder = services(request), services(request).database.room.folder
    view = Data(
        checks=await read_health(request),
        stored=await read_stored(request),
        retention_days=served.plan.retention.days,
        history_days=served.plan.history.days,
        cleanup_minutes=served.settings.cleanup_minutes,
        plan=_plan_file(request),
        folder="" if folder is None else str(folder),
    )
    return page(request, "settings/data.html", section="data", view=view)


@get("/settings/about")
async def show_about(request: AnyRequest) -> Template:
    """Which release, what it runs on, where its documents are."""
    served = services(request)
    where = "a ClickHouse of your own" if served.settings.columns_url else "embedded (chDB), in the data folder"
    view = About(
        version=__version__,
        python=platform.python_version(),
        database=(await read_stored(request)).version,
        embedded=served.database.room.folder is not None,
        columns=where if served.settings.columns else "switched off",
        url=served.settings.url,
        plan=_plan_file(request),
    )
    return page(request, "settings/about.html", section="about", view=view)


def _plan_file(request: AnyRequest) -> str:
    """Where the plan is read from; "" for one that is kept here."""
    return plan_state(request).file


router = Router(
    "/",
    route_handlers=[show_rules, show_appearance, show_data, show_about],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
