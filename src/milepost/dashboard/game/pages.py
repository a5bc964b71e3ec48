"""The routes of the game's pages: everybody's, and the leaderboard's form of a customer."""

from __future__ import annotations

from typing import Any, cast

from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, Services, services
from milepost.dashboard import views as v
from milepost.dashboard.game.panel import GamePanel, ProfileForm, game_panel, profile_url
from milepost.dashboard.game.views import Board, game_page, usual_board
from milepost.dashboard.page_context import PAGE_HEADERS, page
from milepost.dashboard.remembered import Remembered
from milepost.dashboard.texts import storable
from milepost.errors import InvalidRequest
from milepost.game.board import count_on_board, read_team_board
from milepost.game.customer import Shown, read_game
from milepost.game.profile import GameProfile, write_profile
from milepost.game.team import TeamTotals, read_awards, read_longest, read_totals
from milepost.insights.customer import read_customer
from milepost.vocabulary import MAX_NAME_LENGTH

_AWARDS = 12
_LONGEST = 8
_PLACES = 20
_SHOWN: dict[str, Shown] = {"off": "off", "anonymous": "anonymous", "named": "named"}


def remembered_totals(served: Services) -> Remembered[TeamTotals]:
    """The page's totals, kept for a few seconds: they read a row of every customer."""

    async def read() -> TeamTotals:
        async with served.database.transaction() as connection:
            return await read_totals(connection, now=served.now())

    return Remembered(read)


@get("/game")
async def game(request: AnyRequest) -> Template:
    """Who earned what, how rare it is, which streaks run. Whatever the address says that cannot be, is left out."""
    served, wanted = services(request), request.query_params
    totals = await cast("Remembered[TeamTotals]", request.app.state.game).get()
    badge = next((rule.id for rule in served.plan.badges if rule.id == wanted.get("badge")), None)
    boards: dict[str | None, Board] = {"opted-in": "opted-in", "everyone": "everyone"}
    cursor = wanted.get("after") or None
    async with served.database.transaction() as connection:
        # Whoever just joined looks for it here.
        on_board = await count_on_board(connection)
        kind = boards.get(wanted.get("board"), usual_board(on_board))
        try:
            awards, more = await read_awards(connection, limit=_AWARDS, badge=badge, cursor=cursor)
        except InvalidRequest:  # a cursor of another server: the list begins anew
            cursor = None
            awards, more = await read_awards(connection, limit=_AWARDS, badge=badge)
        longest = await read_longest(connection, limit=_LONGEST)
        board = await read_team_board(connection, limit=_PLACES, everyone=kind == "everyone")
    view = game_page(
        totals,
        served.plan,
        awards,
        longest,
        board,
        on_board=on_board,
        badge=badge,
        more=more,
        first=cursor is None,
        board_kind=kind,
    )
    return page(request, "game/game.html", section="game", view=view)


@post("/customers/{segment:str}/leaderboard")
async def save_profile(request: AnyRequest, segment: str) -> Template | Redirect:
    """Takes the form on a customer's page; what cannot be stored is shown again with what to mend."""
    served, customer_id = services(request), customer_of(segment)
    form = await request.form()
    state, name = (_text(form.get(field)) for field in ("leaderboard", "display_name"))
    try:
        profile = _profile(state, name)
        async with served.database.transaction() as connection:
            await write_profile(connection, customer_id, profile, now=served.now())
    except InvalidRequest as problem:
        async with served.database.transaction() as connection:
            known = await read_customer(connection, customer_id, now=served.now())
        typed = ProfileForm(
            state, name[:MAX_NAME_LENGTH], profile_url(customer_id), problem.message, problem.field or ""
        )
        return page(
            request,
            "game/profile.html",
            section="customers",
            status_code=400,
            form=typed,
            name=known.name or customer_id,
            customer_id=customer_id,
        )
    return Redirect(f"{v.customer_url(customer_id)}?done=leaderboard#game", status_code=303, headers=dict(PAGE_HEADERS))


async def customer_panel(request: AnyRequest, connection: Any, customer_id: str) -> GamePanel:
    """The section on a customer's page."""
    served = services(request)
    found = await read_game(connection, customer_id, served.plan, now=served.now())
    return game_panel(found, served.plan, saved=request.query_params.get("done") == "leaderboard")


def _profile(state: str, name: str) -> GameProfile:
    if state not in _SHOWN:
        raise InvalidRequest("Choose how the customer appears.", field="leaderboard")
    return GameProfile(leaderboard=_SHOWN[state], display_name=name if name.strip() else None)


def _text(value: object) -> str:
    """A form's text without what no stored text has."""
    return storable(value) if isinstance(value, str) else ""


router = Router("/", route_handlers=[game, save_profile], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
