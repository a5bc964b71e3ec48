"""Who of the processes that share a spool is alive: each holds a lock on a file of its own.

The kernel gives the lock up when the process ends, however it ends, so no clock and no process id is
needed, and containers that share a volume see each other rightly.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Owner:
    """This process's name on its rows, valid as long as the lock is held."""

    def __init__(self, directory: Path) -> None:
        """Takes a fresh name. Raises OSError when the directory cannot be written to or cannot lock."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(10):
            if self._take(directory):
                return
        raise OSError(f"somebody removes the files in {directory} as they are made")

    def _take(self, directory: Path) -> bool:
        """False where the file was taken for a dead one's before it was locked."""
        self.name = f"{os.getpid()}-{os.urandom(8).hex()}"
        self._path = _file(directory, self.name)
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if _try_lock(self._fd) and self._path.exists():
                return True
        except OSError:
            self.release()
            raise
        self.forget()
        return False

    def release(self) -> None:
        """Gives the name up; rows that still bear it are free for others from now on."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.forget()

    def forget(self) -> None:
        """In a forked child: closes our copy of the file; the parent's lock stays with the parent."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = -1


class Suspect:
    """Another process's name, to be checked. While we hold its lock, nobody else can find it dead too."""

    def __init__(self, directory: Path, name: str) -> None:
        self._path = _file(directory, name)
        self._fd = -1

    def is_dead(self) -> bool:
        """Whether its process is no more; if so, its lock is ours until `release`."""
        try:
            self._fd = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        if _try_lock(self._fd):
            return True
        self._close()
        return False

    def bury(self) -> None:
        """Removes the file of a dead one, whose rows have been taken over, and lets go of its lock."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.release()

    def release(self) -> None:
        """Lets go of a dead one's lock."""
        if self._fd >= 0:
            self._close()

    def _close(self) -> None:
        os.close(self._fd)
        self._fd = -1


def bury_dead(directory: Path) -> None:
    """Removes the files of dead processes, once what they left has been taken over."""
    for path in directory.glob("*.lock"):
        suspect = Suspect(directory, path.stem)
        if suspect.is_dead():
            suspect.bury()


def _file(directory: Path, name: str) -> Path:
    return directory / f"{name}.lock"
