"""A folder without a database, and a port that is none: said in a line, and nothing is made of it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from milepost.cli.commands import app
from milepost.cli.database import need_database
from milepost.errors import Problem
from milepost.settings import Settings
from milepost.store.embedded_lock import OwnerLock
from tests.support.server import wait_for

_COMMANDS = (
    ["verify"],
    ["recompute"],
    ["cleanup"],
    ["keys", "create", "web"],
    ["keys", "list"],
    ["tokens", "create", "--customer", "acme"],
    ["tokens", "list"],
    ["sign-in-link"],
    ["identity-secret"],
    ["explain", "acme"],
    ["plan", "status"],
    ["insights", "rebuild"],
    ["columns", "status"],
    ["columns", "rebuild"],
    ["coach", "show"],
)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MILEPOST_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
@pytest.mark.parametrize("there", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_a_folder_without_a_database_stays_as_it_is(command: list[str], there: bool, tmp_path: Path) -> None:
    folder = tmp_path / "typo"
    if there:
        folder.mkdir()
    result = CliRunner().invoke(app, [*command, "--data-dir", str(folder)])
    assert isinstance(result.exception, Problem), result.output
    assert f"{folder} holds no Milepost database." in result.exception.message
    assert "--data-dir" in result.exception.message
    assert "milepost serve" in result.exception.message
    assert [path.name for path in tmp_path.rglob("*")] == (["typo"] if there else [])


def test_a_server_that_is_just_making_its_database_is_waited_for(tmp_path: Path) -> None:
    lock = OwnerLock(tmp_path)
    lock.acquire()
    waiting = threading.Thread(target=need_database, args=(Settings(data_dir=tmp_path),))
    waiting.start()
    (tmp_path / "postgres").mkdir()
    assert waiting.is_alive()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    wait_for(lambda: not waiting.is_alive(), 10, "the command to go on")
    lock.release()


def test_a_lock_that_nobody_holds_is_no_server(tmp_path: Path) -> None:
    lock = OwnerLock(tmp_path)
    lock.acquire()
    lock.release()
    with pytest.raises(Problem, match="holds no Milepost database"):
        need_database(Settings(data_dir=tmp_path))


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("port", ["99999", "65536", "0", "-1", "http", ""])
def test_what_is_no_port_is_a_clear_message(command: str, port: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [command, "--port", port, "--data-dir", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert "--port" in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "data").exists()
