"""The server sees whether the column store's process is there, answers, and follows PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from milepost.columns import watch
from milepost.columns.client import Columns
from milepost.columns.watch import Watch
from milepost.supervisor import Supervisor
from tests.supervisor.test_in_process import short
from tests.supervisor.test_supervisor import counted
from tests.support.columns import Owner
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def owner(dsn: str, tmp_path: Path) -> Iterator[Owner]:
    found = Owner(tmp_path / "data", dsn)
    yield found
    found.stop()


async def test_it_fails_while_the_process_is_away_and_works_when_it_is_back(
    owner: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_PATIENCE", 0.5)
    supervisor = Supervisor(sleep=short)
    Watch(Columns(tmp_path / "data"), tick=0.05).start(supervisor)

    def failing() -> bool:
        return bool(supervisor.failing())

    await until(failing, "it to be missed")
    owner.start()
    await until(lambda: not failing(), "it to be seen")
    assert owner.process is not None
    owner.process.send_signal(signal.SIGSTOP)
    await until(failing, "its silence to be noticed")
    owner.process.send_signal(signal.SIGCONT)
    await until(lambda: not failing(), "it to answer again")
    await supervisor.close()


async def test_one_that_answers_but_stands_still_is_failing(owner: Owner, dsn: str, tmp_path: Path) -> None:
    """PostgreSQL lets nobody in: the loader stands still, and what is loaded is answered all the same."""
    hours, supervisor = 0.0, Supervisor(sleep=short)
    owner.start()
    await asyncio.to_thread(owner.wait_until_level)
    Watch(Columns(tmp_path / "data"), clock=lambda: hours * 3600, tick=0.05).start(supervisor)
    await until(lambda: counted("up", "columns") == 1, "it to be seen")
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    elsewhere = psycopg.conninfo.make_conninfo(dsn, dbname="postgres")
    with psycopg.connect(elsewhere, autocommit=True) as other:
        other.execute(f"alter database {name} with allow_connections false".encode())
        gone = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = %s"
        other.execute(gone, (name,))
        await until(lambda: "columns-loader failed" in owner.log_path.read_text(), "the loader to notice")
        assert supervisor.failing() == []
        hours = 1.0
        await until(lambda: bool(supervisor.failing()), "it to be found behind")
        assert (await Columns(tmp_path / "data").freshness()).at is not None
        other.execute(f"alter database {name} with allow_connections true".encode())
    await until(lambda: not supervisor.failing(), "it to follow again", 60)
    await supervisor.close()
