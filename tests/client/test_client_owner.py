"""Names of processes that share a spool: nobody alive is taken for dead, and the dead leave no files behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from milepost.client import owner
from milepost.client.capture import EVENT
from milepost.client.outbox import Outbox
from milepost.client.owner import Owner, Suspect, bury_dead
from milepost.client.report import Reporter
from milepost.client.spool import Pending


def test_a_dead_one_without_rows_leaves_no_file(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "spool.sqlite3", Reporter(None, None), 1 << 20, 1 << 20)
    outbox.insert([Pending("one", EVENT, 1, b"{}")])
    (tmp_path / "spool.owners" / "1-killed.lock").touch()
    living = Owner(tmp_path / "spool.owners")
    assert outbox.adopt() == 0
    names = {path.stem for path in (tmp_path / "spool.owners").iterdir()}
    assert "1-killed" not in names
    assert living.name in names
    assert len(names) == 2
    living.release()
    outbox.close()
    assert list((tmp_path / "spool.owners").iterdir()) == []


def test_a_file_taken_before_it_was_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_lock: Callable[[int], bool] = owner._try_lock
    turns = iter(["taken and gone", "taken", "left alone"])

    def late(fd: int) -> bool:
        """The first time it is removed before we lock it, the second time somebody holds it."""
        monkeypatch.setattr(owner, "_try_lock", try_lock)
        turn = next(turns)
        if turn == "taken and gone":
            bury_dead(tmp_path)
        suspects = [Suspect(tmp_path, path.stem) for path in tmp_path.iterdir()] if turn == "taken" else []
        assert all(suspect.is_dead() for suspect in suspects)
        locked = try_lock(fd)
        for suspect in suspects:
            suspect.bury()
        monkeypatch.setattr(owner, "_try_lock", late)
        return locked

    monkeypatch.setattr(owner, "_try_lock", late)
    taken = Owner(tmp_path)
    monkeypatch.undo()
    assert list(turns) == []
    assert [path.stem for path in tmp_path.iterdir()] == [taken.name]
    assert not Suspect(tmp_path, taken.name).is_dead()
    taken.release()


def test_nobody_alive_is_buried(tmp_path: Path) -> None:
    enough = Event()

    def bury() -> None:
        while not enough.is_set():
            bury_dead(tmp_path)

    with ThreadPoolExecutor(2) as threads:
        burying = [threads.submit(bury) for _ in range(2)]
        owners = [Owner(tmp_path) for _ in range(300)]
        enough.set()
        for thread in burying:
            thread.result()
    assert {path.stem for path in tmp_path.iterdir()} == {one.name for one in owners}
    for one in owners:
        one.release()
