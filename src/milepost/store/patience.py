"""Connections to a database that may hang: they wait for an answer so long and no longer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import Row

_T = TypeVar("_T")
#: Over a network they find a machine that is gone within 20 s, where TCP alone would wait for hours. Unix sockets take
#: no notice: there, and where the machine lives and the database does not answer, `patience` is what counts.
_NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def watchful(dsn: str) -> str:
    """`dsn` as what waits for no lost connection; what it says of that itself, counts."""
    own = conninfo_to_dict(dsn)
    return make_conninfo(dsn, **{name: value for name, value in _NETWORK.items() if name not in own})


class PatientConnection(AsyncConnection[Row]):
    """A connection that breaks, with an OperationalError, when an answer takes longer than `patience` seconds.

    Above every limit of the server's own (`statement_timeout`, `lock_timeout`), it is reached by a database that hangs.
    """

    patience: float = 60.0

    async def wait(self, gen: PQGen[Any], *args: Any, **kwargs: Any) -> Any:
        timer = asyncio.get_running_loop().call_later(self.patience, self._give_up)
        try:
            return await super().wait(gen, *args, **kwargs)
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        """As if the other side had gone: to cancel the query instead would be one more wait for an answer."""
        with suppress(OSError), socket.socket(fileno=os.dup(self.pgconn.socket)) as line:  # it may be gone already
            line.shutdown(socket.SHUT_RDWR)


#: What nobody waits for any more: the event loop alone would let it be collected.
_left: set[asyncio.Task[Any]] = set()


async def soon(work: Coroutine[Any, Any, _T], seconds: float) -> _T:
    """What `work` answers. Raises TimeoutError after so many seconds; it then ends by itself, as to cancel what waits
    for a database that hangs takes seconds more.
    """
    task = asyncio.create_task(work)
    await asyncio.wait({task}, timeout=seconds)
    if task.done():
        return task.result()
    _left.add(task)
    task.add_done_callback(_forget)
    raise TimeoutError


def _forget(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # marked as seen: whoever asks next is told
