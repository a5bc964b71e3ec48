"""`python -m bench.beside`: what the column store costs ingest: its loader all the time, a long question now and then.

Servers with and without a column store take the same load in turn, as do minutes with and without a question that runs
for ten seconds on all cores.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console

from bench.posting import Posted, post_all
from milepost.columns.client import Columns
from milepost.columns.reading import ColumnsUnavailable, QuestionTooLong
from tests.support.columns import Owner
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running

#: Runs until its limit, on all cores.
LONG_QUESTION = "select sum(sipHash64(number)) from numbers_mt(1000000000000)"
_LIMIT = {"MILEPOST_QUERY_SECONDS": "10"}


def main() -> None:
    """Prints two ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.beside", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=1500, help="batches of 100 events in a round")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        cluster = Cluster(Path(folder) / "pg")
        try:
            without, with_columns = loading(cluster, Path(folder), options.rounds, options.requests)
            console.print(
                f"Batches of 100 from 16 clients: {without:,.0f} events/s without a column store, {with_columns:,.0f} "
                f"with one: {1 - with_columns / without:+.1%} slower (limit 15 %)."
            )
            alone, beside = asking(cluster, Path(folder), options.rounds, options.requests // 2)
            console.print(
                f"Batches of 10 from 4 clients, 99th percentile: {alone * 1000:.0f} ms alone, {beside * 1000:.0f} ms "
                f"beside a question of 10 s: {beside / alone:.2f} times (limit 2)."
            )
        finally:
            cluster.stop()


def loading(cluster: Cluster, folder: Path, rounds: int, requests: int) -> tuple[float, float]:
    """Events a second without and with a column store that loads them meanwhile; medians."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    for number in range(rounds):
        for columns in (False, True) if number % 2 == 0 else (True, False):
            with cluster.database() as dsn:
                place = folder / f"loading-{number}-{columns}"
                with running(Server(place, database_url=dsn, columns=columns)) as server:
                    if columns:
                        Owner(server.data_dir, dsn).wait_until_level()
                    _post(server, size=100, requests=100, clients=16, seed=1)
                    posted = _post(server, size=100, requests=requests, clients=16, seed=2 + number)
                    rates[columns].append(posted.rate)
    return statistics.median(rates[False]), statistics.median(rates[True])


def asking(cluster: Cluster, folder: Path, rounds: int, requests: int) -> tuple[float, float]:
    """Seconds of the 99th percentile, alone and beside a question that takes as long as it may; medians."""
    alone, beside = [], []
    with (
        cluster.database() as dsn,
        running(Server(folder / "asking", database_url=dsn, columns=True, environ=_LIMIT)) as server,
    ):
        Owner(server.data_dir, dsn).wait_until_level()
        _post(server, size=10, requests=200, clients=4, seed=50)
        for number in range(rounds):
            alone.append(_post(server, size=10, requests=requests, clients=4, seed=100 + number).percentile(0.99))
            with long_questions(server.data_dir):
                posted = _post(server, size=10, requests=requests, clients=4, seed=200 + number)
            beside.append(posted.percentile(0.99))
    return statistics.median(alone), statistics.median(beside)


@contextmanager
def long_questions(data_dir: Path) -> Iterator[None]:
    """One long question after another meanwhile."""
    stop = threading.Event()

    async def ask() -> None:
        while not stop.is_set():
            with suppress(QuestionTooLong, ColumnsUnavailable):
                await asyncio.wait_for(Columns(data_dir).query(LONG_QUESTION), 60)

    thread = threading.Thread(target=lambda: asyncio.run(ask()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _post(server: Server, *, size: int, requests: int, clients: int, seed: int) -> Posted:
    return post_all(server.port, WRITE_KEY, size=size, requests=requests, clients=clients, seed=seed)


if __name__ == "__main__":
    main()
