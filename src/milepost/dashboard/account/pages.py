"""The pages around the dashboard: sign-in and its one-time link, sign-out, keys."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.response import Redirect, Template

from milepost.access import members
from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.keys import KEY_KINDS, KeyKind, create_key, list_keys, revoke_key
from milepost.access.services import AnyRequest, Services, services
from milepost.access.sessions import forget, remember, signed_in
from milepost.dashboard.account.limits import ATTEMPTS
from milepost.dashboard.account.views import CreatedKey, KeyRow, Keys, LinkExpired, SignIn, Welcome
from milepost.dashboard.page_context import door, go, local_path, page, tell_once, told_once
from milepost.dashboard.texts import storable
from milepost.errors import InvalidRequest, TooManyAttempts, Unauthorised
from milepost.vocabulary import MAX_NAME_LENGTH

#: The form's word for a browser key that takes signed ids alone.
_SIGNED: Final = "browser-signed"
#: In the session: the name, kind and text of a key that was just made.
_MADE: Final = "made_key"


async def _form(request: Request[Any, Any, Any], *names: str) -> list[str]:
    """The text fields of a form; what is not there, or is no text, is empty."""
    form = await request.form()
    values = [form.get(name, "") for name in names]
    return [storable(value) if isinstance(value, str) else "" for value in values]


@get("/sign-in")
async def show_sign_in(request: AnyRequest) -> Template | Redirect:
    """The sign-in form; a member who is signed in already goes where they wanted."""
    wanted = local_path(request.query_params.get("next", "/"))
    if await signed_in(request) is not None:
        return go(wanted)
    notice = "You are signed out." if request.query_params.get("out") else ""
    return door("sign_in.html", SignIn(next=wanted, notice=notice))


@post("/sign-in", middleware=[ATTEMPTS])
async def sign_in(request: AnyRequest) -> Template | Redirect:
    """Takes the form; whether the address or the password was wrong is not said."""
    email, password, wanted = await _form(request, "email", "password", "next")
    served, account = services(request), email.strip().lower()[:320]
    try:
        served.attempts.check(account, served.now())
        member = await members.sign_in(served.database, email, password, now=served.now())
    except (Unauthorised, TooManyAttempts) as problem:
        if isinstance(problem, Unauthorised):
            served.attempts.failed(account, served.now())
        view = SignIn(email[:320], problem.message, next=local_path(wanted))
        return door("sign_in.html", view, status_code=problem.status, retry_after=problem.retry_after)
    served.attempts.succeeded(account)
    await remember(request, member)
    return go(local_path(wanted))


@post("/sign-out")
async def sign_out(request: AnyRequest) -> Redirect:
    """Ends the session."""
    await forget(request)
    return go("/sign-in?out=1")


@get("/welcome/{token:str}")
async def show_welcome(request: AnyRequest, token: str) -> Template:
    """Where a one-time link leads. Looking does not use it up."""
    served = services(request)
    link = await members.find_link(served.database, token, now=served.now())
    if link is None:
        return door("link_expired.html", LinkExpired(), status_code=410)
    return door("welcome.html", Welcome(request.url.path, invited=link.email or ""))


@post("/welcome/{token:str}", middleware=[ATTEMPTS])
async def welcome(request: AnyRequest, token: str) -> Template | Redirect:
    """Uses the link up: the member has this password and is signed in."""
    email, password, name = await _form(request, "email", "password", "name")
    served = services(request)
    try:
        member = await members.welcome(served.database, token, email, password, now=served.now(), name=name)
    except InvalidRequest as problem:
        link = await members.find_link(served.database, token, now=served.now())
        invited = (link and link.email) or ""
        view = Welcome(request.url.path, email[:320], problem.message, invited=invited, name=name[:1000])
        return door("welcome.html", view, status_code=400)
    except Unauthorised:
        return door("link_expired.html", LinkExpired(), status_code=410)
    await remember(request, member)
    return go("/")


@get("/keys")
async def show_keys(request: AnyRequest) -> Template:
    """The keys of this server; one that was just made is shown, all but a browser's this once."""
    made = told_once(request, _MADE)
    kind = next((one for one in KEY_KINDS if made and one == made[1]), None)
    created = CreatedKey(made[0], kind, made[2]) if made and kind else None
    return await _keys_page(request, created=created)


@post("/keys")
async def make_key(request: AnyRequest) -> Template | Redirect:
    """Makes a key. The page that shows it comes after, so that a reload makes no second one."""
    name, chosen = await _form(request, "name", "kind")
    name = name.strip()
    signed_only = chosen == _SIGNED
    key_kind = "browser" if signed_only else next((kind for kind in KEY_KINDS if kind == chosen), None)
    if key_kind is None or not 1 <= len(name) <= MAX_NAME_LENGTH:
        error = f"Give the key a name of 1 to {MAX_NAME_LENGTH} characters, so that you know later where it is used."
        return await _keys_page(request, error=error, name=name[:MAX_NAME_LENGTH], status_code=400)
    served = services(request)
    key = await create_key(served.database, key_kind, name, by=member_email(request), signed_only=signed_only)
    # Whoever tried this key before it was there must not wait until that is forgotten.
    served.keys.forget()
    tell_once(request, _MADE, name, key_kind, key)
    return go("/keys")


@post("/keys/{key_id:uuid}/revoke")
async def revoke(request: AnyRequest, key_id: UUID) -> Redirect:
    """Revokes a key, here at once; a key that is gone already is as well."""
    served = services(request)
    await revoke_key(served.database, key_id)
    served.keys.forget()
    return go("/keys")


async def _keys_page(
    request: AnyRequest, *, created: CreatedKey | None = None, error: str = "", name: str = "", status_code: int = 200
) -> Template:
    served = services(request)
    stored = tuple(
        KeyRow(
            str(key.key_id),
            key.name,
            key.kind,
            key.prefix,
            key.created_at,
            key.last_used_at,
            key.revoked_at,
            key.public_key,
            key.signed_only,
        )
        for key in await list_keys(served.database)
    )
    view = Keys(_preset(served) + stored, served.settings.url, created, error, name)
    return page(request, "keys.html", section="keys", status_code=status_code, view=view)


def _preset(served: Services) -> tuple[KeyRow, ...]:
    """The keys of the environment: they are not in the database, so nothing is known of their use."""
    given: tuple[tuple[str, KeyKind, str], ...] = (
        ("MILEPOST_WRITE_KEY", "browser", served.settings.write_key),
        ("MILEPOST_SERVER_KEY", "server", served.settings.server_key),
        ("MILEPOST_SECRET_KEY", "secret", served.settings.secret_key),
    )
    return tuple(
        # Of a short secret even the first letters would tell much.
        KeyRow(
            variable,
            variable,
            kind,
            key[: min(8, len(key) // 3)],
            None,
            public_key=key if kind == "browser" else None,
            signed_only=kind == "browser" and served.settings.signed_ids,
            preset=True,
        )
        for variable, kind, key in given
        if key
    )


public_router = Router(
    "/",
    route_handlers=[show_sign_in, sign_in, sign_out, show_welcome, welcome],
    opt={ACCESS: Caller.ANYBODY},
    include_in_schema=False,
)
router = Router("/", route_handlers=[show_keys, make_key, revoke], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
