"""`python -m bench.kills`: kills every process at random, pairs included, under load and while questions are asked and
given up. Nothing is lost or stored twice, no answer is another question's, and the server is back within 15 s."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from rich.console import Console

from milepost.store.embedded import attach_or_start
from tests.acceptance.load import Load
from tests.acceptance.test_nothing_lost import counted, stored_ids
from tests.support.server import SERVER_KEY, Server, wait_for

#: Most seconds from the last kill until the server is ready and takes an event.
LONGEST: Final = 15.0
_PERIOD: Final = {"first": "2026-03-28", "last": "2026-06-30"}
_PAST: Final = datetime(2026, 4, 1, tzinfo=UTC)
_EVENTS: Final = 6_000
#: All of them about the past alone, which the load does not change.
_QUESTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    *(("trends", {"filters": [{"field": "tool_id", "values": [f"tool {n}"]}]}) for n in range(4)),
    ("trends", {"breakdown": "tool_id", "unit": "user"}),
    ("retention", {"interval": "week", "intervals": 5}),
    ("funnel", {"steps": [{"event_type": "tool_usage"}, {"event_type": "export_action"}]}),
    ("paths", {"label": "tool_id"}),
    ("tools", {}),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="milepost-soak-", ignore_cleanup_errors=True) as folder:
        sys.exit(Killing(Path(folder), options.seed, Console()).run(options.kills))


class Killing:
    """One server, its load, and readers who ask about the past."""

    def __init__(self, folder: Path, seed: int, console: Console) -> None:
        self._folder = folder
        self._console = console
        self._chance = random.Random(seed)
        self._server = Server(folder / "server", columns=True)
        self._tally: Counter[str] = Counter()
        self._wrong: list[str] = []
        self._answers: list[dict[str, Any]] = []
        console.print(f"Seed {seed}.")

    def run(self, kills: int) -> int:
        """Answers 0 when every promise was kept."""
        self._server.start()
        killed, waits = Counter[str](), list[float]()
        sent = self._fill()
        self._learn()
        load = Load(self._folder, self._server.url, per_second=50)
        try:
            with self._readers():
                for number in range(kills):
                    time.sleep(self._chance.uniform(0.2, 3))
                    killed.update(self._kill())
                    waits.append(self._recovery())
                    sent += 1
                    if number % 20 == 19:
                        self._console.print(
                            f"{number + 1} times, the longest recovery {max(waits):.1f} s, {self._tally}"
                        )
            outcome = load.finish(600)
            with attach_or_start(self._server.data_dir) as dsn:
                stored, total = Counter(stored_ids(dsn)), counted(dsn)
        finally:
            load.kill()
            self._server.stop()
        lost, twice = len(set(outcome.tracked) - set(stored)), sum(count > 1 for count in stored.values())
        uncounted = len(stored) - total
        self._console.print(
            f"{dict(killed)} killed; {len(outcome.tracked):,} tracked, {lost} lost, {twice} stored twice, {uncounted}"
            f" not counted; {dict(self._tally)} answers, {len(self._wrong)} wrong; recovery in the median"
            f" {statistics.median(waits):.1f} s, at most {max(waits):.1f} s"
        )
        for wrong in self._wrong[:3]:
            self._console.print(wrong)
        kept = lost == twice == uncounted == 0 and not self._wrong and max(waits) < LONGEST
        return 0 if kept and len(stored) >= len(outcome.tracked) + sent else 1

    def _fill(self) -> int:
        """Events of the past; answers how many."""
        kinds = ("tool_usage", "export_action", "navigation")
        with self._server.client(SERVER_KEY) as client:
            for first in range(0, _EVENTS, 2_000):
                events = [
                    {
                        "event_type": kinds[n % 3], "tool_id": f"tool {n % 4}", "customer_id": f"c{n % 97}",
                        "user_id": f"u{n % 211}", "timestamp": (_PAST + timedelta(minutes=n * 20)).isoformat(),
                    }
                    for n in range(first, first + 2_000)
                ]  # fmt: skip
                client.post("/v1/events", json={"events": events}).raise_for_status()
        return _EVENTS

    def _ask(self, client: httpx.Client, place: int, patience: float = 60) -> httpx.Response:
        path, asked = _QUESTIONS[place]
        return client.post(f"/v1/query/{path}", json={"period": _PERIOD, **asked}, timeout=patience)

    def _learn(self) -> None:
        """What each question answers when nobody is killed, once the column store has all of the past."""
        with self._server.client() as client:
            everything = {"period": {"first": "2026-03-28", "last": "2026-07-31"}, "measure": "events"}

            def level() -> bool:
                answer = client.post("/v1/query/trends", json=everything)
                return answer.status_code == 200 and answer.json()["lines"][0]["total"] == _EVENTS

            wait_for(level, 60, "the column store to have all of the past")
            for place in range(len(_QUESTIONS)):
                answer = self._ask(client, place)
                answer.raise_for_status()
                self._answers.append(_figures(answer))

    @contextmanager
    def _readers(self) -> Iterator[None]:
        over = threading.Event()
        threads = [threading.Thread(target=self._read, args=(over, n)) for n in range(3)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _read(self, over: threading.Event, seed: int) -> None:
        chance = random.Random(seed)
        while not over.wait(0.05):
            place = chance.randrange(len(_QUESTIONS))
            try:
                with self._server.client() as client:
                    answer = self._ask(client, place, chance.uniform(0.01, 0.1) if chance.random() < 0.4 else 60)
            except httpx.TimeoutException:
                self._tally["left"] += 1
            except httpx.HTTPError:
                self._tally["no connection"] += 1
            else:
                self._tally[str(answer.status_code)] += 1
                if answer.status_code == 200 and _figures(answer) != self._answers[place]:
                    self._wrong.append(f"{_QUESTIONS[place]}: {answer.text[:500]}")

    def _kill(self) -> list[str]:
        """One process, or two within a second; answers which."""
        names = []
        for number in range(2 if self._chance.random() < 0.4 else 1):
            if number:
                time.sleep(self._chance.uniform(0, 1))
            if not (alive := self._processes()):
                break
            name = self._chance.choice(sorted(alive))
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._chance.choice(alive[name]), signal.SIGKILL)
                names.append(name)
        return names

    def _processes(self) -> dict[str, list[int]]:
        assert self._server.process is not None
        if self._server.process.poll() is not None:
            return {}
        found: dict[str, list[int]] = {"parent": [self._server.process.pid]}
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._server.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    found.setdefault(_kind(child), []).append(child.pid)
        found.pop("other", None)
        return found

    def _recovery(self) -> float:
        """Seconds until the server is ready and has taken an event; starts it where it was killed."""
        began = time.monotonic()
        event = {"events": [{"event_type": "navigation", "customer_id": "after-a-kill"}]}

        def back() -> bool:
            assert self._server.process is not None
            if self._server.process.poll() is not None:
                self._server.process.wait()
                self._server.start(120)
            with contextlib.suppress(httpx.HTTPError), self._server.client(SERVER_KEY) as client:
                return (
                    client.get("/ready").status_code == 200 and client.post("/v1/events", json=event).status_code == 200
                )
            return False

        wait_for(back, 200, "the server to be back")
        return time.monotonic() - began


def _kind(process: psutil.Process) -> str:
    line, name = " ".join(process.cmdline()), process.name()
    if "milepost.columns" in line:
        return "columns"
    if name == "postgres":
        parent = process.parent()
        return "backend" if parent is not None and parent.name() == "postgres" else "postgres"
    return "worker" if "spawn_main" in line else "other"


def _figures(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
    found.pop("fresh_as_of", None)
    return found


if __name__ == "__main__":
    main()
