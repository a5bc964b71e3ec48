"""A running server's plan: another server's is followed, a file's stays, and what cannot be saved changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from milepost.errors import Conflict, DatabaseUnavailable
from milepost.plan.load import default_text
from milepost.plan_keeper import PlanKeeper
from milepost.store.database import Database
from milepost.store.saved_plans import save_plan
from milepost.supervisor import Supervisor
from tests.support.waiting import until

_NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def _named(name: str) -> str:
    return default_text().replace('name = "Default plan"', f'name = "{name}"')


async def test_a_plan_saved_elsewhere_is_followed(dsn: str) -> None:
    database, supervisor = Database(dsn, size=2, query_seconds=10), Supervisor()
    await database.open()
    keeper = PlanKeeper(database, None)
    keeper.start(supervisor)
    with psycopg.connect(dsn, autocommit=True) as elsewhere:
        found = save_plan(elsewhere, _named("Elsewhere"), onto=0, by="x", change="x", now=_NOW)
        await until(lambda: keeper.plan.name == "Elsewhere", "the plan that was saved elsewhere")
        await keeper.save(_named("Here"), onto=found.saved, by="x", change="x", now=_NOW)
        assert keeper.plan.name == "Here", "at once"
        assert elsewhere.execute("select document ->> 'name' from milepost.plan").fetchone() == ("Here",)
    with pytest.raises(Conflict):
        await keeper.save(_named("Late"), onto=found.saved, by="x", change="x", now=_NOW)
    assert keeper.plan.name == "Here"
    await supervisor.close()
    await database.close()


async def test_a_files_plan_stays_and_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    database = Database("postgresql://127.0.0.1:1/nothing", size=1, query_seconds=1)
    file = tmp_path / "own.toml"
    file.write_text(_named("Of a file"), "utf-8")
    keeper = PlanKeeper(database, file)
    with pytest.raises(Conflict, match="Change it there"):
        await keeper.save(_named("Other"), onto=0, by="x", change="x", now=_NOW)
    assert keeper.plan.name == "Of a file"
    with pytest.raises(DatabaseUnavailable, match="The plan was not saved"):
        await PlanKeeper(database, None).save(_named("Other"), onto=0, by="x", change="x", now=_NOW)
