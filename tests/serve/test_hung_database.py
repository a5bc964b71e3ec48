"""A PostgreSQL that hangs: its processes stand still, and its sockets stay open."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from milepost.store.embedded_cluster import locate
from milepost.store.embedded_process import cluster_processes
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running, wait_for


def batch(event_id: str) -> dict[str, object]:
    return {"events": [{"event_id": event_id, "event_type": "tool_usage", "tool_id": "x", "customer_id": "hung"}]}


#: Path, key, body or none, and the seconds it may take.
_ASKED: list[tuple[str, str, dict[str, object] | None, float]] = [
    ("/health", SECRET_KEY, None, 2.0),
    ("/ready", SECRET_KEY, None, 2.0),
    ("/ready", "mps_that_nobody_knows", None, 2.0),
    ("/v1/events", WRITE_KEY, batch("0194bb7c-6c00-7e1a-9c3f-2b8d5a6f7e10"), 12.0),
    ("/v1/events", "mpsv_that_nobody_knows", {"events": []}, 6.0),
    ("/v1/actions", SECRET_KEY, {"actions": [{"customer_id": "hung", "action_type": "call"}]}, 6.0),
    ("/v1/customers/hung/insights", SECRET_KEY, None, 6.0),
    ("/welcome/any", "", None, 6.0),
]


@contextmanager
def hung(data_dir: Path) -> Iterator[None]:
    """Until its end, every process of PostgreSQL stands still."""
    still = cluster_processes(locate(data_dir))
    for process in still:
        process.suspend()
    try:
        yield
    finally:
        for process in still:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@pytest.mark.pair
@pytest.mark.timeout(180)
def test_a_hung_database_holds_nobody_up_and_loses_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")

    def ask(path: str, key: str, body: object) -> tuple[httpx.Response, float]:
        began = time.monotonic()
        headers = {"Authorization": f"Bearer {key}"} if key else {"Accept": "text/html"}
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, server.url + path, headers=headers, json=body, timeout=60, verify=False)
        return answer, time.monotonic() - began

    with running(server), ThreadPoolExecutor(len(_ASKED)) as pool:
        first = batch("0194bb7c-6c00-7e1a-9c3f-2b8d5a6f7e11")
        assert ask("/v1/events", WRITE_KEY, first)[0].json()["accepted"] == 1
        with hung(server.data_dir):
            answers = list(pool.map(lambda one: ask(*one[:3]), _ASKED))
        for (path, _, _, within), (answer, took) in zip(_ASKED, answers, strict=True):
            print(f"{path}: {answer.status_code} after {took:.1f} s")
            assert answer.status_code == (200 if path == "/health" else 503), path
            assert took < within, path
            assert path == "/health" or int(answer.headers["Retry-After"]) >= 1
        assert answers[1][0].json()["reason"] == "The database does not answer."
        assert "The database cannot be reached right now" in answers[-1][0].text
        # It goes on by itself, and what was refused may be sent again.
        began = time.monotonic()
        wait_for(server.is_ready, 15, "the server to find PostgreSQL again")
        assert ask(*_ASKED[3][:3])[0].status_code == 200
        print(f"it goes on after {time.monotonic() - began:.1f} s")
        with psycopg.connect(locate(server.data_dir).dsn()) as connection:
            found = Counter(row[0] for row in connection.execute("select event_id::text from behavior_events"))
            counted = connection.execute("select sum(total_events) from milepost.standing").fetchone()
        assert len(found) == 2
        assert set(found.values()) == {1}
        assert counted == (2,)
