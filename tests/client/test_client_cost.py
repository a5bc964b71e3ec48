"""What the SDK costs its host. The figures are printed (`pytest -s`); what is asserted is a generous
multiple, because the machines that run this are shared."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from milepost import Tracker

pytestmark = pytest.mark.alone
_TARGET_US = 15.0
_SLACK = 5


def _cost_us(tracker: Tracker, burst: int) -> tuple[float, float]:
    """Microseconds of one call: of the caller's processor time, and by the clock."""
    processor, clock = time.thread_time_ns(), time.perf_counter_ns()
    for number in range(burst):
        tracker.track_tool_usage(
            "cost-calculator",
            "pricing",
            competency_area="value_communication",
            metadata={"report": "executive-summary", "rows": number, "final": True},
        )
    return (
        (time.thread_time_ns() - processor) / burst / 1000,
        (time.perf_counter_ns() - clock) / burst / 1000,
    )


def test_track_costs_at_most_15_microseconds_of_the_callers_time(make: Callable[..., Tracker]) -> None:
    tracker = make(user_id="ann", current_arr="$2M+", target_arr="$10M", growth_stage="rapid_scaling")
    tracker.track_navigation("/")
    assert tracker.persist()
    costs = []
    for _ in range(25):
        costs.append(_cost_us(tracker, 100))
        assert tracker.persist()  # between two runs the spooler catches up, as it does in a real host
    processor, clock = (statistics.median(column) for column in zip(*costs, strict=True))
    print(f"\ntrack(): {processor:.1f} µs of processor time, {clock:.1f} µs by the clock (target {_TARGET_US} µs)")
    assert processor < _TARGET_US * _SLACK


def test_importing_loads_no_third_party_module_and_is_quick() -> None:
    code = """
import json, sys, time
before = set(sys.modules)
start = time.process_time()
import milepost
quick = time.process_time() - start
from milepost import AsyncTracker, Tracker, send
whole = time.process_time() - start
new = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = sorted(name for name in new if name not in sys.stdlib_module_names and name != "milepost")
print(json.dumps([quick * 1000, whole * 1000, foreign]))
"""
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    quick, whole = (statistics.median(run[column] for run in runs) for column in (0, 1))
    print(f"\nimport milepost: {quick:.1f} ms; with Tracker, AsyncTracker and send: {whole:.1f} ms")
    assert runs[0][2] == []
    assert quick < 60
