"""Events for the column store's tests, straight into PostgreSQL."""

from __future__ import annotations

import psycopg

#: A statement that stores `n` events of `customers` customers, from an offset on.
_INSERT = """
insert into public.behavior_events (customer_id, user_id, anonymous_id, session_id, event_type, tool_id, event_metadata,
  time_on_page, "timestamp", referrer, page_url)
select 'customer ' || (i %% %(customers)s), case when i %% 3 = 0 then 'user ' || (i %% 17) end, 'visitor ' || (i %% 23),
  'session ' || (i / 10), 'tool_usage', case when i %% 5 > 0 then 'tool ' || (i %% 5) end,
  jsonb_build_object('number', i, 'text', E'a\ttab, a\nline, a "quote" and a back\\\\slash', 'näme', null,
    'nested', jsonb_build_array(i, 'x')),
  case when i %% 2 = 0 then i end, timestamptz '2026-03-28 12:00+00' + i * interval '7 minutes 0.000123 seconds',
  'https://www.example.org/' || i, '/page/' || (i %% 7)
from generate_series(%(first)s::integer, %(first)s::integer + %(n)s::integer - 1) as i
"""


def insert(connection: psycopg.Connection, n: int, *, first: int = 0, customers: int = 11) -> None:
    connection.execute(_INSERT, {"n": n, "first": first, "customers": customers})


def count(connection: psycopg.Connection) -> int:
    """Live events."""
    row = connection.execute("select count(*) from public.behavior_events where deleted_at is null").fetchone()
    assert row is not None
    return int(row[0])
