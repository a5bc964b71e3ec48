"""The plan of a demo: its data's own, saved as if on the pages, so that it can be changed there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from milepost.demo.run import data_set, plan_for, settings_for
from milepost.plan.load import read_plan_file
from milepost.settings import Settings
from milepost.store.saved_plans import plan_in_force, save_plan


def test_it_is_saved_once_and_a_members_change_stays(
    dsn: str, connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = data_set("openstack")
    settings = settings_for(Settings(database_url=dsn), data)
    assert "nova" in plan_for(settings, dsn, data).tool_names()
    first = plan_in_force(connection, settings.plan_file)
    assert (first.file, first.text) == (None, read_plan_file(data.plan_file))
    changed = first.text.replace('name = "Nova', 'name = "Renamed', 1)
    assert changed != first.text
    save_plan(connection, changed, onto=first.newest, by="dana@example.com", change="a name", now=datetime.now(UTC))
    assert "Renamed" in str(plan_for(settings, dsn, data).tool_names())
    assert plan_in_force(connection, settings.plan_file).newest == first.newest + 1


def test_another_products_file_beside_it_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "milepost.toml").write_text("", "utf-8")
    data = data_set("openstack")
    assert settings_for(Settings(), data).plan_file == data.plan_file
