from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from milepost import Tracker, TrackerError
from tests.client.receiving import Receiver, receiving


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def errors() -> list[TrackerError]:
    return []


@pytest.fixture
def drops() -> list[tuple[Any, str]]:
    return []


@pytest.fixture
def make(
    server: Receiver, tmp_path: Path, errors: list[TrackerError], drops: list[tuple[Any, str]]
) -> Iterator[Callable[..., Tracker]]:
    """Makes trackers that talk to `server`, retry quickly, and are shut down at the end."""
    made: list[Tracker] = []

    def _make(**options: Any) -> Tracker:
        settings: dict[str, Any] = {
            "write_key": "wk",
            "host": server.host,
            "customer_id": "acme",
            "spool_dir": tmp_path / "spool",
            "backoff_base": 0.02,
            "backoff_cap": 0.1,
            "timeout": 5.0,
            "on_error": errors.append,
            "on_drop": lambda event, reason: drops.append((event, reason)),
        }
        tracker = Tracker(**(settings | options))
        made.append(tracker)
        return tracker

    yield _make
    for tracker in made:
        tracker.shutdown(0.5)


@pytest.fixture
def tracker(make: Callable[..., Tracker]) -> Tracker:
    return make()
