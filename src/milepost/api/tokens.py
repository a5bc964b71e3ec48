"""Customers' tokens for the team: which no longer count. They are made by the product's own server, so none is kept."""

from __future__ import annotations

import msgspec
from litestar import Router, get, post

from milepost.access.callers import Caller, member_email
from milepost.access.revocations import Revocation, list_revocations, revoke_customer, revoke_token
from milepost.access.services import AnyRequest, services
from milepost.api.params import Cursor, Limit
from milepost.api.schemas import errors, json_body
from milepost.errors import InvalidRequest
from milepost.insights.customer import Page

_LISTING = errors(400, 401, 403, 422, 429, 503)
_CHANGING = errors(400, 401, 403, 413, 422, 429, 503)


class Revoke(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the two: a token by its id (`jti`), or all of a customer's that were issued until now."""

    token_id: str | None = None
    customer_id: str | None = None


@get("/tokens/revocations", summary="Revoked tokens", responses=_LISTING, access=Caller.TEAM)
async def get_revocations(request: AnyRequest, limit: Limit = 50, cursor: Cursor = None) -> Page[Revocation]:
    """Newest first."""
    return await list_revocations(services(request).database, limit=limit, cursor=cursor)


@post(
    "/tokens/revocations",
    status_code=200,
    summary="Revoke a token, or all of a customer's",
    operation_class=json_body(Revoke),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def revoke(request: AnyRequest, data: Revoke) -> Revocation:
    """Refused here at once, by other servers of the database within two seconds. To do it again changes nothing for a
    token, and moves the time for a customer."""
    served, by = services(request), member_email(request) or "secret key"
    if data.token_id is not None and data.customer_id is None:
        revoked = await revoke_token(served.database, data.token_id, by=by)
    elif data.customer_id is not None and data.token_id is None:
        revoked = await revoke_customer(served.database, data.customer_id, by=by)
    else:
        raise InvalidRequest("Send either token_id, for one token, or customer_id, for all of a customer's.")
    served.revocations.forget()
    return revoked


router = Router("/v1", route_handlers=[get_revocations, revoke], tags=["tokens"])
