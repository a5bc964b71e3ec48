"""What every page has in common: who reads it and in which zone, the way to sign in, headers, errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, tzinfo
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment
from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template

from milepost.access.callers import NotSignedIn, who_asks
from milepost.access.forms import FIELD, FormGuard
from milepost.access.paths import API
from milepost.access.services import AnyRequest, services
from milepost.access.sessions import SessionCookie
from milepost.api import problems
from milepost.dashboard.account.views import ErrorPage
from milepost.dashboard.format import in_zone
from milepost.dashboard.static_files import CONTENT_SECURITY_POLICY
from milepost.dashboard.views import Section, Shell
from milepost.errors import DatabaseUnavailable, DiskFull, Problem

PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # What customers do is nobody's but the team's: no shared cache, and no back button after signing out.
    "Cache-Control": "no-store",
}

_TITLES: Final = {
    400: ("This address does not work", "Something in it cannot be read. Go back and try the link again."),
    403: ("This page was open for too long", "Nothing was changed. Go back, reload the page and try again."),
    404: ("There is nothing at this address", "The page may have moved, or what it was about is gone."),
    405: ("There is nothing at this address", "This address takes another kind of request."),
    413: ("That was too much at once", "Nothing was changed."),
    429: ("Too many attempts", "Wait a minute, then try again."),
    500: ("Something went wrong in Milepost", "It was written to the server's log. Trying again may help."),
    503: (
        "The database cannot be reached right now",
        "Nothing is lost: what was accepted is stored, and senders keep the rest. Try again in a moment.",
    ),
}


def zone_of(request: AnyRequest) -> tzinfo:
    """The reader's zone, from the cookie that locale.js sets; UTC where it says nothing one knows."""
    try:
        return ZoneInfo(unquote(request.cookies.get("tz", "")))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def today_of(request: AnyRequest) -> date:
    """The reader's day."""
    return in_zone(services(request).now(), zone_of(request)).date()


def page(
    request: AnyRequest,
    template: str,
    *,
    section: Section | None,
    status_code: int = 200,
    **context: object,
) -> Template:
    """A page, or a part of one, for a signed-in member."""
    context = {"shell": _shell(request, section), **context}
    return Template(template, context=context, status_code=status_code, headers=dict(PAGE_HEADERS))


def part(request: AnyRequest, template: str, **context: object) -> str:
    """A part of a page as a text, for an answer that is more than it. It has no forms."""
    found = request.app.state.pages.get_template(template)
    return str(found.render(shell=_shell(request, None), **context))


def _shell(request: AnyRequest, section: Section | None) -> Shell:
    served = services(request)
    alarm = served.database.room.lacking
    member = who_asks(request)
    return Shell(section, member.email, served.now(), zone_of(request), alarm, member.names)


def go(address: str) -> Redirect:
    """To another page after a form, which a reload does not send again."""
    return Redirect(address, status_code=303, headers=dict(PAGE_HEADERS))


def door(template: str, view: object, *, status_code: int = 200, retry_after: int | None = None) -> Template:
    """A page in front of the door: nobody need be signed in. `retry_after`: seconds until it is worth another try."""
    again = {} if retry_after is None else {"Retry-After": str(retry_after)}
    headers = {**PAGE_HEADERS, **again}
    return Template(template, context={"view": view}, status_code=status_code, headers=headers)


def to_sign_in(request: AnyRequest, _: NotSignedIn) -> Response[Any]:
    """The exception handler for who is not signed in: to the sign-in page, and back afterwards."""
    request.clear_session()
    if "hx-request" in request.headers:
        # A part of a page is asked for: the whole page goes to the sign-in, and comes back to where it was.
        current = urlsplit(request.headers.get("hx-current-url", "/"))
        where = f"{current.path}?{current.query}" if current.query else current.path
        return Response(b"", status_code=200, headers={**PAGE_HEADERS, "HX-Redirect": _sign_in_url(where)})
    query = request.scope["query_string"].decode("latin-1")
    where = request.url.path + (f"?{query}" if query else "")
    wanted = where if request.method in ("GET", "HEAD") else "/"
    return Redirect(_sign_in_url(wanted), status_code=303, headers=dict(PAGE_HEADERS))


def local_path(address: str) -> str:
    """`address` if it is a path on this server, else '/': nobody is sent elsewhere by a link to our sign-in."""
    plain = all(" " <= character != "\\" and character != "\x7f" for character in address)
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"


def _sign_in_url(wanted: str) -> str:
    return "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted, safe='/')}"


def wants_page(request: AnyRequest) -> bool:
    """Whether a failure should be a page: a browser asks, and not for the API."""
    if request.url.path.startswith((*API, "/static/")):
        return False
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


class ErrorPages:
    """The exception handlers of the application: pages for people, JSON for programs."""

    def __init__(
        self, environment: Environment, session: SessionCookie, forms: FormGuard, now: Callable[[], Any]
    ) -> None:
        self._template = environment.get_template("error.html")
        self._session = session
        self._forms = forms
        self._now = now

    def on_problem(self, request: AnyRequest, error: Problem) -> Response[bytes]:
        plain = problems.on_problem(request, error)
        message = error.message if error.status < 500 else ""
        return self._page(request, plain, message, error) if wants_page(request) else plain

    def on_http_exception(self, request: AnyRequest, error: HTTPException) -> Response[bytes]:
        plain = problems.on_http_exception(request, error)
        return self._page(request, plain, "") if wants_page(request) else plain

    def on_unexpected(self, request: AnyRequest, error: Exception) -> Response[bytes]:
        plain = problems.on_unexpected(request, error)
        return self._page(request, plain, "") if wants_page(request) else plain

    def _page(
        self, request: AnyRequest, plain: Response[bytes], message: str, error: Exception | None = None
    ) -> Response[bytes]:
        status = plain.status_code or 500
        title, usual = _TITLES.get(status, _TITLES[500 if status >= 500 else 400])
        if isinstance(error, DiskFull):
            title = "The database's disk is full"
        elif status == 503 and error is not None and not isinstance(error, DatabaseUnavailable):
            title, usual = "This cannot be answered right now", "Nothing is lost. Try again in a moment."
        session = self._session.peek(request)
        email = session.get("email")
        shell = Shell(None, str(email), self._now(), zone_of(request)) if email else None
        token = self._forms.token(request.cookies, session)
        body = self._template.render(
            shell=shell,
            view=ErrorPage(status, title, message or usual, retry=status in (429, 500, 503)),
            csrf_input=f'<input type="hidden" name="{FIELD}" value="{token}">',
        )
        headers = {**PAGE_HEADERS, **plain.headers}
        return Response(body.encode(), status_code=status, media_type=MediaType.HTML, headers=headers)


def tell_once(request: AnyRequest, what: str, *values: str) -> None:
    """Keeps what the next page shows this once, in the member's own cookie, which is encrypted: a reload then repeats
    no form, and what the database has a hash of alone is stored nowhere else."""
    request.set_session({**request.session, what: list(values)})


def told_once(request: AnyRequest, what: str) -> list[str] | None:
    """What `tell_once` kept, and no longer."""
    known = dict(request.session)
    told = known.pop(what, None)
    if not isinstance(told, list):
        return None
    request.set_session(known)
    return [str(value) for value in told]
