"""What one `track()` costs the program that calls it."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time

from milepost import Tracker


def track_cost(rounds: int = 9, calls: int = 500) -> float:
    """Microseconds a call, the median of rounds. The server is away, so everything goes to the spool."""
    with tempfile.TemporaryDirectory() as folder:
        tracker = Tracker("mpw_bench", host="http://127.0.0.1:9", spool_dir=folder, on_error=lambda *_: None)
        costs = []
        for _ in range(rounds):
            began = time.perf_counter()
            for number in range(calls):
                tracker.track_tool_usage(customer_id="acme", tool_id="icp-analysis", metadata={"number": number})
            costs.append((time.perf_counter() - began) / calls * 1e6)
            threading.Event().wait(0.3)  # a product does something else in between, and the spool catches up
        tracker.shutdown(1)
    return statistics.median(costs)
