"""The simulator: repeatable, at its rate and rhythm, in the demo's own words, and gone when told to stop."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import ClassVar

import pytest

from milepost import Tracker
from milepost.demo.data import active_customers
from milepost.demo.simulator import Simulator, rhythm
from milepost.vocabulary import EVENT_TYPES
from tests.support.words import COMPETENCIES


class Recorder:
    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []

    def track_behavior(self, action_type: str, payload: Mapping[str, object]) -> None:
        self.events.append((action_type, payload))


def simulate(hours: float, start_hour: int = 18, rate: float = 20.0, seed: int = 1) -> Recorder:
    """Runs on a clock of its own, so that hours take no time."""
    recorder = Recorder()
    start = datetime(2026, 3, 10, start_hour, tzinfo=UTC)
    clock = [start]

    def wait(seconds: float) -> bool:
        clock[0] += timedelta(seconds=seconds)
        return clock[0] >= start + timedelta(hours=hours)

    tracked = Simulator(recorder, now=lambda: clock[0], wait=wait, rate=rate, seed=seed).run()
    assert tracked == len(recorder.events)
    return recorder


def test_the_same_seed_makes_the_same_events() -> None:
    assert simulate(0.5).events == simulate(0.5).events
    assert simulate(0.5).events != simulate(0.5, seed=2).events


def test_it_keeps_its_rate_and_the_rhythm_of_the_day() -> None:
    evening, night = len(simulate(2).events), len(simulate(2, start_hour=6).events)
    assert 0.8 * 2_400 < evening < 1.2 * 2_400
    assert 0.2 * evening < night < 0.5 * evening
    assert len(simulate(2, rate=2).events) < 0.15 * evening
    day = [rhythm(datetime(2026, 3, 10, hour, tzinfo=UTC)) for hour in range(24)]
    assert (min(day), max(day), day.index(max(day))) == (0.25, 1.0, 19)


def test_events_are_the_demos_and_customers_come_in_visits() -> None:
    events = simulate(4).events
    kinds = Counter(kind for kind, _ in events)
    assert kinds.keys() <= set(EVENT_TYPES)
    assert {"navigation", "resource_share", "systematic_progression", "resource_generation"} <= kinds.keys()
    assert {payload.get("competency_area") for _, payload in events} <= {*COMPETENCIES, None}
    assert all(payload["metadata"]["simulated"] is True for _, payload in events)  # type: ignore[index]
    names = [str(payload["customer_id"]) for _, payload in events]
    assert set(names) <= set(active_customers()), "nobody who left comes back"
    assert len(set(names)) > 50
    assert max(len(set(names[at : at + 20])) for at in range(0, len(names) - 20, 20)) <= 14, "a few at a time"
    again = sum(before == after for before, after in pairwise(names))
    assert again > len(names) / 10


def test_it_stops_at_once_when_told() -> None:
    stop = threading.Event()
    recorder = Recorder()
    simulator = Simulator(recorder, now=lambda: datetime.now(UTC), wait=stop.wait, rate=0.01)
    thread = threading.Thread(target=simulator.run)
    thread.start()
    began = time.monotonic()
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_must_be_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match="events a minute, more than 0"):
        Simulator(Recorder(), now=lambda: datetime.now(UTC), wait=lambda _: True, rate=rate)


class _Receiver(BaseHTTPRequestHandler):
    """Answers as the server does and keeps what came."""

    received: ClassVar[list[dict[str, object]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        events = json.loads(body)["events"]
        self.received.extend(events)
        answer = json.dumps({"accepted": len(events), "duplicates": 0, "rejected": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Keeps the test's output quiet."""


def test_the_real_sdk_delivers_what_the_simulator_does() -> None:
    _Receiver.received.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        tracker = Tracker("key", host=f"http://127.0.0.1:{server.server_port}", spool=False)
        simulator = Simulator(tracker, now=lambda: datetime.now(UTC), wait=lambda _: True)
        for _ in range(250):
            simulator.step()
        tracker.flush(timeout=10)
        tracker.shutdown(timeout=10)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert len(_Receiver.received) == 250
    assert {event["event_type"] for event in _Receiver.received} <= set(EVENT_TYPES)
    assert all(event["customer_id"] and event["tool_id"] and event["session_id"] for event in _Receiver.received)
    assert any(event.get("competency_area") == "value_communication" for event in _Receiver.received)
    assert all("simulated" in event["event_metadata"] for event in _Receiver.received)  # type: ignore[operator]
