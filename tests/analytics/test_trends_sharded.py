"""Trends over two shards, each with all of the events: what is put together from parts is as if all stood in one."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from milepost.analytics.ask import ask
from milepost.analytics.context import Store
from milepost.columns.reading import Freshness, QueryResult, Reader, Value
from tests.analytics.comparing import differences, expected
from tests.analytics.conftest import Asking, world_of
from tests.analytics.palettes import of_hard
from tests.analytics.requests import trends

_SHARDS = "remote('127.0.0.1,127.0.0.1', milepost, events) final"


@dataclass
class _Sharded:
    """A `Reader` that reads every event of both."""

    columns: Reader

    async def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> QueryResult:
        assert "events final" in sql
        return await self.columns.query(sql.replace("events final", _SHARDS), parameters)

    async def freshness(self) -> Freshness:
        return Freshness(None, None)


@pytest.mark.parametrize("seed", range(16))
def test_trends(asking: Asking, seed: int) -> None:
    world, asked = world_of("hard"), trends(random.Random(f"shards {seed}"), of_hard())
    asking(world, asked)
    store = Store(_Sharded(asking._columns), asking._database, lambda: world.now)
    answer = asking._runner.run(ask(store, asked))
    assert differences(answer, expected(replace(world, events=world.events * 2), asked)) == [], asked
