"""The game over HTTP: for the team by customer, for a customer's token its own, and both leaderboards."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get, put
from litestar.params import Parameter

from milepost.access.callers import Caller, token_customer
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import Cursor, CustomerId, Limit
from milepost.api.schemas import errors, json_body
from milepost.game.board import Leaderboard, TeamLeaderboard, read_my_board, read_team_board
from milepost.game.customer import Game, LedgerEntry, read_game, read_ledger
from milepost.game.profile import GameProfile, write_profile
from milepost.insights.customer import Page

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_CHANGING = errors(400, 401, 403, 404, 413, 422, 429, 503)
_PROFILE = json_body(GameProfile)
Places = Annotated[int, Parameter(ge=1, le=500, description="The most places to return.")]
Everyone = Annotated[bool, Parameter(description="All customers, not only those who opted in.")]


@get("/customers/{customer_id:str}/game", summary="A customer's game", responses=_ONE, access=Caller.TEAM)
async def get_game(request: AnyRequest, customer_id: CustomerId) -> Game:
    """Points, levels, badges with progress, the streak and the leaderboard state, as of now."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await read_game(connection, customer_of(customer_id), served.plan, now=served.now())


@get("/customers/{customer_id:str}/ledger", summary="A customer's points ledger", responses=_ONE, access=Caller.TEAM)
async def get_ledger(
    request: AnyRequest, customer_id: CustomerId, limit: Limit = 50, cursor: Cursor = None
) -> Page[LedgerEntry]:
    """What each event was worth, newest first."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await read_ledger(connection, customer_of(customer_id), now=served.now(), limit=limit, cursor=cursor)


@put(
    "/customers/{customer_id:str}/game/profile",
    summary="Put a customer on the leaderboard, or take them off it",
    operation_class=_PROFILE,
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def put_profile(request: AnyRequest, customer_id: CustomerId, data: GameProfile) -> Game:
    """For a customer who asked for it; answers the game."""
    return await _put(request, customer_of(customer_id), data)


@get("/leaderboard", summary="The leaderboard as the team sees it", responses=_MANY, access=Caller.TEAM)
async def get_leaderboard(request: AnyRequest, limit: Places = 50, everyone: Everyone = False) -> TeamLeaderboard:
    """Points of the last 28 days, best first, with the customers' ids; as last settled."""
    async with services(request).database.transaction() as connection:
        return await read_team_board(connection, limit=limit, everyone=everyone)


@get("/me/game", summary="The customer's own game", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_game(request: AnyRequest) -> Game:
    """What `/v1/customers/{id}/game` answers, for the customer whose token this is."""
    customer_id, served = token_customer(request), services(request)
    async with served.database.customer(customer_id) as connection:
        return await read_game(connection, customer_id, served.plan, now=served.now())


@get("/me/ledger", summary="The customer's own points ledger", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_ledger(request: AnyRequest, limit: Limit = 50, cursor: Cursor = None) -> Page[LedgerEntry]:
    """What each event was worth, newest first."""
    customer_id, served = token_customer(request), services(request)
    async with served.database.customer(customer_id) as connection:
        return await read_ledger(connection, customer_id, now=served.now(), limit=limit, cursor=cursor)


@get("/me/leaderboard", summary="The leaderboard as a customer sees it", responses=_MANY, access=Caller.CUSTOMER)
async def get_my_leaderboard(request: AnyRequest, limit: Places = 10) -> Leaderboard:
    """Those who opted in, best first: ranks, points of the last 28 days, and the names they chose or "Somebody"."""
    customer_id = token_customer(request)
    # As the server: a customer's own role sees no other customer's row. What is read has nobody's id in it.
    async with services(request).database.transaction() as connection:
        return await read_my_board(connection, customer_id, limit=limit)


@put(
    "/me/game/profile",
    summary="Join the leaderboard, or leave it",
    operation_class=_PROFILE,
    responses=_CHANGING,
    access=Caller.CUSTOMER,
)
async def put_my_profile(request: AnyRequest, data: GameProfile) -> Game:
    """Takes effect at once; answers the game."""
    return await _put(request, token_customer(request), data)


async def _put(request: AnyRequest, customer_id: str, profile: GameProfile) -> Game:
    served, now = services(request), services(request).now()
    # As the server: a customer's own role writes nothing. The id is the token's, or the team's to name.
    async with served.database.transaction() as connection:
        await write_profile(connection, customer_id, profile, now=now)
        return await read_game(connection, customer_id, served.plan, now=now)


router = Router(
    "/v1",
    route_handlers=[
        get_game,
        get_ledger,
        put_profile,
        get_leaderboard,
        get_my_game,
        get_my_ledger,
        get_my_leaderboard,
        put_my_profile,
    ],
    tags=["game"],
)
