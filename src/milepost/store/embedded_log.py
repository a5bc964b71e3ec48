"""PostgreSQL's own log file: kept small, and read for its last lines when something went wrong."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger("milepost.postgres")

_OURS = 0o600
MAX_BYTES = 20 * 1024 * 1024


def open_log(path: Path) -> BinaryIO:
    """The log, to write at its end. Nobody else may read it, whatever its mode was: it may quote what people sent."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _OURS), "ab")
    os.fchmod(file.fileno(), _OURS)
    return file


def rotate(path: Path, *, at_start: bool = False) -> None:
    """Keeps the log and one older file, each of at most 20 MB and what a minute adds."""
    older = path.with_name(path.name + ".1")
    try:
        if not path.exists() or path.stat().st_size < (MAX_BYTES // 4 if at_start else MAX_BYTES):
            return
        if at_start:
            path.replace(older)
        else:  # PostgreSQL holds the file open, in append mode: copy it, then empty it
            with open_log(older) as copy, path.open("rb") as source:
                copy.truncate(0)
                shutil.copyfileobj(source, copy)
            with path.open("r+b") as file:
                file.truncate(0)
    except OSError as error:  # a full disk must not cost us PostgreSQL as well
        log.warning("%s could not be rotated: %s", path, error)


def last_lines(path: Path, count: int) -> str:
    """The last `count` lines, "" when there is no log."""
    with suppress(OSError), path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 16_384))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])
    return ""
