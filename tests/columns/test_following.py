"""What happens in PostgreSQL happens in the column store: new, late, changed, merged, deleted, expired, emptied."""

from __future__ import annotations

import random
import subprocess
import sys

import psycopg
import pytest

from tests.columns.events import count, insert
from tests.support.columns import Owner

pytestmark = pytest.mark.timeout(120)


def run(owner: Owner, code: str) -> None:
    """Runs code on the store's files, while their owner is not there, in a process of its own."""
    begin = (
        "import pathlib, sys; from milepost.columns import place; folder = place.directory(pathlib.Path(sys.argv[1]));"
    )
    subprocess.run([sys.executable, "-c", begin + code, str(owner.data_dir)], check=True)


def same(owner: Owner, connection: psycopg.Connection) -> None:
    """The two stores are equal, by every column, once the mirror is level."""
    owner.wait_until_level()
    proof = owner.verify()
    assert proof.differences == []
    assert proof.events == count(connection)
    assert owner.query("select count() from events final").rows == [(count(connection),)]


def test_what_was_there_and_what_comes(owner: Owner, connection: psycopg.Connection) -> None:
    same(owner, connection)
    insert(connection, 1000)
    same(owner, connection)
    insert(connection, 10, first=1000)
    same(owner, connection)


def test_a_late_commit_is_not_passed_over_and_holds_nobody_up(owner: Owner, connection: psycopg.Connection) -> None:
    with psycopg.connect(owner.dsn) as late:
        # Of other customers: two writers about the same one wait for each other.
        insert(late, 5, customers=1000)
        insert(connection, 7, first=100, customers=1000)
        owner.wait_until_level()
        assert owner.query("select count() from events final").rows == [(7,)]
        late.commit()
    same(owner, connection)
    assert count(connection) == 12


def test_changes_of_every_kind(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 500)
    same(owner, connection)
    for statement in (
        "update public.behavior_events set tool_id = 'other' where tool_id = 'tool 1'",
        "update public.behavior_events set customer_id = 'merged' where customer_id = 'customer 3'",
        """update public.behavior_events set "timestamp" = "timestamp" + interval '40 days' where tool_id = 'tool 2'""",
        "update public.behavior_events set deleted_at = now() where tool_id = 'tool 3'",
        "update public.behavior_events set deleted_at = null where tool_id = 'tool 3' and customer_id = 'merged'",
        "update public.behavior_events set is_bot = true where customer_id = 'customer 5'",
        "delete from public.behavior_events where customer_id = 'customer 7'",
        "update public.behavior_events set event_metadata = '[1, 2]' where customer_id = 'customer 6'",
    ):
        connection.execute(statement)
        same(owner, connection)


def test_there_and_back_in_one_load(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 50)
    same(owner, connection)
    with connection.transaction():
        connection.execute(
            "update public.behavior_events set customer_id = 'elsewhere' where customer_id = 'customer 1'"
        )
        connection.execute(
            "update public.behavior_events set customer_id = 'customer 1' where customer_id = 'elsewhere'"
        )
        connection.execute("update public.behavior_events set deleted_at = now() where customer_id = 'customer 2'")
        connection.execute("update public.behavior_events set deleted_at = null where customer_id = 'customer 2'")
        connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
        insert(connection, 20, first=200)
        connection.execute("delete from public.behavior_events where session_id = 'session 20'")
    same(owner, connection)


def test_emptied(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 50)
    same(owner, connection)
    connection.execute("truncate public.behavior_events")
    insert(connection, 3, first=500)
    same(owner, connection)
    assert count(connection) == 3


def test_an_erased_customer_comes_back_under_another_number(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 40, customers=1)
    same(owner, connection)
    before = owner.query("select distinct customer from events final").rows
    with connection.transaction():
        connection.execute("delete from public.behavior_events where customer_id = 'customer 0'")
        connection.execute("delete from milepost.numbers where kind = 'customer' and id = 'customer 0'")
    same(owner, connection)
    insert(connection, 5, first=700, customers=1)
    same(owner, connection)
    assert owner.query("select distinct customer from events final").rows != before


def test_random_changes(owner: Owner, connection: psycopg.Connection) -> None:
    chance = random.Random(4)
    insert(connection, 300)
    for step in range(40):
        customer, other = f"customer {chance.randrange(11)}", f"customer {chance.randrange(11)}"
        match chance.randrange(5):
            case 0:
                insert(connection, chance.randrange(1, 40), first=1000 + step * 100)
            case 1:
                connection.execute(
                    "update public.behavior_events set customer_id = %s where customer_id = %s", (other, customer)
                )
            case 2:
                connection.execute(
                    "update public.behavior_events set deleted_at = case when deleted_at is null then now() end"
                    " where customer_id = %s",
                    (customer,),
                )
            case 3:
                connection.execute(
                    "delete from public.behavior_events where customer_id = %s and time_on_page is null", (customer,)
                )
            case _:
                connection.execute(
                    """update public.behavior_events set "timestamp" = "timestamp" - interval '1 day'"""
                    " where customer_id = %s",
                    (customer,),
                )
        if step % 8 == 7:
            same(owner, connection)


def test_changes_that_were_cleaned_up_mean_building_anew(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 20)
    same(owner, connection)
    owner.stop()
    insert(connection, 20, first=100)
    connection.execute("select milepost.clean_event_changes(now() + interval '1 second')")
    owner.start()
    same(owner, connection)
    assert "too long: rebuilding it" in owner.log()


def test_another_database_means_building_anew(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 20)
    same(owner, connection)
    owner.stop()
    connection.execute("update milepost.event_log set epoch = gen_random_uuid()")
    connection.execute("delete from milepost.event_changes")
    connection.execute("alter table public.behavior_events disable trigger user")
    insert(connection, 20, first=100)
    connection.execute("alter table public.behavior_events enable trigger user")
    owner.start()
    same(owner, connection)
    assert count(connection) == 40


def test_tables_of_another_release_mean_building_anew(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 20)
    same(owner, connection)
    owner.stop()
    run(
        owner,
        "from milepost.columns.engine import Engine; engine = Engine(folder);"
        """engine.command("alter table loads update epoch = concat(substring(epoch, 1, 37), 'older') where 1","""
        "settings={'mutations_sync': 2}); engine.command('alter table events drop column browser')",
    )
    owner.start()
    same(owner, connection)
    assert owner.query("select browser from events final limit 1").rows == [("",)]


def test_what_is_gone_leaves_the_disk(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 300)
    same(owner, connection)
    connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
    same(owner, connection)
    owner.stop()
    wipe = "from milepost.columns.engine import Engine; from milepost.columns.mirror import Mirror;"
    run(owner, wipe + "mirror = Mirror(Engine(folder)); assert mirror.wipe_deleted() == 1")
    owner.start()
    same(owner, connection)
    assert owner.query("select count() from events").rows == [(count(connection),)]
