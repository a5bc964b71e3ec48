"""What every event updates stays within its page (PostgreSQL's "hot" updates), so that it touches no index."""

from __future__ import annotations

import psycopg
import pytest

_INSERT = (
    "insert into public.behavior_events (event_type, customer_id, session_id, tool_id, competency_area, \"timestamp\")"
    " values ('tool_usage', 'acme', 's1', 'icp-analysis', 'sales_execution', '2026-03-01T10:00Z'::timestamptz + %s"
    " * interval '1 second')"
)  # fmt: skip


@pytest.mark.parametrize(
    "table", ["milepost.standing", "milepost.customer_days", "milepost.competency_days", "milepost.sessions"]
)
def test_the_next_event_of_a_session_touches_no_index(connection: psycopg.Connection, table: str) -> None:
    connection.execute(_INSERT, (0,))
    counted = "select pg_stat_get_xact_tuples_updated(%s::regclass), pg_stat_get_xact_tuples_hot_updated(%s::regclass)"
    with connection.transaction():
        connection.execute(_INSERT, (5,))
        updated, within = connection.execute(counted, (table, table)).fetchone() or (0, 0)
    assert updated > 0
    assert within == updated
