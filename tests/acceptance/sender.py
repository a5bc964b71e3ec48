"""A product under load, in a process of its own: tracks until a file appears, then flushes and says what became of it.

Arguments: host, write key, spool folder, file for the ids of everything tracked, stop file, events a second.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from milepost import Tracker


def main(host: str, key: str, spool: str, ids_file: str, stop_file: str, per_second: str) -> None:
    pause, stop = threading.Event(), Path(stop_file)
    tracker = Tracker(
        key, host=host, spool_dir=spool, flush_interval=0.2, flush_at=50, backoff_base=0.1, backoff_cap=1.0, timeout=5
    )
    number, began = 0, time.monotonic()
    with open(ids_file, "w", buffering=1) as ids:
        while not stop.exists():
            event_id = tracker.track_tool_usage(
                customer_id=f"{Path(ids_file).stem}-{number % 7}",
                tool_id="icp-analysis",
                business_impact="high" if number % 50 == 0 else "low",
                metadata={"number": number},
            )
            ids.write(f"{event_id}\n")
            number += 1
            pause.wait(max(0.0, began + number / float(per_second) - time.monotonic()))
    tracker.flush(90)
    stats = tracker.stats()
    tracker.shutdown(10)
    # A receipt that a kill swallowed comes back as "had been stored before": that event is delivered as well.
    delivered = stats.delivered + stats.duplicates
    print(json.dumps({"tracked": number, "delivered": delivered, "dropped": sum(stats.dropped.values())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
