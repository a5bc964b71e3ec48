"""Who has no key costs no more than a refusal, and nobody else waits meanwhile."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from tests.ingest.neighbour import cpu_seconds, neighbour
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, wait_for

_LARGE = 4_900_000
#: What cost seconds of everybody's time once, with the seconds.
_COSTLY = {
    "commas in gzip": ("/v1/events", gzip.compress(b'{"events":[' + b"," * 4_900_000), "application/json"),
    "brackets": ("/v1/events", b"[" * _LARGE, "application/json"),
    "brackets in a batch": ("/v1/batch", b'{"batch":' + b"[" * _LARGE, "application/json"),
    "pairs": ("/v1/batch", b'{"batch":[{' + b'"a":"b",' * (_LARGE // 8), "application/json"),
    "a call": ("/v1/t", b'{"a":' * (_LARGE // 5), "text/plain"),
    "keys": ("/v1/t", b'{"writeKey":"a",' * (_LARGE // 16), "text/plain"),
    "a form": ("/sign-out", b"a&" * (_LARGE // 2), "application/x-www-form-urlencoded"),
    "a form of parts": ("/sign-in", b"--x\r\n" * (_LARGE // 5), "multipart/form-data; boundary=x"),
}


def _post(server: Server, path: str, body: bytes, kind: str, key: str = "") -> int:
    """The status; 0 where the server closed the connection on a body it does not want."""
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {key}"} if key else {})
    try:
        return httpx.post(server.url + path, content=body, headers=headers, timeout=30, verify=False).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.alone
@pytest.mark.parametrize("name", _COSTLY)
def test_a_costly_body_without_a_key_is_refused_at_once(lone_server: Server, name: str) -> None:
    path, body, kind = _COSTLY[name]
    with neighbour(lone_server, f"beside {name}") as other:
        before, spent = other.answers(), cpu_seconds(lone_server)
        with ThreadPoolExecutor(4) as senders:
            answers = list(senders.map(lambda _: _post(lone_server, path, body, kind), range(12)))
        cost = (cpu_seconds(lone_server) - spent) / len(answers)
        other.wait_for_answers(before + 5)
    print(f"{name}: {cost:.3f} s of CPU each, the neighbour waited {other.longest(before):.3f} s at most")
    assert set(answers) <= {0, 400, 401, 403, 413}
    assert other.longest(before) < 1
    # The neighbour's own requests are in it too.
    assert cost < 0.15, f"{cost:.3f} s of CPU for each"


@pytest.mark.alone
@pytest.mark.parametrize(
    "event",
    [
        b'{"customer_id":"deep","event_type":"navigation","metadata":{"a":[' + b"[]," * 10_000 + b"[]]}}",
        b'{"customer_id":"deep","event_type":"navigation","metadata":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"customer_id":"deep","event_type":"navigation","metadata":{"a":"' + b'\\"[' * 10_000 + b'"}}',
    ],
)
def test_deep_metadata_with_the_public_key_costs_no_seconds(lone_server: Server, event: bytes) -> None:
    body = b'{"events":[' + b",".join([event] * min(199, _LARGE // len(event))) + b"]}"
    with neighbour(lone_server, f"beside deep {len(event)}") as other:
        before, spent = other.answers(), cpu_seconds(lone_server)
        status = _post(lone_server, "/v1/events", body, "application/json", WRITE_KEY)
        cost = cpu_seconds(lone_server) - spent
        other.wait_for_answers(before + 5)
    assert status == 200
    print(f"{cost:.3f} s of CPU, the neighbour waited {other.longest(before):.3f} s at most")
    assert cost < 1.5
    # Its event may stand behind the commit of 5 MB.
    assert other.longest(before) < 2


def test_a_key_in_the_body_is_looked_for_at_its_beginning(lone_server: Server) -> None:
    call = b'{"event":"x","userId":"u","type":"track"}'
    filling = b" " * 100_000
    found = b'{"writeKey":"%s","batch":[%s]%s}' % (WRITE_KEY.encode(), call, filling)
    late = b'{"batch":[%s]%s,"writeKey":"%s"}' % (call, filling, WRITE_KEY.encode())
    other = found.replace(WRITE_KEY.encode(), b"mpw_nobodys")
    # The first key that is found is not the batch's own.
    inside = b'{"batch":[{"writeKey":"%s"}],"writeKey":"mpw_nobodys"}' % WRITE_KEY.encode()
    for body, status in ((found, 200), (late, 401), (other, 401), (inside, 401), (gzip.compress(found), 200)):
        assert _post(lone_server, "/v1/batch", body, "text/plain") == status, body[:80]
    # A header says it before any body.
    assert _post(lone_server, "/v1/batch", late, "text/plain", WRITE_KEY) == 200


def test_a_key_is_checked_before_the_body_has_come(lone_server: Server) -> None:
    head = (
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer mpw_nobodys\r\nContent-Length: 4000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", lone_server.port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


def _metric(server: Server, name: str) -> float:
    text = httpx.get(server.url + "/metrics", verify=False).text
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


def _memory(processes: list[int]) -> int:
    return sum(int(psutil.Process(pid).memory_info().rss) for pid in processes)


@pytest.mark.alone
def test_thousands_of_slow_connections_keep_nobody_out(lone_server: Server) -> None:
    """2,000 at once, each sending a byte of its head now and then: p99 below 0.2 s, less than 100 MB more."""
    assert lone_server.process is not None
    family = [lone_server.process.pid, *(child.pid for child in psutil.Process(lone_server.process.pid).children())]
    before = _memory(family)
    enough = threading.Event()

    def slow(number: int) -> None:
        """Comes back whenever it is sent away, as an attacker would."""
        source = (f"127.0.1.{1 + number % 50}", 0)
        while not enough.is_set():
            with (
                contextlib.suppress(OSError),
                socket.create_connection(
                    ("127.0.0.1", lone_server.port), timeout=5, source_address=source
                ) as connection,
            ):
                connection.sendall(b"GET / HTTP/1.1\r\n")
                while not enough.wait(1.5):
                    connection.sendall(b"a: b\r\n")

    threading.stack_size(256 * 1024)
    threads = [threading.Thread(target=slow, args=(number,)) for number in range(2_000)]
    threading.stack_size(0)
    with neighbour(lone_server, "beside slow ones") as other:
        for thread in threads:
            thread.start()
        wait_for(lambda: _metric(lone_server, "milepost_http_connections ") > 1_900, 30, "the slow ones to be in")
        begun = other.answers()
        other.wait_for_answers(begun + 150)
        there = _metric(lone_server, "milepost_http_connections ")
        grown = _memory(family) - before
        enough.set()
    for thread in threads:
        thread.join()
    waits = sorted(other.waited(begun))
    assert waits[int(len(waits) * 0.99)] < 0.2
    print(f"beside {there:.0f} slow ones: p99 {waits[int(len(waits) * 0.99)]:.3f} s, {grown >> 20} MB more")
    assert there > 1_900
    assert grown < 100 << 20


def test_strangers_hear_yes_or_no_and_no_numbers(lone_server: Server) -> None:
    through_a_proxy = {"X-Forwarded-For": "203.0.113.9"}
    for path in ("/health", "/ready"):
        inside = httpx.get(lone_server.url + path, verify=False).json()
        assert inside["version"]
        outside = httpx.get(lone_server.url + path, headers=through_a_proxy, verify=False)
        assert outside.status_code == 200
        assert outside.json() == {
            "status": inside["status"],
            "version": None,
            "reason": None,
            "failing": [],
            "customers_set_aside": 0,
            "imports_under_way": 0,
            "exports_failing": 0,
            "columns": None,
        }
    with_key = {"Authorization": f"Bearer {SECRET_KEY}"}
    for headers, status in (
        ({}, 200),
        (through_a_proxy, 401),
        (through_a_proxy | with_key, 200),
        (through_a_proxy | {"Authorization": f"Bearer {WRITE_KEY}"}, 401),
    ):
        answer = httpx.get(lone_server.url + "/metrics", headers=headers, verify=False)
        assert answer.status_code == status
    assert httpx.get(lone_server.url + "/metrics").headers["content-type"].count("charset") == 1


@pytest.mark.parametrize("path", ["/health", "/ready", "/", "/sign-in", "/static/app.css", "/v1/customers", "/v1/live"])
def test_head_is_get_without_its_body(lone_server: Server, path: str) -> None:
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    with httpx.Client(base_url=lone_server.url, headers=headers, timeout=10, verify=False) as client:
        head = client.head(path)
        with client.stream("GET", path) as got:
            assert head.status_code == got.status_code
            assert head.headers.get("content-type") == got.headers.get("content-type")
        assert head.content == b""
        # The connection is good for more.
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/static/x%00", "/static/..", "/static/%2e%2e/app.py", "/static/" + "a" * 5000])
def test_files_with_odd_names_are_not_there(lone_server: Server, path: str) -> None:
    with socket.create_connection(("127.0.0.1", lone_server.port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404"), path


def test_a_body_that_is_cut_off_is_no_error_of_ours(lone_server: Server) -> None:
    began = len(lone_server.log_path.read_bytes())
    for path in ("/v1/events", "/v1/query/trends", "/sign-in"):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET_KEY}\r\nContent-Length: 1000\r\n"
        with socket.create_connection(("127.0.0.1", lone_server.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n{")
    assert _post(lone_server, "/v1/events", b'{"events":[]}', "application/json", WRITE_KEY) == 200
    assert b"ERROR" not in lone_server.log_path.read_bytes()[began:]


def test_requests_nobody_answers_are_counted(lone_server: Server) -> None:
    before = _metric(lone_server, "milepost_http_unanswered_total")
    for path in ("/v1/nothing", "/nowhere"):
        assert httpx.get(lone_server.url + path, verify=False).status_code == 404
    assert httpx.delete(lone_server.url + "/v1/events", verify=False).status_code == 405
    assert _metric(lone_server, "milepost_http_unanswered_total") == before + 3
