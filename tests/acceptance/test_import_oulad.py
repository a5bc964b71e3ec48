"""Must hold 8: the Open University's file into PostgreSQL, by the command a person types."""

from __future__ import annotations

import csv
import gzip
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from milepost.demo.data import MAP_FILE
from milepost.importing import load_mapping
from milepost.importing.closing import LOOK_AT_IT
from tests.support.examples import repeatable
from tests.support.real_data import OULAD_ROWS

#: Events a second that the machine class must do. A gate on a noisy, loaded machine checks half of it, and prints.
TARGET = 10_000

pytestmark = [
    pytest.mark.alone,
    pytest.mark.slow,
    pytest.mark.timeout(300),
]


def milepost(*arguments: object, dsn: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "MILEPOST_DATABASE_URL": dsn, "MILEPOST_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "milepost", *map(str, arguments)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def plain_count(events: Path) -> Counter[tuple[str, str]]:
    """Rows by student and event type, by the csv module and the map's own table."""
    types = load_mapping(MAP_FILE).values["event_type"]
    with gzip.open(events, "rt", newline="") as file:
        return Counter((row["id_student"], str(types[row["activity_type"]])) for row in csv.DictReader(file))


def check_explanations(dsn: str, *, customers: int) -> None:
    """Every customer's score, coverage and competencies are what their parts add up to, on days all over the course."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            """
            select count(distinct s.customer_id), count(i.current_scaling_score),
              coalesce(max(abs(i.current_scaling_score - p.contributions)), 0),
              coalesce(max(abs(i.score_coverage - p.there / p.whole)), 0),
              count(*) filter (where (i.competencies is distinct from c.scores))
            from milepost.standing s
            cross join lateral (
              select array(select (s.last_event_at at time zone 'UTC')::date - n from generate_series(-20, 220, 60) n)
                as days) as d
            cross join lateral milepost.insights_days(s.customer_id, d.days) as i
            left join lateral (
              select sum((part ->> 'contribution')::float8) as contributions,
                sum((part ->> 'weight')::float8) filter (where part -> 'value' <> 'null') as there,
                sum((part ->> 'weight')::float8) as whole
              from jsonb_array_elements(i.components) as part) as p on true
            cross join lateral (
              select jsonb_object_agg(competency, 100 * (1 - exp(-faded / 120))) as scores
              from milepost.competency_scores(s.customer_id, i.as_of)) as c
            """
        ).fetchone()
    assert row is not None
    everybody, scored, score_off, coverage_off, competencies_off = row
    print(f"explanations of {everybody:,} customers, {scored:,} scores: off by {score_off:.1e} at most")
    assert everybody == customers
    assert scored > 2 * customers
    assert (score_off < 1e-9, coverage_off < 1e-9, competencies_off) == (True, True, 0)


def test_the_import_is_fast_exact_and_adds_nothing_twice(oulad_file: Path, dsn: str, tmp_path: Path) -> None:
    began = time.monotonic()
    first = milepost("import", oulad_file, "--map", MAP_FILE, "--errors", tmp_path / "errors", dsn=dsn, folder=tmp_path)
    seconds = time.monotonic() - began
    assert first.returncode == LOOK_AT_IT, first.stdout + first.stderr  # none of the courses' tools is the plan's
    plain = plain_count(oulad_file)
    rows = plain.total()
    print(f"\n{rows / seconds:,.0f} events/s, {seconds:.1f} s in all, starting the command included")
    assert rows / seconds > TARGET / 2
    assert repeatable() or rows == OULAD_ROWS

    with psycopg.connect(dsn) as connection:
        counts = connection.execute(
            "select customer_id, event_type, count(*) from public.behavior_events group by 1, 2"
        ).fetchall()
        totals = connection.execute("select customer_id, total_events from milepost.standing").fetchall()
    stored = Counter({(customer, kind): count for customer, kind, count in counts})
    assert stored == plain
    by_customer: Counter[str] = Counter()
    for (customer, _), count in stored.items():
        by_customer[customer] += count
    assert dict(totals) == dict(by_customer), "insights count the same events"
    check_explanations(dsn, customers=len(by_customer))

    again = milepost(
        "import",
        oulad_file,
        "--map",
        MAP_FILE,
        "--limit",
        30_000,
        "--errors",
        tmp_path / "again",
        dsn=dsn,
        folder=tmp_path,
    )
    assert again.returncode == LOOK_AT_IT, again.stdout + again.stderr
    with psycopg.connect(dsn) as connection:
        everything = connection.execute("select count(*) from public.behavior_events").fetchone()
    assert everything == (rows,)
