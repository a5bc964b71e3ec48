"""The plan a running server works by, which changes while it runs: when somebody saves another, here or elsewhere."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import psycopg

from milepost.errors import Conflict, DatabaseUnavailable
from milepost.plan import Plan
from milepost.store.database import Database
from milepost.store.plan_tables import apply_plan
from milepost.store.saved_plans import PlanInForce, newest_id, plan_in_force, plan_without_database, save_plan
from milepost.supervisor import Supervisor, Task, in_a_line, in_thread

#: Seconds between two looks for a plan that another server, or a command, has saved.
_TICK: Final = 2.0


class PlanKeeper:
    """Whoever needs the plan asks here, each time: what was taken along earlier may be an older one."""

    def __init__(self, database: Database, file: Path | None) -> None:
        """Until the database is there it is the file's plan, or the default. Raises PlanError for a file's mistake."""
        self._database = database
        self.in_force = plan_without_database(file)

    @property
    def plan(self) -> Plan:
        return self.in_force.plan

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database. A file is read when a server starts, and then no more."""
        if self.in_force.file is None:
            supervisor.start("plan", self._follow)

    async def save(self, text: str, *, onto: int, by: str, change: str, now: datetime) -> None:
        """Checks the text, keeps it and takes it over, at once. `onto`: the newest that whoever changed it had seen.

        Raises PlanError for a text that is no plan; Conflict where a file says what the plan is, or somebody was
        quicker; DatabaseUnavailable. Then nothing was changed.
        """
        if (file := self.in_force.file) is not None:
            raise Conflict(f"The plan is read from {file}. Change it there, and start the server again.")
        try:
            self.in_force = await in_thread(partial(self._save, text, onto=onto, by=by, change=change, now=now))
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(
                f"The plan was not saved, as the database could not be reached: {in_a_line(error)}"
            ) from error

    def _save(self, text: str, *, onto: int, by: str, change: str, now: datetime) -> PlanInForce:
        with self._connect() as connection:
            return save_plan(connection, text, onto=onto, by=by, change=change, now=now)

    async def _follow(self, task: Task) -> None:
        while True:
            async with self._database.transaction() as connection:
                newest = await newest_id(connection)
            if newest != self.in_force.newest:
                self.in_force = await in_thread(self._take_over)
            task.works()
            await asyncio.sleep(_TICK)

    def _take_over(self) -> PlanInForce:
        with self._connect() as connection:
            found = plan_in_force(connection, None)
            # Who saved it has done so; but a server that started at that moment may have put an older one in its place.
            apply_plan(connection, found.plan)
        return found

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._database.dsn, autocommit=True, application_name="milepost-plan", connect_timeout=5)
