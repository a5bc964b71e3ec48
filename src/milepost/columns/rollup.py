"""The rollup of activity: months that are over and quiet are summed up, so that questions read a fraction of the rows.

A month is built whole from the events and swapped in; nothing is ever added to it. Which months can be read is noted
after the swap, with the load they were made after: a month with a newer load is read from the events instead.
"""

from __future__ import annotations

import time
from datetime import datetime

from milepost.columns import ddl
from milepost.columns.engine import Engine
from milepost.store.queries import load

_SQL = load("milepost.columns", "rollup.sql")
#: A month is built when nothing was loaded into it for so long: an import would only make it stale again.
_QUIET_SECONDS = 5.0


class Rollup:
    """Months of `activity`. Not thread-safe: the loader keeps it, in its turn. `months` may be read from anywhere."""

    def __init__(self, engine: Engine, quiet_seconds: float = _QUIET_SECONDS) -> None:
        self._engine = engine
        self._quiet_seconds = quiet_seconds
        for statement in ddl.create_rollup():
            engine.command(statement)
        self._stale: dict[int, float] = {}  # months to build, and when they were last loaded into
        #: Months that `activity` has whole.
        self.months: frozenset[int] = frozenset()

    def look(self) -> None:
        """Finds out from the tables which months are there and which are stale: after a start, and a load of all."""
        newest = self._numbers("months")
        rolled = self._numbers("rolled")
        self.months = frozenset(month for month, batch in newest.items() if rolled.get(month, -1) >= batch)
        self._stale = {month: time.monotonic() for month in newest.keys() - self.months}

    def forget(self) -> None:
        """All events are others now."""
        self.months = frozenset()
        self._engine.command("truncate table rollups")
        self._engine.command("truncate table activity")
        self.look()

    def touched(self, ver: int) -> None:
        """A load with this version was added: its months are stale from now on."""
        rows = self._engine.query(_SQL["touched"], {"ver": ver}).rows
        months = {int(str(month)) for (month,) in rows}
        self.months -= months
        self._stale |= dict.fromkeys(months, time.monotonic())

    def build_one(self, batch: int, now: datetime) -> int | None:
        """Builds one month that is over and quiet, as of load `batch`; answers which, None where there is none."""
        current = now.year * 100 + now.month
        quiet = time.monotonic() - self._quiet_seconds
        month = next((month for month, at in sorted(self._stale.items()) if month < current and at <= quiet), None)
        if month is None:
            return None
        self._engine.command("truncate table activity_new")
        self._engine.command(_SQL["fill"], {"month": month})
        # A month without a row cannot be swapped in, only taken out.
        filled = self._engine.query("select count() from activity_new").rows[0][0]
        swap = f"replace partition {month} from activity_new" if filled else f"drop partition {month}"
        self._engine.command(f"alter table activity {swap}")
        self._engine.insert("rollups", ["month", "batch"], f"{month}\t{batch}\n".encode())
        del self._stale[month]
        self.months |= {month}
        return month

    def _numbers(self, name: str) -> dict[int, int]:
        return {int(str(month)): int(str(batch)) for month, batch in self._engine.query(_SQL[name]).rows}
