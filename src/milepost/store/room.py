"""Whether the disk that the database is on has room for more."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg

from milepost.errors import DatabaseUnavailable, DiskFull

_log = logging.getLogger(__name__)

#: The environment variable by which the parent tells its worker on which folder's disk the embedded database is.
DISK: Final = "MILEPOST_DATABASE_DISK"
_MB: Final = 1 << 20
#: Below a twentieth of the disk, within these bounds, nothing more is taken in: what is left is for PostgreSQL's log,
#: without which it ends, and nothing can be read either.
_LEAST, _MOST = 64 * _MB, 256 * _MB
#: Two files of PostgreSQL's log, with which one that has data can start; a new one takes more.
_START: Final = 32 * _MB
_RETRY_AFTER: Final = 10
#: How long what a database elsewhere said of its disk is believed, where nothing was stored since: senders come again
#: in a fraction of that.
_BELIEVED: Final = 60.0
_TOLD: Final = "The database says that its disk is full. Make room there."


class Room:
    """The room on the disk of `folder`; of a database elsewhere (None) nothing is known but what it says itself."""

    def __init__(self, folder: Path | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._full = False
        self._clock = clock
        self._told: float | None = None

    @classmethod
    def of_database(cls) -> Room:
        """As the parent says."""
        folder = os.environ.get(DISK)
        return cls(Path(folder) if folder else None)

    @property
    def folder(self) -> Path | None:
        """Where the embedded database is; None for one elsewhere."""
        return self._folder

    @property
    def lacking(self) -> str | None:
        """What is wrong and what to do, for those who look after the server; None while there is room.

        Once full it stays so until there is a quarter more, so that it does not change with every batch.
        """
        if self._folder is None:
            return _TOLD if self._told is not None and self._clock() - self._told < _BELIEVED else None
        usage = shutil.disk_usage(self._folder)
        needed = max(_LEAST, min(_MOST, usage.total // 20))
        was_full, self._full = self._full, usage.free < (needed * 5 // 4 if self._full else needed)
        said = _said(self._folder, usage.free, needed * 5 // 4) if self._full else None
        if self._full != was_full:
            _log.warning(said or "There is room on the disk again")
        return said

    def require(self) -> None:
        """Raises DiskFull. A database elsewhere is asked to store it: only so does it tell when there is room."""
        if self._folder is not None and self.lacking is not None:
            raise DiskFull(retry_after=_RETRY_AFTER)

    def unavailable(self, error: BaseException, *, retry_after: int) -> DatabaseUnavailable:
        """What to answer where the database failed like this, `retry_after` seconds unless its disk is full."""
        if isinstance(error, psycopg.errors.DiskFull):
            if self._told is None:
                _log.warning(_TOLD)
            self._told = self._clock()
        if isinstance(error, psycopg.errors.DiskFull) or (self._folder is not None and self.lacking is not None):
            return DiskFull(retry_after=_RETRY_AFTER)
        return DatabaseUnavailable(retry_after=retry_after)

    def stored(self) -> None:
        """Something was stored: a disk that was full is no longer."""
        if self._told is not None:
            self._told = None
            _log.warning("There is room on the database's disk again")


def lacks_to_start(folder: Path, *, empty: bool) -> str | None:
    """What keeps PostgreSQL from starting in `folder`; `empty`: there is no database yet."""
    free, needed = shutil.disk_usage(folder).free, _LEAST if empty else _START
    return _said(folder, free, needed) if free < needed else None


def _said(folder: Path, free: int, needed: int) -> str:
    return f"The disk is full: {free // _MB} MB are free at {folder}, {needed // _MB} MB are needed. Make room there."
