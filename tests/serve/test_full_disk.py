"""A data folder on a small disk of its own, which is full and has room again."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql

from milepost.errors import DiskFull
from milepost.store.embedded_cluster import locate
from milepost.store.room import Room
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running, wait_for

_AMPLE = 400 << 20


class Disk:
    """A tmpfs at `path`. What it may hold changes; what it does hold stays."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self._mount(f"size={_AMPLE},mode=755")

    def fill(self, free: int = 0) -> None:
        """Leaves so many bytes free."""
        while True:
            try:
                self._mount(f"remount,size={shutil.disk_usage(self.path).used + free}")
            except subprocess.CalledProcessError:  # PostgreSQL has written something in between
                continue
            return

    def empty(self) -> None:
        self._mount(f"remount,size={_AMPLE}")

    def _mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    try:
        made = Disk(tmp_path / "disk")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    yield made
    subprocess.run(["umount", "-l", made.path], check=True)


@pytest.fixture
def server(disk: Disk, tmp_path: Path) -> Iterator[Server]:
    made = Server(disk.path)
    made.log_path = tmp_path / "server.log"
    yield made
    made.stop()


def send(server: Server, count: int = 50) -> httpx.Response:
    event = {"event_type": "tool_usage", "customer_id": "full", "tool_id": "x"}
    with server.client(WRITE_KEY) as client:
        return client.post("/v1/events", json={"events": [event] * count})


def reason(server: Server) -> str:
    with server.client(SECRET_KEY) as client:
        return str(client.get("/ready").json()["reason"])


def start_in_vain(server: Server) -> None:
    """Returns when it says why it does not start."""
    with pytest.raises(AssertionError, match="waited"):
        server.start(ready_within=0)

    def says_so() -> bool:
        try:
            return "The disk is full: " in reason(server)
        except httpx.TransportError:  # it does not listen yet
            return False

    wait_for(says_so, 30, "the server to say that the disk is full")
    assert not server.is_ready()


@pytest.mark.timeout(120)
def test_while_the_disk_is_full_all_can_be_read_and_nothing_is_lost(server: Server, disk: Disk) -> None:
    server.start()
    assert send(server).json()["accepted"] == 50
    server.database_url = locate(disk.path).dsn()
    with member(server) as page:
        disk.fill()
        for _ in range(3):
            refused = send(server)
            assert (refused.status_code, refused.json()["code"]) == (503, "disk_full")
            assert int(refused.headers["Retry-After"]) >= 1
        with server.client(SECRET_KEY) as client:
            call = {"actions": [{"customer_id": "full", "action_type": "call"}]}
            assert client.post("/v1/actions", json=call).json()["code"] == "disk_full"
            assert client.get("/v1/customers/full/insights").json()["total_events"] == 50
        assert "The disk is full: 0 MB are free" in reason(server)
        assert "The disk is full" in page.get("/customers").text
        disk.empty()
        began = time.monotonic()
        wait_for(server.is_ready, 10, "the server to find the room")
        assert send(server).json()["accepted"] == 50
        print(f"events are accepted {time.monotonic() - began:.1f} s after there was room")
        assert "The disk is full" not in page.get("/customers").text
    with psycopg.connect(server.database_url) as connection:
        assert connection.execute("select count(*) from behavior_events").fetchone() == (100,)


@pytest.mark.timeout(120)
def test_a_start_on_a_full_disk_waits_and_says_so(server: Server, disk: Disk) -> None:
    disk.fill(free=1 << 20)  # there is no database yet
    start_in_vain(server)
    wait_for(lambda: "PostgreSQL waits to be started. The disk is full" in server.log(), 10, "the log to say so")
    disk.empty()
    wait_for(server.is_ready, 20, "the server to find the room")
    assert send(server).json()["accepted"] == 50
    server.stop()
    disk.fill()  # there is one
    start_in_vain(server)
    assert httpx.get(server.url + "/health").status_code == 200
    found = httpx.get(server.url + "/welcome/any", headers={"Accept": "text/html"})
    assert found.status_code == 503
    assert "The database&#39;s disk is full" in found.text
    disk.empty()
    began = time.monotonic()
    wait_for(server.is_ready, 15, "the server to find the room")
    assert send(server).json()["accepted"] == 50
    print(f"events are accepted {time.monotonic() - began:.1f} s after there was room")


@pytest.mark.timeout(120)
def test_a_database_elsewhere_says_that_its_disk_is_full(cluster: Cluster, disk: Disk, tmp_path: Path) -> None:
    space, name = f"space_{uuid4().hex[:8]}", f"full_{uuid4().hex[:8]}"
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        (folder,) = admin.execute("select current_setting('data_directory')").fetchone() or ("",)
        owner = Path(folder).stat()
        os.chown(disk.path, owner.st_uid, owner.st_gid)
        for above in (tmp_path, *tmp_path.parents[:3]):
            above.chmod(above.stat().st_mode | 0o011)  # on the way there, for the user that PostgreSQL runs as
        admin.execute(sql.SQL("create tablespace {} location {}").format(sql.Identifier(space), str(disk.path)))
        create = sql.SQL("create database {} template template_milepost strategy file_copy owner {} tablespace {}")
        names = (name, psycopg.conninfo.conninfo_to_dict(cluster.dsn)["user"], space)
        admin.execute(create.format(*(sql.Identifier(str(one)) for one in names)))
    server = Server(tmp_path / "server", database_url=cluster.database_dsn(name))
    try:
        with running(server):
            assert send(server).json()["accepted"] == 50
            disk.fill()
            wait_for(lambda: send(server, 2000).status_code == 503, 30, "the database to find its disk full")
            assert send(server, 2000).json()["code"] == "disk_full"
            assert not server.is_ready()
            assert reason(server) == "The database says that its disk is full. Make room there."
            with server.client(SECRET_KEY) as client:
                assert client.get("/v1/customers/full/insights").status_code == 200
            disk.empty()
            wait_for(lambda: send(server).status_code == 200, 15, "the database to take events again")
            wait_for(server.is_ready, 5, "the server to be ready at once")
    finally:
        with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
            admin.execute(sql.SQL("drop tablespace {}").format(sql.Identifier(space)))


def test_what_a_database_elsewhere_said_is_believed_for_a_while() -> None:
    now = 0.0
    room = Room(None, clock=lambda: now)
    told = []
    for step in ("full", "later", "full", "stored"):
        if step == "full":
            room.unavailable(psycopg.errors.DiskFull(), retry_after=1)
        elif step == "later":
            now += 61
        else:
            room.stored()
        room.require()  # it is asked again, whatever it said
        told.append(room.lacking is not None)
    assert told == [True, False, True, False]


def test_full_and_not_full_do_not_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 0

    def usage(_: object) -> object:
        return shutil._ntuple_diskusage(total=10 << 30, used=0, free=free << 20)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    room = Room(tmp_path)
    told = []
    for free in (300, 257, 255, 260, 319, 321, 260, 255):  # noqa: B007 -- `usage` reads it
        try:
            room.require()
            told.append("room")
        except DiskFull:
            told.append("full")
    assert told == ["room", "room", "full", "full", "full", "room", "room", "full"]
    assert Room(None).lacking is None
