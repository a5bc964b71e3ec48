"""The engine: ClickHouse, in this process (chDB) or a server. One client runs one statement at a time: hence a pool.

What chDB does when a statement does not end well, and what follows from it here:
- The rows it had written stay in its client, and come out before those of the next statement: a client that failed or
  was stopped is closed, never used again.
- A statement that is stopped, or has no time left, may end without an error, with some of its rows or none: whether it
  was stopped, and how long it took, is looked at here.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from itertools import count
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Protocol, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from milepost.columns import place
from milepost.columns.reading import (
    Cell,
    ColumnsDamaged,
    ColumnsFull,
    ColumnsTaken,
    ColumnsUnavailable,
    QueryResult,
    QuestionFailed,
    QuestionTooBig,
    QuestionTooLong,
    Value,
)
from milepost.errors import SettingsError

log = logging.getLogger(__name__)

DATABASE = "milepost"
#: ClickHouse's error codes.
_TOO_SLOW, _CANCELLED, _TOO_BIG = (159, 160), (394,), (241, 158, 396)
#: Codec unknown, file missing, of another size, cut short, with another checksum, not to be decompressed, corrupt, ...
_DAMAGED = (432, 107, 228, 33, 32, 40, 271, 246, 226, 227, 74, 79, 117, 354, 740)
_NO_SPACE = 243
_NO_SPACE_SAID = "No space left on device"
#: Every row carries the number of its question: those of another question would be noticed.
_MARKED = "select *, {milepost_question:UInt64} from (\n%s\n)"
_READ_SETTINGS: Mapping[str, object] = {
    "do_not_merge_across_partitions_select_final": 1,
    "use_uncompressed_cache": 0,
    "session_timezone": "UTC",
}


class _Client(Protocol):
    """What we use of clickhouse-connect's client."""

    def query(
        self, query: str, parameters: Mapping[str, object] | None = None, settings: Mapping[str, object] | None = None
    ) -> _Result: ...
    def command(
        self, cmd: str, parameters: Mapping[str, object] | None = None, settings: Mapping[str, object] | None = None
    ) -> object: ...
    def raw_insert(
        self,
        table: str,
        column_names: list[str],
        insert_block: bytes,
        settings: Mapping[str, object] | None = None,
        fmt: str = "",
    ) -> object: ...
    def raw_query(self, query: str, settings: Mapping[str, object] | None = None, fmt: str | None = None) -> bytes: ...
    def close(self) -> None: ...


class _Result(Protocol):
    column_names: tuple[str, ...]
    result_rows: list[tuple[object, ...]]


class Engine:
    """Opens the database and answers statements; every method may be called from any thread.

    `url` is empty for chDB in `directory`, or `clickhouse://user:password@host:port/database` (`clickhouses://` for
    TLS). Never fork a process that has one.
    """

    def __init__(self, directory: Path, url: str = "") -> None:
        """Raises SettingsError for an address that cannot be one, ColumnsUnavailable for one that cannot open."""
        self._directory = directory
        self._url = url
        self._numbers = count(1)
        self._running: set[str] = set()
        self._stopped: set[str] = set()
        self._idle: LifoQueue[_Client] = LifoQueue()
        # Kept, and not asked again: chDB shuts down with its last client.
        self._first = self._connect()
        self.version = str(self._first.command("select version()"))

    @property
    def embedded(self) -> bool:
        return not self._url

    def query(
        self,
        sql: str,
        parameters: Mapping[str, Value] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        name: str = "",
        seconds: float = 0,
    ) -> QueryResult:
        """One statement that answers rows. `name` is for `stop`; `seconds` is how long it may take, 0 for ever.

        Raises what reading.py names; QuestionTooLong also when it was stopped.
        """
        number = next(self._numbers)
        asked = {
            **_READ_SETTINGS,
            "max_execution_time": seconds,
            "timeout_overflow_mode": "throw",
            "log_comment": name,
            **(settings or {}),
        }
        began = time.monotonic()
        with self._stoppable(name), self._client() as client:
            if name in self._stopped:
                raise QuestionTooLong
            result = client.query(
                _MARKED % sql, parameters={**(parameters or {}), "milepost_question": number}, settings=asked
            )
            if name in self._stopped or (seconds and time.monotonic() - began >= seconds):
                raise QuestionTooLong
            if any(row[-1] != number for row in result.result_rows):
                log.error("the column store answered another question than the one asked")
                raise ColumnsUnavailable("The column store mixed up its answers. Ask again.", retry_after=1)
            names, rows = result.column_names[:-1], result.result_rows
        return QueryResult(tuple(names), [tuple(_cell(value) for value in row[:-1]) for row in rows])

    def command(
        self, sql: str, parameters: Mapping[str, Value] | None = None, *, settings: Mapping[str, object] | None = None
    ) -> None:
        """One statement that answers nothing."""
        with self._client() as client:
            client.command(sql, parameters=parameters or {}, settings=settings or {})

    def insert(
        self, table: str, columns: list[str], rows: bytes, *, settings: Mapping[str, object] | None = None
    ) -> None:
        """Adds rows in PostgreSQL's COPY text format, which ClickHouse reads as TabSeparated."""
        with self._client() as client:
            client.raw_insert(table, columns, rows, settings=settings or {}, fmt="TabSeparated")

    def broken_parts(self, table: str) -> list[str]:
        """The parts of a table that cannot be read, by name (202603_1_1_0). Reads all of it."""
        with self._client() as client:
            checked = client.raw_query(f"check table {table} settings check_query_single_value_result = 0 format TSV")
        rows = [line.split("\t") for line in checked.decode(errors="replace").splitlines()]
        for part, passed, why in rows:
            if passed != "1":
                log.warning("part %s of the column store's table %s is damaged: %s", part, table, why)
        return [part for part, passed, _ in rows if passed != "1"]

    def stop(self, name: str) -> None:
        """Stops the statement of this name, if it still runs: its caller gets QuestionTooLong."""
        if name in self._running:
            self._stopped.add(name)
            self.command("kill query where Settings['log_comment'] = {name:String} sync", {"name": name})

    def close(self) -> None:
        """Closes the clients that nobody uses at the moment."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
        self._first.close()

    @contextmanager
    def _stoppable(self, name: str) -> Iterator[None]:
        if name:
            self._running.add(name)
        try:
            yield
        finally:
            self._running.discard(name)
            self._stopped.discard(name)

    @contextmanager
    def _client(self) -> Iterator[_Client]:
        """A client whose last statement ended well. Raises what reading.py names."""
        try:
            client = self._idle.get_nowait()
        except Empty:
            client = self._connect()
        try:
            yield client
        except BaseException as error:
            client.close()
            if isinstance(error, ClickHouseError):
                raise _translated(error) from error
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):  # of the rows to insert
                raise ColumnsFull from error
            raise
        self._idle.put(client)

    def _connect(self) -> _Client:
        if not self._url:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                client = clickhouse_connect.get_client(interface="chdb", path=str(self._directory))
                client.command(f"create database if not exists {DATABASE}")
                client.command(f"use {DATABASE}")
            except (ClickHouseError, RuntimeError, OSError) as error:
                # chDB does not say why, but on stderr.
                if place.is_open(self._directory):
                    raise ColumnsTaken from error
                if place.is_full(self._directory):
                    raise ColumnsFull from error
                raise ColumnsUnavailable(
                    f"The column store in {self._directory} cannot be opened: {_first_line(error)}"
                ) from error
            return cast(_Client, client)
        parts = urlsplit(self._url)
        if parts.scheme not in ("clickhouse", "clickhouses") or not parts.hostname:
            raise SettingsError(
                "MILEPOST_COLUMNS_URL takes clickhouse://user:password@host:port/database.",
                field="MILEPOST_COLUMNS_URL",
            )
        secure = parts.scheme == "clickhouses"
        try:
            client = clickhouse_connect.get_client(
                host=parts.hostname,
                port=parts.port or (8443 if secure else 8123),
                username=unquote(parts.username or "default"),
                password=unquote(parts.password or ""),
                database=parts.path.strip("/") or DATABASE,
                secure=secure,
                autogenerate_session_id=False,
            )
        except (ClickHouseError, OSError) as error:
            raise ColumnsUnavailable(
                f"ClickHouse at {parts.hostname} cannot be reached: {_first_line(error)}"
            ) from error
        return cast(_Client, client)


def _cell(value: object) -> Cell:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple | list):
        return [_cell(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _cell(item) for key, item in value.items()}
    return cast(Cell, value)


def _translated(error: ClickHouseError) -> QuestionTooLong | QuestionTooBig | ColumnsUnavailable | QuestionFailed:
    said = str(error)
    code = getattr(error, "code", None)
    if code in _TOO_SLOW or code in _CANCELLED:
        return QuestionTooLong()
    if code in _TOO_BIG:
        return QuestionTooBig()
    if code == _NO_SPACE or _NO_SPACE_SAID in said:
        return ColumnsFull(retry_after=5)
    if code in _DAMAGED:
        log.warning("the column store could not read a part of itself: %s", _first_line(error))
        return ColumnsDamaged(retry_after=2)
    if code is None:
        return ColumnsUnavailable(f"The column store does not answer: {_first_line(error)}", retry_after=2)
    log.error("the column store refused a statement: %s", error)
    return QuestionFailed()


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
