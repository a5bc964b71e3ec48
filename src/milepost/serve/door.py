"""What a connection may take: how long it may keep us waiting, how long a head may be, how many there may be.

Uvicorn has none of these limits, so that whoever sends slowly, or nothing, holds a place for ever. A connection either
waits for its client (for a request, the rest of one, or for an answer to be read) or for us. One that waits for its
client has a deadline, and where there are too many the one that has waited longest goes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any, Final, Literal

import msgspec
import prometheus_client
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from milepost.settings import Network

OPEN = prometheus_client.Gauge("milepost_http_connections", "Open connections.")
CLOSED = prometheus_client.Counter(
    "milepost_http_connections_closed_total", "Connections closed by a limit of the server.", ("limit",)
)

#: Proxies take 8 to 32 KB without a question.
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_HEADERS: Final = 128
#: Seconds in which an answer that has begun must end when the server stops: a stream never would.
_LAST_WORDS: Final = 1.0


#: What of a client a connection waits for: a request's head, its body, another request, the answer to be read.
Wait = Literal["head", "body", "keep_alive", "write"]


class Limits(msgspec.Struct, frozen=True):
    """How many connections there may be, and how many seconds each may keep us waiting for what."""

    connections: int = 8192
    per_address: int = 512
    head: float = 10.0
    body: float = 60.0
    keep_alive: float = 75.0
    write: float = 60.0

    def seconds(self, wait: Wait) -> float:
        return float(getattr(self, wait))


class Visitors(msgspec.Struct):
    """The open connections: how many an address has, and the deadlines of those that wait for their clients."""

    limits: Limits
    #: Of proxies, whose connections bring the requests of many.
    proxies: Sequence[Network] = ()
    addresses: Counter[str] = msgspec.field(default_factory=Counter)
    #: The one that has waited longest comes first.
    waiting: dict[Door, float] = msgspec.field(default_factory=dict)
    total: int = 0

    def enter(self, door: Door) -> bool:
        """Whether there is room; what has waited longest of the address, or of all, makes some."""
        self.total += 1
        self.addresses[door.address] += 1
        OPEN.set(self.total)
        if self.addresses[door.address] > self.limits.per_address and not self._is_proxy(door.address):
            return self._send_away("address", (other for other in self.waiting if other.address == door.address))
        if self.total > self.limits.connections:
            return self._send_away("connections", iter(self.waiting))
        return True

    def leave(self, door: Door) -> None:
        self.total -= 1
        self.addresses[door.address] -= 1
        if not self.addresses[door.address]:
            del self.addresses[door.address]
        self.waiting.pop(door, None)
        OPEN.set(self.total)

    def sweep(self, now: float) -> None:
        """Closes what is past its deadline."""
        for door in [door for door, deadline in self.waiting.items() if deadline <= now]:
            door.close_late()

    def _is_proxy(self, address: str) -> bool:
        return any(ip_network(address, strict=False).overlaps(network) for network in self.proxies)

    def _send_away(self, limit: str, candidates: Iterator[Door]) -> bool:
        CLOSED.labels(limit).inc()
        longest = next(candidates, None)
        if longest is not None:
            longest.abort()
        return longest is not None


class Door(HttpToolsProtocol):
    """One connection. `visitors` is set by `serve/worker.py`, in a class of its own for each server."""

    visitors: Visitors

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.address = ""
        self._limits = self.visitors.limits
        self._head_bytes = self._header_count = 0
        self._receiving: Wait | None = None  # what of a request is coming in
        self._waits_for: Wait = "head"
        self._fault: tuple[int, str, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = _network(self.client[0]) if self.client else ""
        if self.visitors.enter(self):
            self._wait("head")
        else:
            self._refuse(503, "overloaded", "Too many connections are open. Try again in a moment.")

    def connection_lost(self, exc: Exception | None) -> None:
        self.visitors.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._receiving
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._receiving == "head":
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, "too_large", f"The head of a request may have {MAX_HEAD_BYTES >> 10} KB.")
                return
        if self._receiving == "body" or (self._receiving and self._idle):
            if self._receiving != before:
                self._wait()
        elif not self._idle:
            self.visitors.waiting.pop(self, None)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._header_count = 0
        self._receiving = "head"

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        if self._header_count > MAX_HEADERS:
            self._fault = (431, "too_large", f"A request may have {MAX_HEADERS} headers.")
            raise ValueError(self._fault[2])  # ends the parser, and with it the connection
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._receiving = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._receiving = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Uvicorn's own timer is one more for every request, and each byte of a slow client puts it off.
        self._unset_keepalive_if_required()
        if not self.transport.is_closing() and (self._idle or self._receiving):
            self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait("write")

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._idle or self._receiving:
            self._wait()
        else:
            self.visitors.waiting.pop(self, None)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- uvicorn names it
        self._refuse(*(self._fault or (400, "invalid_value", "This is no HTTP request.")))

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: anybody could fill the log."""

    def shutdown(self) -> None:
        super().shutdown()
        if not self._idle and self.cycle.response_started:
            self.loop.call_later(_LAST_WORDS, self._end_stream)

    def close_late(self) -> None:
        """It is past its deadline."""
        if self.transport.is_closing():  # it has been refused, and does not read it
            self.abort()
            return
        CLOSED.labels(self._waits_for).inc()
        answered = self._current is not None and self._current.response_started
        if self._receiving and (self._idle or not answered):
            self._refuse(408, "too_slow", "The request took too long to arrive. Send it again.")
        else:
            self.abort()

    def abort(self) -> None:
        self.visitors.waiting.pop(self, None)
        self.transport.abort()

    @property
    def _idle(self) -> bool:
        """Whether no request is being answered."""
        return self._current is None or self._current.response_complete

    @property
    def _current(self) -> RequestResponseCycle | None:
        """The request that came last; uvicorn says there is one from the start."""
        return self.cycle

    def _wait(self, what: Wait | None = None) -> None:
        self._waits_for = what or self._receiving or "keep_alive"
        self.visitors.waiting.pop(self, None)
        self.visitors.waiting[self] = self.loop.time() + self._limits.seconds(self._waits_for)

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = msgspec.json.encode({"code": code, "message": message, "field": None, "detail": message})
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _end_stream(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def _network(address: str) -> str:
    """What counts as one address: a customer's whole network where the address is of IPv6."""
    if ":" not in address:
        return address
    return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))
