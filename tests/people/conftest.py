"""`looking`: reads the people of a set of events by the real thing, a column store and a PostgreSQL of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from milepost.analytics.context import Store
from milepost.people.breadth import active_people
from milepost.people.model import CustomerPeople, PersonSeen
from milepost.people.read import read_people, read_person
from milepost.store.database import Database
from tests.analytics.columns import Columns
from tests.analytics.loading import Numbers, loads
from tests.analytics.reference.events import World
from tests.support.postgres import Cluster


class Looking:
    """What is stored is changed when the set of events is another one than before."""

    def __init__(self, columns: Columns, dsn: str) -> None:
        self._columns = columns
        self._postgres = psycopg.connect(dsn, autocommit=True)
        self._numbers = Numbers(self._postgres)
        self._world: World | None = None
        self._runner = asyncio.Runner()
        self._database = Database(dsn, size=2, query_seconds=30)
        self._runner.run(self._database.open())

    def customer(self, world: World, customer_id: str) -> CustomerPeople:
        return self._runner.run(read_people(self._store(world), customer_id))

    def active(self, world: World, customers: Sequence[str]) -> dict[str, int]:
        return self._runner.run(active_people(self._store(world), customers))

    def person(self, world: World, user_id: str) -> PersonSeen:
        return self._runner.run(read_person(self._store(world), user_id))

    def close(self) -> None:
        self._postgres.close()
        self._runner.run(self._database.close())
        self._runner.close()
        self._columns.close()

    def _store(self, world: World) -> Store:
        if self._world is not world:
            self._columns.fill(loads(world, self._numbers))
            customers = sorted({event.customer_id for event in world.events})
            self._postgres.execute(
                "insert into milepost.standing (customer_id) select unnest(%s::text[]) on conflict do nothing",
                (customers,),
            )
            self._world = world
        return Store(self._columns, self._database, lambda: world.now)


@pytest.fixture(scope="package")
def looking(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looking]:
    with cluster.database() as dsn:
        found = Looking(Columns(Path(tmp_path_factory.mktemp("columns"))), dsn)
        try:
            yield found
        finally:
            found.close()
