"""Cookies: who is signed in; nothing somebody made up causes an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from litestar.connection import ASGIConnection
from litestar.exceptions import SerializationException
from litestar.middleware.session.client_side import ClientSideSessionBackend, CookieBackendConfig
from ua_parser import parse

from milepost.access.members import Member
from milepost.access.services import AnyRequest, services
from milepost.store.queries import load

_SQL = load("milepost.access", "members.sql")


def cookie_name(name: str, *, https: bool) -> str:
    """With https a name that browsers take from this very host alone, over https: no neighbouring subdomain sets it."""
    return f"__Host-{name}" if https else name


class SessionCookie(ClientSideSessionBackend):
    """Litestar's encrypted cookie; one that is not ours, of whatever shape, is no session."""

    def load_data(self, data: list[bytes]) -> dict[str, Any]:
        try:
            return super().load_data(data)
        except (ValueError, KeyError, TypeError, InvalidTag, SerializationException):
            return {}

    def peek(self, connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
        """The session of a request whose address led nowhere, so that no middleware read it."""
        keys = self.get_cookie_keys(connection)
        return self.load_data([connection.cookies[key].encode() for key in keys]) if keys else {}


@dataclass
class SessionConfig(CookieBackendConfig):
    """The settings of `SessionCookie`."""

    _backend_class = SessionCookie


async def remember(request: AnyRequest, member: Member) -> None:
    """Signs in: a new session with nothing left of the one before. It ends after 30 days, however much it is used."""
    served = services(request)
    async with served.database.transaction() as connection:
        await connection.execute(_SQL["forget_sessions"], {"now": served.now()})
        browser = _browser(request.headers.get("user-agent", ""))
        values = {"member_id": member.member_id, "now": served.now(), "browser": browser}
        row = await (await connection.execute(_SQL["start_session"], values)).fetchone()
    assert row is not None
    request.set_session({"session": str(row["session_id"]), "email": member.email, "password": member.password_mark})


async def forget(request: AnyRequest) -> None:
    """Signs out: the session is over, whoever still has its cookie."""
    session_id = _session_id(request)
    request.clear_session()
    if session_id is not None:
        async with services(request).database.transaction() as connection:
            await connection.execute(_SQL["end_session"], {"session_id": session_id})


async def signed_in(request: AnyRequest) -> Member | None:
    """The member who asks, or None. The database is asked each time, so that whoever was removed or signed out is out
    at once, and so is every session from before a change of the password.

    Raises DatabaseUnavailable.
    """
    session_id = _session_id(request)
    if session_id is None:
        return None
    served = services(request)
    async with served.database.transaction() as connection:
        values = {"session_id": session_id, "now": served.now()}
        row = await (await connection.execute(_SQL["by_session"], values)).fetchone()
    member = None if row is None else msgspec.convert(row, Member)
    return member if member is not None and member.password_mark == request.session.get("password") else None


def _browser(user_agent: str) -> str | None:
    """As "Firefox on Linux": what one tells one's own sessions apart by."""
    # Real ones are shorter; the patterns take time in proportion.
    read = parse(user_agent[:512])
    found = [family for part in (read.user_agent, read.os) if part and (family := part.family) != "Other"]
    return " on ".join(found)[:200].replace("\x00", "") or None


def _session_id(request: AnyRequest) -> UUID | None:
    claimed = request.session.get("session")
    try:
        return UUID(claimed) if isinstance(claimed, str) else None
    except ValueError:
        return None
