"""One owner per data folder: a lock the kernel lets go of when the owner ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path

from milepost.errors import EmbeddedPostgresError


class AlreadyOwned(EmbeddedPostgresError):
    """Another Milepost process owns this data folder."""

    code = "data_dir_in_use"


class OwnerLock:
    """Holds `DATA_DIR/lock`. Children do not inherit it: the file is closed on exec."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "lock"
        self._fd: int | None = None
        self._releasing = threading.Lock()

    def acquire(self) -> None:
        """Raises AlreadyOwned at once when somebody else has it, EmbeddedPostgresError when it cannot be opened."""
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"{self.path} cannot be opened: {error.strerror}. "
                "Run this as the user who runs the server, or choose another --data-dir."
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise AlreadyOwned(
                f"{self.path.parent} is in use by another Milepost (process {owner}). "
                "Stop that one, or choose another --data-dir."
            ) from None
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        text = f"{os.getpid()}\n".encode("ascii")
        with suppress(OSError):  # a full disk: the lock holds without a name in it
            os.pwrite(fd, text, 0)
            os.ftruncate(fd, len(text))

    def release(self) -> None:
        with self._releasing:  # two threads may stop the same server
            fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)
