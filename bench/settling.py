"""`python -m bench.settling`: what settling costs beside storing, a tenth of the events late.

Fills customers with months of days, then sends events through `milepost.store_events` on two connections while another
settles as the server does. What counts is CPU of the backends, from /proc: the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
import psycopg
from rich.console import Console

from bench.events import Event, events
from milepost.insights.settle import STEADY, settle
from milepost.settling import STEPS
from tests.support.postgres import Cluster
from tests.support.settling import settle_all

_OPTIONS: Final = "-c timezone=UTC -c jit=off"
#: As the server's worker has them.
_SETTLING: Final = _OPTIONS + " -c plan_cache_mode=force_generic_plan"
_WRITERS: Final = 2
_FILL: Final = """
insert into public.behavior_events (customer_id, event_type, business_impact, tool_id, competency_area, session_id,
  "timestamp")
select 'customer-' || c,
  (array['tool_usage', 'navigation', 'content_interaction', 'export_action'])[1 + (c + d + n) %% 4],
  (array['low', 'low', 'medium', 'high'])[1 + (d + n) %% 4],
  (array['icp-analysis', 'cost-calculator', 'business-case', 'resource-library'])[1 + (d * n) %% 4],
  (array['customer_intelligence', 'value_communication', 'sales_execution',
    'systematic_optimization'])[1 + (c + n) %% 4],
  's' || c || '-' || d, now() - d * interval '1 day' - n * interval '10 minutes'
from generate_series(0, %(customers)s - 1) as c, generate_series(1, %(days)s) as d, generate_series(1, 4) as n
where (c * 7 + d * 11) %% 10 < 6
"""


def main() -> None:
    """Prints the figures and writes them to bench/results/."""
    parser = argparse.ArgumentParser(prog="python -m bench.settling", description=__doc__)
    parser.add_argument("--customers", type=int, default=60)
    parser.add_argument("--days", type=int, default=120, help="days that each customer has been there for")
    parser.add_argument("--rate", type=float, default=234, help="events a second")
    parser.add_argument("--batch", type=int, default=20, help="events of one call")
    parser.add_argument("--late", type=float, default=0.1, help="share of events that come late")
    parser.add_argument("--late-days", type=int, default=40, help="by how much at most")
    parser.add_argument("--seconds", type=float, default=180)
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        cluster = Cluster(Path(folder) / "pg")
        try:
            with cluster.database() as dsn:
                found = measure(dsn, options, console)
        finally:
            cluster.stop()
    report(found, console)
    path = Path(__file__).parent / "results" / f"settling-{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found | {"asked": vars(options)}, indent=2))
    console.print(f"Written to {path}")


def measure(dsn: str, options: argparse.Namespace, console: Console) -> dict[str, float]:
    """CPU seconds and counts."""
    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection:
        connection.execute(_FILL, {"customers": options.customers, "days": options.days})
        settle_all(connection, STEPS, now=datetime.now(UTC))
        connection.execute("vacuum analyze")
    console.print(f"{options.customers:,} customers of {options.days} days; sending for {options.seconds:,.0f} s")
    stop = threading.Event()
    storing, settling = [Cost() for _ in range(_WRITERS)], Cost()
    threads = [
        threading.Thread(target=store, args=(dsn, options, number, stop, cost)) for number, cost in enumerate(storing)
    ]
    threads.append(threading.Thread(target=keep_settling, args=(dsn, stop, settling)))
    for thread in threads:
        thread.start()
    stop.wait(options.seconds)
    stop.set()
    for thread in threads:
        thread.join()
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0, options=_SETTLING) as connection:
        # What waits to be written for an hour, or until the day turns, is a part of the price.
        hourly = Cost()
        with hourly.of(connection):
            connection.execute("update milepost.standing set unsettled = true, changes = changes + 1")
            hourly.done = settle_all(connection, STEPS, now=datetime.now(UTC) + timedelta(hours=1, seconds=1))
        # Once beforehand, so that statements are planned.
        settle_all(connection, STEPS, now=datetime.now(UTC) + timedelta(days=1))
        new_day = Cost()
        with new_day.of(connection):
            for day in range(2, 7):
                new_day.done += settle_all(connection, STEPS, now=datetime.now(UTC) + timedelta(days=day))
    return {
        "events": sum(cost.done for cost in storing),
        "storing_cpu": sum(cost.cpu for cost in storing),
        "settled": settling.done,
        "settling_cpu": settling.cpu,
        "settling_worker_cpu": settling.own,
        "hourly_cpu": hourly.cpu,
        "hourly_share": hourly.cpu * options.seconds / 3600,
        "new_day_customers": new_day.done,
        "new_day_cpu": new_day.cpu,
    }


class Cost:
    """`cpu` and `own`: seconds of a connection's backend and of the thread that uses it; `done`: of what, how many."""

    def __init__(self) -> None:
        self.cpu = self.own = 0.0
        self.done = 0

    def of(self, connection: psycopg.Connection) -> _Measured:
        return _Measured(self, psutil.Process(connection.info.backend_pid))


class _Measured:
    def __init__(self, cost: Cost, backend: psutil.Process) -> None:
        self._cost, self._backend = cost, backend

    def __enter__(self) -> None:
        self._began, self._own = _cpu(self._backend), time.thread_time()

    def __exit__(self, *_: object) -> None:
        self._cost.cpu += _cpu(self._backend) - self._began
        self._cost.own += time.thread_time() - self._own


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def store(dsn: str, options: argparse.Namespace, number: int, stop: threading.Event, cost: Cost) -> None:
    """Sends its part of the events, evenly, until told to stop."""
    chance, source = random.Random(number), events(number, options.customers)
    pause = options.batch * _WRITERS / options.rate
    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection, cost.of(connection):
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            due += pause
            batch = [_late(next(source), options, chance) for _ in range(options.batch)]
            connection.execute("select count(*) from milepost.store_events(%s::json)", (json.dumps(batch),))
            cost.done += len(batch)


def _late(event: Event, options: argparse.Namespace, chance: random.Random) -> Event:
    event = event | {"retention_days": 365, "is_bot": False}
    if chance.random() >= options.late:
        return event
    at = datetime.now(UTC) - timedelta(days=chance.uniform(0, options.late_days))
    return event | {"timestamp": at.isoformat(), "session_id": None}


def keep_settling(dsn: str, stop: threading.Event, cost: Cost) -> None:
    """As the server's worker does: a look a second."""
    after = ""
    with (
        psycopg.connect(dsn, autocommit=True, prepare_threshold=0, options=_SETTLING) as connection,
        cost.of(connection),
    ):
        while not stop.is_set():
            began = time.monotonic()
            batch = settle(connection, STEPS, now=datetime.now(UTC), after=after, pace=STEADY)
            after, cost.done = batch.last, cost.done + batch.customers
            stop.wait(min(time.monotonic() - began, 1.0) if batch.more else 1.0)


def report(found: dict[str, float], console: Console) -> None:
    """In words."""
    events_, settled = found["events"], found["settled"]
    storing, settling = found["storing_cpu"], found["settling_cpu"] + found["hourly_share"]
    console.print(f"Python {platform.python_version()}, {psutil.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    console.print(f"Storing {events_:,.0f} events: {storing:.2f} s of CPU, {storing / events_ * 1e6:,.0f} µs each.")
    console.print(
        f"Settling {settled:,.0f} times: {found['settling_cpu']:.2f} s of CPU"
        f" ({found['settling_cpu'] / max(settled, 1) * 1000:.2f} ms each), the worker itself"
        f" {found['settling_worker_cpu']:.2f} s; what is written hourly {found['hourly_cpu']:.2f} s, here"
        f" {found['hourly_share']:.2f} s of it."
    )
    console.print(f"Settling / storing: {settling / storing:.2f}")
    console.print(
        f"A new day, nothing changed: {found['new_day_cpu'] / found['new_day_customers'] * 1000:.2f} ms a customer."
    )


if __name__ == "__main__":
    main()
