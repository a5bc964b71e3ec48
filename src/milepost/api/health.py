"""Whether the process lives, whether it can serve, and what it counts."""

from __future__ import annotations

import asyncio

import msgspec
from litestar import MediaType, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, disable_created_metrics, generate_latest

from milepost import __version__
from milepost.access.auth import is_insider
from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.errors import DatabaseUnavailable, Problem, Unauthorised
from milepost.export.schedules import failing_exports
from milepost.store.database import Database
from milepost.store.imports import count_imports
from milepost.store.patience import soon

#: Seconds a database may take that lives, and to say whose key it is. Monitors give up after two.
_PULSE = 1.4
_WHOSE_KEY = 0.4
#: Litestar adds the charset itself.
_METRICS = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
# When each series began: as many lines again as there are figures.
disable_created_metrics()  # type: ignore[no-untyped-call]


class FailingTask(msgspec.Struct):
    """Background work that has failed so often in a row, for so many seconds, and is tried again and again."""

    task: str
    failures: int
    seconds: float


class ColumnsHealth(msgspec.Struct):
    """How many seconds the column store is behind PostgreSQL, None while that is not known; and in a sentence what is
    the matter with it, None where nothing is."""

    seconds_behind: float | None
    trouble: str | None


class Health(msgspec.Struct):
    """`reason` says what is missing, None where nothing is; `failing`, `customers_set_aside` and `columns` (None where
    it is switched off) what goes wrong beside that, which the log explains: requests are answered all the same.
    `imports_under_way`: while there is one, game and coach wait. `exports_failing`: schedules whose last run failed.
    Strangers are told the status alone.
    """

    status: str
    version: str | None = None
    reason: str | None = None
    failing: list[FailingTask] = []
    customers_set_aside: int = 0
    imports_under_way: int = 0
    exports_failing: int = 0
    columns: ColumnsHealth | None = None


@get("/health", summary="Is the process alive?", tags=["server"], access=Caller.ANYBODY)
async def get_health(request: AnyRequest) -> Health:
    """200 as long as the process answers, whatever the database does and whichever background work fails. What fails is
    told to a secret key, and to whoever comes from a private address without a proxy in between."""
    return await _health(request, "ok")


@get("/ready", summary="Can it serve?", tags=["server"], access=Caller.ANYBODY)
async def get_ready(request: AnyRequest) -> Response[Health]:
    """200 when the database answers, has room and its schema is current, else 503, to insiders with the reason; within
    two seconds either way."""
    served = services(request)
    reason = served.database.room.lacking or served.not_ready
    # The writer knows at once that the database is away; a query would wait for a connection first.
    if reason is None and not served.writer.available:
        reason = "The event writer has no connection to the database."
    if reason is None:
        try:
            await soon(_ask(served.database), _PULSE)
        except TimeoutError:
            reason = "The database does not answer."
        except Problem as problem:
            reason = problem.message
    if reason is None:
        return Response(await _health(request, "ready"))
    return Response(await _health(request, "not ready", reason), status_code=503, headers={"Retry-After": "2"})


async def _ask(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("select 1")


async def _health(request: AnyRequest, status: str, reason: str | None = None) -> Health:
    served = services(request)
    try:
        inside = await soon(is_insider(request, served.keys), _WHOSE_KEY)
    except (DatabaseUnavailable, TimeoutError):  # it cannot be asked about the key
        inside = False
    if not inside:
        return Health(status)
    failing = [FailingTask(task.task, task.failures, round(task.seconds, 1)) for task in served.supervisor.failing()]
    watch, behind = served.columns_watch, served.columns_watch.seconds_behind
    columns = ColumnsHealth(None if behind is None else round(behind, 1), watch.trouble or None)
    on = served.settings.columns
    imports, exports = await _transfers(served.database)
    aside = len(served.aside)
    return Health(status, __version__, reason, failing, aside, imports, exports, columns if on else None)


async def _transfers(database: Database) -> tuple[int, int]:
    """Imports under way and exports that fail: none that is known of, where the database does not say in time.
    Whether it can be reached is said elsewhere."""

    async def ask() -> tuple[int, int]:
        async with database.transaction() as connection:
            return await count_imports(connection), len(await failing_exports(connection))

    try:
        return await soon(ask(), _WHOSE_KEY)
    except (DatabaseUnavailable, TimeoutError):
        return 0, 0


@get("/metrics", summary="Prometheus metrics", tags=["server"], media_type=MediaType.TEXT, access=Caller.ANYBODY)
async def get_metrics(request: AnyRequest) -> Response[bytes]:
    """Counters of ingest, HTTP and background work, for Prometheus: with a secret key, or from a private address."""
    if not await is_insider(request, services(request).keys):
        raise Unauthorised("Metrics are for a secret key (Authorization: Bearer mps_...), or a private address.")
    # Thousands of lines take a tenth of a second to write: beside the event loop.
    return Response(await asyncio.to_thread(generate_latest, REGISTRY), media_type=_METRICS)
