from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from milepost import Tracker, send
from tests.client.receiving import Answer, Receiver, eventually

Make = Callable[..., Tracker]
_ID = "018f0000-0000-7000-8000-000000000001"


def _lines(*items: Any) -> io.StringIO:
    return io.StringIO("".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in items))


def test_whole_and_minimal_lines_arrive_and_bad_ones_are_named(server: Receiver, make: Make) -> None:
    def refuse(event: dict[str, Any]) -> dict[str, Any] | None:
        wrong = {"code": "too_long", "field": "tool_id", "message": "Too long."}
        return wrong if len(event.get("tool_id", "")) > 200 else None

    server.reject = refuse
    tracker = make(customer_id=None)
    progress = io.StringIO()
    whole = {
        "event_id": _ID, "timestamp": "2026-01-02T03:04:05Z", "event_type": "export_action", "customer_id": "acme",
        "session_id": "s", "event_metadata": {"a": 1}, "user_id": None,
    }  # fmt: skip
    report = send(
        _lines(
            whole,
            "",
            {"event_type": "navigation", "customer_id": "acme"},
            "{not json",
            [1],
            {"event_type": "dance", "customer_id": "acme"},
            {"event_type": "navigation"},
            {"event_type": "navigation", "customer_id": "acme", "timestamp": "yesterday"},
            {"event_type": "navigation", "customer_id": "acme", "tool_id": "x" * 300},
            {"event_type": "navigation", "customer_id": "acme", "page_url": "x" * 40_000},
            whole,
            {"event_type": "navigation", "customer_id": "acme", "event_id": "7"},
            {"event_type": "navigation", "customer_id": "acme", "business_impact": "huge"},
        ),
        tracker,
        progress=progress,
    )
    assert (report.read, report.delivered, report.duplicates, report.left) == (12, 2, 0, 0)
    assert [bad.line for bad in report.bad] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert report.exit_code == 1
    shown = progress.getvalue()
    assert "line 4: not JSON" in shown
    assert "line 6: event_type is 'dance'; it takes one of tool_usage" in shown
    assert "line 9: the server refused it (too_long in tool_id): Too long." in shown
    assert f"line 11: event_id {_ID} was on line 1 already" in shown
    assert server.stored[_ID]["timestamp"] == "2026-01-02T03:04:05.000000Z"
    minimal = next(event for key, event in server.stored.items() if key != _ID)
    assert minimal["session_id"]
    assert minimal["business_impact"] == "low"


def test_many_lines_stay_within_the_spool_and_go_again_as_duplicates(server: Receiver, make: Make) -> None:
    tracker = make(max_spool_mb=4)
    events = [{"event_type": "navigation", "customer_id": "acme", "event_id": f"{n:08x}{_ID[8:]}"} for n in range(7000)]
    first = send(_lines(*events), tracker, progress=io.StringIO())
    assert (first.delivered, first.exit_code) == (7000, 0)
    assert len(server.stored) == 7000
    assert tracker.stats().dropped == {}
    again = send(_lines(*events[:100]), tracker, progress=io.StringIO())
    assert (again.delivered, again.duplicates, again.exit_code) == (0, 100, 0)


def test_a_server_that_takes_nothing_leaves_the_lines_in_the_spool(server: Receiver, make: Make) -> None:
    server.always = lambda _: Answer(503)
    tracker = make()
    line = {"event_type": "navigation", "customer_id": "acme"}
    report = send(_lines(line, line), tracker, progress=io.StringIO(), stall_seconds=0.3)
    assert (report.left, report.stalled, report.exit_code) == (2, True, 2)
    assert "waiting in the spool" in str(report)
    tracker.shutdown(5)
    server.always = lambda _: None
    later = make()  # what another left is not its own, so `flush` does not wait for it
    assert send(_lines(), later, progress=io.StringIO()).exit_code == 0
    eventually(lambda: len(server.stored) == 2)


def test_lines_with_a_name_need_no_type(server: Receiver, make: Make) -> None:
    tracker = make(customer_id="acme")
    report = send(
        _lines(
            {"event_name": "Invoice Sent", "actor_type": "agent"},
            {"event_name": ""},
            {"event_name": "x", "event_type": "dance"},
        ),
        tracker,
        progress=io.StringIO(),
    )
    assert (report.delivered, [bad.line for bad in report.bad]) == (1, [2, 3])
    (event,) = server.stored.values()
    assert (event["event_name"], event["actor_type"]) == ("Invoice Sent", "agent")
    assert "event_type" not in event
    assert "business_impact" not in event
