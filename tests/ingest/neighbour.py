"""A good neighbour: sends one event after another and asks for /health while others misbehave, and notes how long it
waited for each answer."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import psycopg

from tests.support.server import WRITE_KEY, Server, wait_for

#: Between two answers: a neighbour, not a load.
_PAUSE = 0.02


class Neighbour:
    """Sends and asks in turn until told to stop."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self._server = server
        self._waited: list[float] = []
        self._sent = 0
        self._refused: list[str] = []

    def live(self, stop: threading.Event) -> None:
        event = {"event_type": "navigation", "customer_id": self.name}
        with self._server.client(WRITE_KEY) as client:
            while not stop.wait(_PAUSE):
                began = time.monotonic()
                answer = client.post("/v1/events", json={"events": [event]})
                self._note(began, answer)
                self._sent += 1
                if not stop.wait(_PAUSE):
                    began = time.monotonic()
                    self._note(began, client.get("/health"))

    def answers(self) -> int:
        return len(self._waited)

    def wait_for_answers(self, count: int) -> None:
        """Until it was answered so often: what it waits for now is noted only then."""
        wait_for(lambda: self.answers() >= count, 30, "the neighbour to be answered")

    def waited(self, since: int = 0) -> list[float]:
        """Seconds of each wait after the first `since`."""
        return self._waited[since:]

    def longest(self, since: int = 0) -> float:
        """Seconds of the longest wait of those after the first `since`."""
        return max(self.waited(since))

    def check(self, *, usual: float, rarely: float | None = None) -> None:
        """All it sent was taken and is stored; half of its waits were below `usual` seconds, 99 % below `rarely`."""
        assert self._refused == []
        with psycopg.connect(self._server.database_url) as connection:
            stored = connection.execute(
                "select count(*) from public.behavior_events where customer_id = %s", (self.name,)
            ).fetchone()
        assert stored == (self._sent,)
        assert statistics.median(self._waited) < usual
        assert rarely is None or statistics.quantiles(self._waited, n=100)[-1] < rarely

    def _note(self, began: float, answer: httpx.Response) -> None:
        self._waited.append(time.monotonic() - began)
        if answer.status_code != 200 or answer.json().get("rejected"):
            self._refused.append(answer.text)


@contextmanager
def neighbour(server: Server, name: str) -> Iterator[Neighbour]:
    """Lives beside the block, and was answered twice when that begins."""
    one, stop = Neighbour(server, name), threading.Event()
    thread = threading.Thread(target=one.live, args=(stop,))
    thread.start()
    try:
        one.wait_for_answers(2)
        yield one
    finally:
        stop.set()
        thread.join()


def cpu_seconds(server: Server) -> float:
    """What the server's own processes, PostgreSQL aside, have used so far."""
    assert server.process is not None
    parent = psutil.Process(server.process.pid)
    spent = [process.cpu_times() for process in [parent, *parent.children(recursive=True)]]
    return sum(times.user + times.system for times in spent)
