"""The process that owns the column store: it loads, answers questions, and dies with the server.

A process of its own, so that a long question costs the server's event loop nothing, may use what the scheduler has
left over, and takes nothing else down when the engine fails. `python -m milepost.columns.service` runs it; it reads
`MILEPOST_*` like any process. Exit code 3: the files were damaged and moved aside, so start it again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg

from milepost.columns import place
from milepost.columns.engine import Engine
from milepost.columns.loader import Loader
from milepost.columns.mending import Damaged
from milepost.columns.mirror import Mirror
from milepost.columns.protocol import (
    Answered,
    Failed,
    Fresh,
    GetFreshness,
    Progressed,
    Query,
    Rebuild,
    Rebuilt,
    Reply,
    Request,
    Verified,
    Verify,
    frame,
    read_request,
)
from milepost.columns.reading import (
    ColumnsDamaged,
    ColumnsFull,
    ColumnsTaken,
    ColumnsUnavailable,
    QueryResult,
    QuestionFailed,
    QuestionTooLong,
)
from milepost.errors import Problem
from milepost.logs import configure_logging
from milepost.processes import watch_parent
from milepost.settings import Settings, load_settings
from milepost.supervisor import Backoff, Supervisor, Task

log = logging.getLogger("milepost.columns")
#: A third of an ordinary process's share of a busy machine (1.25 ** -5).
_NICE = 5

DAMAGED = 3
#: Statements at once; further ones wait their turn. On few cores more at once would only all be late.
_AT_ONCE = 4
#: The engine looks at its clock between blocks of rows only: past the limit by this much, it is told.
_GRACE_SECONDS = 1.0
_STOP_AGAIN_SECONDS = 0.1
_WATCH_SECONDS = 1.0
_PAUSES = Backoff(first=_WATCH_SECONDS, most=10.0)
#: A load under way may finish within these; what it has begun by then is loaded again after the next start.
_STOP_SECONDS = 1.0


class Service:
    """Answers requests for one engine and its loader."""

    def __init__(self, engine: Engine, loader: Loader, settings: Settings) -> None:
        self._engine = engine
        self._loader = loader
        self._limits = {
            "max_memory_usage": settings.columns_memory_mb << 20,
            "max_bytes_before_external_group_by": (settings.columns_memory_mb << 20) // 2,
            "max_bytes_before_external_sort": (settings.columns_memory_mb << 20) // 2,
        }
        self._seconds = settings.query_seconds
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_AT_ONCE + 4, thread_name_prefix="columns")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, its replies."""
        try:
            request = await read_request(reader)
            answering = asyncio.ensure_future(self._answer(request, writer))
            # Nothing more comes from the other side: when something does, it is the end.
            leaving = asyncio.ensure_future(reader.read(1))
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        except (EOFError, ConnectionError, msgspec.MsgspecError) as error:
            log.debug("a request of the column store could not be read: %s", error)
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        def progress(done: int, of: int) -> None:
            loop.call_soon_threadsafe(writer.write, frame(Progressed(done, of)))

        loop, began = asyncio.get_running_loop(), time.monotonic()
        try:
            reply = await self._reply(request, progress)
        except Problem as problem:
            if isinstance(problem, ColumnsDamaged):
                self._loader.suspect(began)
            reply = Failed(problem.code, problem.message, problem.retry_after)
        except Exception:
            log.exception("a request of the column store failed")
            reply = Failed(QuestionFailed.code, QuestionFailed().message, None)
        writer.write(frame(reply))
        await writer.drain()

    async def _reply(self, request: Request, progress: Callable[[int, int], None]) -> Reply:
        loop = asyncio.get_running_loop()
        match request:
            case Query():
                return await self._query(request)
            case GetFreshness():
                fresh = self._loader.freshness()
                return Fresh(fresh.at, fresh.building, fresh.rolled_up, fresh.trouble)
            case Rebuild():
                return Rebuilt(await loop.run_in_executor(self._threads, self._loader.rebuild, progress))
            case Verify():
                proof = await loop.run_in_executor(self._threads, self._loader.verify)
                return Verified(proof.days, proof.events, proof.traits, proof.differences)

    async def _query(self, query: Query) -> Answered:
        fresh = self._loader.freshness()
        if fresh.at is None:
            done, of = fresh.building or (0, 0)
            share = f" It is {done * 100 // of} % done." if of else ""
            raise ColumnsUnavailable(f"The column store is being built from the events.{share}", retry_after=5)
        async with self._turns:
            name = str(uuid4())
            running = asyncio.get_running_loop().run_in_executor(
                self._threads,
                partial(
                    self._engine.query,
                    query.sql,
                    query.parameters,
                    settings=self._limits,
                    name=name,
                    seconds=self._seconds,
                ),
            )
            try:
                rows = await asyncio.wait_for(asyncio.shield(running), self._seconds + _GRACE_SECONDS)
            except (TimeoutError, asyncio.CancelledError) as why:
                await self._stop(name, running)
                if isinstance(why, TimeoutError):
                    raise QuestionTooLong from why
                raise
            return Answered(rows.names, list(rows.rows))

    async def _stop(self, name: str, running: asyncio.Future[QueryResult]) -> None:
        """Returns when it has ended: only then is it the next one's turn. The engine may not know of it yet."""
        while not running.done():
            try:
                await asyncio.get_running_loop().run_in_executor(self._threads, self._engine.stop, name)
            except Problem as problem:
                log.warning("a question could not be stopped: %s", problem.message)
            await asyncio.wait({running}, timeout=_STOP_AGAIN_SECONDS)
        with suppress(Problem):
            running.result()


def main() -> int:
    """Runs until SIGTERM or the parent's death."""
    watch_parent()
    settings = load_settings()
    configure_logging(settings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the parent, which ends us in its turn
    _stand_back()
    # Held until the end of the process, whichever it is: a server that starts waits here for a command's to end.
    place.wait_for_turn(settings.data_dir)
    folder = place.directory(settings.data_dir)
    try:
        engine = Engine(folder, settings.columns_url)
        # Clients of its own for the loader: nothing that is asked can come between.
        mirror = Mirror(Engine(folder, settings.columns_url))
        loader = Loader(mirror, settings.database_url, shared=not engine.embedded)
    except (ColumnsFull, ColumnsTaken) as error:
        log.error("the column store cannot be opened: %s", error.message)
        return 1
    except (ColumnsUnavailable, QuestionFailed) as error:
        log.error("the column store cannot be opened: %s", error)
        return 1 if settings.columns_url else _move_aside(folder)
    code = asyncio.run(_run(Service(engine, loader, settings), loader, settings))
    if code == DAMAGED and engine.embedded:
        _move_aside(folder)
    # Not the interpreter's way out: it would wait for threads whose statements nobody wants any more.
    logging.shutdown()
    os._exit(code)


def _stand_back() -> None:
    """Ingest comes first: where the machine is busy, this takes a third of what the server does, for its questions; but
    not so little that it falls behind."""
    with suppress(OSError):
        # Linux shares the cores between sessions first, so this is one of its own.
        os.setsid()
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE))
    with suppress(OSError):
        os.nice(_NICE)


async def _run(service: Service, loader: Loader, settings: Settings) -> int:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not done.done():
            done.set_result(code)

    # Not the event loop's own threads: for those it would wait at the end, however long a load takes.
    thread = ThreadPoolExecutor(1, thread_name_prefix="columns-loader")

    async def load(task: Task) -> None:
        try:
            await loop.run_in_executor(thread, loader.run, task.works)
        except (psycopg.Error, Problem):
            raise
        except Exception as error:
            # Nobody knows what state it is in: the whole process is started again.
            end(DAMAGED if isinstance(error, Damaged) else 1)
            raise

    async def stop() -> None:
        loader.stop()

    loop.add_signal_handler(signal.SIGTERM, end, 0)
    path = place.socket_path(settings.data_dir)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(service.serve, path)
    path.chmod(0o600)
    supervisor = Supervisor()
    supervisor.start("columns-loader", load, backoff=_PAUSES, stop=stop, patience=_STOP_SECONDS)
    if not settings.columns_url:
        supervisor.start("columns-folder", partial(_watch, place.directory(settings.data_dir), end), once=True)
    async with server:
        code = await done
    await supervisor.close()
    path.unlink(missing_ok=True)
    return code


async def _watch(folder: Path, end: Callable[[int], None], _: Task) -> None:
    """The folder may be deleted at any time: then this process holds files that are no more, and must go."""
    known = _identity(folder)
    while _identity(folder) == known:  # noqa: ASYNC110 -- a folder sends no events
        await asyncio.sleep(_WATCH_SECONDS)
    log.warning("the column store's folder was deleted: rebuilding it")
    end(DAMAGED)


def _identity(folder: Path) -> tuple[int, ...]:
    """What changes when the folder or what is in it is deleted, even if somebody makes them again."""
    try:
        return tuple(path.stat().st_ino for path in (folder, folder / "store"))
    except FileNotFoundError:
        return ()


def _move_aside(folder: Path) -> int:
    """Keeps the newest damaged folder for whoever wants to know why."""
    if folder.exists():
        aside = folder.with_name("columns.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        log.warning("the damaged column store is kept in %s; a new one is built from PostgreSQL", aside)
    return DAMAGED


if __name__ == "__main__":
    sys.exit(main())
