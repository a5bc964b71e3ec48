"""The key a request brings, and whether it may write or do everything."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from typing import Any, Final

from litestar import Request

from milepost.access.keys import KeyInfo, KeyRing
from milepost.errors import Forbidden, Unauthorised

#: Where a page that goes away sends to without a header.
BEACON: Final = "/beacon/"
#: What a proxy adds: then the address is not the sender's, or need not be.
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")


def bearer(request: Request[Any, Any, Any]) -> str | None:
    """The key of `Authorization: Bearer KEY`, or the user name of `Basic`, as Segment's SDKs send it."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic":
        try:
            name, _, _ = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return name or None
    return None


def writing_key(request: Request[Any, Any, Any]) -> str | None:
    """The key of a request that writes, not in its body: as `bearer`, or in the address, where Rudder's beacon is."""
    key = bearer(request)
    if key is None and request.url.path.startswith(BEACON):
        return request.query_params.get("writeKey")
    return key


async def require_write_key(ring: KeyRing, key: str | None) -> KeyInfo:
    """The key, of whatever kind: every one may write. Raises Unauthorised without a valid one."""
    info = await ring.find(key) if key else None
    if info is None:
        raise Unauthorised
    return info


async def require_secret_key(ring: KeyRing, key: str | None) -> None:
    """Raises Unauthorised without a valid key, Forbidden for one that may only write."""
    info = await ring.find(key) if key else None
    if info is None:
        raise Unauthorised("No valid secret key came with this request. Send one as Authorization: Bearer mps_...")
    if info.kind != "secret":
        raise Forbidden("This key can only write, so it cannot read. Use a secret key (mps_...).")


async def require_server_key(ring: KeyRing, key: str | None) -> None:
    """Raises Unauthorised without a valid key, Forbidden for a public one."""
    info = await ring.find(key) if key else None
    if info is None:
        raise Unauthorised(
            "No valid server or secret key came with this request. Send one as Authorization: Bearer mpsv_..."
        )
    if info.kind == "browser":
        raise Forbidden(
            "This key is public, so it cannot say who somebody is. Use a server key (mpsv_...) or a secret key."
        )


async def is_insider(request: Request[Any, Any, Any], ring: KeyRing) -> bool:
    """Whether it is one of us who looks after the server: from a private address, directly, or with a secret key.

    Raises DatabaseUnavailable for a key from elsewhere while the database is away.
    """
    if _is_near(request):
        return True
    info = await ring.find(key) if (key := bearer(request)) is not None else None
    return info is not None and info.kind == "secret"


def _is_near(request: Request[Any, Any, Any]) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
