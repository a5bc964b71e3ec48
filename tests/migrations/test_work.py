"""What the team writes, on the oldest and the newest PostgreSQL, as a plain owner of a database."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import psycopg

from milepost.insights.customers import CustomerFilter, list_customers
from milepost.insights.timeline import read_timeline
from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.setup import set_up
from milepost.work.notes import add_note, change_note, list_notes, shown_notes
from milepost.work.tags import change_tags, count_tags
from milepost.work.tasks import TaskFilter, TaskText, add_tasks, board, done_of, list_tasks, set_done

_NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_every_statement_works_on_every_release(empty: str) -> None:
    set_up(empty, load_plan(), Settings())
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(
            "insert into public.customer_actions (customer_id, action_type, role, private)"
            " values ('acme', 'deal', 'outcome', true), ('other', 'call', 'intervention', false)"
        )
    asyncio.run(_work(empty))
    with psycopg.connect(empty, autocommit=True) as connection:
        assert connection.execute("select milepost.forget_work('acme')").fetchone() == (5,)
        connection.execute("delete from public.customer_actions")
        assert connection.execute("select * from milepost.private_outcomes").fetchall() == []


async def _work(dsn: str) -> None:
    database = Database(dsn, size=1, query_seconds=10)
    await database.open()
    try:
        async with database.transaction() as connection:
            note = await add_note(connection, "acme", "one", by="a@example.com", now=_NOW)
            await change_note(connection, note.note_id, pinned=True, now=_NOW)
            changed = await change_note(connection, note.note_id, text="two", now=_NOW + timedelta(hours=1))
            assert (await list_notes(connection, "acme")).items == [changed]
            assert await shown_notes(connection, "acme", limit=5) == ([changed], 1)
            said = TaskText(title="Call", due=date(2026, 3, 30))
            first, _ = await add_tasks(connection, ["acme", "other"], said, by=None, now=_NOW)
            await add_tasks(connection, ["acme"], TaskText(title="Whenever"), by=None, now=_NOW)
            await set_done(connection, first, done=True, by="a@example.com", now=_NOW + timedelta(hours=2))
            assert [one.title for one in (await list_tasks(connection, TaskFilter(done=False))).items] == [
                "Call",
                "Whenever",
            ]
            parts = await board(
                connection, today=_NOW.date(), week=7, done_since=_NOW, assignee=None, first="a@example.com", limit=5
            )
            assert [(part.part, part.total) for part in parts] == [("overdue", 1), ("whenever", 1), ("done", 1)]
            assert [one.task_id for one in await done_of(connection, customer_id="acme", limit=5)] == [first]
            await change_tags(connection, ["acme", "other"], add=["Beta", "Pilot"], by=None, now=_NOW)
            await change_tags(connection, ["other"], remove=["beta"], by=None, now=_NOW)
            assert [(one.tag, one.customers) for one in (await count_tags(connection)).items] == [
                ("Beta", 1),
                ("Pilot", 2),
            ]
            tagged = await list_customers(connection, now=_NOW, wanted=CustomerFilter(tag="beta"))
            assert ([one.customer_id for one in tagged.items], tagged.total) == (["acme"], 1)
            entries, _ = await read_timeline(connection, "acme", limit=10)
            assert sorted(one.kind for one in entries) == ["action", "done", "note", "tag", "tag", "task", "task"]
        async with database.customer("acme") as connection:
            rows = await (
                await connection.execute("select outcomes from milepost.results_on('acme', current_date)")
            ).fetchall()
            assert {row["outcomes"] for row in rows} == {1}
    finally:
        await database.close()
