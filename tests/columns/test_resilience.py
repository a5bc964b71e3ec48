"""The column store dies, is deleted or damaged: it comes back by itself, equals PostgreSQL, and ingest never stops."""

from __future__ import annotations

import random
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from milepost.columns.reading import Proof
from tests.columns.events import count, insert
from tests.support.columns import Owner, damage
from tests.support.examples import examples
from tests.support.server import WRITE_KEY, Server, running, wait_for

pytestmark = pytest.mark.timeout(240)
KILLS = examples(14)


@contextmanager
def storing(dsn: str, rows: int) -> Iterator[Counter[str]]:
    """Stores batches of events without a pause meanwhile; how many is in `stored`."""
    stop, stored = threading.Event(), Counter[str]()

    def store() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not stop.is_set():
                insert(connection, rows, first=stored["rows"], customers=500)
                stored["rows"] += rows

    thread = threading.Thread(target=store)
    thread.start()
    try:
        yield stored
    finally:
        stop.set()
        thread.join()


def test_killed_again_and_again_in_the_middle_of_loading(
    dsn: str, tmp_path: Path, connection: psycopg.Connection
) -> None:
    chance = random.Random(3)
    owner = Owner(tmp_path / "data", dsn)
    owner.start()
    with storing(dsn, 200) as stored:
        for _ in range(KILLS):
            seen, some = stored["rows"], chance.randrange(200, 2_000)
            wait_for(lambda: stored["rows"] > seen + some, 30, "more events")  # noqa: B023
            owner.kill()
            owner.start()
    try:
        owner.wait_until_level(60)
        proof = owner.verify()
    finally:
        owner.stop()
    assert proof.differences == []
    assert proof.events == count(connection) == stored["rows"]


def test_killed_while_it_is_built(dsn: str, tmp_path: Path, connection: psycopg.Connection) -> None:
    insert(connection, 30_000, customers=500)
    owner = Owner(tmp_path / "data", dsn)
    for _ in range(2):
        owner.start()
        wait_for(lambda: (fresh := owner.freshness()) is not None and fresh.building is not None, 30, "a load to begin")
        owner.kill()
    owner.start()
    owner.wait_until_level(60)
    proof = owner.verify()
    owner.stop()
    assert (proof.differences, proof.events) == ([], 30_000)


def test_a_second_one_waits_for_its_turn(dsn: str, tmp_path: Path, connection: psycopg.Connection) -> None:
    """A command's, beside that of a server that was just starting: it took the other's files for damaged."""
    insert(connection, 500)
    first, second = Owner(tmp_path / "data", dsn), Owner(tmp_path / "data", dsn)
    first.start()
    first.wait_until_level(60)
    second.start()
    assert second.process is not None
    waiting = f"-> FLOCK  ADVISORY  WRITE {second.process.pid} "
    wait_for(lambda: waiting in Path("/proc/locks").read_text(), 30, "the second to wait")
    assert first.verify().differences == []
    first.kill()
    second.wait_until_level(60)
    proof = second.verify()
    assert second.stop() == 0
    assert (proof.differences, proof.events) == ([], 500)
    assert not (tmp_path / "data" / "columns.damaged").exists()


@pytest.fixture
def server(dsn: str, tmp_path: Path) -> Iterator[Server]:
    """A server with a column store on a fresh database."""
    with running(Server(tmp_path / "server", database_url=dsn, columns=True)) as server:
        yield server


def proved(server: Server) -> Proof:
    owner = Owner(server.data_dir, server.database_url)
    owner.wait_until_level(60)
    return owner.verify()


def owner_process(server: Server) -> psutil.Process | None:
    assert server.process is not None
    for child in psutil.Process(server.process.pid).children():
        with suppress(psutil.NoSuchProcess):  # it may end just now
            if "milepost.columns.service" in child.cmdline():
                return child
    return None


def deleted(folder: Path) -> bool:
    """Deletes it as `rm -r` does: what is written meanwhile can be in the way."""
    try:
        shutil.rmtree(folder)
    except OSError:
        return False
    return True


@contextmanager
def posting(server: Server) -> Iterator[Counter[int]]:
    """Posts events all the while; counts the answers by status."""
    stop, answers = threading.Event(), Counter[int]()

    def post() -> None:
        number = 0
        with server.client(WRITE_KEY) as client:
            while not stop.wait(0.1):  # else all that is waited for below is to keep up with the poster
                event = {"event_type": "navigation", "customer_id": f"poster {number % 9}", "metadata": {"n": number}}
                answers[client.post("/v1/events", json={"events": [event] * 20}).status_code] += 1
                number += 1

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield answers
    finally:
        stop.set()
        thread.join()
        assert set(answers) == {200}, f"ingest does not depend on the column store: {answers}"


def test_the_server_brings_a_killed_one_back(server: Server, connection: psycopg.Connection) -> None:
    insert(connection, 500)
    with posting(server):
        for _ in range(3):
            wait_for(lambda: owner_process(server) is not None, 30, "the column store's process")
            victim = owner_process(server)
            assert victim is not None
            victim.send_signal(signal.SIGKILL)
            wait_for(lambda: (now := owner_process(server)) is not None and now != victim, 30, "another")  # noqa: B023
        assert proved(server).differences == []
    assert proved(server).events == count(connection)


def test_its_folder_is_deleted_while_it_runs(server: Server, connection: psycopg.Connection) -> None:
    insert(connection, 500)
    proved(server)
    with posting(server):
        before = owner_process(server)
        wait_for(lambda: deleted(server.data_dir / "columns"), 10, "the folder to be deleted")
        wait_for(lambda: (now := owner_process(server)) is not None and now != before, 30, "another process")
        assert proved(server).differences == []
    assert proved(server).events == count(connection)


@pytest.mark.soak  # one part of it, while it is off and while it runs: test_healing.py
@pytest.mark.parametrize("harm", ["garbage", "cut", "missing"])
def test_its_files_are_damaged(server: Server, connection: psycopg.Connection, harm: str) -> None:
    insert(connection, 2_000)
    proved(server)
    server.stop()
    files = [path for path in (server.data_dir / "columns" / "store").rglob("*.bin") if path.stat().st_size > 200]
    assert files, "there is something to damage"
    damage(files, harm)
    server.start()
    with posting(server):
        proof = proved(server)
    assert proof.differences == []
    assert proved(server).events == count(connection)


def test_clean_stop_leaves_nobody_behind(server: Server) -> None:
    wait_for(lambda: owner_process(server) is not None, 30, "the column store's process")
    process = owner_process(server)
    assert process is not None
    assert server.stop() == 0
    assert not process.is_running()


def test_it_dies_with_the_server(server: Server) -> None:
    wait_for(lambda: owner_process(server) is not None, 30, "the column store's process")
    process = owner_process(server)
    assert process is not None
    server.kill()
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, 10, "it to end as well")
