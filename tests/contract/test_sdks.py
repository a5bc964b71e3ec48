"""Must hold: unmodified SDKs deliver 1,000 events each, through faults, and every one is stored once and rightly."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.contract.scenario import COMPANIES, Call, Expected, thousand_calls
from tests.contract.sdks import (
    NODE,
    install_node_sdks,
    send_with_node,
    send_with_rudder_python,
    send_with_segment_python,
)
from tests.contract.unreliable import FATES, unreliable
from tests.support.identity import all_followed
from tests.support.server import Server

Send = Callable[[Sequence[Call], str], None]
#: What the SDKs write of a time. Neither the network nor a retry moves an event (docs/decisions/0005).
_NEAR = timedelta(milliseconds=1)


@pytest.fixture(scope="session")
def node_sdks() -> None:
    install_node_sdks()


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((NODE / "package-lock.json").read_text())
    assert len(lock["packages"]) > 50
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_segment_python(shared_server: Server) -> None:
    _deliver("segment-python", send_with_segment_python, shared_server)


def test_segment_python_gzip(shared_server: Server) -> None:
    _deliver("segment-gzip", lambda calls, url: send_with_segment_python(calls, url, gzip=True), shared_server)


def test_segment_node(shared_server: Server, node_sdks: None) -> None:
    _deliver("segment-node", lambda calls, url: send_with_node("segment", calls, url), shared_server)


def test_rudder_python(shared_server: Server) -> None:
    _deliver("rudder-python", send_with_rudder_python, shared_server)


def test_rudder_node(shared_server: Server, node_sdks: None) -> None:
    headers = _deliver("rudder-node", lambda calls, url: send_with_node("rudder", calls, url), shared_server)
    # What makes it worth a test of its own: gzip that calls itself a form.
    assert {h["content-type"] for h in headers} == {"application/x-www-form-urlencoded"}
    assert {h["content-encoding"] for h in headers} == {"gzip"}


def _deliver(prefix: str, send: Send, server: Server) -> list[dict[str, str]]:
    calls, expected = thousand_calls(prefix)
    assert len(calls) == 1_000
    assert {call.kind for call in calls} == {"track", "identify", "page", "screen", "group", "alias"}
    with unreliable(server.url) as proxy:
        send(calls, proxy.url)
    assert all(proxy.fates[fate] for fate in FATES), f"too few requests to meet every fault: {proxy.fates}"
    assert proxy.total("duplicates") > 0, "no retry repeated what was stored: the faults did not work"
    assert proxy.total("accepted") == 1_000
    assert [r for receipt in proxy.receipts for r in receipt["rejected"]] == []
    _assert_stored(server.database_url, prefix, calls, expected)
    return proxy.headers


def _assert_stored(dsn: str, prefix: str, calls: Sequence[Call], expected: dict[datetime, Expected]) -> None:
    all_followed(dsn)
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        rows = connection.execute(
            'select event_id, customer_id, user_id, anonymous_id, event_type, event_metadata, "timestamp" as at,'
            " is_bot from public.behavior_events where customer_id like %s or user_id like %s or anonymous_id like %s",
            [f"{prefix}-%"] * 3,
        ).fetchall()
        told = connection.execute(
            "select customer_id, name from milepost.customers where customer_id like %s", [f"{prefix}-%"]
        ).fetchall()
    assert len(rows) == 1_000
    found = {}
    for row in rows:
        at = row["at"] + timedelta(seconds=30)
        found[at.replace(second=0, microsecond=0)] = row
    assert found.keys() == expected.keys()
    for call in calls:
        row, wanted = found[call.at], expected[call.at]
        assert Expected(row["customer_id"], row["user_id"], row["event_type"]) == wanted, call
        assert abs(row["at"] - call.at) < _NEAR
        assert row["anonymous_id"] == call.anonymous
        assert call.properties.items() <= row["event_metadata"].items(), call
        assert not row["is_bot"]
    assert {t["customer_id"]: t["name"] for t in told} == {
        f"{prefix}-company-{n}": f"{prefix}-company-{n}".title() for n in range(COMPANIES)
    }
