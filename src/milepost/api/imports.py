"""A table of customers or people over HTTP: its preview, and its import."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from litestar import Router, post
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter

from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.api.schemas import errors, file_body
from milepost.errors import InvalidRequest, TooLarge
from milepost.traits.tables import Fault, Preview
from milepost.traits.values import Kind

if TYPE_CHECKING:
    from milepost.importing.customers.mapping import CustomerMap
    from milepost.importing.customers.prepare import Prepared

MOST_BYTES: Final = 20 * 1024 * 1024
#: Of what was not taken, so much is listed.
_MOST_FAULTS: Final = 1_000
Map = Annotated[
    str | None, QueryParameter(name="map", max_length=16_000, description="A map as docs/import.md has it, as JSON.")
]
IdColumn = Annotated[str | None, QueryParameter(name="id", max_length=1_000, description="The column of the ids.")]


class CustomerImport(msgspec.Struct):
    """What becomes of a file. `stored` false: it was a dry run, and nothing changed. `faults` are the first 1,000 of
    `fault_count`."""

    preview: Preview
    stored: bool
    changed: int
    unchanged: int
    fault_count: int
    faults: list[Fault]


@post(
    "/customers/import",
    status_code=200,
    summary="Import a table of customers or people",
    operation_class=file_body("application/octet-stream"),
    responses=errors(400, 401, 403, 413, 422, 429, 503),
    access=Caller.TEAM,
)
async def post_import(
    request: AnyRequest,
    dry_run: bool = False,
    of: Kind | None = None,
    id_column: IdColumn = None,
    map_: Map = None,
) -> CustomerImport:
    """The body is the file, as `milepost import-customers` takes it, of 20 MB at most, unpacked too. `dry_run` says
    what would become of each column and stores nothing. The same file again changes nothing."""
    # Reading tables takes libraries that nothing else of the server needs.
    from milepost.importing.customers.store import store

    served, said = services(request), map_of(map_)
    raw = await file_of(request)
    async with served.receiving.tables:
        prepared = await prepared_of(raw, said, of=of, id_column=id_column)
        if dry_run:
            return _answer(prepared.preview, prepared.faults)
        done = await store(served.database, prepared, now=served.now())
    return _answer(done.preview, done.faults, stored=True, changed=done.changed, unchanged=done.unchanged)


router = Router("/v1", route_handlers=[post_import], request_max_body_size=MOST_BYTES, tags=["traits"])


def map_of(text: str | None) -> CustomerMap:
    """A map as JSON in an address. Raises InvalidRequest."""
    from milepost.importing.customers.mapping import CustomerMap

    try:
        return msgspec.json.decode(text or "{}", type=CustomerMap)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidRequest(f"The map cannot be read: {error}. See docs/import.md.", field="map") from error


async def prepared_of(raw: bytes, said: CustomerMap, *, of: Kind | None, id_column: str | None) -> Prepared:
    """What a file would tell, read beside the event loop. Raises ImportFailed, MapError."""
    from milepost.importing.customers.prepare import prepare
    from milepost.importing.customers.text import unpacked

    def read() -> Prepared:
        return prepare(unpacked(raw, MOST_BYTES), said, of=of, id_column=id_column)

    return await asyncio.to_thread(read)


def headings_of(raw: bytes, said: CustomerMap) -> tuple[str, ...]:
    """The columns of a file. Raises ImportFailed."""
    from milepost.importing.customers.table import read_table
    from milepost.importing.customers.text import unpacked

    table = read_table(unpacked(raw, MOST_BYTES), encoding=said.file.encoding, delimiter=said.file.delimiter)
    return tuple(table.headings)


async def file_of(request: AnyRequest) -> bytes:
    """The body. Raises TooLarge, Overloaded."""
    with services(request).receiving.body() as body:
        body.is_known()
        try:
            async for piece in request.stream():
                body.add(piece)
        except HTTPException as error:
            if error.status_code == 413:
                raise TooLarge("The file has more than 20 MB. Split it, or use milepost import-customers.") from error
            raise
        return bytes(body.received)


def _answer(
    preview: Preview, faults: list[Fault], *, stored: bool = False, changed: int = 0, unchanged: int = 0
) -> CustomerImport:
    return CustomerImport(preview, stored, changed, unchanged, len(faults), faults[:_MOST_FAULTS])
