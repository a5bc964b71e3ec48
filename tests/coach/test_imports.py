"""While an import is under way nothing is made of the half that is there: in pieces comes to the same as at once, and
one that was killed does not silence the coach for good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from milepost.importing import DatabaseSink, StoreResult, import_file, load_mapping, run
from milepost.ingest.events import EventRow
from milepost.store.imports import give_up_lost
from tests.coach.people import apply, event, plan_with, settle, store
from tests.importing.import_helpers import SHOP_MAP
from tests.messages.sending import listen
from tests.support.postgres import Cluster
from tests.support.real_data import SHOP_FILE
from tests.support.server import wait_for

_QUIET = plan_with({"id": "quiet", "when": [{"fact": "days_since_last_activity", "at_least": 30}]})
_WHEN = datetime(2020, 5, 1, 12, tzinfo=UTC)
Made = set[tuple[str, str]]


def told(connection: psycopg.Connection) -> tuple[Made, int]:
    """What was recommended to whom, in what state, and how many messages for the webhook there were ever."""
    made = connection.execute("select customer_id, state from milepost.recommendations").fetchall()
    (messages,) = connection.execute("select count(*) from milepost.deliveries").fetchone() or (0,)
    return set(made), messages


class Ticking(DatabaseSink):
    """Settles and coaches everybody after each chunk, as a server does beside an import."""

    seen: list[tuple[Made, int]]

    def store(self, rows: list[EventRow], /) -> StoreResult:
        result = super().store(rows)
        settle(self._connection, _WHEN)
        self.seen.append(told(self._connection))
        return result


def test_in_pieces_is_as_at_once(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop's clicks in the order of time: after every piece most customers look as if they had gone quiet."""
    monkeypatch.setattr(run, "CHUNK_ROWS", 1_000)
    mapping = load_mapping(Path(__file__).parents[2] / "docs" / "validation" / "onlineshop.toml")
    ends: list[tuple[Made, int]] = []
    for sink in (DatabaseSink, Ticking):
        with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
            apply(connection, _QUIET)
            listen(connection, _WHEN)
            # Somebody whom the import is not about waits as well.
            store(connection, [event("other", _WHEN - timedelta(days=40))])
            with sink(dsn) as into:
                if isinstance(into, Ticking):
                    into.seen = []
                import_file(SHOP_FILE, mapping, into, plan=_QUIET, now=_WHEN, errors_path=tmp_path / "e", limit=3_000)
            settle(connection, _WHEN)
            ends.append(told(connection))
            if isinstance(into, Ticking):
                assert into.seen == [(set(), 0)] * 3, "nothing before the end"
    assert ends[0] == ends[1]
    made, messages = ends[0]
    assert len(made) == messages > 100
    assert ("other", "made") in made
    assert {state for _, state in made} == {"made"}, "nothing is taken back"


def test_a_killed_import_does_not_silence_the_coach(connection: psycopg.Connection, dsn: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    apply(connection, _QUIET)
    store(connection, [event("held", now - timedelta(days=35))])
    (tmp_path / "map.toml").write_text(SHOP_MAP)
    # The second chunk comes to a customer whose row somebody holds: there it is killed.
    lines = [
        f"{'held' if n == 5_500 else f'c{n % 9}'},icp-analysis,{now - timedelta(days=40)},{n}" for n in range(6_000)
    ]
    (tmp_path / "events.csv").write_text("\n".join(["who,what,at,n", *lines]))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    environ |= {"MILEPOST_DATABASE_URL": dsn, "MILEPOST_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "milepost", "import", "events.csv", "--map", "map.toml"]

    def stored() -> int:
        (count,) = connection.execute("select count(*) from public.behavior_events").fetchone() or (0,)
        return int(count)

    with psycopg.connect(dsn) as holder:
        holder.execute("select from milepost.standing where customer_id = 'held' for update")
        process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL)
        wait_for(lambda: _held_up(connection), 60, "the second chunk, so that the first is noted as done")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert stored() == 5_001
    wait_for(lambda: not _connected(connection), 20, "its connection to end")
    settle(connection, now)
    assert told(connection) == (set(), 0), "it may still be run again"
    assert give_up_lost(connection) == []
    connection.execute("update milepost.imports set alive_until = clock_timestamp()")
    (lost,) = give_up_lost(connection)
    assert lost.what == "events"
    settle(connection, now + timedelta(seconds=30))
    assert ("c0", "made") in told(connection)[0], "by what there is"
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Resumed after row 5,000" in done.stdout
    assert (stored(), connection.execute("select count(*) from milepost.imports").fetchone()) == (6_001, (0,))


def _connected(connection: psycopg.Connection) -> bool:
    found = connection.execute("select from pg_stat_activity where application_name = 'milepost-import'")
    return found.fetchone() is not None


def _held_up(connection: psycopg.Connection) -> bool:
    found = connection.execute(
        "select from pg_stat_activity where application_name = 'milepost-import' and wait_event_type = 'Lock'"
    )
    return found.fetchone() is not None
