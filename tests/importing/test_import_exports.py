"""Exports of Mixpanel and PostHog, read without a map, are what happened: row by row, for 2,000 generated lines."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import psycopg
import pytest
from rich.console import Console

from milepost.errors import ImportFailed
from milepost.importing import ImportReport, NullSink
from milepost.importing.exports.console import import_export_command
from milepost.importing.exports.lines import export_of
from milepost.importing.exports.run import ExportRow, import_export
from milepost.importing.exports.sink import ExportSink
from milepost.importing.noticed import OldEvents
from milepost.importing.sink import StoreResult
from milepost.plan.model import Retention
from tests.importing.exported import Expected, Line, mixpanel, posthog
from tests.importing.import_helpers import NOW, PLAN

Make = Callable[[int], Iterator[Line]]
_MAKES = pytest.mark.parametrize("make", [mixpanel, posthog], ids=["mixpanel", "posthog"])


def _file(path: Path, lines: list[Line]) -> Path:
    path.write_text("".join(line.text + "\n" for line in lines))
    return path


def _import(path: Path, sink: Any, **said: Any) -> ImportReport[ExportRow]:
    return import_export(path, export_of(path, **said), sink, plan=PLAN, now=NOW)[0]


def _stored(dsn: str) -> list[Expected]:
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        rows = connection.execute(
            'select "timestamp", event_type, event_name, customer_id, user_id, anonymous_id, session_id, page_url,'
            " device_type, browser, event_metadata from public.behavior_events order by 1"
        ).fetchall()
    return [Expected(*row) for row in rows]


def _traits(dsn: str) -> set[tuple[str, str, str, Any]]:
    with psycopg.connect(dsn) as connection:
        return set(
            connection.execute("select kind, id, name, value from milepost.traits where until is null").fetchall()
        )


@_MAKES
def test_what_happened_is_what_is_stored(dsn: str, tmp_path: Path, make: Make) -> None:
    lines = list(make(2_000))
    path = _file(tmp_path / "export.ndjson", lines)
    wanted = [line.expected for line in lines if line.expected is not None]
    with ExportSink(dsn) as sink:
        report = _import(path, sink)
        _compare(_stored(dsn), wanted)
        assert report.accepted == len(wanted) > 1_900
        assert report.duplicates == sum(line.repeats for line in lines) > 0
        assert report.filtered == sum(line.left_out for line in lines) > 0
        assert report.errors_path is not None
        errors = [json.loads(text) for text in report.errors_path.read_text().splitlines()]
        refused = [(number, line.refused) for number, line in enumerate(lines, 1) if line.refused]
        assert [(error["line"], error["code"]) for error in errors] == refused
        assert {code for _, code in refused} >= {"invalid_json", "time_too_old"}
        if make is posthog:
            users = {row.user_id for row in wanted if row.metadata.get("call") == "identify"}
            companies = {row.customer_id for row in wanted if row.metadata.get("call") == "group"}
            assert _traits(dsn) == {("person", user, "email", f"{user}@example.com") for user in users} | {
                ("customer", company, "plan", "pro") for company in companies
            }
        again = _import(path, sink)
        assert (again.accepted, again.duplicates) == (0, report.accepted + report.duplicates)
        _compare(_stored(dsn), wanted)


def _compare(stored: list[Expected], wanted: list[Expected]) -> None:
    """The first row that differs, as a difference of thousands takes minutes to show."""
    assert len(stored) == len(wanted)
    for row, want in zip(stored, wanted, strict=True):
        assert row == want


class _Crashing(NullSink[ExportRow]):
    """Goes away with its second chunk."""

    def __init__(self) -> None:
        self.rows: list[ExportRow] = []
        self.chunks = 0

    def store(self, rows: list[ExportRow], /) -> StoreResult:
        self.chunks += 1
        if self.chunks == 2:
            raise ConnectionError("the database is gone")
        self.rows += rows
        return super().store(rows)


@_MAKES
def test_an_interrupted_import_goes_on_where_it_stopped(tmp_path: Path, make: Make) -> None:
    lines = list(make(12_000))
    packed = tmp_path / "export.json.gz"
    packed.write_bytes(gzip.compress("".join(line.text + "\n\n" for line in lines).encode()))
    sink = _Crashing()
    with pytest.raises(ConnectionError):
        _import(packed, sink)
    report = _import(packed, sink)
    assert report.resumed_at == 5_000
    ids = [row.row.event_id for row in sink.rows]
    assert len(set(ids)) == sum(line.expected is not None for line in lines)
    # What is told of devices and traits is told once, whatever was stored before.
    assert len(sink.rows) == report.accepted


def _one(tmp_path: Path, line: dict[str, Any], **said: Any) -> ExportRow:
    path = tmp_path / "one.ndjson"
    path.write_text("\ufeff" + json.dumps(line) + "\n")
    (row,) = _import(path, NullSink(), **said).samples
    return row


def _posthog(event: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"uuid": "x", "event": event, "distinct_id": "ann", "timestamp": "2026-01-02T03:04:05Z"} | {
        "properties": properties
    } | more  # fmt: skip


def test_the_customer_is_what_the_flag_says(tmp_path: Path) -> None:
    event = _posthog("Invoice Sent", {"$groups": {"team": "t", "site": "s"}, "account": 7, "org_id": "o"})
    assert _one(tmp_path, event).row.customer_id == "t"
    assert _one(tmp_path, event, customer_property="site").row.customer_id == "s"
    assert _one(tmp_path, event, customer_property="account").row.customer_id == "7"
    assert _one(tmp_path, event, customer_property="nowhere").row.customer_id is None
    # A group of which nobody said that it is a customer is none.
    event["properties"]["$groups"] = {"site": "s"}
    assert _one(tmp_path, event).row.customer_id == "o"


def test_times_of_mixpanel_may_be_of_its_projects_zone(tmp_path: Path) -> None:
    event = {"event": "x", "properties": {"time": 1767322800, "distinct_id": "ann"}}  # 03:00 by the clock
    assert _one(tmp_path, event).timestamp == datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert _one(tmp_path, event, zone="US/Pacific").timestamp == datetime(2026, 1, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "ties"),
    [
        (_posthog("$create_alias", {"alias": "old"}), [("anonymous", "old", "ann"), ("user", "old", "ann")]),
        (_posthog("$groupidentify", {"$group_type": "company", "$group_key": 5}), [("user", "ann", "5")]),
        (_posthog("$groupidentify", {"$group_type": "company", "$group_key": "5"}, distinct_id="$company_5"), []),
        (
            {"event": "$identify", "properties": {"time": 1767322800, "$identified_id": "ann", "$anon_id": "d"}},
            [("anonymous", "d", "ann"), ("user", "d", "ann")],
        ),
        (
            {"event": "$merge", "properties": {"time": 1767322800, "distinct_id": "a", "$distinct_ids": ["a", "b"]}},
            [("anonymous", "b", "a"), ("user", "b", "a")],
        ),
        (
            {"event": "Sent", "properties": {"time": 1767322800, "$user_id": "ann", "$device_id": "d"}},
            [("anonymous", "d", "ann")],
        ),
    ],
)
def test_special_events_say_who_is_who(tmp_path: Path, event: dict[str, Any], ties: list[tuple[str, str, str]]) -> None:
    if not ties:
        # A server told of the group; nobody did anything.
        event["properties"]["$device_id"] = "d0"
        row = _one(tmp_path, event)
        assert row.row.user_id is None
        assert [tie for tie in (row.call.ties if row.call else ()) if tie.kind == "user"] == []
        return
    call = _one(tmp_path, event).call
    assert call is not None
    assert [(tie.kind, tie.from_id, tie.to_id) for tie in call.ties] == ties


def test_what_is_set_once_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "once.ndjson"
    events = [_posthog("x", {"$set_once": {"first": n}, "$set": {"plan": n}}, uuid=str(n)) for n in range(2)]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    calls = [row.call for row in _import(path, NullSink()).samples]
    told = [{one.name: one.value for traits in call.traits for one in traits.told} for call in calls if call]
    assert told == [{"first": 0, "plan": 0}, {"plan": 1}]


def test_the_report_says_who_the_customers_are(tmp_path: Path) -> None:
    path = _file(tmp_path / "export.ndjson", list(mixpanel(300)))
    out = io.StringIO()
    console = Console(file=out, width=200)
    import_export_command(path, export_of(path), None, plan=PLAN, now=NOW, console=console, dry_run=True)
    said = out.getvalue()
    assert "An export of Mixpanel's events." in said
    assert "The customer is company_id (" in said
    assert "Invoice Sent" in said
    assert "left out as they are the tool's own bookkeeping" in said


def test_of_many_names_the_most_frequent_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "many.ndjson"
    events = [_posthog(f"Name {n // 2 if n < 4 else n}", {}, uuid=str(n)) for n in range(50)]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    out = io.StringIO()
    console = Console(file=out, width=200)
    import_export_command(path, export_of(path), None, plan=PLAN, now=NOW, console=console, dry_run=True)
    lines = out.getvalue().splitlines()
    assert any(line.split() == ["Name", "1", "2"] for line in lines)
    assert any(line.split() == ["and", "18", "others", "18"] for line in lines)
    assert "each user is one" in out.getvalue()


def test_other_files_need_a_map(tmp_path: Path) -> None:
    path = tmp_path / "other.ndjson"
    path.write_text('{"id": 1}\nnot JSON\n')
    with pytest.raises(ImportFailed, match="--map"):
        export_of(path)
    path.write_text(json.dumps(_posthog("x", {})))
    with pytest.raises(ImportFailed, match="time zone"):
        export_of(path, zone="Mars/Olympus")


def test_old_events_of_an_export_are_asked_about(tmp_path: Path) -> None:
    """By a plan that keeps a day, nearly all of it is old: it is refused, left out or kept, and never just stored."""
    path = _file(tmp_path / "export.ndjson", list(posthog(40)))
    plan = msgspec.structs.replace(PLAN, retention=Retention(days=1))

    def run(old: Literal["keep", "skip"] | None) -> ImportReport[ExportRow]:
        console = Console(file=io.StringIO())
        return import_export_command(path, export_of(path), NullSink(), plan=plan, now=NOW, console=console, old=old)

    with pytest.raises(OldEvents, match=r"events are older .* the oldest of .* Nothing was stored. Say --old keep"):
        run(None)
    kept, left_out = run("keep"), run("skip")
    assert kept.noticed.old == left_out.noticed.old > 20
    assert left_out.filtered - kept.filtered == kept.accepted - left_out.accepted == kept.noticed.old
    for sample in kept.samples:
        ends = sample.row.timestamp + timedelta(days=sample.row.retention_days)
        assert NOW + timedelta(days=1) <= ends < NOW + timedelta(days=2)
