"""`make bench`: events stored over HTTP as a ratio to a plain COPY, and what `track()` costs its caller.

The machine is noisy, so each figure is the median of several rounds, and a round measures the limit and Milepost
one after the other.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from bench.copying import copy_rate
from bench.events import batches
from bench.posting import Posted, post_all
from bench.profiling import Costs, costs_of
from bench.tracking import track_cost
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, WRITE_KEY, Server

SIZES = (1, 10, 100, 1_000)
CLIENTS = (1, 16, 64)


def main() -> None:
    """Prints the tables and writes them to bench/results/."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds to take the median of")
    parser.add_argument("--events", type=int, default=20_000, help="events of one measurement, at most")
    parser.add_argument(
        "--key", choices=("server", "browser"), default="server", help="what a browser's key says of whom is looked up"
    )
    options = parser.parse_args()
    key = SERVER_KEY if options.key == "server" else WRITE_KEY
    console = Console()
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        cluster = Cluster(Path(folder) / "pg")
        with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
            # Counts the seconds that trigger functions take.
            admin.execute("alter role milepost set track_functions = 'pl'")
        try:
            results = measure(cluster, Path(folder), key, options.rounds, options.events, console)
        finally:
            cluster.stop()
    results["track_microseconds"] = track_cost()
    console.print(f"\nThe SDK's track() costs {results['track_microseconds']:.1f} µs of the caller's time (limit: 15).")
    path = Path(__file__).parent / "results" / f"{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2))
    console.print(f"Written to {path}")


def measure(cluster: Cluster, folder: Path, key: str, rounds: int, most: int, console: Console) -> dict[str, object]:
    """The whole grid, each round in a database of its own so that no round works in the leftovers of another."""
    copies: dict[int, list[float]] = {size: [] for size in SIZES}
    bare: list[float] = []
    posts: dict[tuple[int, int], list[Posted]] = {(size, clients): [] for size in SIZES for clients in CLIENTS}
    costs: list[Costs] = []
    for number in range(rounds):
        with cluster.database() as dsn:
            server = Server(folder / f"server{number}", database_url=dsn)
            server.start()
            try:
                post_all(server.port, key, size=100, requests=50, clients=4, seed=1)  # warm-up
                for size in SIZES:
                    count = max(10, min(most // size, 3_000))
                    console.print(f"[dim]round {number + 1} of {rounds}: batches of {size:,}[/dim]")
                    copies[size].append(copy_rate(dsn, batches(number * 1000 + size, size, count)))
                    for clients in CLIENTS:
                        seed = number * 100_000 + size * 10 + clients
                        posts[size, clients].append(
                            post_all(server.port, key, size=size, requests=count, clients=clients, seed=seed)
                        )
                bare.append(copy_rate(dsn, batches(number + 77, 100, most // 100), triggers=False))
                costs.append(costs_of(server, dsn, key, most))
            finally:
                server.stop()
    return report(copies, bare, posts, costs, console)


def report(
    copies: dict[int, list[float]],
    bare: list[float],
    posts: dict[tuple[int, int], list[Posted]],
    costs: list[Costs],
    console: Console,
) -> dict[str, object]:
    machine = (
        f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total >> 30} GB, Python {platform.python_version()}"
    )
    console.print(f"\n[bold]Events stored over HTTP[/bold], medians, {datetime.now(UTC):%Y-%m-%d}, {machine}")
    table = Table("batch", "COPY, rows/s", *(f"{c} clients" for c in CLIENTS), title_justify="left")
    rates: dict[str, object] = {}
    for size in SIZES:
        limit = statistics.median(copies[size])
        cells = []
        for clients in CLIENTS:
            rate = statistics.median(post.rate for post in posts[size, clients])
            p99 = statistics.median(post.percentile(0.99) for post in posts[size, clients])
            cells.append(f"{rate:,.0f}/s = {rate / limit:.2f} (p99 {p99 * 1000:.0f} ms)")
            rates[f"{size}x{clients}"] = {"per_second": rate, "ratio_to_copy": rate / limit, "p99_seconds": p99}
        table.add_row(f"{size:,}", f"{limit:,.0f}", *cells)
    console.print(table)
    console.print(
        "Ratio: to one connection that does a plain COPY of the same rows in batches of the same size, into the same "
        "table with its indexes and triggers."
    )
    without = statistics.median(bare)
    console.print(f"COPY in batches of 100 without the triggers (no insights): {without:,.0f} rows/s.")
    middle = {name: statistics.median(getattr(cost, name) for cost in costs) for name in Costs.__slots__}
    console.print("\n[bold]Where the time goes[/bold], µs of CPU an event, batches of 100 from 16 clients:")
    for name, value in middle.items():
        console.print(f"  {name.replace('_', ' '):<34}{value:6.1f}")
    return {
        "at": datetime.now(UTC).isoformat(),
        "machine": machine,
        "copy_rows_per_second": {str(size): statistics.median(copies[size]) for size in SIZES},
        "copy_without_triggers": without,
        "http": rates,
        "cpu_microseconds_per_event": middle,
    }


if __name__ == "__main__":
    main()
