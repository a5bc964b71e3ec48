"""The application's own tasks on a real PostgreSQL, with faults nobody expects put into them."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import psycopg
import pytest
from litestar import Litestar
from prometheus_client import REGISTRY

from milepost import jobs, live, settling
from milepost.access.services import Services
from milepost.errors import DatabaseUnavailable, Overloaded, Problem
from milepost.identity import follower
from milepost.ingest import write
from milepost.ingest.events import EventRow
from milepost.ingest.ids import new_id
from milepost.ingest.lanes import Work
from milepost.live import feed
from milepost.messages import sending
from milepost.settings import load_settings
from milepost.store.saved_plans import PlanInForce
from milepost.store.setup import set_up
from milepost.supervisor import Supervisor
from tests.messages.receiver import receiver
from tests.supervisor.test_supervisor import counted
from tests.support.waiting import until

with warnings.catch_warnings():
    # Litestar has newer names for some of what the routes are declared with.
    warnings.simplefilter("ignore", DeprecationWarning)
    from milepost import app as wiring

pytestmark = [pytest.mark.timeout(120), pytest.mark.filterwarnings("ignore::DeprecationWarning")]
_NAMES = "select distinct application_name from pg_stat_activity where datname = current_database() and pid <> "


async def short(_: float) -> None:
    """A pause that takes no time to speak of."""
    await asyncio.sleep(0.01)


@pytest.fixture
def hook() -> Iterator[str]:
    with receiver() as found:
        yield found.url


@pytest.fixture
def application(dsn: str, hook: str, tmp_path: Any) -> Litestar:
    settings = load_settings(
        {
            "MILEPOST_DATABASE_URL": dsn,
            "MILEPOST_DATA_DIR": str(tmp_path),
            "MILEPOST_COLUMNS": "0",
            "MILEPOST_WEBHOOK_URL": hook,
            "MILEPOST_WEBHOOK_SECRET": "a secret of some length",
        }
    )
    app = wiring.create_app(settings)
    services(app).supervisor = Supervisor(sleep=short)
    return app


def services(app: Litestar) -> Services:
    found = app.state.services
    assert isinstance(found, Services)
    return found


async def get(app: Litestar, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, app)), base_url="http://test") as client:
        return await client.get(path)


@asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[Services]:
    async with app.lifespan():
        await until(lambda: services(app).not_ready is None, "the server to be ready")
        yield services(app)


async def store(served: Services, customer: str) -> None:
    row = EventRow(
        event_id=new_id(datetime.now(UTC)), event_type="navigation", business_impact="low",
        timestamp=datetime.now(UTC), retention_days=365, customer_id=customer,
    )  # fmt: skip
    await served.writer.write(Work([row], range(1)))


def is_settled(connection: psycopg.Connection, customer: str) -> Callable[[], bool]:
    asked = "select count(*) from milepost.snapshots where customer_id = %s"
    return lambda: connection.execute(asked, (customer,)).fetchone() == (1,)


def faulty(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, times: int) -> list[int]:
    """Lets `name` of `owner` fail so often in a way that nobody expects. Answers a list, as long as it has."""
    real, failed = getattr(owner, name), list[int]()

    def fails(*args: Any, **kwargs: Any) -> Any:
        if len(failed) < times:
            failed.append(1)
            raise KeyError("nobody expects it")
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, fails)
    return failed


async def test_a_start_that_fails_unexpectedly_says_so_and_is_tried_again(
    application: Litestar, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    may_go_on = threading.Event()

    def fails(*args: Any) -> PlanInForce:
        if not may_go_on.is_set():
            raise RuntimeError("nobody expects it")
        return set_up(*args)

    monkeypatch.setattr(wiring, "set_up", fails)
    before = counted("failures_total", "start-up")
    async with application.lifespan():
        await until(lambda: counted("failures_total", "start-up") >= before + 3, "three tries")
        ready, health = await get(application, "/ready"), await get(application, "/health")
        assert (ready.status_code, ready.json()["reason"]) == (
            503,
            "The server could not start and is trying again; its log says why.",
        )
        assert health.status_code == 200
        (failing,) = health.json()["failing"]
        assert failing["task"] == "start-up"
        assert failing["failures"] >= 3
        may_go_on.set()
        await until(lambda: services(application).not_ready is None, "the server to be ready")
        assert (await get(application, "/ready")).status_code == 200
        assert (await get(application, "/health")).json()["failing"] == []
    assert "start-up failed" in caplog.text
    assert "RuntimeError: nobody expects it" in caplog.text


@pytest.mark.parametrize(
    ("task", "owner", "name"),
    [
        ("following", follower, "follow"),
        ("settling", settling, "settle_around"),
        ("messages", sending, "claim"),
        ("jobs", jobs.Jobs, "_work"),
        ("live-feed", live.LiveFeed, "_read"),
        ("greeting", wiring, "has_members"),
    ],
)
async def test_a_task_that_fails_unexpectedly_comes_back(
    application: Litestar,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    owner: Any,
    name: str,
) -> None:
    faulty(monkeypatch, owner, name, 3)
    failures, restarts = counted("failures_total", task), counted("restarts_total", task)
    async with running(application) as served:
        watching = served.live.subscribe()
        await anext(watching)
        await until(lambda: counted("failures_total", task) == failures + 3, "three failures")
        await until(lambda: counted("up", task) == 1, "it to work")
        assert counted("restarts_total", task) == restarts + 3
        assert served.supervisor.failing() == []
        # All of them work.
        await store(served, "acme")
        async with asyncio.timeout(20):
            while not (await anext(watching)).batch.events:
                pass
        await until(is_settled(connection, "acme"), "the customer to be settled")
        await watching.aclose()


async def test_the_live_feed_has_room_for_so_many_and_goes_on_for_a_while(
    application: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MAX_READERS", 1)
    async with running(application) as served:
        watching = served.live.subscribe()
        position = (await anext(watching)).batch.position
        with pytest.raises(Overloaded) as refused:
            served.live.check_room()
        assert refused.value.retry_after
        await watching.aclose()
        # Nobody reads, and what is stored now is told whole to who comes again.
        for number in range(3):
            await store(served, f"missed {number}")
        again, told = served.live.subscribe(after=position), list[str]()
        async with asyncio.timeout(20):
            while len(told) < 3:
                told += [event.customer_id for event in (await anext(again)).batch.events]
        assert told == [f"missed {number}" for number in range(3)]
        await again.aclose()


async def test_a_writer_that_fails_unexpectedly_comes_back(
    application: Litestar, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = faulty(monkeypatch, write, "store", 3)
    before = sum(counted("failures_total", f"writer-{number}") for number in (0, 1))
    async with running(application) as served:
        stored = False
        while not stored:
            try:
                await store(served, "acme")
                stored = True
            except Problem:
                await until(lambda: served.writer.available, "a connection")
        assert len(failed) == 3
        await until(lambda: all(counted("up", f"writer-{number}") == 1 for number in (0, 1)), "both writers")
        assert sum(counted("failures_total", f"writer-{number}") for number in (0, 1)) == before + 3


def ours(connection: psycopg.Connection) -> set[str]:
    """What of the server is connected."""
    pid = connection.info.backend_pid
    return {name for (name,) in connection.execute(f"{_NAMES}{pid}".encode()) if name.startswith("milepost")}


async def test_a_stop_ends_within_its_bound_and_finishes_the_others_while_one_hangs(
    application: Litestar, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, forever = threading.Event(), threading.Event()

    def hangs(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        forever.wait(60)
        raise KeyError("it was left behind")

    monkeypatch.setattr(settling, "settle_around", hangs)
    try:
        async with asyncio.timeout(20):
            async with running(application):
                await asyncio.to_thread(begun.wait, 20)
                everything = {
                    "milepost",
                    "milepost-following",
                    "milepost-settling",
                    "milepost-messages",
                    "milepost-jobs",
                    "milepost-writer",
                }
                await until(lambda: ours(connection) >= everything, "all to be connected")
        assert not forever.is_set()
        await until(lambda: ours(connection) == {"milepost-settling"}, "all but what hangs to be gone")
    finally:
        forever.set()
    await until(lambda: ours(connection) == set(), "that to be gone, too")


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> Iterator[list[str]]:
    """`name` of `owner` does what it does, and fails then."""
    real, called = getattr(owner, name), list[str]()

    async def fails(self: Any, *args: Any, **kwargs: Any) -> None:
        await real(self, *args, **kwargs)
        called.append(name)
        raise RuntimeError("it cannot be closed")

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fails)
        yield called


@pytest.mark.parametrize(
    ("owner", "name"), [(jobs.Jobs, "_stop"), (write.Writer, "_stop"), (write.Writer, "_refuse_rest")]
)
async def test_one_that_cannot_be_closed_keeps_no_other_from_it(
    application: Litestar,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    owner: Any,
    name: str,
) -> None:
    with broken(monkeypatch, owner, name) as called:
        async with running(application) as served:
            await until(lambda: len(ours(connection)) == 6, "all to be connected")
        assert called
    await until(lambda: ours(connection) == set(), "all connections to be closed")
    assert "it cannot be closed" in caplog.text
    with pytest.raises(DatabaseUnavailable):
        await store(served, "acme")
    assert REGISTRY.get_sample_value("milepost_pending_bytes") == 0
