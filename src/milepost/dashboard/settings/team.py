"""The team's page: who is in it, who is invited, and the page on which somebody is removed."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access import team
from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.services import AnyRequest, services
from milepost.access.sessions import forget
from milepost.access.team import INVITATION_VALID, Invitation, Owned, TeamMember
from milepost.dashboard.page_context import go, page
from milepost.dashboard.texts import form_texts
from milepost.errors import Conflict, InvalidRequest

_PATH = "/settings/team/{member_id:uuid}"


class Team(msgspec.Struct, frozen=True):
    """settings/team.html. `link`: one that was just made for `invited`, shown this once; `typed`: what was refused."""

    email: str
    members: tuple[TeamMember, ...]
    invitations: tuple[Invitation, ...]
    link: str = ""
    invited: str = ""
    typed: str = ""
    problem: str = ""
    days: int = INVITATION_VALID.days


class Removal(msgspec.Struct, frozen=True):
    """settings/remove.html: of whom, what they own, and to whom it can be handed over. `me`: it is the reader."""

    member: TeamMember
    owned: Owned
    others: tuple[TeamMember, ...]
    me: bool
    problem: str = ""


@get("/settings/team")
async def show(request: AnyRequest) -> Template:
    """Everybody, and the open invitations."""
    return await _team(request)


@post("/settings/team/invitations")
async def invite(request: AnyRequest) -> Template:
    """Makes a link for an address, and shows it this once."""
    served, email = services(request), (await form_texts(request)).get("email", "")
    try:
        link = await team.invite(served.database, served.settings.url, email, by=who_asks(request), now=served.now())
    except (InvalidRequest, Conflict) as problem:
        return await _team(request, problem=problem.message, typed=email[:1000], status_code=problem.status)
    return await _team(request, link=link, invited=email.strip().lower())


@post("/settings/team/invitations/{link_id:uuid}/revoke")
async def revoke(request: AnyRequest, link_id: UUID) -> Redirect:
    """The link is no longer good, at once."""
    await team.revoke_invitation(services(request).database, link_id)
    return go("/settings/team")


@get(f"{_PATH}/remove")
async def ask(request: AnyRequest, member_id: UUID) -> Template:
    """What removing somebody means, before it is done."""
    return await _removal(request, member_id)


@post(f"{_PATH}/remove")
async def remove(request: AnyRequest, member_id: UUID) -> Template | Redirect:
    """Removes a member, oneself only where that was said; their work goes to whom the form names."""
    served, me, fields = services(request), who_asks(request), await form_texts(request)
    myself = member_id == me.member_id
    if myself and fields.get("myself") != "yes":
        problem = "This is you: say below that you mean to be signed out."
        return await _removal(request, member_id, problem=problem, status_code=400)
    try:
        to = _whom(fields.get("to", ""))
        await team.remove(served.database, member_id, to=to, by=me, now=served.now())
    except (InvalidRequest, Conflict) as refused:
        return await _removal(request, member_id, problem=refused.message, status_code=refused.status)
    if myself:
        await forget(request)
        return go("/sign-in?out=1")
    return go("/settings/team")


def _whom(text: str) -> UUID | None:
    """To whom the work goes; None is nobody. Raises InvalidRequest."""
    try:
        return None if text == "nobody" else UUID(text)
    except ValueError:
        raise InvalidRequest("Choose another member to hand over to, or nobody.", field="to") from None


async def _team(
    request: AnyRequest,
    *,
    link: str = "",
    invited: str = "",
    typed: str = "",
    problem: str = "",
    status_code: int = 200,
) -> Template:
    served = services(request)
    members, invitations = await team.list_team(served.database, now=served.now())
    view = Team(who_asks(request).email, tuple(members), tuple(invitations), link, invited, typed, problem)
    return page(request, "settings/team.html", section="team", status_code=status_code, view=view)


async def _removal(request: AnyRequest, member_id: UUID, *, problem: str = "", status_code: int = 200) -> Template:
    served, me = services(request), who_asks(request)
    member, owned = await team.read_member(served.database, member_id)
    members, _ = await team.list_team(served.database, now=served.now())
    others = tuple(one for one in members if one.member_id != member_id)
    view = Removal(member, owned, others, member_id == me.member_id, problem)
    return page(request, "settings/remove.html", section="team", status_code=status_code, view=view)


router = Router(
    "/", route_handlers=[show, invite, revoke, ask, remove], opt={ACCESS: Caller.MEMBER}, include_in_schema=False
)
