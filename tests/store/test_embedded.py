"""The embedded PostgreSQL, each test with a real one in a folder of its own."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from milepost.errors import EmbeddedPostgresError
from milepost.store import embedded_log, embedded_process
from milepost.store.embedded import AlreadyOwned, EmbeddedPostgres, attach_or_start
from milepost.store.embedded_cluster import BIN, locate, socket_dir
from milepost.store.embedded_config import server_config
from milepost.store.embedded_process import cluster_processes, is_recovering

_OWNER = Path(__file__).with_name("embedded_owner.py")
_PLAIN_USER = "nobody"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not pytest's tmp_path: its parents are private to one user, and are made anew with each run.
    with tempfile.TemporaryDirectory(prefix="milepost-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "it's a \u00fcber dir"


def wait_for(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s: {what}"
        pause.wait(0.02)


def numbers(dsn: str) -> list[int]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM numbers ORDER BY n")]


def insert(dsn: str, *values: int) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS numbers (n int)")
        for value in values:
            connection.execute("INSERT INTO numbers VALUES (%s)", [value])


@contextmanager
def owner(data_dir: Path, kind: str = "kernel") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that owns the folder, and its postmaster's pid."""
    arguments = [sys.executable, str(_OWNER), str(data_dir), kind]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the owner did not start"
            yield process, int(line)
        finally:
            process.kill()


def test_starts_fresh_and_keeps_its_data(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as postgres:
        insert(postgres.dsn, 1, 2)
        with psycopg.connect(postgres.dsn) as connection:
            facts = connection.execute(
                "SELECT current_database(), current_user, rolsuper, current_setting('listen_addresses'),"
                " current_setting('data_checksums'), current_setting('fsync'), current_setting('synchronous_commit'),"
                " current_setting('server_encoding'), current_setting('server_version_num')::int / 10000"
                " FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        with psycopg.connect(postgres.admin_dsn) as connection:
            pending = connection.execute("SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL").fetchall()
        first = postgres.pid
        assert facts == ("milepost", "milepost", False, "", "on", "on", "on", "UTF8", 18)
        assert pending == []
    assert not cluster_processes(locate(data_dir))
    with EmbeddedPostgres(data_dir) as postgres:
        assert numbers(postgres.dsn) == [1, 2]
        assert postgres.pid != first


def test_comes_back_by_itself_when_the_postmaster_is_killed(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as postgres:
        insert(postgres.dsn, 1)
        # A busy backend does not see that its postmaster died, and holds the shared memory.
        busy = psycopg.connect(postgres.dsn)
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 2000000000)")
        for life in (1, 2):
            before = postgres.pid
            assert before is not None
            os.kill(before, signal.SIGKILL)
            wait_for(lambda n=life: postgres.restarts == n and postgres.ready, "PostgreSQL is back")  # type: ignore[misc]
            assert postgres.pid != before
            insert(postgres.dsn, life + 1)
        assert numbers(postgres.dsn) == [1, 2, 3]
        busy.close()


@pytest.mark.parametrize("kind", ["kernel", "guardian"])
def test_does_not_outlive_its_killed_owner(data_dir: Path, kind: str) -> None:
    if kind == "kernel" and sys.platform != "linux":
        pytest.skip("only Linux has a parent-death signal")
    with owner(data_dir, kind) as (process, _):
        insert(locate(data_dir).dsn(), 1)
        process.kill()
        process.wait()
        # The next owner need not wait: it sees to what is left.
        with EmbeddedPostgres(data_dir) as postgres:
            assert numbers(postgres.dsn) == [1]
    with owner(data_dir, kind) as (process, _):
        process.kill()
        wait_for(lambda: not cluster_processes(locate(data_dir)), "PostgreSQL is gone")


def crash(data_dir: Path) -> None:
    """Kills a backend, and returns as PostgreSQL begins to recover from that: it takes a good tenth of a second."""
    with psycopg.connect(locate(data_dir).dsn()) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        said = data_dir / "postgres.log"
        wait_for(lambda: said.read_text().count("; reinitializing") == 1, "the recovery begins")
        connection.close()


@pytest.mark.parametrize("asked_first", [True, False])
def test_a_leftover_in_recovery_holds_nobody_up(data_dir: Path, *, asked_first: bool) -> None:
    """PostgreSQL 18 never ends when it is asked to shut down while it recovers."""
    with owner(data_dir) as (process, pid):
        insert(locate(data_dir).dsn(), 1)
        with psycopg.connect(locate(data_dir).dsn(), autocommit=True) as connection:
            # So much to recover that it can be met while it does.
            connection.execute("create table filler as select g, md5(g::text) from generate_series(1, 800000) as g")
        process.send_signal(signal.SIGSTOP)  # it must not bring PostgreSQL back
        crash(data_dir)
        if asked_first:  # then the startup process is gone before anybody looks
            os.kill(pid, signal.SIGINT)
            wait_for(lambda: not is_recovering(locate(data_dir)), "the recovery is given up")
        process.kill()
        process.wait()
    began = time.monotonic()
    with EmbeddedPostgres(data_dir) as postgres:
        took = time.monotonic() - began
        assert numbers(postgres.dsn) == [1]
    print(f"\n{took:.1f} s until it accepts connections")
    assert took < 15


def test_a_stop_in_recovery_does_not_wait(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as postgres:
        insert(postgres.dsn, 1)
        crash(data_dir)
        began = time.monotonic()
        postgres.stop()
        assert time.monotonic() - began < 10
    with EmbeddedPostgres(data_dir) as postgres:
        assert numbers(postgres.dsn) == [1]


def test_a_process_that_is_ending_has_no_command_line(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ending:
        def cmdline(self) -> list[str]:
            return []

    monkeypatch.setattr(embedded_process, "cluster_processes", lambda _: [Ending()])
    assert not is_recovering(locate(data_dir))


def test_has_one_owner(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir), pytest.raises(AlreadyOwned) as caught:
        EmbeddedPostgres(data_dir).start()
    assert str(os.getpid()) in caught.value.message
    assert str(data_dir) in caught.value.message
    with EmbeddedPostgres(data_dir) as postgres:
        assert postgres.ready


def test_a_command_uses_the_running_server_or_starts_its_own(data_dir: Path) -> None:
    with attach_or_start(data_dir) as dsn:
        insert(dsn, 1)
    assert not cluster_processes(locate(data_dir))
    with owner(data_dir) as (process, pid):
        with attach_or_start(data_dir) as dsn:
            insert(dsn, 2)
        assert psutil.pid_exists(pid)
        assert process.poll() is None
        assert numbers(dsn) == [1, 2]


def test_waits_for_a_recovery_as_long_as_it_takes(data_dir: Path) -> None:
    with owner(data_dir) as (process, pid):
        insert(locate(data_dir).dsn(), 1)
        with psycopg.connect(locate(data_dir).dsn()) as connection:
            # So much that recovering takes a moment, in which it can be seen.
            connection.execute("CREATE TABLE many AS SELECT n FROM generate_series(1, 400000) n")
        process.send_signal(signal.SIGSTOP)  # it must not bring PostgreSQL back
        os.kill(pid, signal.SIGKILL)
        process.kill()
    said: list[str] = []
    postgres = EmbeddedPostgres(data_dir)
    starting = threading.Thread(target=postgres.start, args=(said.append,))
    starting.start()
    held: list[psutil.Process] = []

    def hold_recovery() -> bool:
        for process in cluster_processes(locate(data_dir)):
            with suppress(psutil.NoSuchProcess):
                if "startup" in " ".join(process.cmdline()):
                    process.suspend()
                    held.append(process)
        return bool(held)

    try:
        wait_for(hold_recovery, "the startup process is held", 60.0)
        starting.join(3.0)
        assert starting.is_alive()
        assert not postgres.ready
        assert "PostgreSQL is recovering" in said[0]
        held[0].resume()
        starting.join(20.0)
        assert numbers(postgres.dsn) == [1]
        assert postgres.restarts == 0
    finally:
        postgres.stop()


def test_can_be_stopped_while_it_starts(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    outcome: list[BaseException] = []

    def start() -> None:
        try:
            postgres.start()
        except EmbeddedPostgresError as error:
            outcome.append(error)

    starting = threading.Thread(target=start)
    starting.start()
    wait_for((data_dir / "lock").exists, "the start has begun")
    postgres.stop()
    starting.join(20.0)
    assert not starting.is_alive()
    assert not cluster_processes(locate(data_dir))
    with EmbeddedPostgres(data_dir) as again:
        assert again.ready


def test_a_stale_pid_file_and_a_broken_initdb_do_no_harm(data_dir: Path) -> None:
    cluster = locate(data_dir)
    half = data_dir / "postgres.new-1"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(data_dir) as postgres:
        insert(postgres.dsn, 1)
    assert not half.exists()
    # After a reboot the number in postmaster.pid may belong to any program of the same user.
    with subprocess.Popen(["sleep", "60"], **cluster.run_as()) as stranger:
        try:
            cluster.pid_file.write_text(f"{stranger.pid}\n{cluster.pgdata}\n1\n5432\n\n\n 0 0\nready\n")
            os.chown(cluster.pid_file, cluster.uid, cluster.gid)
            with EmbeddedPostgres(data_dir) as postgres:
                assert numbers(postgres.dsn) == [1]
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_says_why_it_does_not_start(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    with (data_dir / "postgres" / "postgresql.conf").open("a") as file:
        file.write("shared_bufers = 1GB\n")
    with pytest.raises(EmbeddedPostgresError, match="unrecognized configuration parameter") as caught:
        EmbeddedPostgres(data_dir).start()
    assert str(data_dir / "postgres.log") in caught.value.message


def test_a_deep_folder_gets_a_short_socket_path(data_dir: Path) -> None:
    deep = data_dir / ("d" * 80) / ("e" * 80)
    with EmbeddedPostgres(deep) as postgres:
        insert(postgres.dsn, 1)
        assert socket_dir(deep.resolve()).parent == Path(tempfile.gettempdir())
        with attach_or_start(deep) as dsn:
            assert numbers(dsn) == [1]
    assert not socket_dir(deep.resolve()).exists()


@as_root
def test_the_system_user_is_made_by_one_server_at_a_time(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    def make(name: str) -> pwd.struct_passwd:
        with Path("/etc/passwd").open("rb") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(True)
        return pwd.getpwnam("nobody")

    monkeypatch.setattr("milepost.store.embedded_cluster.pgserver.ensure_user_exists", make)
    assert locate(data_dir).uid == pwd.getpwnam("nobody").pw_uid
    assert held == [True]


@as_root
def test_another_user_cannot_connect(data_dir: Path) -> None:
    def knock(dsn: str) -> str:
        arguments = [str(BIN / "psql"), dsn, "-c", "SELECT 1"]
        done = subprocess.run(arguments, user=_PLAIN_USER, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode != 0
        return done.stderr

    with EmbeddedPostgres(data_dir) as postgres:
        closed = knock(postgres.dsn)
        # Even if somebody opened the folder: the kernel tells PostgreSQL who knocks.
        for path in (data_dir.parent, data_dir, data_dir / "run", data_dir / "run" / ".s.PGSQL.5432"):
            path.chmod(0o777)
        opened = knock(postgres.dsn)
    assert "Permission denied" in closed
    assert 'Peer authentication failed for user "milepost"' in opened


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_runs_as_a_plain_user(data_dir: Path) -> None:
    entry = pwd.getpwnam(_PLAIN_USER)
    data_dir.mkdir()
    data_dir.parent.chmod(0o755)
    os.chown(data_dir, entry.pw_uid, entry.pw_gid)
    code = (
        "import os, sys; from pathlib import Path; from milepost.store.embedded import attach_or_start\n"
        "import psycopg\n"
        "assert os.geteuid() == int(sys.argv[2])\n"
        "with attach_or_start(Path(sys.argv[1])) as dsn, psycopg.connect(dsn) as connection:\n"
        "    connection.execute('CREATE TABLE IF NOT EXISTS numbers (n int)')\n"
        "    connection.execute('INSERT INTO numbers VALUES (1)')\n"
    )
    # The one capability lets the plain user read a Python that may lie in root's home; it owns and writes nothing.
    become = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    become += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--bounding-set=-all,+dac_read_search"]

    def as_plain_user() -> None:
        arguments = [*become, sys.executable, "-c", code, str(data_dir), str(entry.pw_uid)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stderr

    as_plain_user()
    with EmbeddedPostgres(data_dir) as postgres:  # root has a look, and leaves it theirs
        assert numbers(postgres.dsn) == [1]
    as_plain_user()
    assert (data_dir / "postgres").stat().st_uid == entry.pw_uid


@as_root
def test_opens_a_private_parent_for_passing_through_alone(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with EmbeddedPostgres(data_dir) as postgres:
        assert postgres.ready
    assert data_dir.stat().st_mode & 0o777 == 0o701
    assert (data_dir / "postgres").stat().st_uid != 0


@pytest.mark.parametrize(
    ("gigabytes", "buffers"), [(0.1, "64MB"), (1, "256MB"), (8, "2048MB"), (16, "4096MB"), (512, "4096MB")]
)
def test_takes_a_quarter_of_the_memory(gigabytes: float, buffers: str) -> None:
    text = server_config(Path("/data"), Path("/run"), memory=int(gigabytes * 1024**3))
    assert f"shared_buffers = {buffers} " in text


def test_the_log_quotes_nobody(data_dir: Path) -> None:
    """Neither what a statement was given nor the row that was refused, however slow or wrong it was."""
    secret = "ann@example.com"
    with attach_or_start(data_dir) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table people (address text primary key check (length(address) < 20))")
        connection.execute("insert into people values (%s)", [secret])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into people values (%s)", [secret])
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("insert into people values (%s)", [secret * 2])
        connection.execute("select pg_sleep(1.1), %s::text", [secret])
    said = (data_dir / "postgres.log").read_text()
    for line in ("people_pkey", "people_address_check", "pg_sleep"):
        assert line in said
    assert secret not in said
    assert (data_dir / "postgres.log").stat().st_mode & 0o777 == 0o600


def test_the_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_log, "MAX_BYTES", 400)
    log = tmp_path / "postgres.log"
    log.touch(0o644)  # as older releases left it
    with embedded_log.open_log(log) as postgres:  # it writes on after the rotation
        postgres.write(b"old line\n" * 100)
        postgres.flush()
        embedded_log.rotate(log)
        postgres.write(b"new line\n")
    assert log.read_text() == "new line\n"
    assert (tmp_path / "postgres.log.1").read_text() == "old line\n" * 100
    assert embedded_log.last_lines(log, 5) == "new line"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}, "nobody else reads it"
