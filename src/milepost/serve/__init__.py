"""The process that serves: it owns the embedded PostgreSQL and the listening socket, and keeps a worker alive.

    parent (this file) --+-- worker: the HTTP server (uvicorn, behind `door.py`) with the application
                         +-- the owner of the column store (milepost.columns.service)
                         +-- PostgreSQL, when embedded

A worker's death costs neither the database nor a connection that waits in the socket's queue; the parent's
death takes both down. Workers read `MILEPOST_*` like any process: the parent hands its settings on through the
environment, with `MILEPOST_DATABASE_URL` naming the embedded database, so a worker sees one kind of database only.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
import time
from dataclasses import replace

from milepost.access.secrets import root_secret
from milepost.errors import EmbeddedPostgresError, SettingsError
from milepost.logs import configure_logging
from milepost.processes import PARENT
from milepost.serve.columns import ColumnsProcess
from milepost.serve.workers import WorkerKeeper
from milepost.settings import Settings, to_environ
from milepost.store.embedded import FAST_STOP_SECONDS, EmbeddedPostgres, Progress
from milepost.store.room import DISK

log = logging.getLogger("milepost.serve")

TARGET = "milepost.app:create_app"
_BACKLOG = 2048
#: For as long a worker that was just being made may hold the socket of a server that was killed.
_LEFT_SECONDS = 2.0


def run_server(settings: Settings, *, target: str = TARGET, progress: Progress | None = None) -> int:
    """Serves until SIGTERM, SIGINT or SIGHUP; returns the process's exit code. Call it from the main thread.

    `target` is `module:factory` of an ASGI application; `progress` is told what a long start of the embedded
    PostgreSQL waits for. A first signal finishes what was accepted (20 s at most), a second one hurries.
    """
    configure_logging(settings)
    try:
        listener = listen(settings)
    except SettingsError as error:
        log.error(error.message)
        return 1
    postgres: EmbeddedPostgres | None = None
    try:
        if settings.embedded:
            postgres = EmbeddedPostgres(settings.data_dir)
    except EmbeddedPostgresError as error:
        log.error(error.message)
        listener.close()
        return 1
    given = settings
    if postgres is not None:
        given = replace(settings, database_url=postgres.dsn, sql_url=settings.sql_url or postgres.sql_dsn)
    os.environ.update(to_environ(given))
    os.environ[PARENT] = str(os.getpid())
    os.environ[DISK] = "" if postgres is None else str(settings.data_dir)

    server = WorkerKeeper(target, listener, settings)
    columns = ColumnsProcess() if settings.columns else None
    starter = threading.Thread(target=_start, args=(postgres, server, progress), name="postgres-starter")
    try:
        if postgres is not None:
            server.on_hurry = postgres.hurry
            starter.start()
            _wait_for_secrets(settings, server)
        if columns is not None:
            columns.start()
        log.info("Milepost listens at %s", settings.url)
        server.run()
    finally:
        server.kill()
        if columns is not None:
            columns.stop()
        if postgres is not None:  # last, as the workers' commits need it
            postgres.stop(1.0 if server.hurried else FAST_STOP_SECONDS)
            if starter.ident is not None:
                starter.join()
    log.info("Milepost has stopped")
    return server.exit_code


def listen(settings: Settings) -> socket.socket:
    """The listening socket. Raises SettingsError when the address cannot be used."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    until = time.monotonic() + _LEFT_SECONDS
    while True:
        try:
            return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                message = f"Cannot listen on {settings.host} port {settings.port}: {error}. Choose --host and --port."
                raise SettingsError(message, field="MILEPOST_PORT") from error
            if time.monotonic() > until:
                message = (
                    f"Port {settings.port} of {settings.host} is in use. Stop what listens there, or choose --port."
                )
                raise SettingsError(message, field="MILEPOST_PORT") from error
        time.sleep(0.05)


def _wait_for_secrets(settings: Settings, server: WorkerKeeper) -> None:
    """Until the server's secret could be written: without it a worker ends, and a service manager starts us anew."""
    said = False
    while not server.stopping:
        try:
            root_secret(settings)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                return  # the worker says what it is
            if not said:
                log.error("The disk of %s is full: waiting for room to write the server's secret", settings.data_dir)
            said = True
            time.sleep(1.0)
        else:
            return


def _start(postgres: EmbeddedPostgres, server: WorkerKeeper, progress: Progress | None) -> None:
    """Starts PostgreSQL beside the HTTP server; what cannot be started ends the server."""
    try:
        postgres.start(progress)
    except EmbeddedPostgresError as error:
        if not server.stopping:
            log.error(error.message)
            server.fail()
    except BaseException:
        log.exception("The embedded PostgreSQL did not start")
        server.fail()
