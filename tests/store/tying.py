"""Many ties, undoings and late events in random order, with followers beside them and connections that are killed: what
`bench.ties` and the gate's smaller run compare with the plain Python model."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import psycopg

from milepost.identity.follow import follow, waiting
from milepost.store.retry import retried
from tests.store.identity_model import Identity, Sent

_T = TypeVar("_T")
_STORE = """
select count(*) from milepost.store_events((select json_agg(json_build_object('event_id', %(event_id)s::uuid,
  'customer_id', %(customer)s::text, 'user_id', %(user)s::text, 'anonymous_id', %(visitor)s::text,
  'session_id', %(session)s::text, 'event_type', 'tool_usage', 'tool_id', 'icp-analysis', 'business_impact', 'low',
  'timestamp', format('2026-03-0%%sT12:00:00Z', %(day)s::int), 'retention_days', 365))))
"""
_NEWEST = """
select tie_id::text from milepost.ties
where (call, kind, from_id, to_id) = (%s, %s, %s, %s) and undone_at is null order by made_at desc limit 1
"""


class Tying:
    """One that stores, ties and undoes, in an order that the model knows, and `followers` beside it."""

    def __init__(self, dsn: str, *, seed: int, people: int, followers: int = 2) -> None:
        self.identity = Identity()
        self.ties = self.undoings = self.kills = 0
        self._dsn = dsn
        self._chance = random.Random(seed)
        self._people = people
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._over = threading.Event()
        self._problems: list[Exception] = []
        self._followers = [threading.Thread(target=self._follow, args=(n,)) for n in range(followers)]

    def run(self, ties: int, *, kill_every: int) -> None:
        """Until so many ties were made. Raises what a follower could not go on after."""
        for thread in self._followers:
            thread.start()
        try:
            while self.ties < ties:
                self._act()
                if self._chance.random() < 1 / kill_every:
                    self._kill()
        finally:
            self._over.set()
            for thread in self._followers:
                thread.join()
        if self._problems:
            raise self._problems[0]

    def finish(self) -> float:
        """Follows to the end; answers how many seconds that took."""
        began = time.monotonic()
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while waiting(connection):
                follow(connection)
        return time.monotonic() - began

    def owners(self) -> dict[str, tuple[str, str | None, str]]:
        """What is stored, in the model's form."""
        rows = self._connection.execute(
            "select event_id, customer_id, user_id, customer_source from public.behavior_events"
        )
        return {str(event): (customer, user, source) for event, customer, user, source in rows}

    def _act(self) -> None:
        kind = self._chance.choices(("store", "tie", "undo"), (3, 5, 1))[0]
        if kind == "store":
            self._store()
        elif kind == "tie":
            self._tie()
        elif standing := self.identity.standing():
            tie = self._chance.choice(standing[-1000:])
            self._surely(lambda c: c.execute("select milepost.undo_tie(%s)", (tie,)))
            self.identity.undo(tie)
            self.undoings += 1

    def _store(self) -> None:
        chance = self._chance
        event = Sent(
            customer="named" if chance.random() < 0.2 else None,
            user=self._user() if chance.random() < 0.6 else None,
            visitor=self._visitor(),
            session=chance.choice((None, f"s{chance.randrange(50)}")),
            day=chance.randint(1, 9),
        )
        event_id = str(UUID(int=chance.getrandbits(128), version=4))
        values = {**event._asdict(), "event_id": event_id}
        self._surely(lambda c: c.execute(_STORE, values))
        self.identity.store(event_id, event)

    def _tie(self) -> None:
        chance = self._chance
        visitor, user = self._visitor(), self._user()
        tie = chance.choice(
            (
                ("identify", "anonymous", visitor, user),
                ("alias", "user", user, self._user()),
                ("group", "user", user, f"customer {chance.randrange(20)}"),
                ("group", "anonymous", visitor, f"customer {chance.randrange(20)}"),
            )
        )
        if not self.identity.changes(*tie):
            return
        self._surely(lambda c: c.execute("select milepost.tie(%s, %s, %s, %s)", tie))
        # Asked for apart: whoever was killed on the way does not know the answer of the first try.
        row = self._surely(lambda c: c.execute(_NEWEST, tie).fetchone())
        assert row is not None, tie
        self.identity.tie(row[0], *tie)
        self.ties += 1

    def _user(self) -> str:
        return f"user {self._chance.randrange(self._people)}"

    def _visitor(self) -> str:
        return f"visitor {self._chance.randrange(self._people)}"

    def _surely(self, act: Callable[[psycopg.Connection], _T]) -> _T:
        """As often as it takes: what was done before the connection went is done only once."""
        while True:
            try:
                return retried(self._connection, lambda: act(self._connection))
            except psycopg.OperationalError:
                self._connection.close()
                self._connection = _connected(self._dsn)

    def _kill(self) -> None:
        """Ends some connection of ours: the one that ties, or one that follows."""
        self.kills += 1
        with _connected(self._dsn) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and backend_type = 'client backend' order by random() limit 1"
            )

    def _follow(self, number: int) -> None:
        try:
            while not self._over.is_set():
                try:
                    with _connected(self._dsn) as connection:
                        while not self._over.is_set():
                            if not follow(connection, at_once=3 + 40 * number).more:
                                self._over.wait(0.01)
                except psycopg.OperationalError:
                    continue
        except Exception as problem:  # noqa: BLE001 -- raised in run, from the thread that waits for this one
            self._problems.append(problem)


def _connected(dsn: str) -> psycopg.Connection:
    """A new connection, however long PostgreSQL takes to be back."""
    while True:
        try:
            return psycopg.connect(dsn, autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.05)
