"""Must hold: thousands of bad inputs, never a 5xx, never a lost good neighbour, always code, message and field."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from milepost.errors import InvalidEncoding, InvalidJson, TooLarge
from milepost.ingest.body import decompress, take_apart
from milepost.ingest.draft import Sender
from milepost.ingest.pipeline import accept
from milepost.ingest.segment import SEGMENT_STEPS
from milepost.ingest.steps import EVENT_STEPS
from milepost.plan import load_plan
from milepost.vocabulary import MAX_ID_LENGTH, MAX_METADATA_DEPTH, REJECT_CODES
from tests.ingest.hostile import actions, bodies, events, messages
from tests.ingest.neighbour import Neighbour, cpu_seconds, neighbour
from tests.support.examples import examples, repeatable
from tests.support.server import Server

_SETTINGS = settings(
    derandomize=repeatable(),
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_HTTP = settings(_SETTINGS, max_examples=examples(260))
_BULK = settings(_SETTINGS, max_examples=examples(1_400))
#: Cheap, and most of it is nothing.
_NOISY = settings(_SETTINGS, max_examples=examples(2_000))
#: A body is read in one go, by the process that answers everybody: what it costs there, the others wait. A million
#: commas take half a second of it.
_CPU_SECONDS = 1.0
#: The longest that a neighbour waits for an answer meanwhile; and, whatever is sent, what half and 99 % of its waits
#: are below. A quiet machine shows a tenth of these.
_LONGEST, _USUAL, _RARELY = 1.5, 0.1, 1.5
_SENDER = Sender(load_plan(), datetime.now(UTC))


#: Any bytes, and such as look like what is expected.
_NOISE = st.binary(max_size=200) | st.lists(st.sampled_from(b'[]{},:"\\ 1n\n\xff'), max_size=12).map(bytes)


def _good(dialect: str, marker: str) -> str:
    """A good neighbour that is found again by its marker."""
    if dialect == "batch":
        return json.dumps({"type": "track", "event": "x", "groupId": "good", "properties": {"marker": marker}})
    if dialect == "actions":
        return json.dumps({"customer_id": "good", "action_type": "call", "metadata": {"marker": marker}})
    return json.dumps({"event_type": "navigation", "customer_id": "good", "metadata": {"marker": marker}})


def _check_rejections(rejections: list[dict[str, Any]], size: int) -> None:
    for rejection in rejections:
        assert set(rejection) == {"index", "event_id", "code", "field", "message"}
        assert rejection["code"] in REJECT_CODES
        assert rejection["message"]
        assert len(rejection["message"]) < 1_000
        assert rejection["field"] is None or rejection["field"]
        assert 0 <= rejection["index"] < size
    indexes = [rejection["index"] for rejection in rejections]
    assert indexes == sorted(set(indexes))


def _check_error(response: httpx.Response) -> None:
    assert 400 <= response.status_code < 500, (response.status_code, response.text)
    body = response.json()
    assert set(body) == {"code", "message", "field", "detail"}
    assert body["code"]
    assert body["message"] == body["detail"]


def _fuzz(server: Server, dialect: str, strategy: st.SearchStrategy[str], table: str, column: str) -> Counter[str]:
    """Sends batches of bad events with good ones between them; every good one must be stored once."""
    seen, markers = Counter[str](), list[str]()
    with server.client() as client, neighbour(server, f"beside fuzzed {dialect}") as beside:

        @_HTTP
        @given(st.lists(strategy, min_size=8, max_size=24), st.lists(st.integers(0, 30), min_size=8, max_size=8))
        def run(bad: list[str], places: list[int]) -> None:
            mine = [uuid4().hex for _ in places]
            raw = bad.copy()
            for place, marker in zip(places, mine, strict=True):
                raw.insert(place, _good(dialect, marker))
            body = f'{{"{dialect}":[' + ",".join(raw) + "]}"
            response = client.post(f"/v1/{dialect}", content=body.encode("utf-8", "surrogatepass"))
            assert response.status_code == 200, (response.status_code, response.text, bad)
            receipt = response.json()
            refused = receipt["rejected"]
            assert receipt["accepted"] + receipt["duplicates"] + len(refused) == len(raw)
            _check_rejections(refused, len(raw))
            assert not any(_good(dialect, marker) == raw[r["index"]] for r in refused for marker in mine)
            markers.extend(mine)
            seen["bad"] += len(bad)
            seen.update(r["code"] for r in refused)

        run()
    beside.check(usual=_USUAL, rarely=_RARELY)
    with psycopg.connect(server.database_url) as connection:
        stored = connection.execute(
            psycopg.sql.SQL("select {0} ->> 'marker' from {1} where {0} ? 'marker'").format(
                psycopg.sql.Identifier(column), psycopg.sql.Identifier("public", table)
            )
        ).fetchall()
    # Equal as lists: each is there, and none twice.
    assert sorted(m for (m,) in stored if m in set(markers)) == sorted(markers)
    assert len(markers) >= 1_000
    return seen


@pytest.mark.hypothesis
def test_events_over_http(shared_server: Server) -> None:
    seen = _fuzz(shared_server, "events", events, "behavior_events", "event_metadata")
    assert seen["bad"] > 1_000
    # The inputs are worth something only if they fail in every way there is.
    wanted = {*REJECT_CODES} - {"unstorable", "unsigned"}  # the latter: tests/access/test_public_key.py
    assert {code for code in wanted if seen[code] == 0} == set()


@pytest.mark.hypothesis
def test_segment_over_http(shared_server: Server) -> None:
    seen = _fuzz(shared_server, "batch", messages, "behavior_events", "event_metadata")
    assert seen["bad"] > 1_000
    assert seen["time_too_old"]
    assert seen["invalid_value"]


@pytest.mark.hypothesis
def test_actions_over_http(shared_server: Server) -> None:
    seen = _fuzz(shared_server, "actions", actions, "customer_actions", "action_metadata")
    assert seen["bad"] > 1_000


@pytest.mark.parametrize("allowed", [True, False], ids=["with a key", "without a key"])
@pytest.mark.parametrize("key", ["events", "batch", "actions"])
def test_bodies_over_http(shared_server: Server, key: str, allowed: bool) -> None:
    with (
        shared_server.client() as client,
        neighbour(shared_server, f"beside {key} {allowed}") as beside,
    ):
        for body in bodies(key):
            _costs_little(shared_server, beside, lambda: _post_body(client, key, body, allowed), body)  # noqa: B023
        # It still serves whoever comes next.
        good = f'{{"{key}":[{_good(key, uuid4().hex)}]}}'
        assert client.post(f"/v1/{key}", content=good).json()["accepted"] == 1
    beside.check(usual=_USUAL)


def _post_body(client: httpx.Client, key: str, body: bytes, allowed: bool) -> None:
    response = client.post(f"/v1/{key}", content=body, headers={} if allowed else {"Authorization": ""})
    assert allowed or response.status_code != 200
    if response.status_code == 200:
        _check_rejections(response.json()["rejected"], 2_500)
    else:
        _check_error(response)


def _costs_little(server: Server, beside: Neighbour, send: Callable[[], None], body: bytes) -> None:
    """The least of three counts: what else the machine does only adds."""
    seen = []
    for _ in range(3):
        used, answers = cpu_seconds(server), beside.answers()
        send()
        # One of them may have been on its way already.
        beside.wait_for_answers(answers + 2)
        seen.append((beside.longest(answers), cpu_seconds(server) - used))
        if seen[-1][0] < _LONGEST and seen[-1][1] < _CPU_SECONDS:
            return
    raise AssertionError(f"{len(body)} bytes {body[:60]!r}: a neighbour's seconds, and the server's of CPU: {seen}")


@pytest.mark.hypothesis
@pytest.mark.parametrize("call", ["track", "identify", "page", "screen", "group", "alias"])
def test_single_calls_over_http(shared_server: Server, call: str) -> None:
    with shared_server.client() as client:

        @settings(_SETTINGS, max_examples=examples(80))
        @given(messages)
        def run(raw: str) -> None:
            response = client.post(f"/v1/{call}", content=raw.encode("utf-8", "surrogatepass"))
            if response.status_code == 200:
                receipt = response.json()
                _check_rejections(receipt["rejected"], 1)
                assert receipt["accepted"] + receipt["duplicates"] + len(receipt["rejected"]) == 1
            else:
                _check_error(response)

        run()


@pytest.mark.hypothesis
@pytest.mark.parametrize("dialect", ["events", "batch"])
def test_the_pipeline_in_bulk(dialect: str) -> None:
    """What gets through is fit for the database: the pipeline, not PostgreSQL, is what refuses."""
    steps, strategy = (EVENT_STEPS, events) if dialect == "events" else (SEGMENT_STEPS, messages)
    checked = 0

    @_BULK
    @given(st.lists(strategy, min_size=3, max_size=10))
    def run(bad: list[str]) -> None:
        nonlocal checked
        raw = [_good(dialect, "first"), *bad, _good(dialect, "last")]
        body = (f'{{"{dialect}":[' + ",".join(raw) + "]}").encode("utf-8", "surrogatepass")
        batch = take_apart(body, dialect)
        assert len(batch.items) == len(raw)
        result = accept(batch.items, _SENDER, steps)
        assert len(result.rows) + len(result.rejected) == len(raw)
        assert {0, len(raw) - 1} <= set(result.places)
        for row in result.rows:
            text = msgspec.json.encode(row)
            assert b"\\u0000" not in text.replace(b"\\\\", b"")
            assert len(text) < 64 * 1024
            for who in (row.customer_id, row.user_id, row.anonymous_id, row.session_id):
                assert who is None or 1 <= len(who) <= MAX_ID_LENGTH
            assert row.event_metadata is None or _depth(json.loads(bytes(row.event_metadata))) <= MAX_METADATA_DEPTH
        checked += len(bad)

    run()
    assert checked >= 2_500


@pytest.mark.hypothesis
def test_any_bytes_are_taken_apart_or_refused() -> None:
    taken = Counter[int]()

    @_NOISY
    @example(b"}:{:{1]", "batch")
    @given(_NOISE, st.sampled_from(["events", "batch", "actions"]))
    def run(noise: bytes, key: str) -> None:
        for body in (noise, b'{"%s":[' % key.encode() + noise + b"]}", b"\x1f\x8b" + noise):
            try:
                batch = take_apart(decompress(body), key)
            except (InvalidJson, InvalidEncoding, TooLarge):
                continue
            assert _stand_in_order(batch.items, body), (batch.items, body)
            taken[len(batch.items)] += 1

    run()
    # Worth something only if much is taken apart, some of it into several.
    assert sum(taken.values()) > 200, taken
    assert sum(count for items, count in taken.items() if items > 1) > 20, taken


def _stand_in_order(items: list[bytes], body: bytes) -> bool:
    """Whether an array of the body holds these items and no others, one after another, with commas in between."""
    space = rb"[ \t\r\n]*"
    pieces = (space + b"," + space).join(map(re.escape, items))
    return re.search(rb"\[" + space + pieces + space + b",?" + space + rb"\]", body) is not None


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)
