"""Data for exports: something in every data set, with texts that formats trip over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from milepost.export.asked import Asked
from milepost.export.data_sets import DataSet
from milepost.export.filters import within
from tests.columns.events import insert

#: What formats trip over: quotes, ends of lines, tabs, what looks like null, other scripts, nothing at all but a space.
TEXTS = (
    'He said "so"',
    "two\nlines",
    "a\r\nb",
    "tab\there",
    "\\N",
    "NULL",
    "naïve 日本 🙂",
    " ",
    ",;|",
    "\u0001",
    "0012",
    "t",
)


def fill(connection: psycopg.Connection, *, events: int = 300) -> None:
    """Events with sessions, and a row or more of everything else but what is settled and predicted."""
    insert(connection, events)
    for place, text in enumerate(TEXTS):
        connection.execute(
            """insert into public.behavior_events (customer_id, user_id, event_type, event_name, tool_id,
            event_metadata,
            page_url, ip_address, "timestamp") values (%s, %s, 'tool_usage', %s, %s, %s, %s, '2001:db8::1', %s)""",
            (f"customer {text}", text, text, text, Jsonb({"text": text, text: [1, None, 1e300]}), "" if place else None,
             f"2026-02-0{1 + place % 9} 23:59:59.999999Z"),
        )  # fmt: skip
        connection.execute(
            """insert into public.customer_actions (customer_id, action_type, description, value, currency,
              action_metadata)
            values (%s, 'call', %s, %s, 'EUR', %s)""",
            (f"customer {text}", text, [0.1, 1e15, -3, None][place % 4], Jsonb({"note": text})),
        )
        connection.execute(
            "insert into milepost.customers (customer_id, name) values (%s, %s)", (f"customer {text}", text)
        )
        for kind, name, value in (("customer", text, text), ("person", "name", text), ("person", "age", 3)):
            connection.execute(
                """insert into milepost.traits (kind, id, name, since, value, source, told_at)
                values (%s, %s, %s, now(), %s, 'api', now())""",
                (kind, f"customer {text}" if kind == "customer" else text, name, Jsonb(value)),
            )
        connection.execute(
            "insert into milepost.tags (customer_id, tag_key, tag) values (%s, %s, %s)",
            (f"customer {text}", text.lower(), text),
        )
    connection.execute("delete from public.behavior_events where event_metadata @> '{\"number\": 7}'")
    connection.execute("update public.behavior_events set deleted_at = now() where event_metadata @> '{\"number\": 8}'")


def add_judged(connection: psycopg.Connection, now: datetime) -> None:
    """Recommendations and predictions, of customers that are there."""
    connection.execute(
        """insert into milepost.recommendations (customer_id, source, playbook, asks_for, plan_version, rank,
          title, action, reason,
          held_out, is_first, made_at, expires_at)
        select customer_id, 'playbook', 'p', 'asks ' || customer_id, 1, 0.5, customer_id,
          E'do\\n"it"', '', random() < 0.5,
          true, %(now)s, %(now)s + interval '7 days' from milepost.standing""",
        {"now": now},
    )
    connection.execute(
        """with model as (
          insert into milepost.prediction_models (target, trained_at, first_day, last_day, report, holds)
          values ('goes_quiet', %(now)s, '2026-01-01', '2026-02-01', '{}', true) returning model_id)
        insert into milepost.predictions (customer_id, target, model_id, as_of, probability, reasons)
        select customer_id, 'goes_quiet', model_id, '2026-02-01', 1 / 3.0, '[{"says": "so"}]'
        from milepost.standing, model""",
        {"now": now},
    )


def rows_of(connection: psycopg.Connection, of: DataSet, asked: Asked | None = None) -> list[tuple[Any, ...]]:
    """The same, as psycopg reads it, in order: JSON as its text, times as PostgreSQL says them."""
    alias = "e" if of.follows else "s"
    holds = within(asked or Asked(data_set=of.name), chosen=False)
    statement = sql.SQL("select {alias}.* from reporting.{view} {alias} where {holds}").format(
        alias=sql.Identifier(alias), view=sql.Identifier(of.name), holds=holds
    )
    with connection.transaction():
        connection.execute("set local timezone = 'UTC'")
        as_text = sql.SQL(", ").join(
            sql.SQL("c{}::text").format(sql.SQL(str(place)))
            if column.kind in ("json", "text")
            else sql.SQL(f"c{place}")
            for place, column in enumerate(of.columns)
        )
        names = sql.SQL(", ").join(sql.Identifier(f"c{place}") for place in range(len(of.columns)))
        found = connection.execute(
            sql.SQL("select {} from ({}) as q ({})").format(as_text, statement, names)
        ).fetchall()
    return sorted((tuple(row) for row in found), key=repr)
