"""Runs one statement of an analyst's: as a role that may read the schema `reporting` and nothing else, in a transaction
that reads, with limits of time, rows, bytes and memory.

What keeps it in is PostgreSQL's own rights (docs/sql.md): nothing here reads the statement.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from milepost.errors import InvalidRequest, Problem
from milepost.reporting.answers import Cell, SqlAnswer, SqlColumn, columns_of, rows_of
from milepost.reporting.memory import limit_memory
from milepost.store.queries import load

_SQL = load("milepost.reporting", "running.sql")
#: Statements at a time: ingest comes first.
MOST_AT_ONCE: Final = 2
#: Seconds a statement may take, all in all.
MOST_SECONDS: Final = 30
MOST_ROWS: Final = 50_000
#: Of an answer's values, in bytes: it is held in memory.
_MOST_BYTES: Final = 16 << 20
_LONGEST: Final = 20_000
#: Rows that are read at a time: few, until it is known how large they are.
_FIRST: Final = 20
_FETCH: Final = 1000
_FETCH_BYTES: Final = 4 << 20
#: Stands before the statement: PostgreSQL makes a cursor of what reads alone.
_DECLARE: Final = "declare answer no scroll cursor for "
_OPTIONS: Final = "-c client_connection_check_interval=1s -c jit=off -c datestyle=ISO -c timezone=UTC"


class SqlBusy(Problem):
    """Other statements run, as many as the server runs at a time. Ask again in a moment."""

    status = 429
    code = "sql_busy"


class SqlOff(Problem):
    """There is no role for SQL: make one, and set MILEPOST_SQL_URL. How: docs/sql.md."""

    status = 503
    code = "sql_off"


class SqlFailed(InvalidRequest):
    """PostgreSQL's own words on what is wrong with a statement."""

    code = "sql_failed"


class SqlTooLong(InvalidRequest):
    """The statement took longer than a statement may."""

    code = "sql_too_long"


class Analyst:
    """Runs statements, a few at a time. `dsn`: of a role that milepost.grant_analysis made an analyst; "": there is
    none. `data_dir`: where our own PostgreSQL is, if it is our own."""

    def __init__(self, dsn: str, data_dir: Path, *, seconds: float = MOST_SECONDS) -> None:
        self._dsn = dsn
        self._data_dir = data_dir
        self._seconds = seconds
        self._running = 0

    @property
    def is_there(self) -> bool:
        """Whether there is a role to run statements as."""
        return bool(self._dsn)

    async def run(self, statement: str, *, rows: int) -> SqlAnswer:
        """The first `rows` rows. Cancelled, it stops the statement. Raises SqlOff, SqlBusy, SqlFailed, SqlTooLong, and
        InvalidRequest for none at all."""
        text = statement.strip().rstrip(";").rstrip()
        if not text or "\0" in text:
            raise InvalidRequest("Write a statement, such as select count(*) from events.", field="sql")
        if len(text) > _LONGEST:
            raise InvalidRequest(f"A statement has {_LONGEST} characters at most.", field="sql")
        if not self._dsn:
            raise SqlOff
        if self._running >= MOST_AT_ONCE:
            raise SqlBusy(retry_after=5)
        self._running += 1
        try:
            async with asyncio.timeout(self._seconds + 1):
                return await self._run(text, rows)
        except (TimeoutError, psycopg.errors.QueryCanceled):
            raise SqlTooLong(
                f"It took longer than {self._seconds:g} s. Read fewer days, or sum up in the statement.", field="sql"
            ) from None
        finally:
            self._running -= 1

    async def _run(self, text: str, rows: int) -> SqlAnswer:
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, application_name="milepost-sql", options=_OPTIONS, connect_timeout=10
            )
        except psycopg.OperationalError as error:
            raise SqlOff(f"MILEPOST_SQL_URL cannot be used: {_said(error)}", retry_after=10) from error
        try:
            await _check(connection)
            await limit_memory(connection.info.backend_pid, self._dsn, self._data_dir)
            return await self._read(connection, text, rows)
        except psycopg.errors.OutOfMemory as error:
            raise SqlFailed("It wants more memory than a statement may have. Read fewer rows.", field="sql") from error
        except psycopg.errors.QueryCanceled:
            raise
        except psycopg.OperationalError as error:
            raise SqlFailed(f"PostgreSQL broke off: {_said(error)}", field="sql") from error
        except psycopg.Error as error:
            raise SqlFailed(_said(error), field="sql") from error
        finally:
            # Not put back: whatever a statement did to its session ends with it.
            await connection.close()

    async def _read(self, connection: psycopg.AsyncConnection[Any], text: str, rows: int) -> SqlAnswer:
        await connection.execute(_SQL["begin"])
        await connection.execute(_SQL["limits"], {"milliseconds": str(int(self._seconds * 1000))})
        # Prepared, so that it is one statement and no more.
        await connection.execute(sql.SQL(_DECLARE) + sql.SQL(text), prepare=True)
        columns: list[SqlColumn] = []
        found: list[list[Cell]] = []
        size, whole, step = 0, False, _FIRST
        while len(found) <= rows and size < _MOST_BYTES and not whole:
            wanted = min(step, rows + 1 - len(found))
            cursor = await connection.execute(sql.SQL("fetch {} from answer").format(sql.Literal(wanted)))
            result = cursor.pgresult
            assert result is not None
            columns = columns_of(result)
            read, bytes_read = rows_of(result, columns)
            found += read
            size += bytes_read
            whole = len(read) < wanted
            step = max(1, min(_FETCH, _FETCH_BYTES * wanted // max(1, bytes_read)))
        return SqlAnswer(columns, found[:rows], not whole or len(found) > rows)


async def _check(connection: psycopg.AsyncConnection[Any]) -> None:
    """Raises SqlOff for a role that may more than an analyst, or less: a setting that was mistyped opens nothing."""
    row = await (await connection.execute(_SQL["role"])).fetchone()
    name, strong, analyst = row or ("?", True, False)
    if strong:
        raise SqlOff(f"The role {name} of MILEPOST_SQL_URL passes every policy: give SQL a role of its own.")
    if not analyst:
        raise SqlOff(f"The role {name} is no analyst yet: select milepost.grant_analysis('{name}').")


def _said(error: psycopg.Error) -> str:
    """PostgreSQL's message and hint, and where in the statement it is."""
    told = error.diag
    text = (told.message_primary or str(error).strip().partition("\n")[0] or type(error).__name__)[:500]
    if told.statement_position and told.statement_position.isdecimal():
        place = int(told.statement_position) - len(_DECLARE)
        text += f" (at character {place})" if place > 0 else ""
    return f"{text}. {told.message_hint[:300]}" if told.message_hint else f"{text}."
