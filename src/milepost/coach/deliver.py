"""Sends the outbox: each message until the receiver takes it, for about a day. At least once, never silently lost; none
of what was taken back before it was sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import psycopg

from milepost.coach.webhook import headers
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.supervisor import Supervisor, Task, in_thread

if TYPE_CHECKING:  # no server without an address waits for it
    import httpx

_log = logging.getLogger(__name__)
_SQL = load("milepost.coach", "webhook.sql")
#: Seconds to the next try after the first, the second, ... failed one: together 23 hours, then it is given up.
BACKOFF: Final = (2, 10, 60, 300, 900, 3600, 7200, 14_400, 28_800, 28_800)
_AT_ONCE: Final = 20
#: Seconds a receiver has, all in all.
_PATIENCE: Final = 15.0
_TICK: Final = 2.0
#: "Gone": whoever was there wants nothing more of this.
_GONE: Final = 410


class Target(NamedTuple):
    """Where messages go, and the secret they are signed with."""

    url: str
    secret: str


class _Message(NamedTuple):
    delivery_id: UUID
    body: str
    attempts: int


class _Outcome(NamedTuple):
    status: int | None
    error: str | None


def note_listening(connection: psycopg.Connection, *, on: bool) -> None:
    """Whether recommendations are told at all: without an address none are put into the outbox."""
    connection.execute(_SQL["listening"], {"on": on})


class State(NamedTuple):
    """How the last week's messages fared, and the newest trouble."""

    delivered: int
    waiting: int
    gave_up: int
    last_error: str | None


async def read_state(connection: DictConnection, *, now: datetime) -> State | None:
    """None where nobody listens."""
    row = await (await connection.execute(_SQL["state"], {"now": now})).fetchone()
    if row is None or not row["listening"]:
        return None
    error = row["last_error"]
    delivered, waiting, gave_up = (int(str(row[name])) for name in ("delivered", "waiting", "gave_up"))
    return State(delivered, waiting, gave_up, None if error is None else str(error))


def forget_messages(connection: psycopg.Connection, *, now: datetime) -> None:
    """Deletes messages that are long done with."""
    connection.execute(_SQL["forget"], {"now": now})


async def deliver_due(
    connection: psycopg.Connection, client: httpx.AsyncClient, target: Target, *, now: Callable[[], datetime]
) -> int:
    """Tries what is due once, side by side; answers how many that were. `connection` is in autocommit.

    Raises psycopg.Error; messages that were under way are then sent again.
    """
    messages = await in_thread(_claim, connection, now())
    outcomes = await asyncio.gather(*(_send(client, target, message, now()) for message in messages))
    await in_thread(_record, connection, messages, outcomes, now())
    return len(messages)


def new_client() -> httpx.AsyncClient:
    """A client that follows no redirect: what is signed for one address goes to no other."""
    import httpx

    return httpx.AsyncClient(
        timeout=_PATIENCE / 2, follow_redirects=False, limits=httpx.Limits(max_connections=_AT_ONCE)
    )


class Deliveries:
    """Sends what is due while the server runs. Outlives an absent receiver."""

    def __init__(self, dsn: str, target: Target, *, now: Callable[[], datetime], tick: float = _TICK) -> None:
        self._dsn = dsn
        self._target = target
        self._now = now
        self._tick = tick

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database. Without an address it notes that nobody listens, and is done.

        Messages under way when it is closed are sent again after the next start.
        """
        # It logs every request with its address, which may be a secret.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        supervisor.start("webhook", self._run, once=not self._target.url)

    async def _run(self, task: Task) -> None:
        with ExitStack() as closing:
            connection = await in_thread(self._connect, closing)
            await in_thread(note_listening, connection, on=bool(self._target.url))
            if not self._target.url:
                return
            async with new_client() as client:
                while True:
                    sent = await deliver_due(connection, client, self._target, now=self._now)
                    task.works()
                    if sent < _AT_ONCE:
                        await asyncio.sleep(self._tick)

    def _connect(self, closing: ExitStack) -> psycopg.Connection:
        return closing.enter_context(psycopg.connect(self._dsn, autocommit=True, application_name="milepost-webhook"))


async def _send(client: httpx.AsyncClient, target: Target, message: _Message, now: datetime) -> _Outcome:
    import httpx

    signed = headers(message.delivery_id, message.body, target.secret, now)
    try:
        async with (
            asyncio.timeout(_PATIENCE),
            # What it answers beyond the status is nobody's concern, however long it is.
            client.stream("POST", target.url, content=message.body.encode(), headers=signed) as answer,
        ):
            status = answer.status_code
    except TimeoutError:
        return _Outcome(None, f"It did not answer within {_PATIENCE:.0f} s.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _Outcome(None, f"{type(error).__name__}: {error}"[:500])
    return _Outcome(status, None if 200 <= status < 300 else f"It answered {status}.")


def _claim(connection: psycopg.Connection, now: datetime) -> list[_Message]:
    connection.execute(_SQL["take_back"])
    connection.execute(_SQL["give_up_old"], {"now": now})
    return [_Message(*row) for row in connection.execute(_SQL["claim"], {"now": now, "most": _AT_ONCE})]


def _record(connection: psycopg.Connection, messages: list[_Message], outcomes: list[_Outcome], now: datetime) -> None:
    for message, outcome in zip(messages, outcomes, strict=True):
        values = {"delivery_id": message.delivery_id, "now": now, "status": outcome.status, "error": outcome.error}
        if outcome.error is None:
            connection.execute(_SQL["delivered"], values)
            continue
        again = message.attempts <= len(BACKOFF) and outcome.status != _GONE
        wait = timedelta(seconds=BACKOFF[message.attempts - 1]) if again else None
        connection.execute(_SQL["failed"], values | {"next": now + wait if wait else None})
        if not again:
            _log.warning("the webhook gave up on msg_%s: %s", message.delivery_id, outcome.error)
