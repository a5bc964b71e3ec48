"""A limit of memory for one process of a PostgreSQL of our own. PostgreSQL has none, and what is too much for the
machine would end all of its processes; with one, what a statement cannot have is that statement's error.
"""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL
from typing import Final

from psycopg.conninfo import conninfo_to_dict

from milepost.supervisor import in_thread

_log = logging.getLogger(__name__)
#: What a statement's process may allocate, in bytes.
MOST_MEMORY: Final = 512 << 20


async def limit_memory(process: int, dsn: str, data_dir: Path) -> None:
    """Limits the process that answers a connection; nothing where that is another's PostgreSQL."""
    if sys.platform != "linux" or (owner := _owner(dsn, data_dir)) is None:
        return
    try:
        resource.prlimit(process, resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    except PermissionError:
        # The server runs as root and PostgreSQL does not: only who it runs as may, or a root with all rights.
        await in_thread(_limit_as_owner, process, owner)
    except ProcessLookupError:
        _log.debug("a process of PostgreSQL ended before its memory was limited")


def _limit_as_owner(process: int, owner: os.stat_result) -> None:
    try:
        subprocess.run(  # noqa: S603 -- a number of the system's own
            ["prlimit", "--pid", str(process), f"--data={MOST_MEMORY}"],  # noqa: S607 -- where it is differs
            stdin=DEVNULL, capture_output=True, check=True, timeout=10,
            user=owner.st_uid, group=owner.st_gid, extra_groups=[],
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("the memory of a statement is not limited: %s", error)


def _owner(dsn: str, data_dir: Path) -> os.stat_result | None:
    """Whose our own PostgreSQL is; None where another answers: the number of its process is none here."""
    host = str(conninfo_to_dict(dsn).get("host") or "")
    folder = data_dir.expanduser() / "postgres"
    try:
        lines = (folder / "postmaster.pid").read_text("utf-8").splitlines()
        return folder.stat() if len(lines) > 4 and lines[4] == host else None
    except OSError:
        return None
