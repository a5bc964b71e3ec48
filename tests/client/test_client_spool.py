"""The spool when the disk is not what it should be. A file stands in for the unwritable directory:
the tests may run as root, whom no permission stops."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from milepost import Tracker, TrackerError
from milepost.client import outbox as outbox_module
from milepost.client.spool import Pending, Spool
from tests.client.receiving import Answer, Receiver, eventually

Make = Callable[..., Tracker]


def _codes(errors: list[TrackerError]) -> list[str]:
    return [error.code for error in errors]


def test_no_directory_to_be_had_means_memory_and_one_report(
    server: Receiver, make: Make, tmp_path: Path, errors: list[TrackerError]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    tracker = make(spool_dir=blocked)
    for n in range(20):
        tracker.track_click(f"b{n}")
        assert not tracker.persist()
    assert not tracker.stats().on_disk
    assert tracker.flush()
    assert len(server.stored) == 20
    assert _codes(errors) == ["spool_unavailable"]


def test_memory_is_given_up_in_the_end_and_counted(server: Receiver, make: Make, drops: list[tuple[Any, str]]) -> None:
    server.always = lambda body: Answer(503)
    tracker = make(spool=False)
    tracker.track_click("b")
    assert not tracker.shutdown(0.3)
    assert tracker.stats().dropped == {"spool_full": 1}
    assert [reason for _, reason in drops] == ["spool_full"]


def test_a_file_that_is_no_database_is_moved_aside(server: Receiver, make: Make, errors: list[TrackerError]) -> None:
    tracker = make()
    file = tracker.spool_file
    assert file is not None
    file.parent.mkdir(parents=True)
    file.write_bytes(b"not a database " * 1000)
    tracker.track_click("b")
    assert tracker.persist()
    assert tracker.flush()
    assert len(server.stored) == 1
    assert _codes(errors) == ["spool_corrupt"]
    assert [path.read_bytes()[:14] for path in file.parent.glob("*.corrupt-*")] == [b"not a database"]


def test_a_database_damaged_while_open_is_moved_aside(server: Receiver, make: Make, errors: list[TrackerError]) -> None:
    server.always = lambda body: Answer(503)
    tracker = make()
    for n in range(300):
        tracker.track_click(f"b{n}")
    assert tracker.shutdown(0.5) is False
    file = tracker.spool_file
    assert file is not None
    damaged = bytearray(file.read_bytes())
    damaged[4096:] = b"\x5a" * (len(damaged) - 4096)  # the first page, with the schema, is whole
    file.write_bytes(damaged)
    server.always = lambda body: None
    errors.clear()
    fresh = make()
    event_id = fresh.track_click("after")
    assert fresh.flush()
    assert event_id in server.stored
    assert "spool_corrupt" in _codes(errors)


def test_a_locked_database_delays_nothing_and_its_rows_go_to_disk_later(
    server: Receiver, make: Make, errors: list[TrackerError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "_RETRY_SECONDS", 0.1)
    monkeypatch.setattr("milepost.client.spool._BUSY_SECONDS", 0.05)
    tracker = make()
    tracker.track_click("first")
    assert tracker.persist()
    assert tracker.spool_file is not None
    other = sqlite3.connect(tracker.spool_file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    tracker.track_click("second")
    assert not tracker.persist()
    assert _codes(errors) == ["spool_unavailable"]
    other.execute("ROLLBACK")
    other.close()
    eventually(lambda: not tracker.pipeline.outbox.recover() and tracker.persist())
    assert tracker.flush()
    assert len(server.stored) == 2
    assert tracker.stats().on_disk


def test_a_delivered_row_that_cannot_be_deleted_is_not_sent_again(
    server: Receiver, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = make()
    tracker.track_click("a")
    assert tracker.persist()
    works = Spool.delete

    def full(self: Spool, seqs: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Spool, "delete", full)
    assert tracker.flush()
    tracker.track_click("b")
    assert tracker.flush()
    assert tracker.stats().spooled == 0
    monkeypatch.setattr(Spool, "delete", works)
    tracker.track_click("c")
    assert tracker.flush()
    assert sorted(server.sent.values()) == [1, 1, 1]
    assert tracker.shutdown()
    assert tracker.spool_file is not None
    assert _rows(tracker.spool_file) == 0


def test_the_spool_is_bounded_and_gives_up_the_oldest_of_low_impact(
    server: Receiver, make: Make, drops: list[tuple[Any, str]]
) -> None:
    server.always = lambda body: Answer(503)
    tracker = make(max_spool_mb=0.5)
    important = [tracker.track_export("t", "pdf", metadata={"text": "x" * 1000}) for _ in range(100)]
    for n in range(1500):
        tracker.track_click(f"b{n}", metadata={"text": "x" * 1000, "n": n})
        if n % 100 == 99:
            assert tracker.persist()
    assert tracker.persist()
    file = tracker.spool_file
    assert file is not None
    stats = tracker.stats()
    assert stats.dropped["spool_full"] == len(drops) > 500
    assert stats.spooled == 1600 - len(drops)
    server.always = lambda body: None
    assert tracker.flush()
    assert set(important) <= set(server.stored)
    kept = [event["event_metadata"]["n"] for event in server.stored.values() if "n" in event["event_metadata"]]
    assert kept == list(range(1500 - len(kept), 1500))
    assert tracker.shutdown()
    assert file.stat().st_size < 1_500_000  # 0.5 MB, and what one transaction needs on the way


def test_a_full_disk_raises_nothing_and_loses_nothing_that_memory_can_hold(server: Receiver, tmp_path: Path) -> None:
    """A real limit on file size, in a process of its own."""
    code = f"""
        import json, resource
        import milepost
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        errors = []
        tracker = milepost.Tracker("wk", host={server.host!r}, customer_id="acme", spool_dir={str(tmp_path)!r},
                                   on_error=errors.append, flush_at=100_000, backoff_base=0.02)
        for n in range(2000):
            tracker.track_click(f"b{{n}}", metadata={{"text": "x" * 500}})
            if n % 50 == 0:
                tracker.persist()
        before = tracker.stats()
        done = tracker.flush(20)
        after = tracker.stats()
        print(json.dumps([before.on_disk, done, after.delivered + after.duplicates, [str(e) for e in errors]]))
    """
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=50, check=False
    )
    assert result.returncode == 0, result.stderr
    on_disk, done, arrived, errors = json.loads(result.stdout)
    assert not on_disk
    assert any("spool_unavailable" in error for error in errors)
    assert (done, arrived) == (True, 2000), errors
    assert len(server.stored) == 2000


def test_a_spool_that_somebody_removes_is_made_anew_with_what_was_in_it(server: Receiver, make: Make) -> None:
    tracker = make()
    ids = {tracker.track_click(f"b{n}") for n in range(5)}
    assert tracker.persist()
    file = tracker.spool_file
    assert file is not None
    shutil.rmtree(file.parent)
    outbox = tracker.pipeline.outbox
    assert outbox.adopt() == 0  # what the sender does every 10 s
    outbox.recover()
    assert _rows(file) == 5
    assert tracker.persist()
    assert tracker.flush()
    assert set(server.stored) == ids


def test_rows_of_a_live_owner_are_left_alone_those_of_nobody_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite3"
    mine, theirs = Spool(file, "me", 1 << 20), Spool(file, "them", 1 << 20)
    theirs.insert([Pending("1", 0, 0, b"{}"), Pending("2", 1, 0, b"{}")])
    assert mine.adopt(lambda name: False) == 0
    assert mine.next_batch(10, 1000, set())[1] == []
    assert mine.adopt(lambda name: name == "them") == 2
    assert [row.record_id for row in mine.next_batch(10, 1000, set())[1]] == ["1"]
    assert theirs.next_batch(10, 1000, set())[1] == []
    mine.close()
    theirs.close()


def test_only_the_user_may_read_the_spool(make: Make) -> None:
    tracker = make()
    tracker.track_click("b")
    assert tracker.persist()
    file = tracker.spool_file
    assert file is not None
    assert [path.stat().st_mode & 0o077 for path in file.parent.glob("*.sqlite3*")] == [0, 0, 0]


def _rows(file: Path) -> int:
    with sqlite3.connect(file) as db:
        count: int = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
    db.close()
    return count
