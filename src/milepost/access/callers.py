"""Who may call a route. It is declared on the route, as `access=`; one guard holds every route to it, and a route that
declares nothing cannot be registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, cast

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute

from milepost.access.auth import bearer, require_secret_key, require_server_key, require_write_key, writing_key
from milepost.access.members import Member
from milepost.access.services import AnyRequest, services
from milepost.access.sessions import signed_in
from milepost.access.sites import refuse_other_sites
from milepost.errors import DatabaseUnavailable, Forbidden, Unauthorised
from milepost.vocabulary import KEY_PREFIXES

#: The key of a handler's or router's `opt` that says who may call it.
ACCESS: Final = "access"


class Caller(Enum):
    """Who may call a route; the values are how people read them."""

    ANYBODY = "anybody"
    WRITE_KEY = "write key"
    SECRET_KEY = "secret key"  # noqa: S105  # what it is called, not one
    SERVER = "server or secret key"
    CUSTOMER = "customer token"
    READER = "secret key or customer token"
    MEMBER = "member"
    TEAM = "member or secret key"


class NotSignedIn(Unauthorised):
    """Sign in to see this page."""


class _Identity(msgspec.Struct, frozen=True):
    customer_id: str | None = None
    member: Member | None = None


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The application's guard: finds out who asks, before the body or a parameter is read, and keeps it for handlers.

    Raises Unauthorised, Forbidden, NotSignedIn where a member is wanted, DatabaseUnavailable.
    """
    request = cast(AnyRequest, connection)
    # OPTIONS says which methods there are, to whoever asks.
    if request.method != "OPTIONS":
        request.scope["auth"] = await _identity(request, handler.opt[ACCESS])


async def is_still_admitted(request: AnyRequest, caller: Caller) -> bool:
    """Of an answer that goes on and on: whether it would be begun now. While the database is away, it would."""
    try:
        await _identity(request, caller)
    except (Unauthorised, Forbidden):
        return False
    except DatabaseUnavailable:
        return True
    return True


def token_customer(request: AnyRequest) -> str:
    """The customer whose token came with the request, on a route for CUSTOMER."""
    customer_id = cast(_Identity, request.scope["auth"]).customer_id
    if customer_id is None:
        raise LookupError(f"{request.url.path} is not declared for customers' tokens.")
    return customer_id


def member_email(request: AnyRequest) -> str | None:
    """The address of the member who asks, on a route for MEMBER or TEAM; None for a secret key."""
    member = cast(_Identity, request.scope["auth"]).member
    return None if member is None else member.email


def who_asks(request: AnyRequest) -> Member:
    """The member who asks, on a route for MEMBER."""
    member = cast(_Identity, request.scope["auth"]).member
    if member is None:
        raise LookupError(f"{request.url.path} is not declared for members.")
    return member


class DeclaredCallers(ReceiveRoutePlugin):
    """Refuses a route that does not say who may call it, and says it of the others in the OpenAPI document."""

    def __init__(self, security: Mapping[Caller, Sequence[dict[str, list[str]]]]) -> None:
        """`security`: the document's words for each caller."""
        self._security = security

    def receive_route(self, route: BaseRoute) -> None:
        """Raises ImproperlyConfiguredException."""
        if not isinstance(route, HTTPRoute):
            raise ImproperlyConfiguredException(f"{route.path} is not an HTTP route, so nothing guards it.")
        for handler in route.route_handlers:
            if handler.http_methods == {"OPTIONS"}:
                continue
            caller = handler.opt.get(ACCESS)
            if not isinstance(caller, Caller):
                raise ImproperlyConfiguredException(
                    f"{handler.handler_name} ({route.path}) does not say who may call it: declare access=Caller...."
                )
            handler.security = self._security[caller]


async def _identity(request: AnyRequest, caller: Caller) -> _Identity:
    keys = services(request).keys
    match caller:
        case Caller.ANYBODY:
            pass
        case Caller.WRITE_KEY:
            # Without one in the header the body may bring it, so its reader goes on from here (api/ingest.py).
            if (key := writing_key(request)) is not None:
                await require_write_key(keys, key)
        case Caller.SECRET_KEY:
            await require_secret_key(keys, bearer(request))
        case Caller.SERVER:
            await require_server_key(keys, bearer(request))
        case Caller.CUSTOMER:
            return _Identity(customer_id=await _customer(request))
        case Caller.READER:
            if (token := bearer(request)) is None or token.startswith(KEY_PREFIXES):
                await require_secret_key(keys, token)
            else:
                return _Identity(customer_id=await _customer(request))
        case Caller.MEMBER:
            if (member := await signed_in(request)) is None:
                raise NotSignedIn
            return _Identity(member=member)
        case Caller.TEAM:
            if bearer(request) is None and (member := await signed_in(request)) is not None:
                refuse_other_sites(request)
                return _Identity(member=member)
            await require_secret_key(keys, bearer(request))
    return _Identity()


async def _customer(request: AnyRequest) -> str:
    token = bearer(request)
    if not token:
        raise Unauthorised("No customer token came with this request. Send one as Authorization: Bearer ...")
    if token.startswith(KEY_PREFIXES):
        raise Forbidden(
            "This is a key; /v1/me takes a customer's token. Make one with `milepost tokens create --customer ID`."
        )
    served = services(request)
    read = await served.tokens.read(token)
    await served.revocations.check(read)
    return read.customer_id
