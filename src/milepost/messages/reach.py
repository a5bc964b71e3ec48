"""Which addresses messages may reach: public ones, and the private networks that the settings name.

The address that is looked at is the one that is connected to, so a name that resolves to something else a moment later
gains nothing; no redirect is followed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
#: IPv6 addresses that stand for an IPv4 one: NAT64's, and what is left of "IPv4-compatible".
_NAT64: Final = IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = IPv6Network("::/96")
#: Told to the transport with a request that may go anywhere: the server's own settings name its address.
ANYWHERE: Final = "milepost_anywhere"


class Unreachable(httpx.ConnectError):
    """Where this would go, nothing is sent to."""


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether messages may go there."""
    inner = _inner(address)
    if any(one.version == network.version and one in network for one in (address, inner) for network in networks):
        return True
    return all(one.is_global and not one.is_multicast and not _is_site_local(one) for one in (address, inner))


def _is_site_local(address: Address) -> bool:
    return isinstance(address, IPv6Address) and address.is_site_local


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, address))[1]


class CheckedTransport(httpx.AsyncHTTPTransport):
    """Resolves a request's host itself, and connects to an address of it that is allowed, if all of them are."""

    def __init__(self, networks: Sequence[Network], *, connections: int) -> None:
        super().__init__(limits=httpx.Limits(max_connections=connections, max_keepalive_connections=0))
        self._networks = networks

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.extensions.get(ANYWHERE):
            return await super().handle_async_request(request)
        host = request.url.host
        addresses = await _resolved(host)
        for address in addresses:
            if not is_allowed(address, self._networks):
                advice = "MILEPOST_PRIVATE_NETWORKS names those that may be reached."
                raise Unreachable(f"{host} is {address}, a private address. {advice}")
        # The name stays in the Host header, and is what a certificate is checked against.
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=str(addresses[0]))
        return await super().handle_async_request(request)


async def _resolved(host: str) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{host} is not known: {error}") from error
    return [ip_address(str(where[0]).partition("%")[0]) for *_, where in found]
