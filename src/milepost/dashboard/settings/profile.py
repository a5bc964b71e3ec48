"""The member's own page: what they are called, their password, where else they are signed in."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access import members
from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.members import MAX_MEMBER_NAME, MIN_PASSWORD, Session
from milepost.access.services import AnyRequest, services
from milepost.access.sessions import remember
from milepost.dashboard.account.limits import ATTEMPTS
from milepost.dashboard.page_context import go, page
from milepost.dashboard.texts import form_texts
from milepost.errors import InvalidRequest, TooManyAttempts, Unauthorised

#: What was just done, by the word in the address.
_DONE: Final = {
    "name": "Your name is saved.",
    "password": "Your password is changed. You are signed out everywhere else.",
    "sessions": "You are signed out everywhere else.",
}


class Profile(msgspec.Struct, frozen=True):
    """settings/profile.html. `problem` is of the form that `form` names ("name" or "password")."""

    email: str
    name: str
    zone: str
    sessions: tuple[Session, ...]
    done: str = ""
    form: str = ""
    problem: str = ""
    max_name: int = MAX_MEMBER_NAME
    min_password: int = MIN_PASSWORD

    def problem_of(self, form: str) -> str:
        return self.problem if form == self.form else ""


@get("/settings")
async def show(request: AnyRequest) -> Template:
    """Who is signed in."""
    return await _profile(request, done=_DONE.get(request.query_params.get("done", ""), ""))


@post("/settings/profile")
async def rename(request: AnyRequest) -> Template | Redirect:
    """Takes the name; an empty one leaves the address alone."""
    name = (await form_texts(request)).get("name", "")
    try:
        await members.call(services(request).database, who_asks(request), name)
    except InvalidRequest as problem:
        return await _profile(request, form="name", problem=problem.message, name=name[:1000], status_code=400)
    return go("/settings?done=name")


@post("/settings/password", middleware=[ATTEMPTS])
async def change_password(request: AnyRequest) -> Template | Redirect:
    """Takes the present password and another; guesses are counted with those at the sign-in."""
    served, member, fields = services(request), who_asks(request), await form_texts(request)
    try:
        served.attempts.check(member.email, served.now())
        changed = await members.change_password(
            served.database, member, fields.get("present", ""), fields.get("password", "")
        )
    except (InvalidRequest, Unauthorised, TooManyAttempts) as problem:
        if isinstance(problem, Unauthorised):
            served.attempts.failed(member.email, served.now())
        # 401 would be for who is not signed in.
        status = 400 if isinstance(problem, Unauthorised) else problem.status
        shown = await _profile(request, form="password", problem=problem.message, status_code=status)
        if problem.retry_after is not None:
            shown.headers["Retry-After"] = str(problem.retry_after)
        return shown
    served.attempts.succeeded(member.email)
    await remember(request, changed)
    return go("/settings?done=password")


@post("/settings/sessions")
async def end_sessions(request: AnyRequest) -> Redirect:
    """Signs out everywhere else, at once."""
    await members.end_other_sessions(services(request).database, who_asks(request))
    return go("/settings?done=sessions")


async def _profile(
    request: AnyRequest,
    *,
    done: str = "",
    form: str = "",
    problem: str = "",
    name: str | None = None,
    status_code: int = 200,
) -> Template:
    served, member = services(request), who_asks(request)
    found = await members.other_sessions(served.database, member, now=served.now())
    view = Profile(
        email=member.email,
        name=(member.name or "") if name is None else name,
        zone=request.cookies.get("tz", "").replace("%2F", "/"),
        sessions=tuple(found),
        done=done,
        form=form,
        problem=problem,
    )
    return page(request, "settings/profile.html", section="profile", status_code=status_code, view=view)


router = Router(
    "/",
    route_handlers=[show, rename, change_password, end_sessions],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
