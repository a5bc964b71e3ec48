"""What can be exported, and exports as they are read: for a secret key or a signed-in member."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream

from milepost.access.callers import Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.analytics.asking import Filter
from milepost.api.answering import store
from milepost.api.params import Limit
from milepost.api.schemas import errors, json_body
from milepost.errors import InvalidRequest
from milepost.export.asked import MOST_FILTERS, Asked, Format, conditions
from milepost.export.data_sets import DATA_SETS, Kind, data_set
from milepost.export.formats import ENDINGS, MEDIA_TYPES
from milepost.export.schedules import (
    NewSchedule,
    Schedule,
    ScheduledRun,
    create_schedule,
    delete_schedule,
    list_runs,
    list_schedules,
    run_now,
)
from milepost.export.who import choose

#: The header that says from where the next increment goes on.
WATERMARK = "Milepost-Watermark"
_ERRORS = errors(400, 401, 403, 409, 413, 422, 429, 503)


class ExportColumn(msgspec.Struct, frozen=True):
    """`kind`: json is a text that is JSON, time is in UTC to a microsecond."""

    name: str
    kind: Kind
    says: str


class ExportDataSet(msgspec.Struct, frozen=True):
    """`key`: the columns that name a row. `time`: the column that first and last are about, null where they are about
    none. `increments`: whether `since` can be asked of it. `version` goes up when a column goes or changes its
    meaning."""

    name: str
    says: str
    version: int
    key: Sequence[str]
    time: str | None
    increments: bool
    columns: Sequence[ExportColumn]


class ExportDataSets(msgspec.Struct, frozen=True):
    """Everything that can be exported."""

    data_sets: list[ExportDataSet]


@get("/export", summary="What can be exported", responses=errors(400, 401, 403, 413, 422, 429, 503), access=Caller.TEAM)
async def get_data_sets(request: AnyRequest) -> ExportDataSets:  # noqa: ARG001 -- it is the same for everybody
    """Data sets with their columns."""
    return ExportDataSets(
        [
            ExportDataSet(
                name=one.name,
                says=one.says,
                version=one.version,
                key=one.key,
                time=one.time,
                increments=one.follows,
                columns=[ExportColumn(column.name, column.kind, column.says) for column in one.columns],
            )
            for one in DATA_SETS.values()
        ]
    )


@get(
    "/export/{name:str}",
    summary="Export a data set",
    responses={
        200: ResponseSpec(
            bytes, media_type="application/octet-stream", generate_examples=False, description="The rows, as they come."
        ),
        **_ERRORS,
    },
    access=Caller.TEAM,
)
async def get_export(
    request: AnyRequest,
    name: Annotated[str, Parameter(max_length=40, description="As GET /v1/export lists them.")],
    format: Annotated[Format, Parameter(description="How rows are written.")] = "parquet",  # noqa: A002 -- its name
    filters: Annotated[
        str | None, Parameter(max_length=16_000, description="Conditions as in a question, as JSON. All must hold.")
    ] = None,
    segment: Annotated[
        str | None, Parameter(max_length=200, description="Of a segment's customers: slug or id.")
    ] = None,
    cohort: Annotated[str | None, Parameter(max_length=64, description="Of a cohort's customers: its id.")] = None,
    first: Annotated[date | None, Parameter(description="The first UTC day.")] = None,
    last: Annotated[date | None, Parameter(description="The last UTC day, included.")] = None,
    since: Annotated[
        str | None,
        Parameter(max_length=16_000, description="A watermark: only what changed after it, each row with `_change`."),
    ] = None,
) -> Stream:
    """All rows of one moment, as they are read. `Milepost-Watermark` is what `since` takes next time; 409
    `watermark_too_old` means to export everything once. Of an answer that is not whole the connection breaks off."""
    of = data_set(name)
    holds = conditions(_filters(filters), segment, cohort)
    asked = Asked(data_set=of.name, format=format, filters=holds, first=first, last=last, since=since)
    return await export_stream(request, asked)


async def export_stream(request: AnyRequest, asked: Asked) -> Stream:
    """The answer that an export is. Raises what `choose` and `Exports.begin` raise."""
    served = services(request)
    begun = await served.exports.begin(await choose(store(served), asked))
    file = f"{asked.data_set}-{served.now():%Y-%m-%d}.{ENDINGS[asked.format]}"
    return Stream(
        begun.blocks,
        media_type=MEDIA_TYPES[asked.format],
        headers={
            WATERMARK: begun.watermark,
            "Content-Disposition": f'attachment; filename="{file}"',
            "Cache-Control": "no-store",
        },
    )


def _filters(text: str | None) -> tuple[Filter, ...]:
    if not text:
        return ()
    try:
        found = msgspec.json.decode(text, type=tuple[Filter, ...])
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidRequest(f"filters is no list of conditions: {error}.", field="filters") from None
    if len(found) > MOST_FILTERS:
        raise InvalidRequest(f"An export takes {MOST_FILTERS} conditions. Give fewer.", field="filters")
    return found


class ExportSchedules(msgspec.Struct, frozen=True):
    """All of them."""

    schedules: list[Schedule]


class ExportRuns(msgspec.Struct, frozen=True):
    """Of one schedule, the newest first."""

    runs: list[ScheduledRun]


class ExportScheduled(msgspec.Struct, frozen=True):
    """The schedule's id."""

    schedule_id: UUID


_KEEPING = errors(400, 401, 403, 404, 409, 413, 422, 429, 503)


@get("/export-schedules", summary="Exports by schedule", responses=_KEEPING, access=Caller.TEAM)
async def get_schedules(request: AnyRequest) -> ExportSchedules:
    """Each with what came of its newest run."""
    async with services(request).database.transaction() as connection:
        return ExportSchedules(await list_schedules(connection))


@post(
    "/export-schedules",
    summary="Export by schedule",
    operation_class=json_body(NewSchedule),
    responses=_KEEPING,
    access=Caller.TEAM,
)
async def post_schedule(request: AnyRequest, data: NewSchedule) -> ExportScheduled:
    """It runs within a minute, and then every `every_hours`: all rows, or those for which `filters` hold, of who is in
    `segment` and `cohort` at the time. A run whose segment or cohort is gone fails, and writes nothing."""
    return ExportScheduled(await create_schedule(store(services(request)), data, by=member_email(request)))


@delete("/export-schedules/{schedule_id:uuid}", summary="End a schedule", responses=_KEEPING, access=Caller.TEAM)
async def delete_schedule_(request: AnyRequest, schedule_id: UUID) -> None:
    """What it wrote stays where it is."""
    async with services(request).database.transaction() as connection:
        await delete_schedule(connection, schedule_id)


@get("/export-schedules/{schedule_id:uuid}/runs", summary="Runs of a schedule", responses=_KEEPING, access=Caller.TEAM)
async def get_runs(request: AnyRequest, schedule_id: UUID, limit: Limit = 50) -> ExportRuns:
    """With rows, bytes, and what went wrong."""
    async with services(request).database.transaction() as connection:
        return ExportRuns(await list_runs(connection, schedule_id, limit=limit))


@post(
    "/export-schedules/{schedule_id:uuid}/runs",
    status_code=202,
    summary="Run a schedule now",
    responses=_KEEPING,
    access=Caller.TEAM,
)
async def post_run(request: AnyRequest, schedule_id: UUID) -> ExportScheduled:
    """Within a minute."""
    served = services(request)
    async with served.database.transaction() as connection:
        await run_now(connection, schedule_id, now=served.now())
    return ExportScheduled(schedule_id)


router = Router(
    "/v1",
    route_handlers=[
        get_data_sets, get_export, get_schedules, post_schedule, delete_schedule_, get_runs, post_run,
    ],
    tags=["export"],
)  # fmt: skip
