"""What the migrations make: the printed text makes the same, and queries written for these names run on it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg

from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.embedded_cluster import BIN
from milepost.store.migrate import as_text, migrate
from milepost.store.setup import set_up
from tests.migrations.catalogue import JOBS, OURS, catalogue, names
from tests.store.standing_model import expected, stored
from tests.support import debian
from tests.support.postgres import Cluster

_INDEXES = {
    "behavior_events": "session_id timestamp customer_timestamp",
    "behavior_sessions": "customer_id started_at",
    "behavior_insights": "score rate due",
}


def _psql(dsn: str, text: str) -> subprocess.CompletedProcess[str]:
    psql = debian.BIN / "psql" if debian.BIN.exists() else BIN / "psql"
    environ = {**os.environ, "PGOPTIONS": "-c client_min_messages=warning"}
    command = [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", dsn]
    return subprocess.run(command, input=text, text=True, capture_output=True, env=environ, check=False)


def test_the_printed_text_makes_the_same_schema(two_empty: tuple[str, str]) -> None:
    printed, migrated = two_empty
    answer = _psql(printed, as_text(load_plan()))
    assert (answer.returncode, answer.stderr) == (0, "")
    set_up(migrated, load_plan(), Settings())
    with psycopg.connect(printed, autocommit=True) as one, psycopg.connect(migrated, autocommit=True) as other:
        assert catalogue(one, OURS + JOBS) == catalogue(other, OURS + JOBS)
        for table in ("migrations", "plan", "plan_points"):
            columns = "number, name, checksum" if table == "migrations" else "hash" if table == "plan" else "*"
            question = f"select array_agg(t order by t) from (select {columns} from milepost.{table}) as t"
            assert one.execute(question).fetchone() == other.execute(question).fetchone()
        # A server that starts on it finds nothing to do, and a second paste changes nothing.
        assert migrate(one) == 0
        assert _psql(printed, as_text(load_plan())).returncode != 0
        assert catalogue(one, OURS + JOBS) == catalogue(other, OURS + JOBS)


def test_the_printed_text_on_every_release(empty: str) -> None:
    answer = _psql(empty, as_text(load_plan()))
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_dump_can_be_restored(cluster: Cluster, connection: psycopg.Connection, tmp_path: Path) -> None:
    connection.execute(
        "insert into public.behavior_events (customer_id, event_type, session_id)"
        " select 'customer ' || n % 5, 'export_action', 's' from generate_series(1, 50) as n"
    )
    dump = tmp_path / "dump"
    source = ["--format=custom", f"--file={dump}", f"--dbname={connection.info.dsn}"]
    subprocess.run([str(BIN / "pg_dump"), *source], check=True)
    with cluster.database(empty=True) as target:
        subprocess.run([str(BIN / "pg_restore"), f"--dbname={target}", "--exit-on-error", str(dump)], check=True)
        with psycopg.connect(target, autocommit=True) as restored:
            assert stored(restored) == stored(connection) == expected(restored)
            restored.execute(
                "insert into public.behavior_events (customer_id, event_type) values ('new', 'navigation')"
            )
            assert stored(restored) == expected(restored)


def test_the_names_of_the_first_design(connection: psycopg.Connection) -> None:
    tables = "('public.behavior_events'::regclass, 'milepost.sessions'::regclass, 'milepost.snapshots'::regclass)"
    indexes = names(connection, f"select indexrelid::regclass::text from pg_index where indrelid in {tables}")
    wanted = {f"idx_{table}_{rest}" for table, words in _INDEXES.items() for rest in words.split()}
    assert len(wanted) == 8, "docs/database.md says which of the thirteen serve nothing here"
    assert wanted <= {index.removeprefix("milepost.") for index in indexes}
    triggers = "select tgname from pg_trigger where tgrelid = 'public.behavior_events'::regclass and not tgisinternal"
    kinds = ("delete", "insert", "truncate", "update")
    assert names(connection, triggers) == [f"behavior_events_{kind}" for kind in kinds]
    policies = "select policyname from pg_policies where policyname ~ '^behavior_.*_own$'"
    assert names(connection, policies) == ["behavior_events_own", "behavior_insights_own", "behavior_sessions_own"]


def test_queries_of_the_first_design(connection: psycopg.Connection) -> None:
    set_up(connection.info.dsn, load_plan(), Settings(admin_customer_id="dru78DR9789SDF862"))
    connection.execute(
        "insert into public.behavior_events (customer_id, event_type, session_id) values"
        " ('YOUR_CUSTOMER_ID', 'export_action', 's1'), ('YOUR_CUSTOMER_ID', 'resource_generation', 's1')"
    )
    tables = connection.execute(
        """SELECT table_name FROM information_schema.tables
           WHERE table_schema = 'public'
           AND table_name IN ('behavior_events', 'behavior_insights', 'behavior_sessions');"""
    ).fetchall()
    assert len(tables) == 3
    admin = "SELECT * FROM behavior_insights WHERE customer_id = 'dru78DR9789SDF862';"
    assert len(connection.execute(admin).fetchall()) == 1
    sessions = connection.execute(
        """SELECT * FROM behavior_sessions
           WHERE customer_id = 'YOUR_CUSTOMER_ID'
           ORDER BY started_at DESC
           LIMIT 5;"""
    ).fetchall()
    assert len(sessions) == 1
    insights = connection.execute(
        """SELECT
             customer_id,
             last_session_timestamp,
             total_tool_sessions,
             total_exports_generated,
             current_scaling_score
           FROM behavior_insights
           WHERE customer_id = 'YOUR_CUSTOMER_ID';"""
    ).fetchone()
    assert insights is not None
    assert insights[0] == "YOUR_CUSTOMER_ID"
    assert insights[3] == 1
    assert connection.execute("SELECT cleanup_expired_behavior_events()").fetchone() == (0,)


def test_generated_ids_are_version_7_in_the_order_of_time(connection: psycopg.Connection) -> None:
    ids = [row[0] for row in connection.execute("select milepost.uuid7() from generate_series(1, 200)")]
    assert {(made.version, made.variant) for made in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == 200
    times = [made.int >> 80 for made in ids]
    assert times == sorted(times)
