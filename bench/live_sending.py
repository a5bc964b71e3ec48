"""One sender on one connection, for `bench.live_readers`."""

from __future__ import annotations

import http.client
import json
import time
from multiprocessing.connection import Connection

import msgspec

from bench.elsewhere import result_of
from tests.support.live_readers import section

#: Of one customer each; there are twenty.
EVENTS_A_REQUEST = 10


class Sent(msgspec.Struct):
    """`latencies` are seconds a request, sorted, from when it was due. `answered`: when each event's answer came
    (time.monotonic), by its number."""

    seconds: float
    latencies: list[float]
    answered: dict[int, float]

    @property
    def rate(self) -> float:
        return len(self.answered) / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


def send_all(port: int, key: str, *, seconds: float, rate: float, first: int) -> Sent:
    """Sends events a second, numbered from `first`, in a process of its own; rate 0: as fast as it can."""
    sent = result_of(_main, port, key, seconds, rate, first)
    assert isinstance(sent, Sent), sent
    return sent


def _main(pipe: Connection, port: int, key: str, seconds: float, rate: float, first: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    latencies: list[float] = []
    answered: dict[int, float] = {}
    began = due = time.monotonic()
    while due < began + seconds:
        numbers = range(first, first + EVENTS_A_REQUEST)
        first += EVENTS_A_REQUEST
        body = json.dumps({"events": [_event(number) for number in numbers]})
        time.sleep(max(0.0, due - time.monotonic()))
        connection.request("POST", "/v1/events", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        now = time.monotonic()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text!r}")
        latencies.append(now - due)
        answered.update(dict.fromkeys(numbers, now))
        due = due + EVENTS_A_REQUEST / rate if rate else now
    pipe.send(Sent(time.monotonic() - began, sorted(latencies), answered))


def _event(number: int) -> dict[str, object]:
    return {
        "customer_id": f"customer {number // EVENTS_A_REQUEST % 20}",
        "event_type": "tool_usage",
        "tool_id": "icp-analysis",
        "tool_section": section(number),
    }
