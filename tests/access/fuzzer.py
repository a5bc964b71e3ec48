"""Requests that nobody meant: every operation of the OpenAPI document and every page, with ids, parameters, headers and
bodies that are right, nearly right, and not at all, from everybody there is."""

from __future__ import annotations

import gzip
import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

_ODD_TEXT: Final = (
    "", "0", "-1", "1e999", "null", "true", "a" * 3000, "\x00", "\r\nX: y", "../../etc/passwd", "%", "%ff", "é\u202e",
    "\U0001f9ea", "' or 1=1 --", "{{7*7}}", "<script>", "9" * 400, "2026-13-45", "0001-01-01", "9999-12-31T23:59:59Z",
)  # fmt: skip
_ODD_SEGMENTS: Final = ("%00", "..", "%2e%2e", "%ff%fe", "a%2Fb", "%F0%9F%A7%AA", "x" * 2000, "%", "-", "%0d%0a")
_ODD_BODIES: Final = (
    b"", b"null", b"[]", b"{", b"[" * 5000, b'{"a":' * 5000, b'{"\xff\xfe":1}', b'"\\ud800"', b"1" * 5000, b"\x00" * 99,
    b"\x1f\x8b", b"a=1&" * 500, b"--x\r\n", b'{"a":1e999}', b"NaN", b'{"a":1}{"b":2}',
)  # fmt: skip
_ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 2**53, 10**30, 1.5, "", "a" * 300, [], {}, [[]], [None] * 50, {"a": {"b": {}}}, "2026-01-01",
)  # fmt: skip
_CONTENT: Final = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", "",
    "application/cloudevents+json", "application/json; charset=utf-16",
)  # fmt: skip
#: What never ends, and what is not fetched.
_LEFT_OUT: Final = {"/v1/live"}


@dataclass
class Told:
    """What came of all requests: how many got each status, what was wrong, and the neighbour's waits in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Asker:
    """Whoever asks, with the texts it must never read."""

    name: str
    headers: Mapping[str, str]
    foreign: tuple[str, ...]


class Fuzzer:
    """`operations`: (method, path, names of its parameters, its body's fields)."""

    def __init__(
        self, port: int, document: Mapping[str, Any], pages: list[str], askers: list[Asker], customers: list[str]
    ) -> None:
        self._port = port
        self._askers = askers
        self._customers = customers
        self._operations = [*_operations(document), *(("GET", page, (), ()) for page in pages)]
        self._operations += [("POST", page, (), ()) for page in pages]

    def run(self, requests: int, seed: int, threads: int = 4) -> Told:
        """So many requests from `threads` threads, while a neighbour asks for /health."""
        told, over = Told(), threading.Event()
        each = [threading.Thread(target=self._ask, args=(requests // threads, seed + n, told)) for n in range(threads)]
        neighbour = threading.Thread(target=self._wait_for_health, args=(over, told))
        neighbour.start()
        try:
            for thread in each:
                thread.start()
            for thread in each:
                thread.join()
        finally:
            over.set()
            neighbour.join()
        return told

    def _ask(self, requests: int, seed: int, told: Told) -> None:
        chance = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        for _ in range(requests):
            asker = chance.choice(self._askers)
            method, target, headers, body = self._request(chance, asker)
            if chance.random() < 0.03:
                status, answer = self._cut_off(chance, method, target, headers, body)
            else:
                try:
                    connection.request(method, target, body, headers)
                    response = connection.getresponse()
                    status, answer = response.status, response.read()
                except (http.client.HTTPException, OSError) as error:
                    connection.close()
                    # The door closes a connection that is not HTTP, or whose body it does not want.
                    status, answer = 0, repr(error).encode() if isinstance(error, TimeoutError) else b""
            told.statuses[status] += 1
            self._judge(asker, f"{method} {target[:200]} {headers} {(body or b'')[:200]!r}", status, answer, told)
        connection.close()

    def _judge(self, asker: Asker, request: str, status: int, answer: bytes, told: Told) -> None:
        if status >= 500 or (status == 0 and answer):
            told.wrong.append(f"{status} for {asker.name}: {request}: {answer[:300]!r}")
        text = answer.decode("utf-8", "replace")
        if any(canary in text for canary in asker.foreign):
            told.wrong.append(f"{asker.name} reads of another: {request}: {text[:300]}")

    def _request(self, chance: random.Random, asker: Asker) -> tuple[str, str, dict[str, str], bytes | None]:
        method, path, names, fields = chance.choice(self._operations)
        if chance.random() < 0.05:
            method = chance.choice(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"))
        target = "/".join(self._segment(chance, part) if part.startswith("{") else part for part in path.split("/"))
        asked = [name for name in (*names, "limit", "cursor", "customer_id") if chance.random() < 0.3]
        if asked:
            target += "?" + "&".join(f"{name}={quote(self._text(chance))}" for name in asked)
        headers = dict(asker.headers)
        if chance.random() < 0.2:
            headers["Accept"] = chance.choice(("text/html", "*/*", "x", "application/json"))
        if chance.random() < 0.1:
            headers["Cookie"] = chance.choice(("milepost=x", "milepost_csrf=" + "a" * 32, "tz=Europe/Berlin; x"))
        if method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            return method, target, headers, None
        headers["Content-Type"] = chance.choice(_CONTENT) if chance.random() < 0.3 else "application/json"
        return method, target, headers, self._body(chance, fields)

    def _segment(self, chance: random.Random, part: str) -> str:
        if chance.random() < 0.6:
            known = quote(chance.choice(self._customers)) if "customer" in part or "segment" in part else None
            return known or "0190a0b0-0000-7000-8000-000000000000"
        return chance.choice(_ODD_SEGMENTS)

    def _text(self, chance: random.Random) -> str:
        return chance.choice((*self._customers, *_ODD_TEXT, "10", "2026-11-01"))

    def _value(self, chance: random.Random, name: str, depth: int = 0) -> Any:
        if "customer" in name and chance.random() < 0.5:
            return chance.choice(self._customers)
        if chance.random() < 0.3:
            return self._text(chance)
        if depth < 3 and chance.random() < 0.3:
            return [{name: self._value(chance, name, depth + 1)} for _ in range(chance.randrange(3))]
        return chance.choice(_ODD_VALUES)

    def _body(self, chance: random.Random, fields: tuple[str, ...]) -> bytes:
        if chance.random() < 0.25:
            return chance.choice(_ODD_BODIES)
        event = {
            "event_type": chance.choice(("navigation", "export_action", "nonsense")),
            "type": chance.choice(("track", "identify", "group", "alias", 5)),
            "event": "x",
            **{
                name: self._value(chance, name)
                for name in ("customer_id", "userId", "groupId", "user_id", "properties")
            },
        }
        said = {name: self._value(chance, name) for name in fields if chance.random() < 0.7}
        said |= {
            name: [event] * chance.randrange(4) for name in ("events", "batch", "actions") if chance.random() < 0.5
        }
        text = json.dumps({**event, **said}).encode("utf-8", "surrogatepass")
        if chance.random() < 0.1:
            text = text[: chance.randrange(len(text))]
        return gzip.compress(text) if chance.random() < 0.1 else text

    def _cut_off(
        self, chance: random.Random, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        """A body that ends too early, or is in pieces that are none; what is heard of it until the end."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        pieces = chance.random() < 0.5
        length = "Transfer-Encoding: chunked" if pieces else f"Content-Length: {len(body or b'') + 10}"
        sent = f"{method} {target} HTTP/1.1\r\nHost: x\r\n{head}{length}\r\n\r\n".encode("utf-8", "replace")
        sent += b"zz\r\n" if pieces else (body or b"")
        with socket.create_connection(("127.0.0.1", self._port), timeout=10) as raw:
            try:
                raw.sendall(sent)
                raw.shutdown(socket.SHUT_WR)
                answer = raw.recv(65536)
            except TimeoutError:
                return 0, b"no answer"
            except OSError:
                answer = b""
        status = answer.split(b" ", 2)[1] if answer.startswith(b"HTTP/1.1 ") else b"0"
        return int(status), answer if status != b"0" else b""

    def _wait_for_health(self, over: threading.Event, told: Told) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not over.wait(0.02):
            began = time.perf_counter()
            connection.request("GET", "/health")
            connection.getresponse().read()
            told.waits.append(time.perf_counter() - began)
        connection.close()


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    for path, methods in document["paths"].items():
        if path in _LEFT_OUT:
            continue
        for method, operation in methods.items():
            names = tuple(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if reference := schema.get("$ref"):
                schema = document["components"]["schemas"][reference.rpartition("/")[2]]
            yield method.upper(), path, names, tuple(schema.get("properties", ()))
