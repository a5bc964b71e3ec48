"""`ask`: answers a question about a set of events by the real thing, a column store and a PostgreSQL of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import msgspec
import psycopg
import pytest

from milepost.analytics.ask import ask, who
from milepost.analytics.asking import Answer, Filter, People, Question
from milepost.analytics.cohorts import Definition
from milepost.analytics.context import Store
from milepost.store.database import Database
from tests.analytics import data, generated
from tests.analytics.columns import Columns
from tests.analytics.comparing import differences, expected
from tests.analytics.loading import Numbers, loads, traits
from tests.analytics.palettes import COHORTS
from tests.analytics.reference.events import World
from tests.support.postgres import Cluster

A = TypeVar("A", bound=Answer)
_WORLDS = {
    "shop": data.shop,
    "oulad": data.oulad,
    "hard": generated.hard,
    "one customer": generated.one_customer,
    "nothing": generated.nothing,
}


class Asking:
    """Asks about any set of events; what is stored is changed when the set is another one than before."""

    def __init__(self, columns: Columns, dsn: str) -> None:
        self._columns = columns
        self._postgres = psycopg.connect(dsn, autocommit=True)
        self._numbers = Numbers(self._postgres)
        self._world: World | None = None
        # Of its own: a pool belongs to one event loop, and a test's ends with it.
        self._runner = asyncio.Runner()
        self._database = Database(dsn, size=2, query_seconds=30)
        self._runner.run(self._database.open())
        for cohort, definition in COHORTS.items():
            self._save_cohort(cohort, definition)

    def __call__(self, world: World, question: Question) -> Answer:
        return self._runner.run(ask(self._store(world), question))

    def who(self, world: World, question: Question, place: object) -> People:
        """Who is behind a place in the answer."""
        return self._runner.run(who(self._store(world), question, place))

    def surely(self, world: World, question: Question, kind: type[A]) -> A:
        """The answer, which must be the reference's too."""
        answer = self(world, question)
        assert isinstance(answer, kind)
        assert differences(answer, expected(world, question)) == []
        return answer

    def with_cohort(self, world: World, definition: Definition) -> tuple[World, Filter]:
        """The same events beside a saved cohort, and the filter for those who are in it."""
        cohort = str(uuid4())
        self._save_cohort(cohort, definition)
        return replace(world, cohorts={**world.cohorts, cohort: definition}), Filter(field="cohort", values=(cohort,))

    def close(self) -> None:
        self._postgres.close()
        self._runner.run(self._database.close())
        self._runner.close()
        self._columns.close()

    def _store(self, world: World) -> Store:
        if self._world is not world:
            self._columns.fill(loads(world, self._numbers), traits(world, self._numbers))
            self._save_insights(world)
            self._world = world
        return Store(self._columns, self._database, lambda: world.now)

    def _save_insights(self, world: World) -> None:
        rows = [
            # A stage stands behind 56 characters that say when it was told.
            (customer, told.get("total_events") or 0, stage and " " * 56 + str(stage))
            for customer, told in world.insights.items()
            for stage in [told.get("growth_stage")]
        ]
        with self._postgres.transaction(), self._postgres.cursor() as cursor:
            cursor.execute("delete from milepost.standing")
            cursor.executemany(
                "insert into milepost.standing (customer_id, total_events, growth_stage_latest) values (%s, %s, %s)",
                rows,
            )

    def _save_cohort(self, cohort: str, definition: Definition) -> None:
        self._postgres.execute(
            "insert into milepost.cohorts (cohort_id, name, definition) values (%s, 'one', %s)",
            (cohort, msgspec.json.encode(definition).decode()),
        )


@pytest.fixture(scope="package")
def asking(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with cluster.database() as dsn:
        found = Asking(Columns(Path(tmp_path_factory.mktemp("columns"))), dsn)
        try:
            yield found
        finally:
            found.close()


@cache
def world_of(name: str) -> World:
    return replace(_WORLDS[name](), cohorts=COHORTS)
