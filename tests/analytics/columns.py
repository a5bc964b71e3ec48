"""A real column store for the tests, in a process of its own: this one may be forked by other tests, chDB's may not."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from milepost.columns.follow import COLUMNS, TRAITS
from milepost.columns.reading import Freshness, QueryResult, Value

if TYPE_CHECKING:
    from milepost.columns.engine import Engine
    from milepost.columns.rollup import Rollup

#: What is asked of the process, and what it answers.
Asked = tuple[Literal["query"], str, Mapping[str, Value]] | tuple[Literal["fill"], list[bytes], bytes]
Answered = QueryResult | Exception


class Columns:
    """Answers statements over the events it was last filled with: milepost.columns.reading.Reader."""

    def __init__(self, directory: Path) -> None:
        # Spawned, so that chDB is loaded in a process that nobody forks; and only once for all tests, as it allows one
        # directory a process.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._connection: Connection[Asked, Answered] = ours
        self._process = context.Process(target=_serve, args=(theirs, directory), daemon=True)
        self._process.start()
        theirs.close()
        self._lock = threading.Lock()
        self._rolled_up: list[int] = []

    async def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> QueryResult:
        return await asyncio.to_thread(self._ask, ("query", sql, dict(parameters or {})))

    async def freshness(self) -> Freshness:
        return Freshness(datetime.now(UTC), None, self._rolled_up)

    def fill(self, loads: list[bytes], traits: bytes = b"") -> None:
        """Replaces all events by these loads, one after the other, and the traits, each in COPY text.

        All months but the last are rolled up, so that what reads the rollup has some of it and some events.
        """
        self._rolled_up = [int(str(month)) for (month,) in self._ask(("fill", loads, traits)).rows]

    def close(self) -> None:
        self._connection.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _ask(self, asked: Asked) -> QueryResult:
        with self._lock:
            self._connection.send(asked)
            answer = self._connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(connection: Connection[Answered, Asked], directory: Path) -> None:
    """Until the other side hangs up."""
    # Here alone, as the process of the tests must not load it.
    from milepost.columns import ddl
    from milepost.columns.engine import Engine
    from milepost.columns.rollup import Rollup

    engine = Engine(directory)
    engine.command(ddl.create_events())
    engine.command(ddl.create_traits())
    rollup = Rollup(engine, quiet_seconds=0)
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            break
        try:
            answer: Answered = _answer(engine, rollup, asked)
        except Exception as error:  # noqa: BLE001  it is raised where it was asked
            answer = error
        connection.send(answer)
    engine.close()


def _answer(engine: Engine, rollup: Rollup, asked: Asked) -> QueryResult:
    if asked[0] == "query":
        return engine.query(asked[1], asked[2])
    engine.command("truncate table events")
    engine.command("truncate table traits")
    if asked[2]:
        engine.insert("traits", list(TRAITS), asked[2])
    for load in asked[1]:
        engine.insert("events", list(COLUMNS), load, settings={"max_partitions_per_insert_block": 0})
    rollup.forget()
    newest = engine.query("select max(toYYYYMM(ts)) from events").rows[0][0]
    last = int(str(newest))
    while rollup.build_one(10**6, datetime(last // 100 or 1, last % 100 or 1, 1, tzinfo=UTC)):
        pass
    return QueryResult(("month",), [(month,) for month in sorted(rollup.months)])
