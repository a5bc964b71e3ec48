"""`milepost backup` beside a server under load, `milepost restore`, and what neither of them takes for a backup."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from milepost.cli import columns
from milepost.cli.commands import app
from milepost.errors import Conflict
from milepost.store.backup import BackupError, back_up, read_backup, restore
from milepost.store.embedded import EmbeddedPostgres
from tests.support.server import SERVER_KEY, Server, running, wait_for

pytestmark = pytest.mark.timeout(180)
#: The secret of the data folder counts, and no process is spent on a column store.
_ENVIRON = {"MILEPOST_TOKEN_SECRET": "", "MILEPOST_COLUMNS": "0"}


def milepost(*arguments: object, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    return subprocess.run(
        [sys.executable, "-m", "milepost", *map(str, arguments)],
        env={**clean, **_ENVIRON, **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


class Load:
    """Sends batches, one after another; `acknowledged` are the ids that the server has taken."""

    def __init__(self, server: Server) -> None:
        self.acknowledged: list[str] = []
        self._server = server
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with self._server.client(SERVER_KEY) as client:
            while not self._end.wait(0.02):
                ids = [str(uuid4()) for _ in range(20)]
                events = [
                    {"event_type": "tool_usage", "customer_id": f"customer {n % 5}", "event_metadata": {"is": one}}
                    for n, one in enumerate(ids)
                ]
                answer = client.post("/v1/events", json={"events": events})
                assert answer.json()["accepted"] == len(ids), answer.text
                self.acknowledged += ids

    def more(self, events: int) -> list[str]:
        """Waits for so many more; answers all until now."""
        until = len(self.acknowledged) + events
        wait_for(lambda: len(self.acknowledged) >= until, 60, "the load")
        return list(self.acknowledged)

    @contextmanager
    def going(self) -> Iterator[Load]:
        self._thread.start()
        try:
            yield self
        finally:
            self._end.set()
            self._thread.join()


@dataclass(frozen=True)
class Made:
    """A backup made under load: what was acknowledged before it began, and when all was over; a token of before."""

    path: Path
    before: set[str]
    in_all: set[str]
    token: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("backup")
    plan = Path(__file__).parents[2] / "src" / "milepost" / "plan" / "default.toml"
    shutil.copy(plan, folder / "milepost.toml")
    data, kept = folder / "data", folder / "kept" / "monday"
    with running(Server(data, environ=_ENVIRON)) as server, Load(server).going() as load:
        token = milepost("tokens", "create", "--customer", "customer 1", "--data-dir", data, folder=folder)
        before = load.more(400)
        done = milepost("backup", kept, "--data-dir", data, folder=folder)
        assert done.returncode == 0, done.stderr
        assert "Backed up" in done.stdout
        in_all = load.more(400)
    assert [path.name for path in kept.parent.iterdir()] == ["monday"], "nothing half is left"
    return Made(kept, set(before), set(in_all), token.stdout.strip())


def _events(folder: Path) -> set[str]:
    with psycopg.connect(EmbeddedPostgres(folder).dsn) as connection:
        return {str(one) for (one,) in connection.execute("select event_metadata ->> 'is' from public.behavior_events")}


@pytest.mark.slow
def test_what_was_acknowledged_before_is_there_after_a_restore(made: Made, tmp_path: Path) -> None:
    data = tmp_path / "restored"
    done = milepost("restore", made.path, "--data-dir", data, folder=tmp_path, MILEPOST_COLUMNS="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Equal: the sums of 5 customers" in done.stdout
    assert "in PostgreSQL and in the column store" in done.stdout, "which is built anew"
    assert (data / "milepost.toml").is_file()
    with running(Server(data, environ=_ENVIRON)) as server:
        there = _events(data)
        assert made.before <= there
        assert there < made.in_all, "and it is of one moment: what came later is not"
        mine = httpx.get(server.url + "/v1/me/insights", headers={"Authorization": f"Bearer {made.token}"})
        assert mine.json()["customer_id"] == "customer 1", "a token made before counts"
        verified = milepost("verify", "--data-dir", data, folder=tmp_path)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        # What is restored goes on: events and backups of its own.
        with Load(server).going() as load:
            load.more(20)
    again = milepost("backup", tmp_path / "again", "--data-dir", data, folder=tmp_path)
    assert again.returncode == 0, "without a server as well: " + again.stderr
    assert read_backup(tmp_path / "again").files == ["token.secret", "milepost.toml"]


def test_a_backup_of_an_older_release_is_there_though_it_cannot_be_verified_yet(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(_: Path) -> None:
        raise Conflict("The database was set up by an older Milepost.")

    monkeypatch.setattr(columns, "verify", older)
    monkeypatch.delenv("MILEPOST_DATABASE_URL", raising=False)
    done = CliRunner().invoke(app, ["restore", str(made.path), "--data-dir", str(tmp_path / "data")])
    assert done.exit_code == 0
    assert "could not be verified yet: The database was set up by an older Milepost." in done.output
    assert (tmp_path / "data" / "postgres" / "PG_VERSION").is_file()


def test_nobody_else_may_read_it(made: Made) -> None:
    for path in (made.path, made.path / "token.secret", made.path / "postgres"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_folder_that_is_not_empty_is_refused_and_stays_as_it_is(made: Made, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = milepost("restore", made.path, "--data-dir", tmp_path, folder=tmp_path)
    assert done.returncode == 1
    assert "is not empty: it has mine" in " ".join(done.stderr.split())
    assert "--data-dir" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_interrupted_restore_is_begun_again(made: Made, tmp_path: Path) -> None:
    (tmp_path / "restoring" / "postgres").mkdir(parents=True)
    (tmp_path / "token.secret").write_text("of the first attempt")
    restore(made.path, tmp_path)
    assert (tmp_path / "token.secret").read_bytes() == (made.path / "token.secret").read_bytes()
    assert (tmp_path / "postgres" / "PG_VERSION").is_file()
    assert not (tmp_path / "restoring").exists()


def test_damage_is_found_before_anything_is_restored(made: Made, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(made.path, backup)
    table = max((path for path in (backup / "postgres" / "base").rglob("*") if path.is_file()), key=_size)
    with table.open("r+b") as file:
        file.seek(4000)
        file.write(b"damage")
    with pytest.raises(BackupError, match=f"damaged: .*{table.name}"):
        restore(backup, tmp_path / "data")
    assert not (tmp_path / "data" / "postgres").exists()
    table.unlink()
    with pytest.raises(BackupError, match="not whole"):
        restore(backup, tmp_path / "data")
    (backup / "backup.json").unlink()  # as of one that was still being written
    with pytest.raises(BackupError, match=r"no backup: it has no backup\.json"):
        restore(backup, tmp_path / "data")


def test_a_backup_that_was_killed_looks_like_none(made: Made, tmp_path: Path) -> None:
    restore(made.path, tmp_path / "data")
    kept = tmp_path / "kept"
    command = [sys.executable, "-m", "milepost", "backup", str(kept / "monday"), "--data-dir", str(tmp_path / "data")]
    process = subprocess.Popen(command, env={**os.environ, **_ENVIRON}, cwd=tmp_path)
    wait_for(lambda: any(kept.glob("*/postgres/base")), 60, "the backup to be half written")
    process.kill()
    process.wait()
    (half,) = kept.iterdir()
    assert half.name.startswith("monday.unfinished-")
    with pytest.raises(BackupError, match="no backup: it has no"):
        read_backup(half)
    done = milepost("backup", kept / "monday", "--data-dir", tmp_path / "data", folder=tmp_path)
    assert done.returncode == 0, "the next one takes the same name: " + done.stderr
    assert read_backup(kept / "monday").postgresql == 18


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="pg_basebackup failed"):
        back_up(
            f"postgresql://milepost@/milepost?host={tmp_path}",
            tmp_path / "data",
            tmp_path / "kept" / "monday",
            plan=None,
            milepost="0",
            now=datetime.now(UTC),
        )
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_disk_that_cannot_take_it_is_said_in_a_line(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match="kept cannot be written: "):
        back_up("", tmp_path / "data", tmp_path / "file" / "kept", plan=None, milepost="0", now=datetime.now(UTC))
    backup = tmp_path / "backup"
    shutil.copytree(made.path, backup)
    (backup / "postgres" / "unreadable").symlink_to(tmp_path / "nothing")
    with pytest.raises(BackupError, match=r"cannot be restored into .*: .*No such file") as error:
        restore(backup, tmp_path / "data")
    assert "\n" not in str(error.value)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(BackupError, match="has room for 1 MB; the backup has "):
        restore(made.path, tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["lock"]


def test_what_is_there_is_never_written_over(made: Made, tmp_path: Path) -> None:
    for place, said in ((made.path, "is already there"), (tmp_path / "data" / "kept", "would be lost with it")):
        with pytest.raises(BackupError, match=said):
            back_up("", tmp_path / "data", place, plan=None, milepost="0", now=datetime.now(UTC))


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_database_of_ones_own_is_not_backed_up_here(command: str, tmp_path: Path) -> None:
    done = milepost(command, tmp_path / "kept", folder=tmp_path, MILEPOST_DATABASE_URL="postgresql://db.example.com/x")
    assert done.returncode == 1
    assert "pg_dump" in done.stderr


def test_no_backup_of_a_folder_without_a_database(tmp_path: Path) -> None:
    done = milepost("backup", tmp_path / "kept", "--data-dir", tmp_path / "typo", folder=tmp_path)
    assert done.returncode == 1
    assert "holds no Milepost database" in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def _size(path: Path) -> int:
    return path.stat().st_size
