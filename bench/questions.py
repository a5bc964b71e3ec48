"""`python -m bench.questions`: the questions on millions of events, beside PostgreSQL and the bare engine.

Fills a PostgreSQL with generated events, builds the column store from it, and asks the same six questions three ways:
Milepost's, hand-written for the bare engine, hand-written for PostgreSQL. Medians; PostgreSQL's of fewer rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from milepost.analytics.ask import ask
from milepost.analytics.asking import Period, Question, Step
from milepost.analytics.context import Store
from milepost.analytics.funnel import Funnel
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.paths import Paths
from milepost.analytics.retention import Retention
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.trends import Trends
from milepost.store.database import Database
from milepost.store.queries import load
from tests.support.columns import Owner
from tests.support.postgres import Cluster

_SQL = load("bench", "questions.sql")
_CHUNK = 500_000
LAST = date(2026, 11, 25)
FIRST = LAST - timedelta(days=89)
_PERIOD = Period(first=FIRST, last=LAST)
QUESTIONS: dict[str, Question] = {
    "trends": Trends(period=_PERIOD, measure="units"),
    "funnel": Funnel(
        period=_PERIOD,
        steps=(
            Step(event_type="tool_usage", tool_id="icp-analysis"),
            Step(event_type="resource_generation"),
            Step(event_type="export_action"),
        ),
    ),
    "retention": Retention(period=_PERIOD),
    "paths": Paths(period=_PERIOD),
    "lifecycle": Lifecycle(period=_PERIOD),
    "stickiness": Stickiness(period=_PERIOD),
}


def main() -> None:
    """Prints the table and writes it to bench/results/."""
    parser = argparse.ArgumentParser(prog="python -m bench.questions", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgresql-rounds", type=int, default=1, help="0 leaves PostgreSQL out")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        cluster = Cluster(Path(folder) / "pg")
        try:
            with cluster.database() as dsn:
                fill(dsn, options.events, console)
                owner = Owner(Path(folder) / "data", dsn, {"MILEPOST_QUERY_SECONDS": "60"})
                began = time.monotonic()
                owner.start()
                owner.wait_until_level(3600)
                built = time.monotonic() - began
                console.print(f"The column store was built in {built:.0f} s: {options.events / built:,.0f} events/s.")
                try:
                    results = measure(owner, dsn, options.rounds, options.postgresql_rounds)
                finally:
                    owner.stop()
        finally:
            cluster.stop()
    results["build_seconds"] = built
    report(results, options.events, console)


def fill(dsn: str, events: int, console: Console) -> None:
    """Events of a year. Without triggers: what they add is no part of this measurement."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select milepost.ensure_partitions('2025-12-01', '2026-12-31')")
        connection.execute("alter table public.behavior_events disable trigger user")
        for first in range(0, events, _CHUNK):
            values = {"first": first, "n": min(_CHUNK, events - first), "customers": max(100, events // 200)}
            connection.execute(_SQL["fill"], values)
            console.print(f"[dim]{first + values['n']:,} of {events:,} events in PostgreSQL[/dim]")
        connection.execute("alter table public.behavior_events enable trigger user")
        connection.execute("vacuum analyze public.behavior_events")


def measure(owner: Owner, dsn: str, rounds: int, slow_rounds: int) -> dict[str, object]:
    return asyncio.run(_measure(owner, dsn, rounds, slow_rounds))


async def _measure(owner: Owner, dsn: str, rounds: int, slow_rounds: int) -> dict[str, object]:
    database = Database(dsn, size=2, query_seconds=600)
    await database.open()
    store = Store(owner.columns, database, lambda: datetime.now(UTC))
    begin, end = (
        datetime.combine(FIRST, datetime.min.time()),
        datetime.combine(LAST + timedelta(1), datetime.min.time()),
    )
    bound = {"first": begin.isoformat(" "), "end": end.isoformat(" ")}
    results: dict[str, object] = {}
    try:
        for name, question in QUESTIONS.items():
            ours, bare, slow = [], [], []
            for _ in range(rounds):  # in turn, so that neither has the quieter minutes
                ours.append(await _seconds(lambda: ask(store, question)))  # noqa: B023
                bare.append(await _seconds(lambda: owner.columns.query(_SQL[f"{name}_columns"], bound)))  # noqa: B023
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("set timezone = 'UTC'; set jit = off; set work_mem = '256MB'")
                for _ in range(slow_rounds):
                    at = time.perf_counter()
                    connection.execute(_SQL[f"{name}_postgresql"], bound).fetchall()
                    slow.append(time.perf_counter() - at)
            results[name] = {
                "milepost": statistics.median(ours),
                "bare": statistics.median(bare),
                "postgresql": statistics.median(slow) if slow else None,
            }
    finally:
        await database.close()
    return results


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def report(results: dict[str, object], events: int, console: Console) -> None:
    table = Table("question", "Milepost", "bare engine", "ratio", "PostgreSQL", "times as fast")
    factors = []
    for name, found in results.items():
        if not isinstance(found, dict):
            continue
        ours, bare, slow = found["milepost"], found["bare"], found["postgresql"]
        factor = slow / ours if slow else None
        factors += [factor] if factor else []
        table.add_row(
            name,
            f"{ours * 1000:,.0f} ms",
            f"{bare * 1000:,.0f} ms",
            f"{ours / bare:.2f}",
            f"{slow * 1000:,.0f} ms" if slow else "-",
            f"{factor:.1f}" if factor else "-",
        )
    console.print(f"\n[bold]{events:,} events[/bold], 90 of 360 days asked, {datetime.now(UTC):%Y-%m-%d}")
    console.print(table)
    if factors:
        console.print(f"The median question is {statistics.median(factors):.1f} times as fast as on PostgreSQL.")
    path = Path(__file__).parent / "results" / f"questions-{events}-{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2))
    console.print(f"Written to {path}")


if __name__ == "__main__":
    main()
