"""The column store follows the oldest and the newest PostgreSQL, as a plain owner of a database."""

from __future__ import annotations

from pathlib import Path

import psycopg

from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.setup import set_up
from tests.columns.events import count, insert
from tests.support.columns import Owner


def test_it_follows_every_release(empty: str, tmp_path: Path) -> None:
    set_up(empty, load_plan(), Settings())
    owner = Owner(tmp_path / "data", empty)
    owner.start()
    try:
        with psycopg.connect(empty, autocommit=True) as connection:
            insert(connection, 300)
            owner.wait_until_level()
            connection.execute("delete from public.behavior_events where customer_id = 'customer 1'")
            connection.execute("update public.behavior_events set customer_id = 'b' where customer_id = 'customer 2'")
            connection.execute("select milepost.clean_event_changes(now() - interval '1 hour')")
            owner.wait_until_level()
            proof = owner.verify()
            assert (proof.differences, proof.events) == ([], count(connection))
            # Changes that were cleaned up before they were read: it notices, and starts anew.
            owner.stop()
            insert(connection, 5, first=900)
            connection.execute("select milepost.clean_event_changes(now() + interval '1 hour')")
            owner.start()
            owner.wait_until_level()
            assert owner.verify().differences == []
    finally:
        owner.stop()
