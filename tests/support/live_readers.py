"""Many readers of the live feed in one process. The events they look for say their number as their `tool_section`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import uvloop

from tests.support.waiting import until

#: How many connect at once.
_WAVE = 50


_SECTION = "live-number-"


def section(number: int) -> str:
    """What an event says as its `tool_section`."""
    return f"{_SECTION}{number}"


class Seen(msgspec.Struct):
    """`messages`: the numbers of the events in each message that anybody had. `readers`: of each reader which messages,
    and when (time.monotonic). `cut`: how often the server ended a stream."""

    messages: list[list[int]]
    readers: list[list[tuple[int, float]]]
    cut: int


class _Told(msgspec.Struct):
    tool_section: str | None


class _Message(msgspec.Struct):
    events: list[_Told]


class Crowd:
    """What all readers share: each message is the same bytes for all, and read once."""

    def __init__(self, port: int, who: str) -> None:
        """`who`: the header that says who reads."""
        self.port, self.who = port, who
        self.known: dict[bytes, int] = {}
        self.messages: list[list[int]] = []
        self.cut = 0

    def place(self, line: bytes) -> int:
        found = self.known.get(line)
        if found is None:
            found = self.known[line] = len(self.messages)
            told = msgspec.json.decode(line, type=_Message).events
            sections = [one.tool_section or "" for one in told]
            self.messages.append([int(one.removeprefix(_SECTION)) for one in sections if one.startswith(_SECTION)])
        return found


class Reader(asyncio.Protocol):
    """One reader, which comes again with Last-Event-ID where its stream ends."""

    def __init__(self, crowd: Crowd, stalls: bool) -> None:
        self.crowd, self.stalls = crowd, stalls
        self.seen: list[tuple[int, float]] = []
        self.began = asyncio.Event()
        self.is_away = False
        self._id = b""
        self._rest = b""
        self._transport: Any = None
        self._again: asyncio.Task[None] | None = None

    @property
    def last(self) -> int:
        """The last message it had."""
        return self.seen[-1][0] if self.seen else -1

    @property
    def numbers(self) -> list[int]:
        """Of all events it saw, in order."""
        return [number for message, _ in self.seen for number in self.crowd.messages[message]]

    async def connect(self) -> None:
        self.is_away = False
        place = socket.create_connection(("127.0.0.1", self.crowd.port))
        if self.stalls:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        place.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=place)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._rest = b""
        last = b"Last-Event-ID: " + self._id + b"\r\n" if self._id else b""
        head = f"GET /v1/live HTTP/1.1\r\nHost: bench\r\n{self.crowd.who}\r\n".encode()
        transport.write(head + last + b"\r\n")

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                self._id = line[4:].strip()
            elif line.startswith(b"data: "):
                if not line.startswith(b'data: {"events":[],'):
                    self.seen.append((self.crowd.place(line[6:]), now))
                if not self.began.is_set():
                    self.began.set()
                    if self.stalls:
                        self._transport.pause_reading()

    def go_on(self) -> None:
        self.stalls = False
        self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_away:
            self.crowd.cut += 1
            self._again = asyncio.get_running_loop().create_task(self.connect())

    def leave(self) -> None:
        """Comes again when it is told to connect."""
        self.is_away = True
        self._transport.abort()


def read_all(pipe: Connection, port: int, who: str, readers: int, stalled: int) -> None:
    """Says how long it took until all were connected; hands over what they saw when it is told anything."""
    uvloop.run(_read(pipe, port, who, readers, stalled))


async def connected(readers: list[Reader]) -> None:
    """Connects them, some at a time; each has its first message."""
    for first in range(0, len(readers), _WAVE):
        wave = readers[first : first + _WAVE]
        await asyncio.gather(*(reader.connect() for reader in wave))
        await asyncio.gather(*(reader.began.wait() for reader in wave))


async def _read(pipe: Connection, port: int, who: str, readers: int, stalled: int) -> None:
    began = time.monotonic()
    crowd = Crowd(port, who)
    all_of_them = [Reader(crowd, place < stalled) for place in range(readers)]
    await connected(all_of_them)
    pipe.send(time.monotonic() - began)
    await asyncio.to_thread(pipe.recv)
    for reader in all_of_them[:stalled]:
        reader.go_on()
    with contextlib.suppress(AssertionError):
        await until(lambda: all(one.last == len(crowd.messages) - 1 for one in all_of_them), "all to have all")
    for reader in all_of_them:
        reader.leave()
    pipe.send(Seen(crowd.messages, [reader.seen for reader in all_of_them], crowd.cut))
