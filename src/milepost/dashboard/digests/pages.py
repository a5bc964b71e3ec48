"""A member's weekly mail: how this week's would read, and whether it is sent; and the link that ends it."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import Router, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import door, go, page, zone_of
from milepost.dashboard.texts import form_texts
from milepost.digests.digest import Digest
from milepost.digests.subscribe import is_subscribed, mailed_dashboards, subscribe, unsubscribe, unsubscribe_by
from milepost.digests.weekly import compose
from milepost.messages.unsubscribe import PATH, read_token

_HERE: Final = "/settings/week"
_ASKED: Final = RateLimitConfig(("minute", 60), store="unsubscribe_pages").middleware


class WeekPage(msgspec.Struct, frozen=True):
    """digests/week.html. `mail`: there is a mail server; `here`: the page's own path. Of a dashboard: its name, and
    without `digest` why there is none (`trouble`), or nothing while its answers are awaited. `others`: the dashboards
    that come weekly, too, by path and name."""

    digest: Digest | None
    email: str
    zone: str
    subscribed: bool
    mail: bool
    here: str = _HERE
    dashboard: str = ""
    trouble: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @property
    def back(self) -> str:
        """The page it belongs to."""
        return self.here.rpartition("/")[0]


class Unsubscribe(msgspec.Struct, frozen=True):
    """digests/unsubscribe.html. `address`: of this page; `known`: the link is one of ours; `done`: it was ended."""

    address: str
    known: bool
    done: bool = False


@get(_HERE)
async def show(request: AnyRequest) -> Template:
    """As it would be sent now."""
    served, me = services(request), who_asks(request)
    async with served.database.transaction() as connection:
        digest = await compose(connection, me.email, now=served.now())
        subscribed = await is_subscribed(connection, me.member_id)
        mailed = await mailed_dashboards(connection, me.member_id)
    others = tuple((f"/dashboards/{dashboard_id}/week", name) for dashboard_id, name in mailed)
    mail = served.sender.mail_server is not None
    view = WeekPage(digest, me.email, str(zone_of(request)), subscribed, mail, others=others)
    return page(request, "digests/week.html", section="profile", view=view)


@post(_HERE)
async def switch(request: AnyRequest) -> Redirect:
    """Asks for it, or ends it."""
    served, me = services(request), who_asks(request)
    on = (await form_texts(request)).get("do") == "on"
    async with served.database.transaction() as connection:
        if on:
            await subscribe(connection, me.member_id, zone=str(zone_of(request)), now=served.now())
        else:
            await unsubscribe(connection, me.member_id)
    return go(_HERE)


@get(f"{PATH}/{{token:str}}")
async def ask(request: AnyRequest, token: str) -> Template:
    """A link alone ends nothing: mail scanners follow links."""
    link = read_token(services(request).sender.derive, token)
    view = Unsubscribe(request.url.path, known=link is not None)
    return door("digests/unsubscribe.html", view, status_code=200 if link else 404)


@post(f"{PATH}/{{token:str}}")
async def end(request: AnyRequest, token: str) -> Template:
    """Ends it, by the button or by a mail program's own (RFC 8058). Twice is once."""
    served = services(request)
    link = read_token(served.sender.derive, token)
    if link is not None:
        async with served.database.transaction() as connection:
            await unsubscribe_by(connection, link)
    view = Unsubscribe(request.url.path, known=link is not None, done=link is not None)
    return door("digests/unsubscribe.html", view, status_code=200 if link else 404)


router = Router("/", route_handlers=[show, switch], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
public_router = Router(
    "/", route_handlers=[ask, end], opt={ACCESS: Caller.ANYBODY}, include_in_schema=False, middleware=[_ASKED]
)
