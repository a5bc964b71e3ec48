"""What followed comes one by one, in its order, once, and goes on where a demo stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from milepost.demo.openstack import data
from milepost.demo.openstack.replay import Event, Replay
from milepost.demo.place import claim
from milepost.errors import SettingsError

_NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _following(count: int = 30) -> list[Mapping[str, object]]:
    return list(data.events(timedelta(), {"thoughtworks.com"}).slice(0, count).to_pylist())


def _run(refused: int = 0, stop_after: int = 1_000) -> tuple[list[Event], list[int], float, int]:
    """What was stored, what `sent` heard, how long it took on a clock of its own, and the answer."""
    stored: list[Event] = []
    heard: list[int] = []
    waited: list[float] = []
    left = [refused]

    def send(event: Event) -> bool:
        if left[0]:
            left[0] -= 1
            return False
        stored.append(event)
        return True

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) > stop_after

    replay = Replay(send, _following(), now=lambda: _NOW, wait=wait, rate=30, sent=heard.append)
    count = replay.run()
    return stored, heard, sum(waited), count


def test_all_of_it_in_its_order_at_its_rate() -> None:
    stored, heard, seconds, count = _run()
    assert count == 30
    assert heard == list(range(1, 31))
    assert 30 < seconds < 120
    assert [one["event_name"] for one in stored] == [one["name"] for one in _following()]
    first = stored[0]
    assert (first["customer_id"], first["timestamp"]) == ("thoughtworks.com", _NOW.isoformat())
    metadata = first["event_metadata"]
    assert isinstance(metadata, dict)
    assert metadata["replayed"] is True
    assert "days_to_merge" not in metadata, "a change that was written has not been merged"
    assert not {"session_id", "event_type"} & first.keys(), "the data says nothing of either"


def test_what_was_not_stored_is_sent_again_and_counted_once() -> None:
    stored, heard, _, _ = _run(refused=5)
    assert len(stored) == len({one["event_id"] for one in stored}) == 30
    assert heard[-1] == 30


def test_it_stops_when_told() -> None:
    stored, heard, _, count = _run(stop_after=7)
    assert count == len(stored) == heard[-1] == 7
    assert _run(refused=100, stop_after=7)[3] == 0


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_must_be_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match="events a minute, more than 0"):
        Replay(lambda _: True, [], now=lambda: _NOW, wait=lambda _: True, rate=rate)


def test_a_folder_keeps_to_its_data(tmp_path: Path) -> None:
    claim(tmp_path / "new", "openstack")
    claim(tmp_path / "new", "openstack")
    with pytest.raises(SettingsError, match="--data openstack"):
        claim(tmp_path / "new", "oulad")
    # A folder of before there was a choice has students in it.
    old = tmp_path / "old"
    old.mkdir()
    (old / "demo-first-day").write_text("2026-03-10\n")
    with pytest.raises(SettingsError, match="--data oulad"):
        claim(old, "openstack")
    claim(old, "oulad")
