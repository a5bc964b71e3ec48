"""A real column store for the tests, in a process of its own: this one may be forked by other tests, chDB's may not."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from milepost.columns.follow import COLUMNS
from milepost.columns.reading import Rows, Value

if TYPE_CHECKING:
    from milepost.columns.engine import Engine

#: What is asked of the process, and what it answers.
Asked = tuple[Literal["query"], str, Mapping[str, Value]] | tuple[Literal["fill"], list[bytes], None]
Answered = Rows | Exception


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

    async def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> Rows:
        return await asyncio.to_thread(self._ask, ("query", sql, dict(parameters or {})))

    def fill(self, loads: list[bytes]) -> None:
        """Replaces all events by these loads, one after the other, each in COPY text."""
        self._ask(("fill", loads, None))

    def close(self) -> None:
        self._connection.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _ask(self, asked: Asked) -> Rows:
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

    engine = Engine(directory)
    engine.command(ddl.create_events())
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            break
        try:
            answer: Answered = _answer(engine, asked)
        except Exception as error:  # noqa: BLE001  it is raised where it was asked
            answer = error
        connection.send(answer)
    engine.close()


def _answer(engine: Engine, asked: Asked) -> Rows:
    if asked[0] == "query":
        return engine.query(asked[1], asked[2])
    engine.command("truncate table events")
    for load in asked[1]:
        engine.insert("events", list(COLUMNS), load, settings={"max_partitions_per_insert_block": 0})
    return Rows((), [])
