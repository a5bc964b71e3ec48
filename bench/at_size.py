"""`python -m bench.at_size FOLDER`: pages, lists, segments and questions on 10 million events of 100,000 customers with
50 traits each.

What it fills FOLDER with stays there, so that it can be asked again; the first time takes half an hour and 20 GB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx
import psycopg
from rich.console import Console
from rich.table import Table

from bench.customers import deep, get, settled
from bench.filling import fill
from bench.questions import measure as beside_the_engine
from bench.questions import report as report_questions
from milepost.columns.client import Columns
from milepost.dashboard.customers.state import CUSTOMER_SORTS, SHOWS
from milepost.errors import Problem
from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.embedded import EmbeddedPostgres
from milepost.store.setup import set_up
from tests.support.dashboard import member
from tests.support.server import Server, running, wait_for

#: Seconds at the 95th percentile: of a list of customers, and of a page.
_LIST: Final = 0.3
_PAGE: Final = 1.0
_TEXT: Final[dict[str, object]] = {"field": "trait.t1", "values": ["v1"]}
_NUMBER: Final[dict[str, object]] = {"field": "trait.t2", "op": "above", "values": [5000]}
_SEGMENTS: Final[dict[str, list[dict[str, object]]]] = {
    "Large": [_NUMBER],
    "Of a kind": [_TEXT, _NUMBER],
    "Quiet": [{"field": "status", "values": ["quiet"]}],
    "Acme": [{"field": "search", "op": "contains", "values": ["acme"]}],
    "Busy": [{"field": "insight.total_events", "op": "above", "values": [200]}, _TEXT],
}
_PAGES: Final = (
    "/", "/?days=90", "/customers/customer-777", "/customers/customer-40", "/customers/customer-777/people",
    "/people/customer-777-user-1", "/segments", "/segments/new?field=trait&key=t1&op=is&value=v1", "/actions",
    "/actions/playbooks", "/game", "/tasks", "/overview/charts", "/practice", "/score", "/predictions",
    "/live", "/event-names", "/search?q=acme", "/search?q=customer-777",
    "/trends", "/trends?by=tool_id", "/trends?by=trait&by_key=t1", "/funnels", "/retention", "/paths",
    "/lifecycle", "/tools", "/sessions",
)  # fmt: skip
_API: Final = (
    "/v1/leaderboard", "/v1/coach/queue", "/v1/customers/customer-40/insights", "/v1/customers/customer-40/game",
    "/v1/segments", "/v1/customers/customer-777/people",
)  # fmt: skip


def main() -> None:
    """Prints what it measures and writes it to bench/results/."""
    parser = argparse.ArgumentParser(prog="python -m bench.at_size", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--sessions", type=int, default=25, help="sessions of a customer, of four events each")
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--traits", type=int, default=50)
    parser.add_argument(
        "--sample", type=int, default=2_000, help="customers that are settled with all of their history"
    )
    parser.add_argument("--rounds", type=int, default=20, help="requests of each kind, in turn")
    parser.add_argument("--only", default="", help="of addresses, those that have this in them")
    parser.add_argument("--no-questions", action="store_true", help="leave the bare engine out")
    options = parser.parse_args()
    console = Console(width=150)
    postgres = EmbeddedPostgres(options.folder / "pg")
    postgres.start()
    results: dict[str, object] = {"at": datetime.now(UTC).isoformat()}
    try:
        prepare(postgres.dsn, options, console)
        server = Server(
            options.folder / "server", database_url=postgres.dsn, columns=True, environ={"MILEPOST_QUERY_SECONDS": "60"}
        )
        with running(server):
            at_rest(postgres.dsn, console)
            level(server, postgres.dsn, console)
            results["addresses"] = addresses(server, options.rounds, options.only, console)
            if not options.no_questions:
                found = asyncio.run(
                    beside_the_engine(Columns(server.data_dir), postgres.dsn, max(3, options.rounds // 4), 0)
                )
                report_questions(found, options.customers * options.sessions * 4, console)
    finally:
        postgres.stop()
    path = Path(__file__).parent / "results" / f"at_size-{datetime.now(UTC):%Y-%m-%dT%H%M}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2))
    console.print(f"Written to {path}")


def prepare(dsn: str, options: argparse.Namespace, console: Console) -> None:
    """Fills and settles, unless that is done."""
    set_up(dsn, load_plan(), Settings())
    now = datetime.now(UTC)
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c jit=off") as connection:
        if connection.execute("select exists (select from milepost.snapshots)").fetchone() == (True,):
            return
        fill(
            dsn, customers=options.customers, sessions=options.sessions, days=options.days, now=now, console=console,
            traits=options.traits,
        )  # fmt: skip
        settled(connection, now, options.sample, "with all of their history", console)
        document = connection.execute("select document from milepost.plan").fetchone()
        connection.execute("update milepost.plan set document = jsonb_set(document, '{history,days}', '1')")
        settled(connection, now, options.customers, "as of today alone", console)
        assert document is not None
        connection.execute("update milepost.plan set document = %s", (json.dumps(document[0]),))
        connection.execute("vacuum analyze")


def at_rest(dsn: str, console: Console) -> None:
    """Waits until everybody has game and coach, too: it takes the server half of a processor while it lasts."""
    began = time.monotonic()
    with psycopg.connect(dsn, autocommit=True) as connection:

        def settled_all() -> bool:
            query = "select not exists (select from milepost.snapshots where slow_at < settled_at)"
            return connection.execute(query).fetchone() == (True,)

        wait_for(settled_all, 7200, "everybody to be settled")
    console.print(f"Everybody was settled after {time.monotonic() - began:.0f} s.")


def level(server: Server, dsn: str, console: Console) -> None:
    """Waits until the column store has all events and traits."""
    began = time.monotonic()
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    columns = Columns(server.data_dir)

    def there() -> bool:
        try:
            fresh = asyncio.run(columns.freshness())
        except Problem:  # it is starting
            return False
        return fresh.at is not None and fresh.at >= row[0]

    wait_for(there, 3600, "the column store to have all of it")
    console.print(f"The column store had all of it after {time.monotonic() - began:.0f} s.")


def addresses(server: Server, rounds: int, only: str, console: Console) -> dict[str, dict[str, float]]:
    """Seconds of each, in turn, by a signed-in member; `cold` is the first of all."""
    taken: dict[str, list[float]] = {}
    cold: dict[str, float] = {}
    with member(server) as client:
        segments(server)
        asked = [one for one in listed(client) if only in one]
        for address in asked:
            cold[address] = get(client, address)
        for _ in range(rounds):
            for address in asked:
                taken.setdefault(address, []).append(get(client, address))
    table = Table("address", "first", "p50", "p95", "")
    found = {}
    for address, seconds in taken.items():
        p50, p95 = statistics.median(seconds), sorted(seconds)[int(len(seconds) * 0.95)]
        limit = _LIST if address.startswith(("/customers?", "/v1/customers?")) else _PAGE
        found[address] = {"cold": cold[address], "p50": p50, "p95": p95}
        over = " ".join(["over"] * (p95 > limit) + ["first over"] * (cold[address] > _PAGE))
        table.add_row(address[:100], *(f"{one * 1000:.0f} ms" for one in (cold[address], p50, p95)), over)
    console.print(table)
    return found


def segments(server: Server) -> None:
    """Those that the list of segments counts."""
    with server.client() as client:
        there = {one["name"] for one in client.get("/v1/segments").raise_for_status().json()}
        for name, conditions in _SEGMENTS.items():
            if name not in there:
                client.post("/v1/segments", json={"name": name, "conditions": conditions}).raise_for_status()


def listed(client: httpx.Client) -> Iterator[str]:
    """All that is asked for."""
    yield from _PAGES
    yield from _API
    yield from (f"/customers?sort={sort}" for sort in CUSTOMER_SORTS)
    yield from (f"/customers?show={show}" for show in SHOWS if show != "all")
    yield from ("/customers?q=acme", "/customers?q=customer-777", "/customers?q=nobody+at+all")
    yield from ("/customers?sort=trait.t31", "/customers?sort=trait.t2", "/customers?segment=of-a-kind")
    yield "/customers?segment=busy&sort=score"
    yield from (f"/v1/customers?status={status}&sort=-score" for status in ("active", "quiet", "declining", "at_risk"))
    yield "/v1/customers?min_score=40&max_score=60"
    yield "/v1/customers?q=acme&sort=-score"
    for conditions, sort in (
        ([_TEXT], "-last_seen"),
        ([{"field": "trait.t49", "values": ["v17"]}], "-last_seen"),
        ([_TEXT | {"op": "is_not"}], "-last_seen"),
        ([{"field": "trait.t5", "op": "contains", "values": ["3"]}], "-last_seen"),
        ([_NUMBER], "-last_seen"),
        ([{"field": "trait.t2", "op": "is_set"}], "-last_seen"),
        ([_TEXT, _NUMBER], "-trait.t4"),
        ([_TEXT, _NUMBER], "trait.t31"),
        ([_NUMBER, {"field": "trait.t5", "op": "contains", "values": ["3"]}], "-score"),
        ([{"field": "insight.total_events", "op": "above", "values": [100]}, _NUMBER], "-trait.t4"),
        ([{"field": "insight.current_scaling_score", "op": "above", "values": [20]}], "name"),
    ):
        yield f"/v1/customers?{urlencode({'sort': sort, 'filters': json.dumps(conditions)})}"
    yield from (deep(client, sort) for sort in ("-last_seen", "-score", "name"))


if __name__ == "__main__":
    main()
