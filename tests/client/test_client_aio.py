from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from milepost import AsyncTracker
from tests.client.receiving import Answer, Receiver


def _tracker(server: Receiver, tmp_path: Path, **options: Any) -> AsyncTracker:
    settings: dict[str, Any] = {"host": server.host, "customer_id": "acme", "spool_dir": tmp_path, "backoff_base": 0.02}
    return AsyncTracker("wk", **(settings | options))


def test_delivers_and_reads(server: Receiver, tmp_path: Path) -> None:
    server.reads = {
        "/v1/customers/acme/insights": {"current_scaling_score": 7},
        "/v1/customers/acme/events?limit=50": {"items": [{"event_id": "e"}]},
    }

    async def main() -> str:
        async with _tracker(server, tmp_path, secret_key="sk") as tracker:
            async with tracker.tool("cost-calculator", section="pricing"):
                event_id = tracker.track_export("cost-calculator", "pdf")
            assert await tracker.persist()
            assert await tracker.flush()
            assert await tracker.get_insights() == {"current_scaling_score": 7}
            assert await tracker.get_recent_events() == [{"event_id": "e"}]
            assert tracker.stats().delivered == 3
        return event_id

    assert asyncio.run(main()) in server.stored


@pytest.mark.alone
def test_the_loop_runs_on_while_the_server_hangs(server: Receiver, tmp_path: Path) -> None:
    release = threading.Event()
    server.always = lambda _: Answer(hang=release, drop=True)

    async def main() -> float:
        tracker = _tracker(server, tmp_path, timeout=30)
        longest = 0.0
        running = True

        async def watch() -> None:
            nonlocal longest
            while running:
                before = time.monotonic()
                await asyncio.sleep(0.001)
                longest = max(longest, time.monotonic() - before)

        watcher = asyncio.create_task(watch())
        for _ in range(200):
            tracker.track_export("t", "pdf")
            await asyncio.sleep(0)
        assert await tracker.flush(0.2) is False
        assert await tracker.shutdown(0.2) is False
        running = False
        await watcher
        return longest

    longest = asyncio.run(main())
    release.set()
    assert longest < 0.25  # a blocked loop would have stood still for the 0.4 s of flush and shutdown
