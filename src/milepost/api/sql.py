"""SQL over the schema `reporting`, for a secret key or a signed-in member."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from litestar import Router, post

from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.api.answering import while_there
from milepost.api.schemas import errors, json_body
from milepost.reporting.answers import SqlAnswer
from milepost.reporting.running import MOST_ROWS

_SHOWN: Final = 1000


class SqlStatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One statement that reads, in PostgreSQL's own words, and how many rows of its answer are wanted."""

    sql: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    rows: Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)] = _SHOWN


@post(
    "/sql",
    status_code=200,
    summary="Run SQL",
    operation_class=json_body(SqlStatement),
    responses=errors(400, 401, 403, 413, 422, 429, 503),
    access=Caller.TEAM,
)
async def post_sql(request: AnyRequest, data: SqlStatement) -> SqlAnswer:
    """Reads the views of the schema `reporting`, which has what an export has; docs/sql.md. It stops when the caller
    goes away."""
    return await while_there(request, services(request).analyst.run(data.sql, rows=data.rows))


router = Router("/v1", route_handlers=[post_sql], tags=["export"])
