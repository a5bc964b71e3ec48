"""The embedded PostgreSQL: started with the server, kept alive while it runs, stopped with it.

`EmbeddedPostgres` is for the process that owns the data folder, `attach_or_start` for commands that
want the database of a folder, whoever runs it.
"""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from milepost.errors import EmbeddedPostgresError
from milepost.store.embedded_cluster import locate
from milepost.store.embedded_config import SQL_ROLE
from milepost.store.embedded_database import admin_dsn, ensure_database, running_dsn, says_ready
from milepost.store.embedded_lock import AlreadyOwned, OwnerLock
from milepost.store.embedded_log import last_lines, rotate
from milepost.store.embedded_process import BEGIN_SECONDS, Postmaster, clear_leftovers, is_recovering, is_shutting_down
from milepost.store.room import lacks_to_start

__all__ = ["FAST_STOP_SECONDS", "AlreadyOwned", "EmbeddedPostgres", "attach_or_start"]

log = logging.getLogger("milepost.postgres")

_PROGRESS_SECONDS = 2.0
_FIRST_ATTEMPTS = 3  # exits during the first start until it is an error; signals do not count
_MAX_BACKOFF_SECONDS = 15.0
FAST_STOP_SECONDS = 45.0  # for the last checkpoint; what it does not write, the next start recovers
_POLL_SECONDS = 0.05
_FULL_SECONDS = 30.0  # between two lines of log that say so
_NO_SPACE = "No space left on device"

Progress = Callable[[str], None]


class EmbeddedPostgres:
    """A real PostgreSQL in `data_dir`, owned by this process.

    `start()` waits for as long as PostgreSQL needs; from then on a thread starts it again whenever it
    dies, until `stop()`. When this process is killed, PostgreSQL shuts down by itself.
    """

    def __init__(self, data_dir: Path, *, guardian: bool = sys.platform != "linux") -> None:
        """`guardian`: a process of its own ends PostgreSQL after our death; Linux's kernel does it without one."""
        self._cluster = locate(data_dir)
        self._guardian = guardian
        self._lock = OwnerLock(self._cluster.data_dir)
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._ready = threading.Event()  # set while PostgreSQL accepts connections
        self._decided = threading.Event()  # the first start is over, well or not
        self._failure: BaseException | None = None
        self._postmaster: Postmaster | None = None
        self._keeper: threading.Thread | None = None
        self._progress: Progress | None = None
        self._restarts = 0

    @property
    def dsn(self) -> str:
        """Connects to database `milepost` as its owner, who is no superuser. Known before the start."""
        return self._cluster.dsn()

    @property
    def sql_dsn(self) -> str:
        """Connects to database `milepost` as the role of analysts' statements."""
        return self._cluster.dsn(SQL_ROLE)

    @property
    def admin_dsn(self) -> str:
        """Connects as the superuser, to database `postgres`: for repairs, never for serving."""
        return admin_dsn(self._cluster)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None while there is none."""
        return None if self._postmaster is None else self._postmaster.pid

    @property
    def ready(self) -> bool:
        """Whether it accepted connections when last looked at."""
        return self._ready.is_set()

    @property
    def restarts(self) -> int:
        """How often PostgreSQL died and was started again."""
        return self._restarts

    def start(self, progress: Progress | None = None) -> None:
        """Returns when PostgreSQL accepts connections; `progress` is told every few seconds what it waits for.

        Raises AlreadyOwned when another process owns the folder, EmbeddedPostgresError with the last lines
        of the log when PostgreSQL does not start.
        """
        if self._keeper is not None:
            raise EmbeddedPostgresError("This EmbeddedPostgres has been started before. Make a new one.")
        self._lock.acquire()
        self._progress = progress
        with self._turn:  # a stop() comes before the keeper, or finds it running
            if self._stopping.is_set():
                self._lock.release()
                raise EmbeddedPostgresError("Milepost was stopped while PostgreSQL was starting.")
            keeper = threading.Thread(target=self._keep, name="postgres-keeper", daemon=True)
            keeper.start()
            self._keeper = keeper
        try:
            self._decided.wait()
        except BaseException:  # a Ctrl-C
            self.stop()
            raise
        if self._failure is not None:
            self.stop()
            raise self._failure

    def stop(self, fast_seconds: float = FAST_STOP_SECONDS) -> None:
        """Shuts PostgreSQL down: orderly within `fast_seconds`, at once after that. Safe to call twice."""
        with self._turn:
            self._stopping.set()
            keeper = self._keeper
        if keeper is not None and keeper is not threading.current_thread():
            self._finish(keeper, fast_seconds)
            for number, seconds in ((signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
                if not keeper.is_alive():
                    break
                log.warning("PostgreSQL has not stopped: sending it %s", number.name)
                postmaster = self._postmaster
                if postmaster is not None:
                    postmaster.send(number)
                keeper.join(seconds)
        self._lock.release()

    def _finish(self, keeper: threading.Thread, seconds: float) -> None:
        """An orderly shutdown, while that is getting anywhere: asked while it recovers, PostgreSQL 18 hangs."""
        began = time.monotonic()
        postmaster = self._postmaster
        if postmaster is not None:
            if is_recovering(self._cluster):
                return
            postmaster.send(signal.SIGINT)
            keeper.join(min(BEGIN_SECONDS, seconds))
        while keeper.is_alive() and time.monotonic() - began < seconds:
            if self._postmaster is not None and not is_shutting_down(self._cluster):
                return
            keeper.join(0.5)

    def hurry(self) -> None:
        """While `stop()` waits: gives up the orderly shutdown. Committed is committed; the next start recovers."""
        postmaster = self._postmaster
        if postmaster is not None and self._stopping.is_set():
            postmaster.send(signal.SIGQUIT)

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- The keeper thread: it alone starts PostgreSQL, so it must live as long ---------------------

    def _keep(self) -> None:
        try:
            self._wait_for_room()
            if not self._stopping.is_set():
                self._cluster.prepare()
            self._live_and_live_again()
        except BaseException as error:  # noqa: BLE001 -- the thread has no caller: start() raises it
            self._failure = error
        finally:
            if self._failure is None and not self._decided.is_set():
                self._failure = EmbeddedPostgresError("Milepost was stopped while PostgreSQL was starting.")
            if self._cluster.socket_dir.parent != self._cluster.data_dir:
                shutil.rmtree(self._cluster.socket_dir, ignore_errors=True)  # under the temp folder
            self._decided.set()

    def _live_and_live_again(self) -> None:
        exits = deaths = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self._wait_for_room()
                if self._stopping.is_set():
                    return
                rotate(self._cluster.log_file, at_start=True)
                clear_leftovers(self._cluster, self._stopping.is_set)
                code = self._one_life()
            except Exception as error:  # a full disk, no more processes: nothing ends the keeper
                if not self._decided.is_set() or self._stopping.is_set():
                    raise
                what = f"PostgreSQL could not be started: {error}"
            else:
                if self._stopping.is_set():
                    return
                full = _NO_SPACE in last_lines(self._cluster.log_file, 12)
                exits += code >= 0 and not full
                if not self._decided.is_set() and exits >= _FIRST_ATTEMPTS:
                    raise EmbeddedPostgresError(self._did_not_start(code))
                what = f"PostgreSQL ended with code {code}" + (": the disk is full" if full else "")
            self._restarts += 1
            deaths = 1 if time.monotonic() - started > 60 else deaths + 1
            # The first restart is immediate, then ever slower: 0, 0.5, 1, 2, ... seconds.
            delay = 0.0 if deaths == 1 else min(0.25 * 2.0 ** (deaths - 1), _MAX_BACKOFF_SECONDS)
            log.error("%s; starting it again in %g s", what, delay)
            self._stopping.wait(delay)

    def _one_life(self) -> int:
        """Starts PostgreSQL and stays until it has ended. Returns its exit code."""
        postmaster = self._postmaster = Postmaster(self._cluster, guardian=self._guardian)
        try:
            if self._stopping.is_set():  # stop() may have looked before there was somebody to signal
                postmaster.send(signal.SIGINT)
            code = self._until_ready(postmaster)
            while code is None:
                code = postmaster.wait(60.0)
                rotate(self._cluster.log_file)
            return code
        except BaseException:
            postmaster.send(signal.SIGQUIT)  # nobody would look after it
            postmaster.wait(10.0)
            raise
        finally:
            self._postmaster = None
            self._ready.clear()

    def _until_ready(self, postmaster: Postmaster) -> int | None:
        """Waits without a limit while the process lives. None: it accepts connections; else its exit code."""
        began = reported = time.monotonic()
        while (code := postmaster.wait(_POLL_SECONDS)) is None:
            if not self._stopping.is_set() and says_ready(self._cluster, self.pid) and ensure_database(self._cluster):
                self._ready.set()
                self._decided.set()
                log.info("PostgreSQL accepts connections after %.1f s", time.monotonic() - began)
                return None
            now = time.monotonic()
            if now - reported >= _PROGRESS_SECONDS and not self._stopping.is_set():
                reported = now
                self._tell(
                    f"PostgreSQL is recovering, {now - began:.0f} s so far: {last_lines(self._cluster.log_file, 1)}"
                )
        return code

    def _wait_for_room(self) -> None:
        """Says that the disk is full and looks again, rather than end and be started over and over."""
        reported = -_FULL_SECONDS
        folder = self._cluster.data_dir
        while not self._stopping.is_set():
            lacking = lacks_to_start(folder, empty=not self._cluster.pgdata.exists())
            if lacking is None:
                return
            if time.monotonic() - reported >= _FULL_SECONDS:
                reported = time.monotonic()
                log.error("PostgreSQL waits to be started. %s", lacking)
                if self._progress is not None:
                    self._progress(lacking)
            self._stopping.wait(0.5)

    def _tell(self, text: str) -> None:
        log.info(text)
        if self._progress is not None:
            self._progress(text)

    def _did_not_start(self, code: int) -> str:
        return (
            f"PostgreSQL in {self._cluster.pgdata} does not start (exit code {code}). "
            f"The end of {self._cluster.log_file}:\n{last_lines(self._cluster.log_file, 12)}"
        )


@contextmanager
def attach_or_start(data_dir: Path, progress: Progress | None = None) -> Iterator[str]:
    """The DSN of the folder's database for one command: of the server that runs there, else of a PostgreSQL
    started for the command and stopped after it.

    Waits for a server that is itself still starting. Raises EmbeddedPostgresError as `start()` does.
    """
    reported = time.monotonic()
    while True:
        postgres = EmbeddedPostgres(data_dir)
        try:
            postgres.start(progress)
        except AlreadyOwned:
            running = running_dsn(locate(data_dir))
            if running is not None:
                yield running
                return
        else:
            try:
                yield postgres.dsn
            finally:
                postgres.stop()
            return
        if time.monotonic() - reported >= _PROGRESS_SECONDS and progress is not None:
            reported = time.monotonic()
            progress("Waiting for the running server's PostgreSQL to accept connections")
        time.sleep(0.2)
