"""Which plan counts: a file's, the newest that was saved, the default; and what saving one needs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from milepost.cli.database import known_plan
from milepost.errors import Conflict, PlanError
from milepost.plan.load import default_text
from milepost.settings import Settings
from milepost.store.saved_plans import PlanInForce, plan_in_force, save_plan
from milepost.store.setup import set_up

_NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def _named(name: str) -> str:
    return default_text().replace('name = "Default plan"', f'name = "{name}"')


def _save(connection: psycopg.Connection, text: str, onto: int) -> PlanInForce:
    return save_plan(connection, text, onto=onto, by="dana@example.com", change="Another name.", now=_NOW)


def _applied(connection: psycopg.Connection) -> object:
    return connection.execute("select document ->> 'name' from milepost.plan").fetchone()


def test_the_newest_counts_and_a_file_before_it(connection: psycopg.Connection, tmp_path: Path) -> None:
    assert plan_in_force(connection, None).plan.name == "Default plan"
    first = _save(connection, _named("First"), onto=0)
    second = _save(connection, _named("Second"), onto=first.saved)
    assert _applied(connection) == ("Second",)
    assert plan_in_force(connection, None) == second
    with pytest.raises(Conflict, match="Somebody saved another plan meanwhile"):
        _save(connection, _named("Third"), onto=first.saved)
    with pytest.raises(PlanError, match="the plan, line 3: version: version 7 is not known"):
        _save(connection, default_text().replace("version = 1", "version = 7"), onto=second.saved)
    assert _applied(connection) == ("Second",), "what was refused changed nothing"
    assert known_plan(Settings(database_url=connection.info.dsn)).name == "Second", "commands see it too"
    file = tmp_path / "own.toml"
    file.write_text(_named("Of a file"), "utf-8")
    found = set_up(connection.info.dsn, None, Settings(plan_file=file))
    assert (found.plan.name, found.file, _applied(connection)) == ("Of a file", file, ("Of a file",))
    assert set_up(connection.info.dsn, None, Settings()).plan.name == "Second", "and without it, as before"


def test_one_that_cannot_be_read_gives_way_and_says_so(connection: psycopg.Connection) -> None:
    first = _save(connection, _named("First"), onto=0)
    connection.execute(
        "insert into milepost.saved_plans (text, saved_by, change) values ('version = 2\nnew = 1', 'x', 'x')"
    )
    found = set_up(connection.info.dsn, None, Settings())
    assert (found.plan.name, found.saved, found.newest) == ("First", first.saved, first.saved + 1)
    assert "cannot be read by this release" in found.trouble
    assert "unknown field `new`" in found.trouble
    assert _save(connection, _named("Mended"), onto=found.newest).trouble == ""
    connection.execute("delete from milepost.saved_plans where saved_plan_id in (%s, %s)", (first.saved, found.newest))
    connection.execute("update milepost.saved_plans set text = 'nothing'")
    assert plan_in_force(connection, None).plan.name == "Default plan"
