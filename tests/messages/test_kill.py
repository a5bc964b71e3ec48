"""A server that is killed while it sends: everything arrives, and what comes twice has the same id."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import psycopg

from tests.messages.receiver import receiver
from tests.messages.sending import SECRET
from tests.support.server import Server, wait_for

_MESSAGES = 60
_KILLS = 2


def left_over(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select now(), attempts, next_try_at, last_status, last_error, gave_up_at from milepost.deliveries"
        " where delivered_at is null"
    ).fetchall()


def test_kills_lose_no_message_and_make_none_twice(dsn: str, tmp_path: Path) -> None:
    with receiver() as hook, psycopg.connect(dsn, autocommit=True) as connection:
        environ = {"MILEPOST_WEBHOOK_URL": hook.url, "MILEPOST_WEBHOOK_SECRET": SECRET}
        server = Server(tmp_path / "server", database_url=dsn, environ=environ)

        def count(what: str) -> int:
            row = connection.execute(f"select count(*) from milepost.{what}".encode()).fetchone()
            return int(row[0]) if row else 0

        server.start_quickly()
        try:
            wait_for(lambda: count("destinations") == 1, 20, "the destination")
            connection.execute(
                "select milepost.tell('badge.earned', null, null, jsonb_build_object('n', n), now())"
                " from generate_series(1, %s) as n",
                (_MESSAGES,),
            )
            for kill in range(1, _KILLS + 1):
                some = 15 * kill
                wait_for(lambda: len(hook.received) > some, 30, "some of them")  # noqa: B023 -- called at once
                server.kill()
                # What was under way is due again in half a minute, which here is over.
                connection.execute(
                    "update milepost.deliveries set next_try_at = now() where next_try_at is not null and attempts > 0"
                )
                server.start_quickly()
            wait_for(
                lambda: count("deliveries where delivered_at is not null") == _MESSAGES,
                60,
                lambda: f"all of them: {left_over(connection)}\n{server.log()}",
            )
        finally:
            server.stop()
    numbers: dict[str, set[int]] = {}
    for got in hook.received:
        numbers.setdefault(got.headers["webhook-id"], set()).add(json.loads(got.body)["data"]["n"])
    assert sorted(n for told in numbers.values() for n in told) == list(range(1, _MESSAGES + 1))
    twice = Counter(got.headers["webhook-id"] for got in hook.received)
    assert sum(count - 1 for count in twice.values()) <= 5 * _KILLS, "no more than were under way"
