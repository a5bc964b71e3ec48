"""Exports for whoever asks the server: each a process of its own, two at a time, gone when its reader is."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from milepost.errors import Problem
from milepost.export.asked import Chosen
from milepost.export.process import Head
from milepost.processes import DSN, PARENT

#: Exports at a time: each has a connection, a snapshot that holds up the vacuum, and a processor.
MOST_EXPORTS: Final = 2
#: Seconds after which an export that nobody reads on is given up.
_PATIENCE: Final = 60.0
_CHUNK: Final = 256 * 1024
_MODULE: Final = "milepost.export.process"


class ExportsBusy(Problem):
    """Other exports are under way, as many as the server makes at a time. Ask again after Retry-After."""

    status = 429
    code = "export_busy"


class ExportBroke(Problem):
    """The export broke off; the server's log says why. What came of it is not whole."""

    code = "export_broke"


class Export(NamedTuple):
    """An export under way: what an increment goes on from, and its bytes."""

    watermark: str
    blocks: AsyncIterator[bytes]


class Exports:
    """All of one server."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._under_way = 0

    async def begin(self, chosen: Chosen) -> Export:
        """Waits for its first line. Raises ExportsBusy, WatermarkTooOld, DatabaseUnavailable."""
        if self._under_way >= MOST_EXPORTS:
            raise ExportsBusy(retry_after=15)
        self._under_way += 1
        process: Process | None = None
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", _MODULE,
                stdin=PIPE, stdout=PIPE, limit=2 * _CHUNK,
                env={**os.environ, DSN: self._dsn, PARENT: str(os.getpid())},
            )  # fmt: skip
            head = await _first_line(process, chosen)
        except BaseException:
            await self._end(process)
            raise
        if head.watermark is None:
            await self._end(process)
            problem = Problem(head.message, field=head.field, retry_after=head.retry_after)
            problem.status, problem.code = head.status, head.code
            raise problem
        return Export(head.watermark, self._blocks(process))

    async def _blocks(self, process: Process) -> AsyncIterator[bytes]:
        assert process.stdout is not None
        loop = asyncio.get_running_loop()
        try:
            while block := await process.stdout.read(_CHUNK):
                # Who does not take it in time is gone, or as good as that.
                given_up = loop.call_later(_PATIENCE, process.kill)
                try:
                    yield block
                finally:
                    given_up.cancel()
            if await process.wait():
                raise ExportBroke
        finally:
            await self._end(process)

    async def _end(self, process: Process | None) -> None:
        self._under_way -= 1
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())


async def _first_line(process: Process, chosen: Chosen) -> Head:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):
        process.stdin.write(msgspec.json.encode(chosen))
        await process.stdin.drain()
        process.stdin.close()
    line = await process.stdout.readline()
    if not line:
        raise ExportBroke
    return msgspec.json.decode(line, type=Head)
