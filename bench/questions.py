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
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from milepost.analytics.ask import ask
from milepost.analytics.asking import EventKind, Filter, Period, Question
from milepost.analytics.context import Store
from milepost.analytics.funnel import Funnel
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.paths import Paths
from milepost.analytics.retention import Retention
from milepost.analytics.sessions import Sessions
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.trends import Series, Trends
from milepost.columns import ddl
from milepost.columns.engine import Engine
from milepost.columns.reading import Freshness, QueryResult, Reader, Value
from milepost.columns.rollup import Rollup
from milepost.store.database import Database
from milepost.store.queries import load
from tests.support.columns import Owner
from tests.support.postgres import Cluster
from tests.support.server import wait_for

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
            EventKind(event_type="tool_usage", tool_id="icp-analysis"),
            EventKind(event_type="resource_generation"),
            EventKind(event_type="export_action"),
        ),
    ),
    "retention": Retention(period=_PERIOD),
    "paths": Paths(period=_PERIOD),
    "lifecycle": Lifecycle(period=_PERIOD),
    "stickiness": Stickiness(period=_PERIOD),
    # Beside the bare engine alone:
    "by_tool": Trends(period=_PERIOD, measure="units", breakdown="tool_id"),
    "median": Trends(period=_PERIOD, measure="time_on_page"),
    "metadata": Trends(period=_PERIOD, filters=(Filter(field="metadata.plan", values=("3",)),)),
    "sessions": Sessions(period=_PERIOD),
    "sum": Trends(period=_PERIOD, measure="sum", of="metadata.plan"),
    "sum_time": Trends(period=_PERIOD, measure="sum", of="time_on_page"),
    "average": Trends(period=_PERIOD, measure="average", of="metadata.plan"),
    "min": Trends(period=_PERIOD, measure="min", of="metadata.plan"),
    "max": Trends(period=_PERIOD, measure="max", of="metadata.plan"),
    "percentile": Trends(period=_PERIOD, measure="percentile", percentile=0.9, of="metadata.plan"),
    "distinct": Trends(period=_PERIOD, measure="distinct", of="metadata.step"),
    "pair": Trends(period=_PERIOD, breakdown=("tool_id", "event_type")),
    "formula": Trends(
        period=_PERIOD,
        series=(Series(event_type="export_action"), Series(measure="units")),
        formula="A / B * 100",
    ),
}


def main() -> None:
    """Prints the table and writes it to bench/results/."""
    parser = argparse.ArgumentParser(prog="python -m bench.questions", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgresql-rounds", type=int, default=1, help="0 leaves PostgreSQL out")
    parser.add_argument("--columns-only", action="store_true", help="fill the column store alone, for many events")
    options = parser.parse_args()
    console = Console()
    if options.columns_only:
        with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
            results = columns_only(Path(folder), options.events, options.rounds, console)
        report(results, options.events, console)
        return
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
                wait_for(lambda: len(owner.rolled_up()) >= 11, 300, "the months that are over to be rolled up")
                console.print(f"The column store was built in {built:.0f} s: {options.events / built:,.0f} events/s.")
                try:
                    results = asyncio.run(measure(owner.columns, dsn, options.rounds, options.postgresql_rounds))
                finally:
                    owner.stop()
        finally:
            cluster.stop()
    results["build_seconds"] = built
    report(results, options.events, console)


def fill(dsn: str, events: int, console: Console) -> None:
    """Events of a year. Without triggers: what they add is no part of this measurement."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("alter table public.behavior_events disable trigger user")
        for first in range(0, events, _CHUNK):
            values = {"first": first, "n": min(_CHUNK, events - first), "customers": max(100, events // 200)}
            connection.execute(_SQL["fill"], values)
            console.print(f"[dim]{first + values['n']:,} of {events:,} events in PostgreSQL[/dim]")
        connection.execute("alter table public.behavior_events enable trigger user")
        connection.execute("vacuum analyze public.behavior_events")


class Alone:
    """A column store in this process, without a PostgreSQL to follow: a `Reader`."""

    def __init__(self, engine: Engine, rolled_up: list[int]) -> None:
        self._engine = engine
        self._rolled_up = rolled_up

    async def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> QueryResult:
        return await asyncio.to_thread(self._engine.query, sql, parameters)

    async def freshness(self) -> Freshness:
        return Freshness(datetime.now(UTC), None, self._rolled_up)


def columns_only(folder: Path, events: int, rounds: int, console: Console) -> dict[str, object]:
    """The questions and the bare engine, on events made in the column store itself."""
    cluster = Cluster(folder / "pg")
    try:
        with cluster.database() as dsn:
            engine = Engine(folder / "columns")
            engine.command(ddl.create_events())
            for first in range(0, events, 10 * _CHUNK):
                values = {"first": first, "n": min(10 * _CHUNK, events - first), "customers": max(100, events // 200)}
                engine.command(_SQL["fill_columns"], values)
                console.print(f"[dim]{first + values['n']:,} of {events:,} events in the column store[/dim]")
            rollup = Rollup(engine, quiet_seconds=0)
            while rollup.build_one(1, datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC)):
                pass
            return asyncio.run(measure(Alone(engine, sorted(rollup.months)), dsn, rounds, 0))
    finally:
        cluster.stop()


async def measure(columns: Reader, dsn: str, rounds: int, slow_rounds: int) -> dict[str, object]:
    """Medians in seconds, by question."""
    database = Database(dsn, size=2, query_seconds=600)
    await database.open()
    store = Store(columns, database, lambda: datetime.now(UTC))
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
                bare.append(await _seconds(lambda: columns.query(_SQL[f"{name}_columns"], bound)))  # noqa: B023
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("set timezone = 'UTC'; set jit = off; set work_mem = '256MB'")
                for _ in range(slow_rounds if f"{name}_postgresql" in _SQL else 0):
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
