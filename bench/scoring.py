"""`python -m bench.scoring`: what scoring costs ingest, by the same events stored without it, with it, and followed.

Three databases with the same weeks behind them take the same batches in turn. `bare` notes which events came (for the
column store) and keeps nothing else; `scored` is as shipped, with nobody settling; `settled` is as shipped. At the
database, CPU of its processes is counted beside the clock: on a busy machine it is the steadier of the two.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from bench.events import batches
from bench.filling import fill
from bench.posting import post_all
from milepost.ingest.body import take_apart
from milepost.ingest.draft import Sender
from milepost.ingest.pipeline import accept
from milepost.plan import load_plan
from milepost.settling import STEPS
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server
from tests.support.settling import settle_all

ARMS: Final = ("bare", "scored", "settled")
LIMIT: Final = 0.25
_OPTIONS: Final = "-c timezone=UTC -c jit=off"
#: The insert's trigger without what makes a standing of events.
_BARE = """
create or replace function milepost.on_events_inserted() returns trigger
language plpgsql as $$
declare
  ids uuid[];
begin
  select array_agg(e.event_id) into ids from new_events e;
  if ids is not null then
    insert into milepost.event_changes (kind, event_ids) values ('stored', ids);
  end if;
  return null;
end $$
"""


class Load(NamedTuple):
    """`at`: http or database. `clients`: connections. `sessions`: how many are interleaved, and so how much the events
    of a batch have to do with each other."""

    at: str
    size: int
    clients: int
    requests: int
    sessions: int = 200

    def __str__(self) -> str:
        mixed = "" if self.size == 1 else f", of {self.sessions} sessions at a time"
        return f"{self.at}: {self.size:,} a request{mixed}, {self.clients} at a time"


class Rate(NamedTuple):
    """Events a second; CPU of PostgreSQL in µs an event, where it was counted."""

    events: float
    cpu: float | None


LOADS: Final = (
    Load("http", 100, 16, 300),
    Load("http", 100, 16, 300, sessions=2),
    Load("http", 1, 64, 3_000),
    Load("database", 100, 1, 50),
    Load("database", 100, 2, 80),
)


def main() -> None:
    """Prints the table and writes it to bench/results/."""
    parser = argparse.ArgumentParser(prog="python -m bench.scoring", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--sessions", type=int, default=12, help="past sessions of a customer, of four events each")
    parser.add_argument("--days", type=int, default=42, help="days that the past reaches back")
    options = parser.parse_args()
    console = Console()
    found: dict[Load, dict[str, list[Rate]]] = {load: {arm: [] for arm in ARMS} for load in LOADS}
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder, ExitStack() as stack:
        cluster = Cluster(Path(folder) / "pg")
        stack.callback(cluster.stop)
        dsns = stack.enter_context(prepared(cluster, options, console))
        for arm in ARMS[:2]:
            stack.enter_context(nobody_settles(dsns[arm]))
        servers = {arm: Server(Path(folder) / arm, database_url=dsns[arm]) for arm in ARMS}
        for server in servers.values():
            stack.callback(server.stop)
            server.start()
        for number in range(-1, options.rounds):  # the first is to warm up
            for load in LOADS:
                turn = (number + LOADS.index(load)) % len(ARMS)
                for arm in (*ARMS[turn:], *ARMS[:turn]):
                    rate = run(
                        load, dsns[arm], servers[arm], options.customers, seed=1_000 + number * 10 + len(load.at)
                    )
                    if number >= 0:
                        found[load][arm].append(rate)
                    wait_until_settled(dsns["settled"])
            console.print(f"[dim]round {number + 1} of {options.rounds}[/dim]")
    report(found, console)


@contextmanager
def prepared(cluster: Cluster, options: argparse.Namespace, console: Console) -> Iterator[dict[str, str]]:
    """A database for each arm, copies of one that was filled and settled."""
    with cluster.database() as past:
        now = datetime.now(UTC)
        fill(past, customers=options.customers, sessions=options.sessions, days=options.days, now=now, console=console)
        with psycopg.connect(past, autocommit=True, options=_OPTIONS) as connection:
            name = connection.info.dbname
            settle_all(connection, STEPS, now=now)
        names = {arm: f"{name}_{arm}" for arm in ARMS}
        with psycopg.connect(cluster.dsn, autocommit=True) as connection:
            for copy in names.values():
                connection.execute(
                    sql.SQL("create database {} template {}").format(sql.Identifier(copy), sql.Identifier(name))
                )
        dsns = {arm: make_conninfo(cluster.dsn, dbname=copy) for arm, copy in names.items()}
        with psycopg.connect(dsns["bare"], autocommit=True) as connection:
            connection.execute(_BARE)
        yield dsns


@contextmanager
def nobody_settles(dsn: str) -> Iterator[None]:
    """Holds the lock under which one process at a time settles, so that the server's worker passes by."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext('milepost.settle'))")
        yield


def wait_until_settled(dsn: str) -> None:
    """Nobody's turn is to be slowed by what was left over from another's."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute("select exists (select from milepost.standing where unsettled)").fetchone() != (
            False,
        ):
            time.sleep(0.1)


def run(load: Load, dsn: str, server: Server, customers: int, *, seed: int) -> Rate:
    """One turn."""
    if load.at == "http":
        posted = post_all(
            server.port, WRITE_KEY, size=load.size, requests=load.requests, clients=load.clients, seed=seed,
            customers=customers, sessions=load.sessions,
        )  # fmt: skip
        return Rate(posted.rate, None)
    sender = Sender(load_plan(), datetime.now(UTC))
    made = [
        msgspec.json.encode(accept(take_apart(msgspec.json.encode({"events": batch}), "events").items, sender).rows)
        for batch in batches(seed, load.size, load.requests, customers, load.sessions)
    ]
    return stored([batch.decode() for batch in made], dsn, load.clients, load.size)


def stored(made: Sequence[str], dsn: str, connections: int, size: int) -> Rate:
    """Calls the writer's function on so many connections."""

    def work(connection: psycopg.Connection, part: Sequence[str]) -> None:
        for batch in part:
            connection.execute("select milepost.store_events(%s)", (batch,)).fetchall()

    with ExitStack() as stack:
        opened = [
            stack.enter_context(psycopg.connect(dsn, autocommit=True, options=_OPTIONS)) for _ in range(connections)
        ]
        for connection, batch in zip(opened, made, strict=False):
            work(connection, [batch])  # plans are made once a connection
        rest = made[connections:]
        before, began = sum(map(cpu_seconds, opened)), time.perf_counter()
        threads = [
            threading.Thread(target=work, args=(connection, rest[place::connections]))
            for place, connection in enumerate(opened)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds, used = time.perf_counter() - began, sum(map(cpu_seconds, opened)) - before
    return Rate(len(rest) * size / seconds, used / (len(rest) * size) * 1e6)


def cpu_seconds(connection: psycopg.Connection) -> float:
    """What the connection's process in PostgreSQL has used, exactly (Linux)."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9


def report(found: dict[Load, dict[str, list[Rate]]], console: Console) -> None:
    table = Table("load", *ARMS, "scored / bare", "settled / bare", "CPU, µs an event")
    results: dict[str, object] = {"at": datetime.now(UTC).isoformat()}
    for load, arms in found.items():
        rates = {arm: statistics.median(rate.events for rate in arms[arm]) for arm in ARMS}
        # Each round's own ratio: its turns stood beside each other.
        ratios = {
            arm: statistics.median(one.events / bare.events for one, bare in zip(arms[arm], arms["bare"], strict=True))
            for arm in ARMS
        }
        cpu = {
            arm: statistics.median(rate.cpu for rate in arms[arm] if rate.cpu) if arms[arm][0].cpu else 0
            for arm in ARMS
        }
        cells = [
            f"{rates[arm]:,.0f} ({min(r.events for r in arms[arm]):,.0f}-{max(r.events for r in arms[arm]):,.0f})"
            for arm in ARMS
        ]
        slower = [f"{1 - ratios[arm]:.0%} slower" for arm in ARMS[1:]]
        table.add_row(str(load), *cells, *slower, " / ".join(f"{cpu[arm]:.0f}" for arm in ARMS) if cpu["bare"] else "")
        results[str(load)] = {arm: {"events": rates[arm], "ratio": ratios[arm], "cpu": cpu[arm]} for arm in ARMS}
    console.print("\n[bold]Events a second[/bold], medians and spread; the limit is 25 % slower than bare")
    console.print(table)
    path = Path(__file__).parent / "results" / f"scoring-{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2))
    console.print(f"Written to {path}")


if __name__ == "__main__":
    main()
