"""The routes of the page that imports a table. The file stays in the browser: each of them takes the whole of it as the
body, as `POST /v1/customers/import` does, and nothing is kept of it between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
from litestar import Router, get, post
from litestar.response import Stream, Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.api.imports import MOST_BYTES, IdColumn, Map, file_of, headings_of, map_of, prepared_of
from milepost.dashboard.imports.view import WhichId, preview_view, report_view
from milepost.dashboard.page_context import PAGE_HEADERS, page, part
from milepost.errors import ImportFailed, Problem
from milepost.traits.keep import read_names
from milepost.traits.values import Kind

if TYPE_CHECKING:
    from milepost.importing.customers.prepare import Prepared
    from milepost.importing.customers.store import Imported

#: Names with a meaning that a column may be given, whether or not anybody has it yet.
_NAMES: Final[dict[Kind, tuple[str, ...]]] = {
    "customer": (
        "name", "owner", "plan", "mrr", "arr", "currency", "renewal_date", "created_at", "lifecycle_stage", "website",
        "employees", "industry",
    ),
    "person": ("name", "email", "role"),
}  # fmt: skip


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of an import's answer: how far it is, then its report or what stopped it."""

    done: int
    total: int
    report: str = ""
    problem: str = ""


@get("/customers/import")
async def import_page(request: AnyRequest) -> Template:
    """Where a file is chosen."""
    return page(request, "imports/page.html", section="customers", view=None, most=MOST_BYTES)


@post("/customers/import/preview", status_code=200)
async def preview(
    request: AnyRequest, of: Kind | None = None, id_column: IdColumn = None, map_: Map = None
) -> Template:
    """What would become of each column, the first rows, and what cannot be taken; nothing is stored."""
    served, said = services(request), map_of(map_)
    raw = await file_of(request)
    async with served.receiving.tables:
        try:
            prepared = await prepared_of(raw, said, of=of, id_column=id_column)
        except ImportFailed as error:
            if error.field != "id":
                raise
            # Nothing says which column it is: then it is asked.
            asked = WhichId(await asyncio.to_thread(headings_of, raw, said), of)
            return page(request, "imports/_which.html", section="customers", view=asked)
    async with served.database.transaction() as connection:
        names = [one.name for one in await read_names(connection, prepared.preview.of)]
    known = sorted({*names, *_NAMES[prepared.preview.of]})
    view = preview_view(prepared, said, known, of=of is not None, id_=id_column is not None)
    return page(request, "imports/_preview.html", section="customers", view=view)


@post("/customers/import/run", status_code=200)
async def run(request: AnyRequest, of: Kind | None = None, id_column: IdColumn = None, map_: Map = None) -> Stream:
    """Stores it, and says how far it is: JSON, one Step a line. Whoever goes away stops it between two commits; the
    same file again does the rest."""
    said = map_of(map_)
    raw = await file_of(request)
    async with services(request).receiving.tables:
        prepared = await prepared_of(raw, said, of=of, id_column=id_column)
    return Stream(_steps(request, prepared), media_type="application/x-ndjson", headers=dict(PAGE_HEADERS))


async def _steps(request: AnyRequest, prepared: Prepared) -> AsyncIterator[bytes]:
    from milepost.importing.customers.store import store

    served, total = services(request), len(prepared.told)
    heard: asyncio.Queue[int | None] = asyncio.Queue()

    async def work() -> Imported:
        try:
            async with served.receiving.tables:
                return await store(served.database, prepared, now=served.now(), progress=heard.put_nowait)
        finally:
            heard.put_nowait(None)

    yield _line(Step(0, total))
    task = asyncio.create_task(work(), name="import a table")
    done = 0
    try:
        while (count := await heard.get()) is not None:
            done = count
            yield _line(Step(done, total))
        try:
            report = part(request, "imports/_report.html", view=report_view(await task))
        except Problem as problem:
            yield _line(Step(done, total, problem=problem.message))
            return
        yield _line(Step(total, total, report=report))
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Problem):
            await task


def _line(step: Step) -> bytes:
    return msgspec.json.encode(step) + b"\n"


router = Router(
    "/",
    route_handlers=[import_page, preview, run],
    request_max_body_size=MOST_BYTES,
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
