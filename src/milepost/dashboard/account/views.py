"""What the templates around the dashboard take: sign-in, keys, getting started, errors. As in ../views.py,
datetimes are aware and texts unescaped."""

from __future__ import annotations

from datetime import datetime

import msgspec

from milepost.access.keys import KeyKind
from milepost.access.members import MAX_MEMBER_NAME, MIN_PASSWORD


class SignIn(msgspec.Struct, frozen=True):
    """sign_in.html; POST /sign-in with `email`, `password`, `next`. `notice`: e.g. signed out just now."""

    email: str = ""
    error: str = ""
    notice: str = ""
    next: str = "/"


class Welcome(msgspec.Struct, frozen=True):
    """welcome.html: a valid one-time link. POSTs `email`, `password` and, of who is invited, `name` to `action`.
    `invited`: the address an invitation is for, which cannot be another; empty where it is whoever's link."""

    action: str
    email: str = ""
    error: str = ""
    invited: str = ""
    name: str = ""
    min_password: int = MIN_PASSWORD
    max_name: int = MAX_MEMBER_NAME


class LinkExpired(msgspec.Struct, frozen=True):
    """link_expired.html, status 410. `command` prints a fresh link, for the person at the server."""

    command: str = "milepost sign-in-link"


class KeyRow(msgspec.Struct, frozen=True):
    """`prefix` may always be shown; `public_key` is the whole of a browser key. `preset`: from the
    environment, so not revocable here, and when it was made or used is not known."""

    key_id: str
    name: str
    kind: KeyKind
    prefix: str
    created_at: datetime | None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    public_key: str | None = None
    signed_only: bool = False
    preset: bool = False


class CreatedKey(msgspec.Struct, frozen=True):
    """A key just made; `key` is the whole of it. All but a browser's are shown this once."""

    name: str
    kind: KeyKind
    key: str


class Keys(msgspec.Struct, frozen=True):
    """keys.html; POST /keys with `name`, `kind`; POST /keys/{key_id}/revoke. `url`: this server's."""

    rows: tuple[KeyRow, ...]
    url: str
    created: CreatedKey | None = None
    error: str = ""
    name: str = ""


class ErrorPage(msgspec.Struct, frozen=True):
    """error.html, with a `shell` where someone is signed in. `retry`: trying again may help."""

    status: int
    title: str
    message: str
    retry: bool = False


class GettingStarted(msgspec.Struct, frozen=True):
    """getting_started.html, in place of Home while no event is stored.

    `write_key` in full if it can be shown, else None. `script_url`: the browser SDK's address, None
    while there is none to load. `tool`: an id to send as an example. The page asks GET /first-event
    every two seconds: 204 while nothing came, then 200 with the header `HX-Refresh: true`.
    """

    url: str
    write_key: str | None = None
    script_url: str | None = None
    tool: str = "editor"

    @property
    def key_text(self) -> str:
        return self.write_key or "YOUR_WRITE_KEY"
