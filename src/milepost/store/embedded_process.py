"""The postgres process: started so that it cannot outlive its owner, and what an earlier life left behind."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from milepost.errors import EmbeddedPostgresError
from milepost.store.embedded_cluster import BIN, Cluster, child_environ
from milepost.store.embedded_config import PORT
from milepost.store.embedded_log import open_log

log = logging.getLogger("milepost.postgres")

_SHUTDOWN_SECONDS = 60.0  # how long a leftover may take for its last checkpoint, from when it was first asked to end
BEGIN_SECONDS = 5.0  # how long until it must have begun with that
_SHUTTING_DOWN, _IN_CRASH_RECOVERY = 3, 4  # DBState of pg_control.h
_ORPHAN_SECONDS = 1.0  # backends see within moments that their postmaster is gone

# Runs between fork and exec in a process of its own: preexec_fn is not safe beside other threads.
# Drops root first, as a change of user clears the parent-death signal. SIGINT is PostgreSQL's fast
# shutdown: with its checkpoint, so the next start needs no recovery and keeps its statistics.
_LAUNCHER = """
import ctypes, os, sys
owner, uid, gid, program = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if os.geteuid() != uid:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if sys.platform == "linux":
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(1, 2, 0, 0, 0) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
if os.getppid() != owner:
    sys.exit("the owner was gone before PostgreSQL started")
os.execv(program, sys.argv[4:])
"""

# Where the kernel knows no parent-death signal: waits for the end of a pipe only the owner holds.
_GUARDIAN = """
import os, signal, sys, time
sys.stdin.buffer.read()
pid = int(sys.argv[1])
for number, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10)):
    try:
        os.kill(pid, number)
        for _ in range(seconds * 10):
            time.sleep(0.1)
            os.kill(pid, 0)
    except ProcessLookupError:
        break
"""


class Postmaster:
    """One life of the postgres process. Start it from a thread that lives as long as PostgreSQL shall:
    Linux ends the child together with the *thread* that made it."""

    def __init__(self, cluster: Cluster, *, guardian: bool = sys.platform != "linux") -> None:
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(cluster.uid), str(cluster.gid)]
        with open_log(cluster.log_file) as output:
            self._process = subprocess.Popen(  # noqa: S603 -- a program of ours, no shell
                [*launch, str(BIN / "postgres"), "-D", str(cluster.pgdata)],
                cwd="/",
                env=child_environ(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a terminal's Ctrl-C is for the owner alone, who stops us last
            )
        self._guardian = _start_guardian(self._process.pid) if guardian else None

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code (negative: the signal that ended it), or None while it still runs after `timeout` seconds."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        if self._guardian is not None:
            self._guardian.kill()  # before the pid can mean another process
            self._guardian.wait()
            if self._guardian.stdin is not None:
                self._guardian.stdin.close()
            self._guardian = None
        return code

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, unless the process has ended already."""
        self._process.send_signal(number)


def _start_guardian(pid: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 -- a program of ours, no shell
        [sys.executable, "-I", "-S", "-c", _GUARDIAN, str(pid)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def clear_leftovers(cluster: Cluster, stopping: Callable[[], bool]) -> None:
    """Waits for, or stops, what an earlier life left: call it as the owner of the lock, before a start.

    A postmaster that writes its last checkpoint is given time for it; one in recovery is ended at once, as its
    successor recovers anyway (and PostgreSQL 18 hangs when it is asked to shut down in recovery). Backends without
    a postmaster hold shared memory, and PostgreSQL would rightly refuse to start. A lock file whose number now
    belongs to some other program is removed, and only when no process of this cluster is left.
    Raises EmbeddedPostgresError when something does not go, or `stopping()` turned true meanwhile.
    """
    postmaster = _recorded_postmaster(cluster)
    if postmaster is not None:
        log.info("A PostgreSQL from an earlier run (process %d) is still there: shutting it down", postmaster.pid)
        _finish(cluster, postmaster, stopping)
        _end([postmaster], signal.SIGQUIT, 7.0, stopping)
    processes = cluster_processes(cluster)
    if processes:
        _wait(processes, _ORPHAN_SECONDS, stopping)
        _end(processes, signal.SIGQUIT, 5.0, stopping)
        _end(processes, signal.SIGKILL, 10.0, stopping)
        left = cluster_processes(cluster)
        if left:
            raise EmbeddedPostgresError(
                f"Processes {[process.pid for process in left]} still use {cluster.pgdata} and do not end. End them."
            )
    # Nobody is left, so a number that lives belongs to a stranger, or to a zombie no init has reaped.
    for file in (cluster.pid_file, cluster.socket_dir / f".s.PGSQL.{PORT}.lock"):
        recorded = _recorded_pid(file)
        if recorded is not None and psutil.pid_exists(recorded):
            log.info("Removing a stale %s: process %d is not a PostgreSQL of this cluster", file, recorded)
            file.unlink()


def cluster_processes(cluster: Cluster) -> list[psutil.Process]:
    """Every live process of this cluster: each of PostgreSQL's processes works in the cluster's folder."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        # Processes that may not be looked at belong to other users, so they are not ours.
        with suppress(psutil.Error, OSError):
            if process.name().startswith("postgres") and _works_in(process, cluster.pgdata):
                found.append(process)
    return found


def is_recovering(cluster: Cluster) -> bool:
    """Whether it replays its log after a crash, rather than serve or shut down."""
    if _state(cluster) == _IN_CRASH_RECOVERY:
        return True
    for process in cluster_processes(cluster):  # it may not have written so yet
        with suppress(psutil.Error):
            if " startup" in " ".join(process.cmdline()):  # empty of one that is ending
                return True
    return False


def is_shutting_down(cluster: Cluster) -> bool:
    """Whether it writes its last checkpoint."""
    return _state(cluster) == _SHUTTING_DOWN


def _finish(cluster: Cluster, postmaster: psutil.Process, stopping: Callable[[], bool]) -> None:
    """Lets it shut down in order, for as long as that is getting anywhere."""
    if is_recovering(cluster):
        return
    asked = _asked_to_stop(cluster) or time.time()
    _end([postmaster], signal.SIGINT, BEGIN_SECONDS, stopping)
    while _alive(postmaster) and is_shutting_down(cluster) and time.time() - asked < _SHUTDOWN_SECONDS:
        _wait([postmaster], 0.5, stopping)


def _asked_to_stop(cluster: Cluster) -> float | None:
    """When a postmaster wrote down that it was asked to end (seconds since 1970), None where it has not."""
    try:
        lines = cluster.pid_file.read_text(encoding="utf-8").splitlines()
        return cluster.pid_file.stat().st_mtime if len(lines) >= 8 and lines[7].strip() == "stopping" else None
    except FileNotFoundError:
        return None


def _state(cluster: Cluster) -> int | None:
    """What its control file says it is doing: DBState, which is at the same place in every release of PostgreSQL."""
    try:
        with (cluster.pgdata / "global" / "pg_control").open("rb") as file:
            return int.from_bytes(file.read(20)[16:], sys.byteorder)
    except FileNotFoundError:  # it is being made
        return None


def _works_in(process: psutil.Process, folder: Path) -> bool:
    if process.status() == psutil.STATUS_ZOMBIE:
        return False
    return Path(process.cwd()) == folder


def _recorded_pid(pid_file: Path) -> int | None:
    try:
        first = pid_file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdigit() else None


def _recorded_postmaster(cluster: Cluster) -> psutil.Process | None:
    pid = _recorded_pid(cluster.pid_file)
    return next((process for process in cluster_processes(cluster) if process.pid == pid), None)


def _end(processes: list[psutil.Process], number: signal.Signals, seconds: float, stopping: Callable[[], bool]) -> None:
    alive = [process for process in processes if _alive(process)]
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    if alive:
        _wait(alive, seconds, stopping)


def _wait(processes: list[psutil.Process], seconds: float, stopping: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(_alive(process) for process in processes):
        if stopping():
            raise EmbeddedPostgresError("Milepost was stopped while PostgreSQL was about to start.")
        time.sleep(0.05)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
