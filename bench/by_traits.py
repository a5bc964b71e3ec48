"""`python -m bench.by_traits`: the list of 100,000 customers with 50 traits each, by every filter and order."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
from rich.console import Console
from rich.table import Table

from milepost.api.params import list_filters
from milepost.insights.customers import CustomerFilter, list_customers
from milepost.store.database import Database
from tests.support.postgres import Cluster

#: Seconds at the 95th percentile.
LIMIT: Final = 0.3
_ROUNDS: Final = 20
_FILL: Final = """
insert into milepost.customers (customer_id, name)
  select 'c' || n, 'Customer ' || n from generate_series(1, {customers}) n;
insert into milepost.standing (customer_id, pinned, total_events, last_event_at)
  select 'c' || n, true, n, now() - n * interval '1 minute' from generate_series(1, {customers}) n;
insert into milepost.trait_names (kind, name, seen)
  select 'customer', 't' || t, case when t % 2 = 0 then '{{number}}'::text[] else '{{text}}' end
  from generate_series(1, {traits}) t;
insert into milepost.traits (kind, id, name, since, told_at, value, figure, source)
  select 'customer', 'c' || n, 't' || t, now(), now(),
    case when t % 2 = 0 then to_jsonb((n::bigint * t * 7919) % 10007) else to_jsonb('v' || ((n * t) % (t * 3 + 1))) end,
    case when t % 2 = 0 then (n::bigint * t * 7919) % 10007 end, 'bench'
  from generate_series(1, {customers}) n, generate_series(1, {traits}) t;
"""
_IS: Final = {"field": "trait.t1", "values": ["v1"]}
_ABOVE: Final = {"field": "trait.t2", "op": "above", "values": [5000]}
_ASKED: Final[dict[str, tuple[str, list[object]]]] = {
    "as it opens": ("-last_seen", []),
    "by a text": ("trait.t31", []),
    "by a number, downwards": ("-trait.t2", []),
    "a text is": ("-last_seen", [_IS]),
    "a rare text is": ("-last_seen", [{"field": "trait.t49", "values": ["v17"]}]),
    "a text is not": ("-last_seen", [_IS | {"op": "is_not"}]),
    "a text contains": ("-last_seen", [{"field": "trait.t5", "op": "contains", "values": ["3"]}]),
    "a number is above": ("-last_seen", [_ABOVE]),
    "a trait is there": ("-last_seen", [{"field": "trait.t2", "op": "is_set"}]),
    "two conditions, by a third": ("-trait.t4", [_IS, _ABOVE]),
}


async def _ask(dsn: str, console: Console) -> bool:
    database = Database(dsn, size=1, query_seconds=30)
    await database.open()
    table = Table("asked", "median", "95th percentile", "customers", title="100,000 customers, 50 traits each")
    good = True
    for name, (sort, filters) in _ASKED.items():
        wanted = CustomerFilter(traits=list_filters(json.dumps(filters))[0])
        took: list[float] = []
        total = 0
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            async with database.transaction() as connection:
                total = (await list_customers(connection, now=datetime.now(UTC), sort=sort, wanted=wanted)).total
            took.append(time.perf_counter() - began)
        high = statistics.quantiles(took, n=20)[-1]
        good &= high <= LIMIT
        table.add_row(name, f"{statistics.median(took) * 1000:.0f} ms", f"{high * 1000:.0f} ms", f"{total:,}")
    await database.close()
    console.print(table)
    return good


def main() -> None:
    """Exits with 1 where anything takes longer than it may."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder) / "cluster", durable=False)
        try:
            with cluster.database() as dsn:
                with psycopg.connect(dsn, autocommit=True) as connection:
                    connection.execute(_FILL.format(customers=100_000, traits=50).encode())
                    connection.execute("vacuum analyze")
                good = asyncio.run(_ask(dsn, console))
        finally:
            cluster.stop()
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
