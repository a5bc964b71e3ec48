"""`python -m bench.customers`: pages, the API behind them and settling, with 100,000 customers.

The history that settling writes on a first day would take an hour and more for so many, so its speed is measured on
some, and everybody else begins with today.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import msgspec
import psycopg
from rich.console import Console
from rich.table import Table

from bench.filling import fill
from bench.posting import post_all
from milepost.dashboard.customers.state import CUSTOMER_SORTS, SHOWS
from milepost.ingest.ids import new_id
from milepost.insights.settle import settle
from milepost.plan import load_plan
from milepost.settling import STEPS
from milepost.store.plan_tables import apply_plan
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running, wait_for

#: Seconds at the 95th percentile.
LIMIT: Final = 0.3
_OPTIONS: Final = "-c timezone=UTC -c jit=off"
_STATUSES: Final = ("active", "quiet", "improving", "declining", "at_risk")
_SETTLED: Final = "select settled_at from milepost.snapshots where customer_id = %s"


def main() -> None:
    """Prints what it measures and writes it to bench/results/."""
    parser = argparse.ArgumentParser(prog="python -m bench.customers", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--sessions", type=int, default=5, help="past sessions of a customer, of four events each")
    parser.add_argument("--days", type=int, default=120, help="days that the past reaches back")
    parser.add_argument("--rounds", type=int, default=30, help="requests of each kind, in turn")
    parser.add_argument("--sample", type=int, default=2_000, help="customers that settling is measured on")
    parser.add_argument("--dsn", help="a database that was filled and settled before")
    options = parser.parse_args()
    console = Console()
    results: dict[str, object] = {"at": datetime.now(UTC).isoformat()}
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder, database(Path(folder), options.dsn) as dsn:
        if not options.dsn:
            prepare(dsn, options, console, results)
        results["new_day"] = new_day(dsn, options.sample, console)
        server = Server(Path(folder) / "server", database_url=dsn)
        with running(server):
            results["pages"] = measure(server, options.rounds, console)
            results["one_change"] = one_change(server, dsn, console)
            results["new_plan"] = new_plan(server, dsn, options.customers, console)
    path = Path(__file__).parent / "results" / f"customers-{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2))
    console.print(f"Written to {path}")


@contextmanager
def database(folder: Path, dsn: str | None) -> Iterator[str]:
    """The one that was named, or a fresh one."""
    if dsn:
        yield dsn
        return
    cluster = Cluster(folder / "pg")
    try:
        with cluster.database() as fresh:
            yield fresh
    finally:
        cluster.stop()


def prepare(dsn: str, options: argparse.Namespace, console: Console, results: dict[str, object]) -> None:
    """Fills it and settles everybody."""
    now = datetime.now(UTC)
    fill(dsn, customers=options.customers, sessions=options.sessions, days=options.days, now=now, console=console)
    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection:
        results["history"] = settled(connection, now, options.sample, "with all of their history", console)
        document = connection.execute("select document from milepost.plan").fetchone()
        connection.execute("update milepost.plan set document = jsonb_set(document, '{history,days}', '1')")
        results["settling"] = settled(connection, now, options.customers, "as of today alone", console)
        assert document is not None
        connection.execute("update milepost.plan set document = %s", (json.dumps(document[0]),))
        connection.execute("vacuum analyze")


def settled(connection: psycopg.Connection, now: datetime, most: int, what: str, console: Console) -> dict[str, float]:
    """Settles so many, or all that are due, and says how fast that was."""
    done, after, began = 0, "", time.perf_counter()
    while done < most:
        batch = settle(connection, STEPS, now=now, after=after)
        done, after = done + batch.customers, batch.last
        if not batch.more and not batch.customers:
            break
    seconds = time.perf_counter() - began
    console.print(f"Settled {done:,} customers {what}: {done / seconds:,.0f} a second, {seconds:,.0f} s.")
    return {"customers": done, "seconds": seconds}


def measure(server: Server, rounds: int, console: Console) -> dict[str, dict[str, float]]:
    """Seconds of each address, in turn, by a signed-in member."""
    taken: dict[str, list[float]] = {}
    with member(server) as client:
        addresses = list(asked(client))
        for address in addresses:  # once beforehand
            get(client, address)
        for _ in range(rounds):
            for address in addresses:
                taken.setdefault(address, []).append(get(client, address))
    table = Table("address", "p50", "p95", "")
    found = {}
    for address, seconds in taken.items():
        p50, p95 = statistics.median(seconds), sorted(seconds)[int(len(seconds) * 0.95)]
        found[address] = {"p50": p50, "p95": p95}
        table.add_row(address[:90], f"{p50 * 1000:.0f} ms", f"{p95 * 1000:.0f} ms", "" if p95 <= LIMIT else "over")
    console.print(f"\n{rounds} requests each; the limit is {LIMIT * 1000:.0f} ms at p95")
    console.print(table)
    return found


def asked(client: httpx.Client) -> Iterator[str]:
    """All that is asked for."""
    yield from (f"/customers?sort={sort}" for sort in CUSTOMER_SORTS)
    yield from (f"/customers?show={show}" for show in SHOWS if show != "all")
    yield from ("/customers?q=acme", "/customers?q=customer-777", "/customers?q=nobody+at+all")
    yield from ("/customers/customer-777", "/customers/customer-40")
    for sort in (*CUSTOMER_SORTS, "customer"):
        yield from (f"/v1/customers?sort={sort}", f"/v1/customers?sort=-{sort}")
    yield from (f"/v1/customers?status={status}" for status in _STATUSES)
    yield "/v1/customers?min_score=40&max_score=60"
    yield "/v1/customers?weakest=sales_execution&sort=score"
    yield "/v1/customers?status=at_risk&min_score=20&sort=-rate"
    yield "/v1/customers?q=acme&sort=-score"
    yield from (deep(client, sort) for sort in ("-last_seen", "-score", "name"))
    yield from ("/v1/leaderboard", "/v1/leaderboard?everyone=true", "/v1/coach/queue", "/v1/coach/queue?which=done")
    yield from ("/v1/coach/playbooks", "/v1/customers/customer-40/insights", "/v1/customers/customer-40/game")
    yield from ("/coaching", "/game", "/practice", "/score")


def deep(client: httpx.Client, sort: str) -> str:
    """Where page 50 begins."""
    cursor = None
    for _ in range(49):
        parameters = {"sort": sort} | ({"cursor": cursor} if cursor else {})
        cursor = client.get("/v1/customers", params=parameters).raise_for_status().json()["next"]
    return f"/v1/customers?sort={sort}&cursor={cursor}"


def get(client: httpx.Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.text[:200]}"
    return seconds


def one_change(server: Server, dsn: str, console: Console) -> list[float]:
    """Seconds from the answer to an event until its customer's snapshot is of it."""
    taken = []
    with psycopg.connect(dsn, autocommit=True) as connection, server.client(WRITE_KEY) as client:
        for number in range(30):
            customer, now = f"customer-{100 + number * 37}", datetime.now(UTC)
            event = {"event_id": new_id(now), "timestamp": now.isoformat(), "event_type": "export_action"}
            client.post("/v1/events", json={"events": [event | {"customer_id": customer}]}).raise_for_status()
            began = time.perf_counter()

            def is_settled(customer: str = customer, now: datetime = now) -> bool:
                row = connection.execute(_SETTLED, (customer,)).fetchone()
                return row is not None and row[0] >= now

            wait_for(is_settled, 60, f"{customer} to be settled")
            taken.append(time.perf_counter() - began)
    middle, late = statistics.median(taken), sorted(taken)[int(len(taken) * 0.95)]
    console.print(f"An event's customer is settled {middle:.2f} s after the answer, {late:.2f} s at p95.")
    return taken


def new_plan(server: Server, dsn: str, customers: int, console: Console) -> dict[str, float]:
    """Ingest before and while customers go over to a plan with other points, and how fast they do."""
    plan = load_plan()
    base = plan.points.base | {"tool_usage": plan.points.base["tool_usage"] + 1}
    changed = msgspec.structs.replace(plan, points=msgspec.structs.replace(plan.points, base=base))

    def ingest(seed: int) -> float:
        some = min(customers, 10_000)
        return post_all(server.port, WRITE_KEY, size=100, requests=200, clients=4, seed=seed, customers=some).rate

    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection:
        ingest(1)
        waits(connection)
        alone = ingest(2)
        waits(connection)
        began = time.perf_counter()
        apply_plan(connection, changed)
        applied = time.perf_counter() - began
        before, began = over(connection), time.perf_counter()
        with ThreadPoolExecutor(1) as pool:
            running_load = pool.submit(ingest, 3)
            beside = running_load.result()
        during = (over(connection) - before) / (time.perf_counter() - began)
        before, began = over(connection), time.perf_counter()
        time.sleep(20)
        after = (over(connection) - before) / (time.perf_counter() - began)
    console.print(
        f"A new plan: applied in {applied:.2f} s; {during:,.0f} customers a second go over to it beside ingest, "
        f"{after:,.0f} without. Ingest: {alone:,.0f} events/s before, {beside:,.0f} meanwhile "
        f"({beside / alone - 1:+.0%})."
    )
    return {"applied": applied, "beside": during, "alone": after, "ingest": alone, "ingest_meanwhile": beside}


def over(connection: psycopg.Connection) -> int:
    """How many customers have the current plan."""
    row = connection.execute(
        "select count(*) from milepost.standing where plan_version = milepost.current_plan()"
    ).fetchone()
    assert row is not None
    return int(row[0])


def waits(connection: psycopg.Connection) -> None:
    """Until all that changed is settled."""

    def free() -> bool:
        row = connection.execute("select not exists (select from milepost.standing where unsettled)").fetchone()
        return row == (True,)

    wait_for(free, 600, "everybody to be settled")


def new_day(dsn: str, sample: int, console: Console) -> dict[str, float]:
    """How fast customers are settled when the day has turned; nobody else is settling, and the plan is the same."""
    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection:
        return settled(connection, datetime.now(UTC) + timedelta(days=1), sample, "on a new day", console)


if __name__ == "__main__":
    main()
