"""The dbt project's models say what PostgreSQL's own tables say: of files, after changes of them, and of its views."""

from __future__ import annotations

import asyncio
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from milepost.export.asked import Asked, Chosen
from milepost.export.data_sets import DATA_SETS
from milepost.export.follow import export_into
from milepost.export.places import Place
from milepost.privacy.erase import Of, erase
from milepost.store.database import Database
from tests.columns.events import insert
from tests.export.data import add_judged, fill
from tests.export.dbt_project import Project, guide_questions, guide_roles, rows_by_superset
from tests.support.postgres import Cluster
from tests.support.settling import settle_all

#: Three runs of dbt, half a minute of CPU, after an installation of 160 MB: `make soak` has them.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]
_NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
_SAID = "2026-04-01 12:00:00+00"
#: Of each model what PostgreSQL's tables know, too.
_MODELS = {
    "fct_events": "select event_id, customer_id, user_id, event_on, event_type, time_on_page from analytics.fct_events",
    "fct_sessions": "select customer_id, session_id, events_count, minutes from analytics.fct_sessions",
    "fct_customer_days": "select customer_id, day, events, tools, high_impact_events from analytics.fct_customer_days",
    "fct_score_history": "select customer_id, day, score from analytics.fct_score_history",
    "fct_recommendations": "select recommendation_id, customer_id, outcome, is_open from analytics.fct_recommendations",
    "dim_customers": "select customer_id, name, total_events, people, last_event_on from analytics.dim_customers",
    "dim_people": "select user_id, name, total_events from analytics.dim_people",
    "customer_health": """select customer_id, score, score_28_days_ago, days_since_last_event, active_days_28,
      open_recommendations, prediction_goes_quiet from analytics.customer_health""",
}
_TABLES = {
    "fct_events": """select event_id::text, customer_id, user_id, ("timestamp" at time zone 'UTC')::date, event_type,
      time_on_page from public.behavior_events where deleted_at is null and not is_bot""",
    "fct_sessions": """select customer_id, session_id, events_count, session_duration / 60000.0
      from public.behavior_sessions""",
    "fct_customer_days": "select customer_id, day, events, cardinality(tools), high_impact from milepost.customer_days",
    "fct_score_history": """select n.customer_id, d.day, d.score::text::float8 from milepost.snapshots n
        join milepost.insight_days d on d.customer = n.number and d.day < n.day
      union all select customer_id, day, current_scaling_score from milepost.snapshots""",
    "fct_recommendations": """select recommendation_id::text, customer_id,
        case when expires_at > %(now)s then 'open' else 'expired' end, not held_out and expires_at > %(now)s
      from milepost.recommendations where state = 'made'""",
    "dim_customers": """select i, c.name, coalesce(s.total_events, 0), (
          select count(*) from (
            select user_id from public.behavior_events where deleted_at is null and not is_bot
            group by user_id having (array_agg(customer_id order by "timestamp" desc, event_id desc))[1] = i
              and user_id is not null) as u),
        (s.last_event_at at time zone 'UTC')::date
      from (select customer_id from milepost.standing union select customer_id from milepost.customers
        union select id from milepost.traits where kind = 'customer' and until is null) as a(i)
      left join milepost.customers c on c.customer_id = i left join milepost.standing s on s.customer_id = i""",
    "dim_people": """select i, (select value #>> '{}' from milepost.traits where kind = 'person' and id = i
          and name = 'name' and until is null),
        (select count(*) from public.behavior_events where user_id = i and deleted_at is null and not is_bot)
      from (select id from milepost.traits where kind = 'person' and until is null union select user_id
        from milepost.users union select user_id from public.behavior_events
        where deleted_at is null and not is_bot and user_id is not null) as a(i)""",
    "customer_health": """select a.i, n.current_scaling_score, (
          select d.score::text::float8 from milepost.insight_days d
          where d.customer = n.number and d.day <= '2026-03-04' order by d.day desc limit 1),
        '2026-04-01'::date - (s.last_event_at at time zone 'UTC')::date, (
          select count(*) from milepost.customer_days d where d.customer_id = i
            and d.day between '2026-03-05' and '2026-04-01'), (
          select count(*) from milepost.recommendations r where r.customer_id = i and not r.held_out
            and r.closed_at is null and r.expires_at > %(now)s), (
          select probability from milepost.predictions p where p.customer_id = i and p.target = 'goes_quiet')
      from (select customer_id from milepost.standing union select customer_id from milepost.customers
        union select id from milepost.traits where kind = 'customer' and until is null) as a(i)
      left join milepost.standing s on s.customer_id = i left join milepost.snapshots n on n.customer_id = i""",
}


def test_models_say_what_the_tables_say(
    cluster: Cluster, dsn: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    fill(connection)
    connection.execute("update public.behavior_events set is_bot = true where customer_id = 'customer 2'")
    settle_all(connection, (), now=_NOW)
    add_judged(connection, _NOW)
    project = Project.copied(tmp_path / "project")

    export(dsn, project.warehouse)
    ended = project.build("duckdb", _SAID)
    assert ended["success"] == len(DATA_SETS) + len(_MODELS)
    same(in_files(project), connection)

    insert(connection, 40, first=1_000)
    connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
    asyncio.run(erased(dsn, "customer", "customer 4"))
    asyncio.run(erased(dsn, "person", "user 5"))
    settle_all(connection, (), now=_NOW)
    export(dsn, project.warehouse)
    project.build("duckdb", _SAID)
    rows = in_files(project)
    same(rows, connection)
    assert not [model for model, found in rows.items() if "customer 4" in str(found) or "'user 5'" in str(found)]

    (question,) = guide_questions("analytics.")
    with guide_roles(make_conninfo(cluster.admin_dsn, dbname=connection.info.dbname)):
        as_dbt = cluster.login("dbt", dsn)
        project.build("postgres", _SAID, dsn=as_dbt)
        # As a tool's role, and by Superset's drivers.
        known = conninfo_to_dict(cluster.login("metabase", dsn))
        host = f"host={known['host']}&port={known['port']}"
        with psycopg.connect(as_dbt) as reading:
            same({model: reading.execute(asked).fetchall() for model, asked in _MODELS.items()}, connection)
            for asked in (*guide_questions("reporting."), question):
                found = rows_by_superset(f"postgresql+psycopg2://metabase@/{known['dbname']}?{host}", asked)
                assert found == len(reading.execute(asked.encode()).fetchall()), asked
            fallen = len(reading.execute(question.encode()).fetchall())
    assert rows_by_superset(f"duckdb:///{project.duckdb}", question) == fallen > 0


def export(dsn: str, folder: Path) -> None:
    """As `milepost export all --to FOLDER`."""
    for name in DATA_SETS:
        chosen = Chosen(Asked(data_set=name), None)
        export_into(dsn, chosen, Place(str(folder)), now=_NOW, progress=lambda done, of: None)


async def erased(dsn: str, of: Of, whose: str) -> None:
    database = Database(dsn, size=1, query_seconds=30)
    await database.open()
    try:
        assert (await erase(database, of, whose)).done
    finally:
        await database.close()


def in_files(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(project.duckdb), read_only=True) as opened:
        return {model: opened.execute(asked).fetchall() for model, asked in _MODELS.items()}


def same(found: dict[str, list[tuple[Any, ...]]], connection: psycopg.Connection) -> None:
    for model, rows in found.items():
        wanted = connection.execute(_TABLES[model].encode(), {"now": _NOW}).fetchall()
        assert _plain(rows) == _plain(wanted), model
        assert rows, model


def _plain(rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return sorted(tuple(_text(value) for value in row) for row in rows)


def _text(value: Any) -> str:
    """Scores are kept as single floats: what a view makes a double of has digits more than a file says."""
    if value is None or isinstance(value, str) or not hasattr(value, "__float__"):
        return str(value)
    return repr(struct.unpack("f", struct.pack("f", value))[0])
