"""What one connection may take, with short limits and a real uvicorn: slow, silent, greedy and broken clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from milepost.serve.door import MAX_HEAD_BYTES, MAX_HEADERS, Limits, Visitors
from milepost.serve.worker import Uvicorn, configured
from tests.support.server import wait_for

_LIMITS = Limits(connections=40, per_address=30, head=0.4, body=0.6, keep_alive=0.5, write=0.5)
_GOOD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def _application(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Any) -> None:
    """Reads the body and says how long it is; `/long` sends more than fits, `/early` answers before it reads."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    length = 0
    while scope["path"] != "/early":
        message = await receive()
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1_000 if scope["path"] == "/long" else 0):
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture
def served() -> Iterator[tuple[int, Visitors]]:
    """The port of a server in a thread, and its connections."""
    visitors = Visitors(_LIMITS)
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    server = Uvicorn(configured(_application, visitors), visitors)
    thread = threading.Thread(target=lambda: asyncio.run(server._serve([listener])))
    thread.start()
    wait_for(lambda: server.started, 10, "uvicorn to start")
    yield listener.getsockname()[1], visitors
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def _connect(port: int, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(sent)
    return connection


def _rest(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            said += piece
    return said


def _one(port: int, request: bytes = _GOOD) -> bytes:
    with _connect(port, request) as connection:
        return connection.recv(65_536)


def _refusal(said: bytes) -> tuple[int, str]:
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["code"]


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(served: tuple[int, Visitors], sent: bytes) -> None:
    with _connect(served[0], sent) as connection:
        said = _rest(connection)
    assert said == b"" or _refusal(said) == (408, "too_slow")
    assert not served[1].waiting


def test_bytes_that_trickle_in_do_not_put_the_end_off(served: tuple[int, Visitors]) -> None:
    with _connect(served[0], b"GET / HTTP/1.1\r\n") as connection:
        ended = threading.Event()

        def trickle() -> None:
            with contextlib.suppress(OSError):
                while not ended.wait(0.05):
                    connection.sendall(b"a: b\r\n")

        sender = threading.Thread(target=trickle)
        sender.start()
        said = _rest(connection)
        ended.set()
        sender.join()
    assert said == b"" or _refusal(said) == (408, "too_slow")


def test_a_body_that_does_not_come_is_answered(served: tuple[int, Visitors]) -> None:
    with _connect(served[0], b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc") as connection:
        assert _refusal(_rest(connection)) == (408, "too_slow")


def test_the_rest_of_a_body_nobody_wants_has_its_time_too(served: tuple[int, Visitors]) -> None:
    with _connect(served[0], b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc") as connection:
        assert _rest(connection).startswith(b"HTTP/1.1 200")
    wait_for(lambda: not served[1].total, 5, "nobody to be there")


def test_an_idle_connection_ends_after_its_last_answer(served: tuple[int, Visitors]) -> None:
    with _connect(served[0], _GOOD) as connection:
        said = _rest(connection)
    assert said.count(b"HTTP/1.1 200") == 1
    assert b"408" not in said


def test_an_answer_nobody_reads_ends(served: tuple[int, Visitors]) -> None:
    with _connect(served[0], b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"):
        wait_for(lambda: served[1].total == 1, 5, "the connection")
        wait_for(lambda: served[1].total == 0, 5, "the connection to be closed")


def test_requests_one_behind_the_other_are_all_answered(served: tuple[int, Visitors]) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    with _connect(served[0], _GOOD + post + _GOOD + post) as connection:
        said = _rest(connection)
    assert said.count(b"HTTP/1.1 200") == 4
    assert b"408" not in said


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * (MAX_HEAD_BYTES + 300_000),
        b"GET / HTTP/1.1\r\nA: " + b"a" * (MAX_HEAD_BYTES + 300_000),
        b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(MAX_HEADERS + 1)) + b"\r\n",
    ],
)
def test_a_head_without_end_is_refused(served: tuple[int, Visitors], request_: bytes) -> None:
    with _connect(served[0]) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request_)
        said = _rest(connection)
    # What was sent and not read resets the connection, which may overtake the answer.
    assert said == b"" or _refusal(said) == (431, "too_large")
    assert _one(served[0]).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("request_", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nA b\r\n\r\n"])
def test_what_is_not_http_is_refused(served: tuple[int, Visitors], request_: bytes) -> None:
    with _connect(served[0], request_) as connection:
        assert _refusal(_rest(connection)) == (400, "invalid_value")


def test_an_upgrade_is_answered_as_any_request(served: tuple[int, Visitors]) -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert _one(served[0], upgrade).startswith(b"HTTP/1.1 200")


def test_the_one_that_waited_longest_makes_room(served: tuple[int, Visitors]) -> None:
    port, visitors = served
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(_connect(port)) for _ in range(_LIMITS.per_address)]
        wait_for(lambda: visitors.total == _LIMITS.per_address, 5, "all to be in")
        for number in range(5):
            assert _one(port).startswith(b"HTTP/1.1 200"), (
                f"request {number} beside as many silent ones as there may be"
            )
            assert _rest(silent[number]) == b""
        assert visitors.total <= _LIMITS.per_address


def test_many_addresses_share_what_there_is(served: tuple[int, Visitors]) -> None:
    port, visitors = served
    with contextlib.ExitStack() as stack:
        for number in range(_LIMITS.connections + 20):
            source = (f"127.0.0.{2 + number % 4}", 0)
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10, source_address=source))
        wait_for(lambda: visitors.total <= _LIMITS.connections, 5, "the oldest to be gone")
        assert _one(port).startswith(b"HTTP/1.1 200")
    wait_for(lambda: not visitors.addresses, 5, "every address to be forgotten")
