"""Delivery against a real HTTP server that misbehaves on order."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from milepost import Tracker, TrackerError
from tests.client.receiving import Answer, Receiver, eventually

Make = Callable[..., Tracker]


def _assert_balanced(tracker: Tracker) -> None:
    """The books balance: every event captured is somewhere."""
    stats = tracker.stats()
    found = stats.delivered + stats.duplicates + stats.rejected + sum(stats.dropped.values())
    assert stats.captured + stats.adopted == found + stats.queued + stats.spooled + stats.released


def test_events_go_once_in_order_on_one_connection_with_the_key(server: Receiver, make: Make) -> None:
    tracker = make(max_batch=50)
    ids = [tracker.track_click(f"b{n}") for n in range(120)]
    assert tracker.flush()
    assert list(server.stored) == ids
    assert set(server.sent.values()) == {1}
    assert {request.key for request in server.requests} == {"wk"}
    assert len({request.port for request in server.requests}) == 1
    assert max(request.size for request in server.requests) == 50
    assert any(request.gzipped for request in server.requests)
    stats = tracker.stats()
    assert (stats.captured, stats.delivered, stats.queued, stats.spooled) == (120, 120, 0, 0)
    _assert_balanced(tracker)


def test_what_was_stored_and_does_not_count_is_told_and_not_sent_again(server: Receiver, make: Make) -> None:
    errors: list[TrackerError] = []
    tracker = make(on_error=errors.append)
    notice = {"index": 0, "event_id": "e", "code": "needs_server_key", "field": "customer_id", "message": "no"}
    body = json.dumps({"accepted": 1, "duplicates": 0, "rejected": [], "notices": [notice, "odd", {"index": 7}]})
    server.script.append(Answer(body=body.encode(), store=True))
    event_id = tracker.track_click("b", identity_signature="5160")
    assert tracker.flush()
    assert server.stored[event_id]["identity_signature"] == "5160"
    assert errors == [TrackerError("notice", "needs_server_key: no", event_id, "customer_id")]
    assert (tracker.stats().delivered, server.sent[event_id]) == (1, 1)


def test_a_small_request_is_not_compressed(server: Receiver, tracker: Tracker) -> None:
    tracker.track_click("b")
    assert tracker.flush()
    assert not server.requests[0].gzipped


def test_high_impact_goes_at_once_low_impact_waits_for_flush_at(server: Receiver, make: Make) -> None:
    tracker = make(flush_at=10)
    for n in range(9):
        tracker.track_click(f"b{n}")
    assert tracker.persist()
    assert not server.requests
    tracker.track_click("tenth")
    eventually(lambda: len(server.stored) == 10)
    tracker.track_export("icp-analysis", "pdf")
    eventually(lambda: len(server.stored) == 11)


def test_the_interval_sends_what_waits(server: Receiver, make: Make) -> None:
    tracker = make(flush_interval=0.2)
    tracker.track_click("b")
    eventually(lambda: len(server.stored) == 1)


def test_a_503_is_retried_not_before_retry_after(server: Receiver, make: Make, errors: list[TrackerError]) -> None:
    server.script.extend([Answer(503, {"Retry-After": "1"}), Answer(500), Answer(429), Answer(408)])
    tracker = make()
    event_id = tracker.track_export("t", "pdf")
    assert tracker.flush()
    assert list(server.stored) == [event_id]
    assert len(server.requests) == 5
    assert server.requests[1].at - server.requests[0].at >= 1.0
    assert [error.code for error in errors] == ["server", "throttled"]  # once per outage, not per try
    bodies = [request.body["events"] for request in server.requests]
    assert all(body == bodies[0] for body in bodies)  # id and time as they were captured
    _assert_balanced(tracker)


def test_an_answer_lost_after_storing_is_a_duplicate_not_a_second_event(server: Receiver, make: Make) -> None:
    server.script.extend([Answer(drop=True, store=True), Answer(drop=True, store=True)])
    tracker = make()
    ids = {tracker.track_click(f"b{n}") for n in range(20)}
    assert tracker.flush()
    assert set(server.stored) == ids
    assert tracker.stats().duplicates == 20
    assert tracker.stats().delivered == 0
    _assert_balanced(tracker)


def test_garbage_in_a_200_is_no_receipt(server: Receiver, make: Make, errors: list[TrackerError]) -> None:
    server.script.extend([Answer(200, body=b"<html>hotel wifi</html>"), Answer(200, body=b'{"accepted":99}')])
    tracker = make()
    tracker.track_click("b")
    assert tracker.flush()
    assert len(server.stored) == 1
    assert [error.code for error in errors] == ["bad_receipt"]


def test_413_halves_until_it_fits_and_drops_nothing_that_does(server: Receiver, make: Make) -> None:
    def small(body: Any) -> Answer | None:
        events = body["events"]
        poisoned = any(event["event_metadata"]["button_id"] == "poison" for event in events)
        return Answer(413) if len(events) > 8 or poisoned else None

    server.always = small
    tracker = make()
    ids = {tracker.track_click(f"b{n}") for n in range(50)}
    poison = tracker.track_click("poison")
    ids |= {tracker.track_click(f"c{n}") for n in range(50)}
    assert tracker.flush()
    assert set(server.stored) == ids
    assert tracker.stats().rejected == 1
    assert poison not in server.stored
    _assert_balanced(tracker)


def test_rejected_events_are_reported_and_not_sent_again(
    server: Receiver, make: Make, errors: list[TrackerError], drops: list[tuple[Any, str]]
) -> None:
    def refuse(event: dict[str, Any]) -> dict[str, Any] | None:
        wrong = event["event_metadata"]["button_id"] == "bad"
        return {"code": "too_long", "field": "tool_id", "message": "Too long."} if wrong else None

    server.reject = refuse
    tracker = make()
    tracker.track_click("good")
    bad = tracker.track_click("bad")
    assert tracker.flush()
    assert tracker.flush()
    assert server.sent[bad] == 1
    assert (errors[0].code, errors[0].event_id, errors[0].field) == ("rejected", bad, "tool_id")
    assert [(event["event_id"], reason) for event, reason in drops] == [(bad, "rejected")]
    assert (tracker.stats().delivered, tracker.stats().rejected) == (1, 1)
    _assert_balanced(tracker)


def test_a_refused_key_keeps_events_and_does_not_hammer(
    server: Receiver, make: Make, errors: list[TrackerError]
) -> None:
    server.always = lambda body: Answer(401)
    tracker = make()
    event_id = tracker.track_export("t", "pdf")
    eventually(lambda: server.requests)
    assert not tracker.flush(0.5)
    assert len(server.requests) == 1
    assert [error.code for error in errors] == ["unauthorised"]
    assert tracker.stats().spooled == 1
    assert not tracker.shutdown()
    assert tracker.stats().released == 1
    server.always = lambda body: None
    mended = make(write_key="new")  # starts at once, for there is something left
    eventually(lambda: list(server.stored) == [event_id])
    assert server.requests[-1].key == "new"
    eventually(lambda: mended.stats().delivered == mended.stats().adopted == 1)
    _assert_balanced(mended)


def test_no_key_and_no_usable_host_raise_nothing(make: Make, errors: list[TrackerError]) -> None:
    keyless = make(write_key="")
    keyless.track_export("t", "pdf")
    hostless = make(host="ftp://nowhere", spool=False)
    hostless.track_export("t", "pdf")
    eventually(lambda: {"unauthorised", "misconfigured"} <= {error.code for error in errors})
    assert keyless.stats().spooled == 1


def test_while_a_request_hangs_events_still_reach_the_disk_and_the_end_is_bounded(server: Receiver, make: Make) -> None:
    release = threading.Event()
    server.script.append(Answer(hang=release, drop=True))
    tracker = make(timeout=30)
    first = tracker.track_export("t", "pdf")
    eventually(lambda: server.requests)
    second = tracker.track_click("meanwhile")
    assert tracker.persist(1)
    assert not tracker.flush(0.1)
    started = time.monotonic()
    assert not tracker.shutdown(0.3)
    assert time.monotonic() - started < 1.0
    release.set()
    make()
    eventually(lambda: set(server.stored) == {first, second})


def test_a_server_that_is_down_costs_the_end_no_time(make: Make) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        tracker = make(host=f"http://127.0.0.1:{unused.getsockname()[1]}")
        tracker.track_click("b")
        assert tracker.persist()
        started = time.monotonic()
        assert not tracker.shutdown(5)
        assert time.monotonic() - started < 1.0
    assert tracker.stats().released == 1


def test_a_keep_alive_connection_the_server_closed_is_opened_again(server: Receiver, make: Make) -> None:
    tracker = make()
    tracker.track_click("a")
    assert tracker.flush()
    server.script.append(Answer(drop=True))
    tracker.track_click("b")
    assert tracker.flush()
    assert len(server.stored) == 2
    assert tracker.stats().errors == 0


def test_tracking_goes_on_after_shutdown(server: Receiver, make: Make) -> None:
    tracker = make()
    for n in range(3):
        tracker.track_click(f"b{n}")
        assert tracker.shutdown()
    assert len(server.stored) == 3
    assert tracker.shutdown()
    _assert_balanced(tracker)


def test_callbacks_that_raise_stop_nothing(server: Receiver, make: Make) -> None:
    def rude(*_: object) -> None:
        raise RuntimeError("no")

    tracker = make(on_error=rude, on_drop=rude)
    server.script.append(Answer(503))
    tracker.track_click("large", metadata={"text": "x" * 40_000})
    tracker.track_click("good")
    assert tracker.flush()
    assert len(server.stored) == 1


def test_reading_uses_the_secret_key_or_the_customers_token(
    server: Receiver, make: Make, errors: list[TrackerError]
) -> None:
    server.reads = {
        "/v1/customers/a%2Fb/insights": {"current_scaling_score": 71},
        "/v1/customers/acme/events?limit=2": {"items": [{"event_id": "e"}], "next": None},
        "/v1/me/insights": {"current_scaling_score": 5},
        "/v1/me/events?limit=50": {"items": []},
    }
    ours = make(secret_key="sk")
    assert ours.get_insights("a/b") == {"current_scaling_score": 71}
    assert ours.get_recent_events(2) == [{"event_id": "e"}]
    assert ours.get_insights("unknown") is None
    theirs = make(token="jwt")
    assert theirs.get_insights() == {"current_scaling_score": 5}
    assert theirs.get_recent_events() == []
    assert [request.key for request in server.requests] == ["sk", "sk", "sk", "jwt", "jwt"]
    assert not errors
    assert make().get_insights() is None
    assert [error.code for error in errors] == ["read"]
