"""Sends the outbox while the server runs: each message until its receiver takes it. At least once, never silently lost;
no receiver keeps the messages of another waiting."""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, ExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import psycopg

from milepost.messages import chat, mail
from milepost.messages.destinations import note_preset
from milepost.messages.outbox import Claimed, Outcome, claim, record
from milepost.messages.signing import Derive, headers, secret_of
from milepost.messages.unsubscribe import PATH, token_of
from milepost.messages.wording import Said, say_all
from milepost.supervisor import Supervisor, Task, in_thread

if TYPE_CHECKING:  # a server that has nothing to send does not load it
    import httpx

    from milepost.messages.reach import Network

_log = logging.getLogger(__name__)
#: Seconds a receiver has, all in all.
_PATIENCE: Final = 15.0
_TICK: Final = 1.0
_CONNECTIONS: Final = 40
#: The longest that a receiver's own word (Retry-After) is heeded.
_LONGEST_WAIT: Final = timedelta(hours=1)


class Sender(NamedTuple):
    """What sending takes. `preset_url` and `preset_secret`: of the settings' own webhook; `url`: where people find this
    server; `networks`: the private ones that may be reached; `paper`: of a message's body, what goes along by mail."""

    preset_url: str
    preset_secret: str
    derive: Derive
    url: str
    networks: Sequence[Network]
    mail_server: mail.MailServer | None
    paper: Callable[[str], Awaitable[mail.Paper | None]] | None = None


def new_client(networks: Sequence[Network]) -> httpx.AsyncClient:
    """A client that follows no redirect: what is signed for one address goes to no other."""
    import httpx

    from milepost.messages.reach import CheckedTransport

    # It logs every request with its address, which may be a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    transport = CheckedTransport(networks, connections=_CONNECTIONS)
    return httpx.AsyncClient(transport=transport, timeout=_PATIENCE / 2, follow_redirects=False, trust_env=False)


async def send_due(
    connection: psycopg.Connection, client: httpx.AsyncClient, sender: Sender, *, now: Callable[[], datetime]
) -> int:
    """Tries what is due once, and waits for all of it; answers how many messages that were."""
    books = _Books(connection, now)
    claimed = await books.claim()
    async with asyncio.TaskGroup() as group:
        for messages in claimed.values():
            group.create_task(_deliver(books, client, sender, messages, now))
    return sum(len(messages) for messages in claimed.values())


class _Books:
    """The outbox, on one connection: what is claimed and written down comes one after the other."""

    def __init__(self, connection: psycopg.Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now
        self._lock = asyncio.Lock()

    async def claim(self, busy: Collection[UUID] = ()) -> dict[UUID, list[Claimed]]:
        async with self._lock:
            return await in_thread(claim, self._connection, self._now(), busy=tuple(busy))

    async def record(self, messages: Sequence[Claimed], outcomes: Sequence[Outcome]) -> None:
        async with self._lock:
            await in_thread(record, self._connection, messages, outcomes, self._now())


class Sending:
    """The background task. Outlives absent receivers."""

    def __init__(self, dsn: str, sender: Sender, *, now: Callable[[], datetime], tick: float = _TICK) -> None:
        self._dsn = dsn
        self._sender = sender
        self._now = now
        self._tick = tick

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database. Messages under way when it is closed are sent again after the next start."""
        supervisor.start("messages", self._run)

    async def _run(self, task: Task) -> None:
        with ExitStack() as closing:
            connection = await in_thread(self._connect, closing)
            await in_thread(note_preset, connection, self._sender.preset_url, now=self._now())
            books, busy = _Books(connection, self._now), set[UUID]()
            try:
                # A batch that fails ends them all: PostgreSQL is away, and the supervisor says so and begins anew.
                async with AsyncExitStack() as kept, asyncio.TaskGroup() as group:
                    client: httpx.AsyncClient | None = None
                    while True:
                        claimed = await books.claim(busy)
                        task.works()
                        if claimed and client is None:
                            # A server that has nothing to send loads no client.
                            made = await in_thread(new_client, self._sender.networks)
                            client = await kept.enter_async_context(made)
                        for destination, messages in claimed.items():
                            assert client is not None
                            busy.add(destination)
                            batch = group.create_task(_deliver(books, client, self._sender, messages, self._now))
                            batch.add_done_callback(partial(_is_free, busy, destination))
                        await asyncio.sleep(self._tick)
            except ExceptionGroup as several:
                raise several.exceptions[0] from None

    def _connect(self, closing: ExitStack) -> psycopg.Connection:
        return closing.enter_context(psycopg.connect(self._dsn, autocommit=True, application_name="milepost-messages"))


def _is_free(busy: set[UUID], destination: UUID, _: asyncio.Task[None]) -> None:
    busy.discard(destination)


async def _deliver(
    books: _Books,
    client: httpx.AsyncClient,
    sender: Sender,
    messages: Sequence[Claimed],
    now: Callable[[], datetime],
) -> None:
    """Sends a destination's messages and writes down how they fared. Those for people become one."""
    if messages[0].kind == "webhook":
        outcomes = await asyncio.gather(*(_call(client, sender, message, now()) for message in messages))
    else:
        told = await _tell(client, sender, messages, now())
        outcomes = [told] * len(messages)
    await books.record(messages, outcomes)


async def _call(client: httpx.AsyncClient, sender: Sender, message: Claimed, now: datetime) -> Outcome:
    if message.preset:
        secret = sender.preset_secret
    else:
        secret = secret_of(sender.derive, message.destination_id, message.secret_turn)
    signed = headers(message.message_id, message.body, secret, now)
    return await _post(client, message, message.body.encode(), signed)


async def _tell(client: httpx.AsyncClient, sender: Sender, messages: Sequence[Claimed], now: datetime) -> Outcome:
    said, first = say_all([message.body for message in messages]), messages[0]
    if first.kind == "email":
        return await _mail(sender, said, messages, now)
    body = (chat.slack if first.kind == "slack" else chat.teams)(said, sender.url)
    sent_as = {"content-type": "application/json", "user-agent": "Milepost", "webhook-id": f"msg_{first.message_id}"}
    return await _post(client, first, body, sent_as)


async def _mail(sender: Sender, said: Said, messages: Sequence[Claimed], now: datetime) -> Outcome:
    server, message = sender.mail_server, messages[0]
    if server is None:
        return Outcome(None, "There is no mail server: set MILEPOST_SMTP_URL and MILEPOST_MAIL_FROM.")
    own = message.topic == "digest.weekly"
    letter = mail.letter(
        said,
        sender.url,
        server=server,
        to=message.address,
        message_id=str(message.message_id),
        now=now,
        unsubscribe=f"{sender.url}{PATH}/{token_of(sender.derive, message.destination_id)}" if own else "",
        papers=await _papers(sender, messages),
    )
    try:
        await in_thread(mail.post, server, letter)
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:500])
    return Outcome(None, None)


async def _papers(sender: Sender, messages: Sequence[Claimed]) -> list[mail.Paper]:
    """A mail goes out without what cannot be made of it: its text says the same."""
    made = []
    for message in messages:
        try:
            paper = await sender.paper(message.body) if sender.paper else None
        except Exception:  # noqa: BLE001 -- told in the log
            _log.exception("no PDF could be made of the message %s; it goes out without", message.message_id)
            continue
        if paper is not None:
            made.append(paper)
    return made


async def _post(client: httpx.AsyncClient, message: Claimed, body: bytes, sent_as: dict[str, str]) -> Outcome:
    import httpx

    from milepost.messages.reach import ANYWHERE

    try:
        async with (
            asyncio.timeout(_PATIENCE),
            # What it answers beyond the status is nobody's concern, however long it is.
            client.stream(
                "POST", message.address, content=body, headers=sent_as, extensions={ANYWHERE: message.preset}
            ) as answer,
        ):
            status, wait = answer.status_code, _asked_to_wait(answer.headers.get("retry-after", ""))
    except TimeoutError:
        return Outcome(None, f"It did not answer within {_PATIENCE:.0f} s.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:500])
    return Outcome(status, None) if 200 <= status < 300 else Outcome(status, f"It answered {status}.", wait)


def _asked_to_wait(seconds: str) -> timedelta | None:
    return min(timedelta(seconds=int(seconds)), _LONGEST_WAIT) if seconds.isdecimal() and len(seconds) < 9 else None
