"""The load: many keep-alive connections from a process of its own, with bodies made beforehand."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.elsewhere import result_of
from bench.events import batches, bodies


@dataclass(frozen=True, slots=True)
class Posted:
    """`latencies` are seconds per request, sorted."""

    events: int
    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


def post_all(
    port: int,
    key: str,
    *,
    size: int,
    requests: int,
    clients: int,
    seed: int,
    customers: int = 1_000,
    sessions: int = 200,
) -> Posted:
    """Posts `requests` batches of `size` events over `clients` connections; every answer must be 200."""
    result = result_of(_main, port, key, requests, clients, (seed, size, customers, sessions))
    assert isinstance(result, Posted), result
    return result


def _main(
    pipe: Connection, port: int, key: str, requests: int, clients: int, made_of: tuple[int, int, int, int]
) -> None:
    seed, size, customers, sessions = made_of
    waiting = deque(_request(key, body) for body in bodies(batches(seed, size, requests, customers, sessions)))
    latencies: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            request = waiting.popleft()
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            latencies.append(time.perf_counter() - began)
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{head!r} {answer!r}")
            if b'"accepted":%d,' % size not in answer:
                raise RuntimeError(f"not all accepted: {answer!r}")
        writer.close()

    async def run() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        return time.perf_counter() - began

    seconds = asyncio.run(run())
    pipe.send(Posted(size * requests, seconds, sorted(latencies)))


def _request(key: str, body: bytes) -> bytes:
    head = f"POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


if __name__ == "__main__":
    sys.exit("Run `make bench`.")
