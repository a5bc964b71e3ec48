"""`python -m bench.ties`: ties at scale. Many of them in random order with undoings, late events and kills, against a
plain Python model; then one over a million events, and its undoing, while others send: how much longer do they wait?"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from milepost.identity.follow import follow, verify_identity, waiting
from milepost.insights.verify import verify_standing
from tests.store.tying import Tying
from tests.support.postgres import Cluster

_FILL = """
insert into public.behavior_events (customer_id, user_id, customer_source, event_type, tool_id, session_id, "timestamp")
select 'u', 'u', 'guess', 'tool_usage', 'icp-analysis', 's' || n / 10,
  '2026-11-01Z'::timestamptz - ((n * 365 / %(events)s) * interval '1 day') - (n %% 1000) * interval '1 second'
from generate_series(%(first)s::bigint, %(last)s::bigint) as n
"""
_CHUNK = 5_000
#: Seconds of sending that show what is usual.
_USUAL_SECONDS = 10.0
_OPTIONS = "-c timezone=UTC -c jit=off -c synchronous_commit=off"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ties", description=__doc__)
    parser.add_argument("--ties", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="milepost-bench-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder) / "pg")
        try:
            if options.ties:
                with cluster.database() as dsn:
                    many(dsn, options.ties, options.seed, console)
            if options.events:
                with cluster.database() as dsn:
                    large(dsn, options.events, console)
        finally:
            cluster.stop()


def many(dsn: str, ties: int, seed: int, console: Console) -> None:
    """Fails where an event is not where the model puts it, or a sum is not what its events say."""
    tying = Tying(dsn, seed=seed, people=max(60, ties // 50))
    began = time.monotonic()
    tying.run(ties, kill_every=200)
    made = time.monotonic() - began
    left = tying.finish()
    assert tying.owners() == tying.identity.owners()
    with psycopg.connect(dsn, autocommit=True) as connection:
        proof, standing = verify_identity(connection), verify_standing(connection)
    assert (proof.misplaced, bool(proof.waiting)) == (0, False)
    assert (standing.differing, standing.totals) == ([], 0)
    console.print(
        f"{tying.ties:,} ties, {tying.undoings:,} undoings, {len(tying.identity.events):,} events,"
        f" {tying.kills:,} connections killed, in {made:.0f} s; followed {left:.0f} s later. Every owner is the"
        f" model's, every sum of {standing.customers:,} customers is its events'."
    )


def large(dsn: str, events: int, console: Console) -> None:
    """One user's events go to a customer and back, while another connection sends batches of ten for 200 customers."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for first in range(0, events, _CHUNK):
            connection.execute(_FILL, {"events": events, "first": first, "last": min(first + _CHUNK, events) - 1})
        connection.execute("vacuum analyze")
        sender = Sender(dsn)
        sender.start()
        try:
            time.sleep(_USUAL_SECONDS)
            table = Table("", "seconds", "events/s", "p50 ms", "p99 ms", "p99.9 ms", "worst ms")
            table.add_row("usual", *_row(_USUAL_SECONDS, 0, sender.taken()))
            for name, tie in (
                ("tie", "select milepost.tie('group', 'user', 'u', 'acme')"),
                ("undoing", "select milepost.undo_tie(tie_id) from milepost.ties"),
            ):
                connection.execute(tie)
                seconds, moved = _follow(dsn)
                table.add_row(name, *_row(seconds, moved, sender.taken()))
                console.print(f"[dim]{name}: {moved:,} events in {seconds:.0f} s[/dim]")
                assert moved >= events
        finally:
            sender.stop()
        _follow(dsn)
        proof, standing = verify_identity(connection), verify_standing(connection)
    assert (proof.misplaced, bool(proof.waiting)) == (0, False)
    assert (standing.differing, standing.totals) == ([], 0)
    console.print(f"A tie over {events:,} events, while one sends batches of 10:", table)


def _follow(dsn: str) -> tuple[float, int]:
    """As the server does, with its rests; answers the seconds and how many events moved."""
    began, moved = time.monotonic(), 0
    with psycopg.connect(dsn, autocommit=True, options=_OPTIONS) as connection:
        while waiting(connection):
            round_began = time.monotonic()
            moved += follow(connection).moved
            time.sleep(min(time.monotonic() - round_began, 0.25))
    return time.monotonic() - began, moved


def _row(seconds: float, moved: int, waits: list[float]) -> list[str]:
    cuts = statistics.quantiles(waits, n=1000, method="inclusive")
    figures = (cuts[499], cuts[989], cuts[998], max(waits))
    rate = f"{moved / seconds:,.0f}" if moved else ""
    return [f"{seconds:.0f}", rate, *(f"{1000 * figure:.1f}" for figure in figures)]


class Sender(threading.Thread):
    """Sends a batch of ten every 10 ms, one event in ten to the very user whose events move."""

    def __init__(self, dsn: str) -> None:
        super().__init__(name="sender")
        self._dsn = dsn
        self._over = threading.Event()
        self._waits: list[float] = []

    def run(self) -> None:
        chance = random.Random(1)
        with psycopg.connect(self._dsn, autocommit=True, options="-c timezone=UTC -c jit=off") as connection:
            while not self._over.wait(0.01):
                batch = json.dumps([self._event(chance, number) for number in range(10)])
                began = time.perf_counter()
                connection.execute("select count(*) from milepost.store_events(%s::json)", (batch,))
                self._waits.append(time.perf_counter() - began)

    def taken(self) -> list[float]:
        """Seconds each batch has waited since this was asked last."""
        waits, self._waits = self._waits, []
        return waits

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _event(self, chance: random.Random, number: int) -> dict[str, object]:
        whose: dict[str, object] = {"user_id": "u"} if number == 0 else {"customer_id": f"c{chance.randrange(200)}"}
        return whose | {
            "event_id": str(UUID(int=chance.getrandbits(128), version=4)),
            "event_type": "tool_usage",
            "tool_id": "icp-analysis",
            "session_id": f"s{chance.randrange(50)}",
            "business_impact": "low",
            "timestamp": "2026-11-20T12:00:00Z",
            "retention_days": 365,
        }


if __name__ == "__main__":
    main()
