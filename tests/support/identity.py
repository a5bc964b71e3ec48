"""Stored events follow their ties at once, for tests that look at what comes of it."""

from __future__ import annotations

import psycopg

from milepost.identity.follow import follow_all, waiting
from tests.support.server import wait_for


def follow_now(connection: psycopg.Connection, *, at_once: int = 200) -> None:
    """Within the transaction that tied: nobody else is writing, so no look has to wait for anybody."""
    while connection.execute("select milepost.list_followings()").fetchone() != (0,):
        connection.execute("select milepost.begin_followings()")
    for kind, id_ in connection.execute("select kind, id from milepost.followings order by 1, 2").fetchall():
        while connection.execute("select done from milepost.follow(%s, %s, %s)", (kind, id_, at_once)).fetchone() == (
            False,
        ):
            pass
    while connection.execute("select milepost.recount_left(50)").fetchone() != (0,):
        pass


def all_followed(dsn: str) -> None:
    """Waits for the server to have looked at everything that ties concern."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        wait_for(lambda: not waiting(connection), 20, "the stored events to follow their ties")


def follow_to_the_end(dsn: str) -> None:
    """As the server does, on a connection of its own, until nothing waits any more."""
    with psycopg.connect(dsn, autocommit=True) as connection:

        def done() -> bool:
            follow_all(connection)
            return not waiting(connection)

        wait_for(done, 20, "the stored events to follow their ties")
