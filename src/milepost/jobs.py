"""Periodic work: Procrastinate's worker inside the server, its queue in PostgreSQL (schema `milepost_jobs`).

Every server on a database runs a worker; the queue hands each job to one of them, and a lock per kind of job keeps two
of a kind from running side by side. Turns that were missed are not made up for one by one (turns.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from milepost.alerts.keep import forget_incidents
from milepost.coach.learn import learn
from milepost.coach.lift import tally
from milepost.errors import DatabaseUnavailable
from milepost.export.scheduled import export_apart, is_due
from milepost.insights.settle import forget_history, read_plan
from milepost.insights.validate_process import validate_apart
from milepost.insights.validate_runs import TASK as VALIDATE
from milepost.messages.outbox import forget_messages
from milepost.predict.process import predict_apart
from milepost.privacy.retain import delete_expired
from milepost.store.imports import import_under_way
from milepost.store.patience import PatientConnection
from milepost.supervisor import Supervisor, Task, in_a_line
from milepost.turns import Turns, TurnsWorker

_log = logging.getLogger(__name__)

#: A failed job is tried again after 2, 4, 8, 16 seconds, then left to its next turn.
_RETRY = procrastinate.RetryStrategy(max_attempts=4, exponential_wait=2)
#: Seconds without a heartbeat after which a worker counts as dead, and its job goes to another.
_DEAD_AFTER = 60.0
_KEEP_FAILED_HOURS = 30 * 24
#: The jobs by their names in the queue.
CLEAN_UP, TIDY = "clean_up_expired_events", "delete_old_jobs"
LEARN, TALLY = "learn_next_steps", "count_recommendations"
TRAIN, PREDICT = "train_predictions", "predict"
EXPORT = "export_what_is_due"
#: Many recommendations are not counted every minute.
_TALLY_MANY_EVERY = timedelta(minutes=10)
#: Days after which a column store that has not read a change builds itself anew instead.
_KEEP_CHANGES_DAYS = 7


class _Pool(AsyncConnectionPool[psycopg.AsyncConnection]):
    """Connections that find Procrastinate's tables in their schema, behind a PgBouncer in transaction mode too."""

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[psycopg.AsyncConnection]:  # noqa: ASYNC109
        async with super().connection(timeout) as connection:
            await connection.execute("set local search_path = milepost_jobs")
            yield connection


class Jobs:
    """The retention cleanup (of noted changes too) every `cleanup_minutes`, and
    validations of the score when one is asked for.

    `poll_seconds`: how soon at the latest a waiting job is seen. Needs a migrated database.
    """

    def __init__(
        self, dsn: str, *, cleanup_minutes: int, now: Callable[[], datetime], poll_seconds: float = 5.0
    ) -> None:
        self._dsn = dsn
        self._now = now
        self._poll = poll_seconds
        self._closing = False
        connector = procrastinate.PsycopgConnector(
            conninfo=dsn,
            pool_factory=_Pool,
            connection_class=PatientConnection,
            min_size=1,
            max_size=3,
            timeout=5,
            reconnect_timeout=0,
            kwargs={"application_name": "milepost-jobs", "prepare_threshold": None},
        )
        self.app = procrastinate.App(connector=connector)
        self._register(cleanup_cron(cleanup_minutes))

    def start(self, supervisor: Supervisor) -> None:
        """Returns at once; when closed, a running job finishes its batch."""
        # It tells of every job it starts; what matters is told here.
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        supervisor.start("jobs", self._run, stop=self._stop, within=10.0)

    async def _stop(self) -> None:
        self._closing = True

    def _register(self, cron: str) -> None:
        app = self.app

        @app.periodic(cron=cron)
        @app.task(name=CLEAN_UP, lock=CLEAN_UP, retry=_RETRY)
        async def clean_up(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            gone = await self._logged(CLEAN_UP, self._clean_up)
            _log.info("retention: %d expired events deleted", gone)

        @app.periodic(cron="17 2 * * *")
        @app.task(name=TIDY, lock=TIDY, retry=_RETRY)
        async def delete_old_jobs(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            await app.job_manager.delete_old_jobs(nb_hours=_KEEP_FAILED_HOURS, include_failed=True)

        @app.task(name=VALIDATE, lock=VALIDATE, retry=_RETRY)
        async def validate_score(validation_id: int) -> None:
            await validate_apart(self._dsn, validation_id, stopped=lambda: self._closing)

        @app.periodic(cron="41 3 * * *")
        @app.task(name=LEARN, lock=LEARN, retry=_RETRY)
        async def learn_next_steps(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            await self._logged(LEARN, self._learn)

        # By the week, before the working week; what it learned is told anew each night.
        @app.periodic(cron="11 2 * * 0")
        @app.task(name=TRAIN, lock=PREDICT, retry=_RETRY)
        async def train_predictions(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            await predict_apart(self._dsn, "train", stopped=lambda: self._closing)

        @app.periodic(cron="23 4 * * *")
        @app.task(name=PREDICT, lock=PREDICT, retry=_RETRY)
        async def predict(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            await predict_apart(self._dsn, "score", stopped=lambda: self._closing)

        @app.periodic(cron="* * * * *")
        @app.task(name=TALLY, lock=TALLY)
        async def count_recommendations(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            await self._logged(TALLY, self._tally)

        @app.periodic(cron="* * * * *")
        @app.task(name=EXPORT, lock=EXPORT, retry=_RETRY)
        async def export_what_is_due(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            if await self._logged(EXPORT, self._exports_due):
                await export_apart(self._dsn, stopped=lambda: self._closing)

        @app.periodic(cron="*/5 * * * *")
        @app.task(name="rescue_jobs", lock="rescue_jobs")
        async def rescue(timestamp: int) -> None:  # noqa: ARG001 -- its turn, as Procrastinate passes it
            await self._rescue()

    async def _logged(self, name: str, work: Callable[[], int]) -> int:
        try:
            return await asyncio.to_thread(work)
        except Exception as error:
            _log.warning("job %s failed and will be tried again: %s", name, in_a_line(error))
            raise

    def _clean_up(self) -> int:
        with psycopg.connect(self._dsn, autocommit=True, application_name="milepost-jobs") as connection:
            gone = delete_expired(connection, now=self._now(), stopped=lambda: self._closing)
            kept_from = self._now() - timedelta(days=_KEEP_CHANGES_DAYS)
            connection.execute("select milepost.clean_event_changes(%s)", (kept_from,))
            connection.execute("delete from milepost.announcements where at < %s", (kept_from,))
            if known := read_plan(connection):
                before = self._now().date() - timedelta(days=known[0].history.days)
                forget_history(connection, before=before, stopped=lambda: self._closing)
            return gone

    def _learn(self) -> int:
        with psycopg.connect(
            self._dsn, autocommit=True, application_name="milepost-jobs", options="-c jit=off"
        ) as connection:
            forget_messages(connection, now=self._now())
            forget_incidents(connection, now=self._now())
            if import_under_way(connection):
                _log.info("the coach learns tomorrow night: an import is under way, and half of it would mislead")
                return 0
            return learn(connection, now=self._now())

    def _exports_due(self) -> int:
        with psycopg.connect(self._dsn, autocommit=True, application_name="milepost-jobs") as connection:
            return int(is_due(connection, now=self._now()))

    def _tally(self) -> int:
        with psycopg.connect(self._dsn, autocommit=True, application_name="milepost-jobs") as connection:
            tally(connection, now=self._now(), at_most_every=_TALLY_MANY_EVERY)
            return 0

    async def _rescue(self) -> None:
        """A server that was killed leaves its job behind as running, and with it the job's lock."""
        manager = self.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_AFTER):
            _log.warning("job %s (%s) lost its server and is queued again", job.id, job.task_name)
            await manager.retry_job(job)

    async def _run(self, task: Task) -> None:
        try:
            async with self.app.open_async():
                await self._rescue()
                task.works()
                await self._work()
        except ConnectorException as error:
            raise DatabaseUnavailable(
                f"The jobs' queue cannot be reached: {in_a_line(error.__cause__ or error)}"
            ) from error

    async def _work(self) -> None:
        turns = Turns(self.app)
        await turns.forget_missed()
        waiting = await turns.waiting()
        # Once at every start: what was due while no server ran.
        for name in {CLEAN_UP, TALLY, EXPORT} - waiting:
            await self.app.configure_task(name).defer_async(timestamp=0)
        await TurnsWorker(
            app=self.app,
            concurrency=2,
            # LISTEN does not pass a PgBouncer in transaction mode; jobs that come by the minute can be polled for.
            listen_notify=False,
            fetch_job_polling_interval=self._poll,
            abort_job_polling_interval=60.0,
            shutdown_graceful_timeout=8.0,
            delete_jobs="successful",
            install_signal_handlers=False,
            stalled_worker_timeout=_DEAD_AFTER,
        ).run()  # type: ignore[no-untyped-call]


def cleanup_cron(minutes: int) -> str:
    """A cron line that runs at least every so many minutes: cron knows minutes of an hour and hours of a day."""
    if minutes < 60:
        return f"*/{minutes} * * * *"
    hours = min(minutes // 60, 24)
    return "0 0 * * *" if hours == 24 else f"0 */{hours} * * *"
