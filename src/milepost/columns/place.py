"""Where the column store of a data folder is, and where its owner listens."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
from pathlib import Path

log = logging.getLogger("milepost.columns")

_LITTLE = 1 << 20
#: A Unix socket's address may have 108 bytes on Linux, 104 on macOS, its end included.
_LONGEST = 100


def directory(data_dir: Path) -> Path:
    """The engine's own folder: it may be deleted at any time and is built anew."""
    return data_dir / "columns"


def wait_for_turn(data_dir: Path) -> int:
    """Waits until no other process has the column store of this folder; answers the lock's descriptor.

    The kernel lets go of it when this process ends. Two engines in one folder take each other's files for damaged.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data_dir / "columns.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log.warning("another process has the column store in %s: waiting for it to end", directory(data_dir))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def is_open(folder: Path) -> bool:
    """Whether a process has the engine's folder open, be it one that knows nothing of `wait_for_turn`."""
    try:
        with (folder / "status").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def is_full(folder: Path) -> bool:
    """Whether there is no space left on its disk: so little that the engine may not even start."""
    try:
        return shutil.disk_usage(folder).free < _LITTLE
    except FileNotFoundError:
        return shutil.disk_usage(folder.parent).free < _LITTLE


def socket_path(data_dir: Path) -> Path:
    """Where the owner listens: in the data folder, or, where that path is too long for a socket, beside other
    temporary files in a folder of this user's alone. Raises PermissionError where somebody else made that one."""
    inside = data_dir.absolute() / "columns.sock"
    if len(os.fsencode(inside)) <= _LONGEST:
        return inside
    name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"milepost-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to somebody else. Remove it, or choose a shorter data folder.")
    return folder / "columns.sock"
