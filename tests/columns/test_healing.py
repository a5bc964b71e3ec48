"""What becomes of the column store's folder while it runs: damaged, opened by another, its disk full. It heals by
itself, loses nothing that is whole, and says what is the matter."""

from __future__ import annotations

import html
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from milepost.columns.reading import ColumnsDamaged, ColumnsFull, ColumnsTaken, ColumnsUnavailable
from tests.columns.events import count, insert
from tests.supervisor.test_running_server import health, metrics
from tests.support.columns import Owner, damage
from tests.support.dashboard import member
from tests.support.server import Server, running, wait_for

pytestmark = pytest.mark.timeout(240)
_SUM = """select toYYYYMM(ts) as month, count(), sum(cityHash64(event_id, page_url, metadata)) from events final
group by month order by month"""


def parts(owner: Owner, month: int) -> list[Path]:
    """The folders of a month's parts that are read."""
    found = owner.query(
        "select path from system.parts where database = 'milepost' and table = 'events' and active"
        " and partition = {month:String} order by path",
        {"month": str(month)},
    )
    return [Path(str(path)) for (path,) in found.rows]


def overwrite(folder: Path, harm: str) -> None:
    files = [path for path in folder.iterdir() if path.suffix == ".bin"]
    assert files, f"{folder} has columns"
    damage(files, harm)


def kept(owner: Owner) -> bool:
    """Whether the whole folder is still the one that it was."""
    return not (owner.data_dir / "columns.damaged").exists()


@pytest.mark.parametrize("harm", ["garbage", pytest.param("missing", marks=pytest.mark.soak)])
def test_a_part_is_damaged_while_it_runs(owner: Owner, connection: psycopg.Connection, harm: str) -> None:
    insert(connection, 12_000, customers=500)
    owner.wait_until_level(60)
    before, others = owner.query(_SUM).rows, parts(owner, 202603)
    connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
    owner.wait_until_level(60)
    right = owner.query(_SUM).rows
    assert right != before
    assert owner.process is not None
    for part in parts(owner, 202604):
        overwrite(part, harm)

    def answered() -> bool:
        try:
            assert owner.query(_SUM).rows == right, "the answer is refused, or right"
        except ColumnsDamaged as problem:
            refused.append((problem.status, problem.code, problem.retry_after))
            return False
        return True

    refused: list[object] = []
    wait_for(answered, 60, "the month to be loaded again")
    assert set(refused) == {(503, "columns_damaged", 2)}
    assert owner.verify().differences == []
    assert owner.ended() is None, "the process went on"
    assert "damaged" in owner.log()
    assert kept(owner)
    assert set(others) & set(parts(owner, 202603)) == set(others), "whole months are left alone"
    insert(connection, 50, first=20_000)
    owner.wait_until_level(60)
    assert owner.verify().differences == []


@pytest.mark.parametrize("harm", ["cut", pytest.param("garbage", marks=pytest.mark.soak)])
def test_a_part_is_damaged_while_it_is_off(owner: Owner, connection: psycopg.Connection, harm: str) -> None:
    insert(connection, 12_000, customers=500)
    owner.wait_until_level(60)
    right, damaged = owner.query(_SUM).rows, parts(owner, 202605)
    owner.stop()
    for part in damaged:
        overwrite(part, harm)
    owner.start()

    def answered() -> bool:
        fresh = owner.freshness()
        if fresh is None or fresh.at is None or fresh.trouble:
            return False
        try:
            return owner.query(_SUM).rows == right
        except ColumnsDamaged:
            return False

    wait_for(answered, 60, "the month to be loaded again")
    assert owner.verify().differences == []
    assert kept(owner)
    assert owner.query("select count() from system.detached_parts where database = 'milepost'").rows == [(0,)]


def test_a_rollup_is_damaged_while_it_runs(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 12_000, customers=500)
    wait_for(lambda: owner.rolled_up() == [202603, 202604, 202605], 60, "the rollup")
    asked = "select sum(cityHash64(customer, user, quarter, events)) from activity"
    right = owner.query(asked).rows
    found = owner.query("select path from system.parts where table = 'activity' and active and partition = '202604'")
    overwrite(Path(str(found.rows[0][0])), "garbage")
    with pytest.raises(ColumnsDamaged):
        owner.query(asked)

    def answered() -> bool:
        try:
            return owner.rolled_up() == [202603, 202604, 202605] and owner.query(asked).rows == right
        except ColumnsDamaged:
            return False

    wait_for(answered, 60, "the rollup again")
    assert owner.ended() is None
    assert kept(owner)


def test_another_process_has_the_folder_open(dsn: str, tmp_path: Path, connection: psycopg.Connection) -> None:
    """One that knows nothing of our lock, as over a network's disk: its own lock is not damage."""
    insert(connection, 500)
    owner = Owner(tmp_path / "data", dsn)
    owner.start()
    owner.wait_until_level(60)
    owner.stop()
    opens = "import sys, pathlib; from milepost.columns.engine import Engine; e = Engine(pathlib.Path(sys.argv[1]))"
    other = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"{opens}; print('open', flush=True); sys.stdin.read()",
            str(tmp_path / "data" / "columns"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdin is not None
    assert other.stdout is not None
    assert other.stdout.readline() == b"open\n"
    owner.start()
    wait_for(lambda: owner.ended() is not None, 60, "it to give way")
    assert owner.ended() == 1
    assert ColumnsTaken().message in owner.log()
    assert kept(owner)
    other.communicate(timeout=30)
    owner.start()
    owner.wait_until_level(60)
    assert owner.verify().differences == []
    owner.stop()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.decode(errors='replace').strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Takes what is left of a disk."""
    with path.open("ab", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096) == 4096:
                pass
        except OSError:
            return


@pytest.mark.skipif(sys.platform != "linux", reason="a small disk is mounted as Linux does it")
def test_its_disk_is_full(dsn: str, tmp_path: Path, connection: psycopg.Connection) -> None:
    insert(connection, 1_000)
    server = Server(tmp_path / "data", database_url=dsn, columns=True)
    owner, folder = Owner(server.data_dir, dsn), server.data_dir / "columns"

    def trouble() -> str | None:
        said: str | None = health(server)["columns"]["trouble"]
        return said

    with small_disk(folder, 64), running(server):
        owner.wait_until_level(60)
        wait_for(lambda: trouble() is None, 30, "the server to see it")
        fill(folder / "filling")
        insert(connection, 20_000, first=5_000)
        wait_for(lambda: trouble() == ColumnsFull().message, 60, "the full disk to be said")
        assert owner.query("select count() from events final").rows == [(1_000,)], "what is there is answered"
        assert metrics(server)["milepost_task_up", "columns"] == 0
        with member(server) as browser:
            assert ColumnsFull().message in html.unescape(browser.get("/trends?wait=1").text)
        server.stop()
        server.start()
        (folder / "filling").unlink()
        wait_for(lambda: trouble() is None and count_there(owner) == count(connection), 90, "it to go on")
        assert owner.verify().differences == []
        behind = "milepost_columns_seconds_behind", ""
        wait_for(lambda: metrics(server)[behind] < 30, 30, "the metric to say that it has caught up")
        assert kept(owner)


def count_there(owner: Owner) -> int:
    try:
        return int(str(owner.query("select count() from events final").rows[0][0]))
    except ColumnsUnavailable:
        return -1
