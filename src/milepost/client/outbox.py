"""Where records wait for their receipt: the spool on disk, and memory for as long as the disk fails."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from milepost.client.capture import EVENT, Kind
from milepost.client.owner import Owner, Suspect, bury_dead
from milepost.client.report import Reporter
from milepost.client.spool import Held, Pending, Spool, is_corrupt

_FAILURES = (sqlite3.Error, OSError)
_inherited: list[Spool] = []
_RETRY_SECONDS = 15.0  # how long a failed disk is left alone


class Batch(NamedTuple):
    """Rows for one request, all from the same place."""

    kind: Kind
    rows: list[Held]
    on_disk: bool


class Mark(NamedTuple):
    """A moment in the outbox, to ask later whether everything from before has gone."""

    disk: int
    memory: int


def default_spool_dir() -> Path:
    """Where the spool lies when nothing else is said: kept over restarts, private to the user."""
    if given := os.environ.get("MILEPOST_SPOOL_DIR"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~")).expanduser() / "milepost" / "spool"
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "milepost" / "spool"


def spool_file(directory: Path, host: str) -> Path:
    """The file for one server. The write key is no part of it: what waits goes with the key of today."""
    place = re.sub(r"[^A-Za-z0-9.-]+", "-", urlsplit(host).netloc or host)[:60]
    return directory / f"{place}-{zlib.crc32(host.encode()):08x}.v1.sqlite3"


class Outbox:
    """Thread-safe. No method raises for a failing disk: it is counted, reported once, and lived with."""

    def __init__(self, file: Path | None, reporter: Reporter, max_disk_bytes: int, max_memory_bytes: int) -> None:
        """`file=None` means memory only. Nothing is opened before it is needed."""
        self._file = file
        self._owners = file.with_suffix(".owners") if file else None
        self._reporter = reporter
        self._max_disk_bytes = max_disk_bytes
        self._max_memory_bytes = max_memory_bytes
        self.reset()

    def reset(self) -> None:
        """Forgets everything it holds, as a forked child must: it is the parent's."""
        self._mutex = threading.Lock()
        self._disk: Spool | None = None
        self._memory: Spool | None = None
        self._owner: Owner | None = None
        self._insert_again_at = 0.0
        self._open_again_at = 0.0
        self._failing = False
        self._counted = 0  # the disk spool's count while it is not open
        # Delivered rows the disk would not let us delete: they must not be sent again.
        self._undeletable: set[int] = set()

    # -- the spooler's side ---------------------------------------------------------------------

    def insert(self, rows: Sequence[Pending]) -> list[Held]:
        """Keeps rows; returns what had to be given up for them."""
        with self._mutex:
            given_up = self._insert_on_disk(rows)
            return self._open_memory().insert(rows) if given_up is None else given_up

    def _insert_on_disk(self, rows: Sequence[Pending]) -> list[Held] | None:
        if self._failing and time.monotonic() < self._insert_again_at:
            return None
        for _ in range(2):  # twice: a damaged file is moved aside and replaced
            disk = self._open_disk()
            if disk is None:
                return None
            try:
                given_up = disk.insert(rows)
            except _FAILURES as error:
                if not self._disk_failed(error):
                    return None
            else:
                if self._failing:
                    self._failing = False
                    self._reporter.solved("spool_unavailable")
                return given_up
        return None

    # -- the sender's side ----------------------------------------------------------------------

    def next_batch(self, limit: int, max_bytes: int) -> Batch:
        """The oldest rows for one request; an empty batch when nothing waits."""
        with self._mutex:
            disk = self._open_disk()
            if disk is not None:
                try:
                    self._delete_leftovers(disk)
                    kind, rows = disk.next_batch(limit, max_bytes, self._undeletable)
                    if rows:
                        return Batch(kind, rows, on_disk=True)
                except _FAILURES as error:
                    self._disk_failed(error, reading=True)
            if self._memory is not None:
                return Batch(*self._memory.next_batch(limit, max_bytes, set()), on_disk=False)
            return Batch(EVENT, [], on_disk=False)

    def remove(self, batch: Batch) -> None:
        """The batch has its receipt (or was given up): it must not be sent again."""
        seqs = [row.seq for row in batch.rows]
        with self._mutex:
            if not batch.on_disk:
                if self._memory is not None:
                    self._memory.delete(seqs)
                return
            self._undeletable.update(seqs)
            disk = self._open_disk()
            if disk is not None:
                try:
                    self._delete_leftovers(disk)
                except _FAILURES as error:
                    self._disk_failed(error)

    def _delete_leftovers(self, disk: Spool) -> None:
        if self._undeletable:
            with contextlib.suppress(sqlite3.OperationalError):  # full or busy: at the next batch
                disk.delete(self._undeletable)
                self._undeletable.clear()

    def adopt(self) -> int:
        """Takes over the rows of processes that are no more; returns how many."""
        with self._mutex:
            disk = self._open_disk()
            if disk is None or self._owners is None:
                return 0
            if not disk.is_in_place():
                self._rescue(disk)
                return 0
            suspects: dict[str, Suspect] = {}

            def is_dead(name: str) -> bool:
                suspect = suspects[name] = Suspect(self._owners or Path(), name)
                return not name or suspect.is_dead()

            try:
                number = disk.adopt(is_dead)
            except _FAILURES as error:
                self._disk_failed(error, reading=True)
                return 0
            finally:
                for suspect in suspects.values():
                    suspect.release()
            with contextlib.suppress(OSError):
                bury_dead(self._owners)
            return number

    def _rescue(self, disk: Spool) -> None:
        """Somebody removed the file while it was open: its rows go to memory, and from there to a new one."""
        try:
            while rows := (batch := disk.next_batch(500, 1 << 22, self._undeletable))[1]:
                self._open_memory().insert([Pending(row.record_id, batch[0], row.rank, row.body) for row in rows])
                disk.delete([row.seq for row in rows])
        except _FAILURES as error:
            self._disk_failed(error, reading=True)
        self._close_disk()
        self._counted = 0
        self._undeletable.clear()
        if self._owner is not None:
            self._owner.release()
            self._owner = None

    def recover(self) -> list[Held]:
        """Moves what waits in memory to the disk, once the disk works again; returns what found no room."""
        lost: list[Held] = []
        with self._mutex:
            if self._memory is None or self._file is None:
                return lost
            while self._memory.count:
                kind, rows = self._memory.next_batch(500, 1 << 22, set())
                moved = [Pending(row.record_id, kind, row.rank, row.body) for row in rows]
                given_up = self._insert_on_disk(moved)
                if given_up is None:
                    break
                self._memory.delete([row.seq for row in rows])
                lost += given_up
        return lost

    def mark(self) -> Mark:
        """This moment: everything that waits now."""
        with self._mutex:
            disk = 0
            if self._disk is not None:
                try:
                    disk = self._disk.highest()
                except _FAILURES as error:
                    self._disk_failed(error, reading=True)
            return Mark(disk, self._memory.highest() if self._memory else 0)

    def gone(self, mark: Mark) -> bool:
        """Whether everything from before `mark` has left."""
        with self._mutex:
            if self._memory is not None and self._memory.has_up_to(mark.memory):
                return False
            if self._disk is None:
                return self._counted == 0
            if self._undeletable:
                return self._disk.count <= len(self._undeletable)
            try:
                return not self._disk.has_up_to(mark.disk)
            except _FAILURES as error:
                self._disk_failed(error, reading=True)
                return False

    # -- state ----------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Rows without a receipt, on disk and in memory. Costs no query."""
        disk = self._disk
        on_disk = disk.count if disk is not None else self._counted
        return max(0, on_disk - len(self._undeletable)) + self.in_memory

    @property
    def in_memory(self) -> int:
        memory = self._memory
        return memory.count if memory is not None else 0

    @property
    def on_disk(self) -> bool:
        """Whether new rows go to the disk."""
        return self._file is not None and not self._failing

    def has_leftovers(self) -> bool:
        """Whether an earlier process left rows in the file. Quick, and leaves nothing open."""
        if self._file is None or not self._file.exists():
            return False
        try:
            db = sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)
        except sqlite3.Error:
            return True  # the sender finds out what is wrong with it
        try:
            row: tuple[int] = db.execute("SELECT EXISTS (SELECT 1 FROM outbox)").fetchone()
            return row != (0,)
        except sqlite3.Error:
            return True
        finally:
            db.close()

    # -- fork and close -------------------------------------------------------------------------

    def before_fork(self, timeout: float) -> bool:
        """Closes the database and holds everybody off: SQLite must not be open across a fork."""
        if not self._mutex.acquire(timeout=timeout):
            return False
        self._close_disk()
        return True

    def after_fork_in_parent(self) -> None:
        self._mutex.release()

    def after_fork_in_child(self) -> None:
        if self._owner is not None:
            self._owner.forget()
        if self._disk is not None:
            _inherited.append(self._disk)  # it could not be closed in time; here it must not be, nor used
        self.reset()

    def close(self) -> list[Held]:
        """Closes the file; its rows are free for the next process. Returns what was in memory, now lost."""
        with self._mutex:
            lost: list[Held] = []
            if self._memory is not None:
                while rows := self._memory.next_batch(1000, 1 << 30, set())[1]:
                    self._memory.delete([row.seq for row in rows])
                    lost += rows
            if self._disk is not None:
                with contextlib.suppress(*_FAILURES):
                    self._delete_leftovers(self._disk)
            self._close_disk()
            self._counted = 0
            if self._owner is not None:
                self._owner.release()
                self._owner = None
            return lost

    # -- the disk -------------------------------------------------------------------------------

    def _open_disk(self) -> Spool | None:
        """The spool, opened if need be; None while there is none to be had."""
        if self._file is None or self._owners is None:
            return None
        if self._disk is not None or time.monotonic() < self._open_again_at:
            return self._disk
        for _ in range(2):  # twice: a damaged file is moved aside and replaced
            try:
                if self._owner is None:
                    self._owner = Owner(self._owners)
                self._disk = Spool(self._file, self._owner.name, self._max_disk_bytes)
                break
            except _FAILURES as error:
                if not self._disk_failed(error, reading=True):
                    break
        return self._disk

    def _close_disk(self) -> None:
        if self._disk is not None:
            self._counted = self._disk.count
            with contextlib.suppress(sqlite3.Error):
                self._disk.close()
            self._disk = None

    def _disk_failed(self, error: BaseException, *, reading: bool = False) -> bool:
        """Notes the failure. True when the file was damaged and has been moved out of the way."""
        if self._file is not None and is_corrupt(error):
            inode = self._disk.inode if self._disk is not None else None
            self._close_disk()
            self._counted = 0
            self._undeletable.clear()
            try:
                aside = _move_aside(self._file, inode)
            except OSError as problem:
                error = problem
            else:
                self._reporter.error(
                    "spool_corrupt", f"The spool {self._file} was damaged ({error}) and has been moved to {aside}."
                )
                return True
        self._insert_again_at = time.monotonic() + _RETRY_SECONDS
        if reading:
            self._close_disk()
            self._open_again_at = self._insert_again_at
        self._failing = True
        self._reporter.error(
            "spool_unavailable",
            f"The spool {self._file} cannot be used ({error}); new events wait in memory and would be lost with "
            f"this process. Free the disk, or choose another spool_dir.",
            once=True,
        )
        return False

    def _open_memory(self) -> Spool:
        if self._memory is None:
            self._memory = Spool(None, "", self._max_memory_bytes)
        return self._memory


def _move_aside(file: Path, inode: int | None) -> Path:
    aside = file.with_name(f"{file.name}.corrupt-{time.time_ns()}")
    with contextlib.suppress(FileNotFoundError):
        if inode is not None and file.stat().st_ino != inode:
            return aside  # another process did it and has begun a new file
        os.replace(file, aside)
        for suffix in ("-wal", "-shm"):
            os.replace(f"{file}{suffix}", f"{aside}{suffix}")
    return aside
