"""Every question that docs/warehouse.md asks of the views is asked, and finds something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from tests.columns.events import insert
from tests.export.dbt_project import guide_questions
from tests.support.settling import settle_all


def test_the_guides_questions_have_answers(dsn: str, connection: psycopg.Connection) -> None:
    now = datetime.now(UTC)
    insert(connection, 300)
    # As if they were of now: half of them long ago, so that scores have fallen.
    connection.execute(
        """update public.behavior_events set user_id = 'user', actor_type = 'person',
          "timestamp" = %s - (30 + (event_metadata ->> 'number')::integer / 10) * interval '1 day'""",
        (now,),
    )
    settle_all(connection, (), now=now)
    connection.execute(
        """insert into milepost.recommendations (customer_id, source, playbook, asks_for, plan_version, rank, title,
          action, reason, held_out, is_first, made_at, expires_at, points_before, points_after, moved_up)
        select customer_id, 'playbook', 'p', customer_id, 1, 0.5, 't', 'a', '', false, true, %s, %s, 10, 20, true
        from milepost.standing""",
        (now - timedelta(days=40), now - timedelta(days=30)),
    )
    questions = guide_questions("reporting.")
    assert len(questions) == 3
    for question in questions:
        assert connection.execute(question).fetchall(), question
