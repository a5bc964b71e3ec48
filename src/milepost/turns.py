"""When periodic jobs take their turn: of several that were missed the newest alone, and none while one is waiting.

Procrastinate makes a job of every turn since the last. Of a machine that slept for a day, or a clock that was put right
by one, that is 1,440 jobs of a kind that runs every minute. Its queueing locks do not mend it: a job that is tried
again collides with the one that waits, and keeps its own lock for good (Procrastinate's issues 1446 and 1543).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import procrastinate
from procrastinate.periodic import PeriodicDeferrer, PeriodicTask, TaskAtTime
from procrastinate.worker import Worker

_FORGET_MISSED = """
delete from procrastinate_jobs as job
using (select task_name, max(id) as id from procrastinate_jobs where status = 'todo' group by 1) as newest
where job.task_name = newest.task_name and job.id < newest.id and job.status = 'todo'
  and job.task_name = any (%(names)s)
"""


class Turns(PeriodicDeferrer):
    """The periodic jobs of an app, whose connector is open."""

    def __init__(self, app: procrastinate.App) -> None:
        super().__init__(registry=app.periodic_registry)
        self._app = app

    async def waiting(self) -> set[str]:
        """The names of tasks of which a job is waiting."""
        return {job.task_name for job in await self._app.job_manager.list_jobs_async(status="todo")}

    async def forget_missed(self) -> None:
        """Of each periodic job that waits several times over, all but the newest go."""
        names = [task.task.name for task in self.registry.periodic_tasks.values()]
        await self._app.connector.execute_query_async(_FORGET_MISSED, names=names)

    def get_timestamps(
        self, periodic_task: PeriodicTask[Any, Any, Any], since: int | None, until: float
    ) -> Iterable[int]:
        """The newest turn up to `until`, in seconds of Unix time, where it is later than `since`."""
        # A clock that was ahead and was put right: as after a start.
        if since is None or since > until:
            return super().get_timestamps(periodic_task, None, until)
        turns = periodic_task.croniter
        turns.set_current(start_time=until)
        newest = round(float(turns.get_prev(ret_type=float)))
        return [newest] if newest > since else []

    async def defer_jobs(self, jobs_to_defer: Iterable[TaskAtTime]) -> None:
        waiting = await self.waiting()
        await super().defer_jobs([turn for turn in jobs_to_defer if turn[0].task.name not in waiting])


class TurnsWorker(Worker):
    """Procrastinate's worker, with turns as they are here."""

    async def _periodic_deferrer(self) -> None:
        await Turns(self.app).worker()
