"""Whether the process lives, whether it can serve, and what it counts."""

from __future__ import annotations

import msgspec
from litestar import MediaType, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from milepost import __version__
from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.errors import Problem


class Health(msgspec.Struct):
    """`reason` says what is missing, None where nothing is."""

    status: str
    version: str
    reason: str | None = None


@get("/health", summary="Is the process alive?", tags=["server"], access=Caller.ANYBODY)
async def get_health() -> Health:
    """200 as long as the process answers, whatever the database does."""
    return Health("ok", __version__)


@get("/ready", summary="Can it serve?", tags=["server"], access=Caller.ANYBODY)
async def get_ready(request: AnyRequest) -> Response[Health]:
    """200 when the database is reachable and its schema current, else 503 with the reason."""
    served = services(request)
    reason = served.not_ready
    # The writer knows at once that the database is away; a query would wait for a connection first.
    if reason is None and not served.writer.available:
        reason = "The event writer has no connection to the database."
    if reason is None:
        try:
            async with served.database.transaction() as connection:
                await connection.execute("select 1")
        except Problem as problem:
            reason = problem.message
    if reason is None:
        return Response(Health("ready", __version__))
    return Response(Health("not ready", __version__, reason), status_code=503, headers={"Retry-After": "2"})


@get("/metrics", summary="Prometheus metrics", tags=["server"], media_type=MediaType.TEXT, access=Caller.ANYBODY)
async def get_metrics() -> Response[bytes]:
    """Counters of ingest and HTTP, for Prometheus."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
