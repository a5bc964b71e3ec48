"""Must hold 2: whatever dies, nothing that was acknowledged is lost, and nothing counts twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from milepost.store.embedded import EmbeddedPostgres, attach_or_start
from tests.acceptance.load import Load
from tests.support.examples import examples
from tests.support.server import WRITE_KEY, Server, wait_for

#: Three of each in the gate.
KILLS = examples(18)


@contextmanager
def load_on(server: Server, folder: Path, **options: float) -> Iterator[Load]:
    load = Load(folder, server.url, **options)  # type: ignore[arg-type]
    try:
        yield load
    finally:
        load.kill()


def stored_ids(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        return [str(row[0]) for row in connection.execute("select event_id from public.behavior_events")]


def counted(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select coalesce(sum(total_events), 0) from milepost.standing").fetchone()
    return int(row[0]) if row else 0


def victims(server: Server) -> dict[str, int]:
    """The pids one may kill: the parent, the worker, and the postmaster."""
    assert server.process is not None
    found = {"server": server.process.pid}
    for child in psutil.Process(server.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # gone since it was listed, as many are here
            if "spawn_main" in " ".join(child.cmdline()):
                found["worker"] = child.pid
            elif child.name() == "postgres" and (parent := child.parent()) is not None and parent.name() != "postgres":
                found["postgres"] = child.pid
    return found


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_kills_under_load_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    chance = random.Random(20)
    server = Server(tmp_path / "server")
    server.start()
    killed: Counter[str] = Counter()
    try:
        with load_on(server, tmp_path) as load:
            for number in range(KILLS):
                seen = load.tracked()
                some = chance.randrange(20, 200)
                wait_for(lambda: load.tracked() > seen + some, 30, "more events to be tracked")  # noqa: B023
                kind = ("server", "postgres", "worker")[number % 3]
                wait_for(lambda: kind in victims(server), 30, f"a {kind} to kill")  # noqa: B023
                os.kill(victims(server)[kind], signal.SIGKILL)
                killed[kind] += 1
                if kind == "server":
                    assert server.process is not None
                    server.process.wait()
                    server.start()
            wait_for(server.is_ready, 60, "the server to be back after the last kill")
            outcome = load.finish()
        with attach_or_start(server.data_dir) as dsn:
            stored = Counter(stored_ids(dsn))
            total = counted(dsn)
    finally:
        server.stop()
    print(
        f"\n{dict(killed)} killed; {len(outcome.tracked)} tracked, {outcome.delivered} delivered, {len(stored)} stored"
    )
    assert set(stored) == set(outcome.tracked), "every event ever tracked is stored, and nothing else is"
    assert max(stored.values()) == 1
    assert total == len(outcome.tracked), "insights count every event once"
    assert outcome.delivered == len(outcome.tracked)
    assert outcome.dropped == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_thirty_seconds_without_postgresql(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / "pg")
    postgres.start()
    server = Server(tmp_path / "server", database_url=postgres.dsn, environ={"MILEPOST_MAX_PENDING_MB": "4"})
    server.start()
    try:
        with load_on(server, tmp_path) as load:
            wait_for(lambda: load.tracked() > 200, 30, "the load to begin")
            before = memory(server)
            postgres.stop()
            until = time.monotonic() + 30
            answers: Counter[int] = Counter()
            with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {WRITE_KEY}"}) as client:
                filler = {"event_type": "navigation", "customer_id": "filler", "metadata": {"text": "x" * 20_000}}
                while time.monotonic() < until:
                    answer = client.post("/v1/events", json={"events": [filler] * 50}, timeout=10)
                    answers[answer.status_code] += 1
                    time.sleep(0.1)  # as often as that, beside the senders
                    if answer.status_code == 503:
                        assert int(answer.headers["Retry-After"]) >= 1
                        assert set(answer.json()) >= {"code", "message", "field"}
                assert client.get("/health").status_code == 200
                assert client.get("/ready").status_code == 503
            assert set(answers) == {503}, f"while PostgreSQL was away: {answers}"
            grown = memory(server) - before
            assert grown < 150 << 20, f"memory grew by {grown >> 20} MB"
            postgres = EmbeddedPostgres(tmp_path / "pg")
            postgres.start()
            wait_for(server.is_ready, 30, "the server to find PostgreSQL again")
            outcome = load.finish()
        stored = Counter(stored_ids(postgres.dsn))
    finally:
        server.stop()
        postgres.stop()
    print(f"\n{sum(answers.values())} refused meanwhile, memory {grown >> 20:+} MB; {len(outcome.tracked)} tracked")
    assert set(stored) == set(outcome.tracked)
    assert max(stored.values()) == 1
    assert outcome.dropped == 0


def memory(server: Server) -> int:
    """Resident bytes of the server's Python processes."""
    assert server.process is not None
    parent = psutil.Process(server.process.pid)
    return sum(process.memory_info().rss for process in [parent, *parent.children()])
