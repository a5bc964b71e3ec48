"""The same event, sent over HTTP and imported from a file, is the same row; or the same refusal."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.importing import DatabaseSink, StoreResult, import_file, parse_mapping
from milepost.ingest.events import EventRow
from milepost.plan import Plan, load_plan
from milepost.vocabulary import ACTOR_TYPES, DEVICE_TYPES, EVENT_TYPES, IMPACTS
from tests.importing.import_helpers import read_errors
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, Server, running
from tests.support.words import GROWTH_STAGES

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
_AGENTS = [_CHROME, "Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.0", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)"]
#: In the order in which an import looks at them, so that of several faults both name the same.
_FIELDS = (
    "customer_id", "event_type", "event_name", "actor_type", "user_id", "anonymous_id", "session_id", "tool_id",
    "tool_section", "business_impact",
    "competency_area", "current_arr", "target_arr", "growth_stage", "session_duration", "time_on_page", "page_url",
    "referrer", "device_type", "browser", "retention_days",
)  # fmt: skip
_METADATA = {"label": "text", "count": "number", "success": "boolean", "user_agent": "text", "data": "json"}
_MAP = "\n".join(
    [
        'source = "same"',
        'identity = ["n"]',
        "[event]",
        *(f'{name} = {{ column = "{name}" }}' for name in _FIELDS),
        '[timestamp]\ncolumn = "timestamp"',
        "[metadata]",
        *(f'{name} = {{ column = "event_metadata.{name}", type = "{kind}" }}' for name, kind in _METADATA.items()),
    ]
)
_NUMBER = count(1)


class Ways(NamedTuple):
    """The two ways in, each with a database of its own."""

    url: str
    sent: str
    imported: str
    plan: Plan
    folder: Path


@pytest.fixture(scope="module")
def ways(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    folder = tmp_path_factory.mktemp("ways")
    text = importlib.resources.files("milepost.plan").joinpath("default.toml").read_text("utf-8")
    (folder / "plan.toml").write_text(text.replace("[retention]\ndays = 365 ", "[retention]\ndays = 1000 "))
    plan = load_plan(folder / "plan.toml")
    assert plan.retention.days == 1000
    # One writer, so that both store in the same order: whose an event is may depend on those before it.
    environ = {"MILEPOST_PLAN_FILE": str(folder / "plan.toml"), "MILEPOST_WRITERS": "1"}
    with cluster.database() as sent, cluster.database() as imported:
        server = Server(folder / "server", database_url=sent, environ=environ)
        with running(server):
            yield Ways(server.url, sent, imported, plan, folder)


def _word(limit: int = 200) -> st.SearchStrategy[str | None]:
    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    edges = st.sampled_from(["", " ", "null", "4.0", "x" * limit, "ü" * limit, "x" * (limit + 1)])
    return st.one_of(st.none(), texts, edges)


def _one_of(*words: str) -> st.SearchStrategy[str | None]:
    # Not "": an empty cell is none, but among fixed words the API knows no empty one.
    return st.one_of(st.none(), st.sampled_from([*words, "other words"]))


_key_sections = [(tool.id, section) for tool in load_plan().tools for section in tool.key_sections]
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _word(20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=6,
)
_metadata = st.fixed_dictionaries(
    {},
    optional={
        "label": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=9),
        "count": st.one_of(st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False)),
        "success": st.booleans(),
        "user_agent": st.sampled_from(_AGENTS),
        "data": st.one_of(st.lists(_json, max_size=3), st.dictionaries(st.sampled_from("abc"), _json, max_size=3)),
    },
)
_milliseconds = st.one_of(st.none(), st.integers(-1, 10**6), st.sampled_from([2**31, 10**12, 10**12 + 1, 2**70]))
_times = st.one_of(
    st.datetimes(datetime(2000, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- it has a zone
    st.sampled_from([timedelta(hours=23), timedelta(hours=25), timedelta(days=400)]).map(datetime.now(UTC).__add__),
    st.sampled_from([datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]),
    st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001 -- naive as some files have it
)
_values: dict[str, st.SearchStrategy[Any]] = {name: _word() for name in _FIELDS} | {
    "customer_id": st.one_of(_word(), st.sampled_from(["acme", "globex"])),
    "event_name": st.one_of(_word(), st.sampled_from(["Invoice Sent", "Export Action"])),
    "actor_type": _one_of(*ACTOR_TYPES),
    "user_id": _one_of("ann", "bob"),
    "anonymous_id": _one_of("a1"),
    "business_impact": _one_of(*IMPACTS),
    "growth_stage": _one_of(*GROWTH_STAGES),
    "device_type": _one_of(*DEVICE_TYPES),
    "session_duration": _milliseconds,
    "time_on_page": _milliseconds,
    "page_url": _word(2048),
    "referrer": _word(2048),
    "retention_days": st.sampled_from([None, None, 0, 1, 90, 36_500, 36_501]),
}


@st.composite
def _event(draw: st.DrawFn) -> dict[str, object]:
    """Most of the fields of most events are right, so that what is stored is as various as what is refused."""
    event: dict[str, object] = {}
    for name in _FIELDS:
        if name == "event_type":
            event[name] = draw(st.sampled_from([*EVENT_TYPES, *EVENT_TYPES, "tool_usage", "clicked"]))
        elif name == "customer_id" or draw(st.integers(0, 3)) == 0:
            event[name] = draw(_values[name])
    if draw(st.booleans()):
        event["tool_id"], event["tool_section"] = draw(st.sampled_from(_key_sections))
    if draw(st.integers(0, 5)) == 0:
        del event["event_type"]
    event = {name: event[name] for name in _FIELDS if name in event}
    return event | {"timestamp": draw(_times).isoformat(), "event_metadata": draw(_metadata), "n": next(_NUMBER)}


class _Noting(DatabaseSink):
    """Notes the rows it stores."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self.rows: list[EventRow] = []

    def store(self, rows: list[EventRow], /) -> StoreResult:
        self.rows += rows
        return super().store(rows)


Refusals = list[tuple[int, str, str, str]]


def _import(events: list[dict[str, object]], ways: Ways) -> tuple[list[str], Refusals]:
    """The ids of the rows, and why the others were refused."""
    file = ways.folder / "events.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    with _Noting(ways.imported) as sink:
        report = import_file(file, parse_mapping(_MAP, "map"), sink, plan=ways.plan, now=datetime.now(UTC))
    refused: Refusals = [
        (int(str(error["line"])) - 1, str(error["code"]), str(error["field"]), str(error["message"]))
        for error in read_errors(report)
    ]
    assert report.accepted == len(sink.rows) == len(events) - len(refused)
    return [row.event_id for row in sink.rows], refused


def _send(events: list[dict[str, object]], ways: Ways) -> Refusals:
    answer = httpx.post(
        ways.url + "/v1/events", json={"events": events}, headers={"Authorization": f"Bearer {SERVER_KEY}"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return [(r["index"], r["code"], r["field"] or "", r["message"]) for r in answer.json()["rejected"]]


def _stored(dsn: str, ids: list[str]) -> list[dict[str, object]]:
    """Every column but when it arrived."""
    question = (
        "select to_jsonb(e) - 'received_at' from public.behavior_events e where event_id = any(%s) order by event_id"
    )
    with psycopg.connect(dsn) as connection:
        return [row for (row,) in connection.execute(question, (ids,)).fetchall()]


@settings(max_examples=examples(50))
@given(st.lists(_event(), min_size=1, max_size=12))
def test_an_event_is_the_same_row_whichever_way_it_comes(ways: Ways, events: list[dict[str, object]]) -> None:
    ids, refused = _import(events, ways)
    places = {place for place, *_ in refused}
    named = iter(ids)
    sent = [event if n in places else event | {"event_id": next(named)} for n, event in enumerate(events)]
    assert _send(sent, ways) == refused
    rows = _stored(ways.imported, ids)
    assert len(rows) == len(ids)
    assert _stored(ways.sent, ids) == rows


_GOOD: dict[str, object] = {
    "customer_id": "acme",
    "event_type": "resource_generation",
    "timestamp": "2025-03-01T10:00:00Z",
}


def test_defaults_are_the_plans_and_the_metadatas(ways: Ways) -> None:
    events: list[dict[str, object]] = [
        _GOOD | {"n": f"defaults {n}", "event_metadata": metadata}
        for n, metadata in enumerate([{}, {"success": False}, {"success": True}, {"user_agent": _AGENTS[1]}])
    ]
    ids, refused = _import(events, ways)
    assert refused == []
    rows = {str(row["event_id"]): row for row in _stored(ways.imported, ids)}
    assert [rows[event_id]["business_impact"] for event_id in ids] == ["high", "medium", "high", "high"]
    assert [rows[event_id]["is_bot"] for event_id in ids] == [False, False, False, True]
    assert {row["retention_days"] for row in rows.values()} == {1000}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tool_id": "a\0b"}, "invalid_unicode"),
        ({"event_metadata": {"label": "a\0b"}}, "invalid_unicode"),
        ({"event_metadata": {"data": {"a\0b": 1}}}, "invalid_unicode"),
        ({"event_metadata": {"data": json.loads("[" * 20 + "]" * 20)}}, "too_deep"),
        ({"event_metadata": {"label": "x" * 32_750}}, "too_large"),
        ({"event_metadata": {"label": "é" * 17_000}}, "too_large"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "invalid_value"),
        ({"timestamp": "9999-12-31T23:59:59-14:00"}, "invalid_value"),
        ({"timestamp": "yesterday"}, "invalid_value"),
    ],
)
def test_what_is_read_from_a_file_in_another_way_has_the_same_code(
    ways: Ways, change: dict[str, object], code: str
) -> None:
    event = _GOOD | {"n": 1} | change
    assert [refusal[:2] for refusal in _import([event], ways)[1]] == [(0, code)]
    assert [refusal[:2] for refusal in _send([event], ways)] == [(0, code)]


def test_just_what_fits_is_stored_both_ways(ways: Ways) -> None:
    deep: object = json.loads("[" * 19 + "]" * 19)
    events: list[dict[str, object]] = [
        _GOOD | {"n": "deep", "event_metadata": {"data": deep}},
        _GOOD | {"n": "large", "event_metadata": {"label": "x" * 32_000}},
    ]
    ids, refused = _import(events, ways)
    assert refused == []
    assert _send([event | {"event_id": event_id} for event, event_id in zip(events, ids, strict=True)], ways) == []
    assert _stored(ways.sent, ids) == _stored(ways.imported, ids)
