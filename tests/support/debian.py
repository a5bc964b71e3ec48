"""Debian's PostgreSQL 15 in a private cluster: the oldest release that Milepost runs on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support.server import wait_for

BIN = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def debian_postgres() -> Iterator[str]:
    """The superuser's dsn of a running, empty cluster; every local user may sign in as any role."""
    # Short, as a socket's path has a limit; as root PostgreSQL refuses to run.
    with tempfile.TemporaryDirectory(prefix="pg15-", ignore_cleanup_errors=True) as folder:
        user = "nobody" if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        data = Path(folder, "data")
        initdb = [str(BIN / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, capture_output=True, user=user, cwd="/")
        options = ["-c", f"unix_socket_directories={folder}", "-c", "listen_addresses=", "-c", "fsync=off"]
        with Path(folder, "log").open("wb") as log:
            command = [str(BIN / "postgres"), "-D", str(data), *options]
            server = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd="/")
        dsn = f"host={folder} user=postgres dbname=postgres"
        try:
            wait_for(lambda: _answers(dsn), 30, "PostgreSQL 15")
            yield dsn
        finally:
            server.terminate()
            server.wait(20)


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
