"""Where the time goes: CPU of the worker's parts, measured in process, and of PostgreSQL, measured from outside."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import psutil
import psycopg

from bench.events import batches, bodies
from bench.posting import post_all
from milepost.ingest.body import take_apart
from milepost.ingest.draft import Sender
from milepost.ingest.pipeline import accept
from milepost.plan import load_plan
from tests.support.server import Server


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds of CPU an event."""

    worker_in_all: float
    worker_pipeline_steps: float
    worker_row_encoding: float
    postgresql_in_all: float
    postgresql_triggers: float


def costs_of(server: Server, dsn: str, key: str, events: int) -> Costs:
    """Posts batches of 100 from 16 clients and divides up the CPU that it took."""
    requests = events // 100
    assert server.process is not None
    worker = max(psutil.Process(server.process.pid).children(), key=lambda child: sum(child.cpu_times()[:2]))
    backends = _backends(dsn)
    before = _cpu([worker]), _cpu(backends), _trigger_seconds(dsn)
    post_all(server.port, key, size=100, requests=requests, clients=16, seed=events + 5)
    after = _cpu([worker]), _cpu(backends), _trigger_seconds(dsn)
    per_event = [(b - a) / (requests * 100) * 1e6 for a, b in zip(before, after, strict=True)]
    steps, encoding = _in_process()
    return Costs(per_event[0], steps, encoding, per_event[1], per_event[2])


def _in_process() -> tuple[float, float]:
    sender = Sender(load_plan(), datetime.now(UTC))
    texts = bodies(batches(9, 100, 50))
    began = time.process_time()
    accepted = [accept(take_apart(text, "events").items, sender) for text in texts]
    middle = time.process_time()
    for one in accepted:
        msgspec.json.encode(one.rows)
    end = time.process_time()
    return (middle - began) / 5000 * 1e6, (end - middle) / 5000 * 1e6


def _backends(dsn: str) -> list[psutil.Process]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity"
            " where datname = current_database() and application_name = 'milepost-writer'"
        ).fetchall()
    return [psutil.Process(pid) for (pid,) in rows]


def _trigger_seconds(dsn: str) -> float:
    """Seconds spent in the trigger function, as PostgreSQL counts them (track_functions)."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select coalesce(sum(total_time), 0) / 1000 from pg_stat_user_functions"
            " where funcname = 'on_events_inserted'"
        ).fetchone()
    return float(row[0]) if row else 0.0


def _cpu(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)
