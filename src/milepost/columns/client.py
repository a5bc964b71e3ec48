"""Asks the process that owns the column store; what the server's handlers, the command line and tests use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from milepost.columns import place, reading
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
    read_reply,
)
from milepost.columns.reading import (
    Cell,
    ColumnsUnavailable,
    Freshness,
    Progress,
    Proof,
    QueryResult,
    QuestionFailed,
    Value,
)
from milepost.errors import Problem

_PROBLEMS: Mapping[str, type[Problem]] = {
    problem.code: problem
    for problem in (
        ColumnsUnavailable,
        reading.ColumnsDamaged,
        reading.ColumnsFull,
        reading.QuestionTooLong,
        reading.QuestionTooBig,
        QuestionFailed,
    )
}
_RETRY_AFTER = 2


class Columns:
    """The column store of a data folder: a `reading.Reader`, and what keeps it in order."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    async def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> QueryResult:
        """Answers one statement of ours; cancelling the task stops it. Raises as `reading.Reader` says."""
        plain = {name: _plain(value) for name, value in (parameters or {}).items()}
        reply = await self._ask(Query(sql, plain))
        if not isinstance(reply, Answered):
            raise QuestionFailed
        return QueryResult(reply.names, cast(list[tuple[Cell, ...]], reply.rows))

    async def freshness(self) -> Freshness:
        """Up to when everything is there."""
        reply = await self._ask(GetFreshness())
        if not isinstance(reply, Fresh):
            raise QuestionFailed
        return Freshness(reply.at, reply.building, reply.rolled_up, reply.trouble)

    async def rebuild(self, progress: Progress) -> int:
        """Builds it anew from PostgreSQL; answers the events loaded."""
        reply = await self._ask(Rebuild(), progress)
        if not isinstance(reply, Rebuilt):
            raise QuestionFailed
        return reply.events

    async def verify(self) -> Proof:
        """Compares it with PostgreSQL, day by day."""
        reply = await self._ask(Verify())
        if not isinstance(reply, Verified):
            raise QuestionFailed
        return Proof(reply.days, reply.events, reply.traits, reply.differences)

    async def _ask(self, request: Request, progress: Progress | None = None) -> Reply:
        async with self._connection() as (reader, writer):
            try:
                writer.write(frame(request))
                await writer.drain()
                while isinstance(reply := await read_reply(reader), Progressed):
                    if progress is not None:
                        progress(reply.done, reply.of)
            except (EOFError, ConnectionError) as error:
                raise ColumnsUnavailable(retry_after=_RETRY_AFTER) from error
        if isinstance(reply, Failed):
            raise _PROBLEMS.get(reply.code, QuestionFailed)(reply.message, retry_after=reply.retry_after)
        return reply

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            reader, writer = await asyncio.open_unix_connection(place.socket_path(self._data_dir))
        except (FileNotFoundError, ConnectionError) as error:
            raise ColumnsUnavailable(retry_after=_RETRY_AFTER) from error
        try:
            yield reader, writer
        finally:
            writer.close()


def _plain(value: Value) -> str | int | float | list[int | str]:
    if isinstance(value, str | int | float):
        return value
    return list(value)
