"""`python -m bench.predict_many [CUSTOMERS]`: how long a million customers' weeks take to read and to learn from.

Customers come at a rate of their own, some leave for good; 52 weeks are asked about. Prints seconds and peak memory.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from milepost.columns import ddl
from milepost.columns.engine import Engine
from milepost.columns.reading import QueryResult, Value
from milepost.predict.rows import Rows, gather, one_in, remembered
from milepost.predict.targets import Target
from milepost.predict.training import FITTED_BY, train

_WEEKS = 52
#: An event of each customer on each of some days, by hashes of both: the rate, 2 to 40 % of days, and the last day are
#: the customer's own.
_FILL = """
insert into events (event_id, customer, user, event_type, event_name, actor_type, tool_id, ts, ver)
select generateUUIDv4(), customer, customer, 'tool_usage', 'Opened', 'person', toString(cityHash64(customer, day) % 4),
  toDateTime64('2025-01-01 12:00:00', 6, 'UTC') + toIntervalDay(day), 1
from (
  select number % {customers:UInt32} as customer, intDiv(number, {customers:UInt32}) as day
  from numbers({customers:UInt32} * 450)
)
where (cityHash64(customer, day, 'come') % 1000) < 20 + cityHash64(customer, 'rate') % 380
  and day < 60 + cityHash64(customer, 'left') % 900
"""


def main() -> None:
    """Prints the figures."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder) / "columns")
        engine.command(ddl.create_events())
        engine.command(ddl.create_traits())
        engine.command(_FILL, {"customers": customers})

        async def ask(sql: str, parameters: dict[str, Value]) -> QueryResult:
            return engine.query(sql, parameters)

        days = [date(2025, 3, 3) + timedelta(days=7 * week) for week in range(_WEEKS)]
        began = time.monotonic()
        target = Target(active_days=112)

        async def read_rows() -> tuple[int, Rows]:
            of = await one_in(ask, target, days, most=FITTED_BY)
            return of, await gather(ask, target, days, known_on=remembered(ask, segment="", active_days=112, of=of))

        of, rows = asyncio.run(read_rows())
        read = time.monotonic()
        print(f"{len(rows.at):,} customers' weeks, of one in {of} customers, read in {read - began:.0f} s;"
              f" {rows.happened.mean():.0%} go quiet")  # fmt: skip
        report = train(target, rows).report
        print(f"learned in {time.monotonic() - read:.0f} s: {report.kind}, AUC {report.figures.auc:.3f}")
        engine.close()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.1f} GB")


if __name__ == "__main__":
    main()
