"""One row at a time: fields, times, sessions, limits; and what a bad row's report says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from milepost.importing import MapError, NullSink, import_file, parse_mapping
from milepost.ingest.events import EventRow
from milepost.plan import Tool
from milepost.plan.model import GrowthStage
from tests.importing.import_helpers import NOW, PLAN, SHOP_MAP, MemorySink, read_errors, run

MAP = """
source = "crm"
identity = ["id"]
[event]
customer_id = "{account}"
event_type = { column = "kind", values = "kinds" }
tool_id = { value = "cost-calculator" }
tool_section = "{part}-{id}"
competency_area = { column = "part", values = { pricing = "value_communication" }, default = "" }
page_url = "{url}"
session_duration = "{ms}"
device_type = "{device}"
ip_address = "{ip}"
retention_days = 90
[timestamp]
column = "at"
[metadata]
paid = { column = "paid", type = "boolean", when = { kind = ["use"] } }
part = "{part}"
[values.kinds]
use = "tool_usage"
export = "export_action"
"""
GOOD = {
    "id": "1",
    "account": "acme",
    "kind": "use",
    "part": "pricing",
    "url": "https://x.example/",
    "ms": "1500",
    "device": "mobile",
    "ip": "2001:db8::1",
    "at": "2026-03-01T10:00:00+02:00",
    "paid": "yes",
}


def store(folder: Path, *rows: dict[str, str], text: str = MAP) -> tuple[list[EventRow], list[dict[str, object]]]:
    """Imports rows from a CSV; returns what was stored (in the file's order) and the errors."""
    file = folder / "e.csv"
    lines = [",".join(GOOD), *(",".join({**GOOD, **row}.values()) for row in rows)]
    file.write_text("\n".join(lines) + "\n", "utf-8", "surrogateescape")
    report, sink = run(file, text)
    return list(sink.rows.values()), read_errors(report)


def test_a_row_becomes_an_event(tmp_path: Path) -> None:
    (event,), errors = store(tmp_path, {})
    assert errors == []
    assert event == EventRow(
        event_id=event.event_id,
        customer_id="acme",
        user_id=None,
        anonymous_id=None,
        session_id=None,
        event_type="tool_usage",
        tool_id="cost-calculator",
        tool_section="pricing-1",
        business_impact="low",
        competency_area="value_communication",
        current_arr=None,
        target_arr=None,
        growth_stage=None,
        event_metadata=msgspec.Raw(b'{"paid":true,"part":"pricing"}'),
        session_duration=1500,
        time_on_page=None,
        page_url="https://x.example/",
        referrer=None,
        device_type="mobile",
        browser=None,
        ip_address="2001:db8::1",
        timestamp=datetime(2026, 3, 1, 8, tzinfo=UTC),
        retention_days=90,
    )
    assert UUID(event.event_id).version == 7


def test_the_event_id_never_changes(tmp_path: Path) -> None:
    """Ids are on disk at every user: a change here would import their files a second time."""
    events, _ = store(tmp_path, {}, {})
    assert [event.event_id for event in events] == IDS


IDS = ["019ca869-5000-7cb9-aaa3-5f1f8dd65532", "019ca869-5000-759f-9a2c-0403271d866e"]


def test_empty_cells_and_defaults(tmp_path: Path) -> None:
    (event,), _ = store(tmp_path, {"part": "", "kind": "export", "ms": "", "device": "", "ip": ""})
    assert (event.tool_section, event.competency_area, event.session_duration) == (None, None, None)
    assert event.business_impact == "high"
    assert event.event_metadata == msgspec.Raw(b"{}")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"account": ""}, "missing_field", "customer_id"),
        ({"account": "x" * 201}, "too_long", "customer_id"),
        ({"account": "a\0b"}, "invalid_unicode", "account"),
        ({"account": "a\udcffb"}, "invalid_unicode", "account"),
        ({"kind": "login"}, "unknown_event_type", "event_type"),
        ({"kind": ""}, "missing_field", "event_type"),
        ({"url": "h" * 2049}, "too_long", "page_url"),
        ({"ms": "-1"}, "invalid_value", "session_duration"),
        ({"ms": "soon"}, "invalid_value", "session_duration"),
        ({"device": "fridge"}, "invalid_value", "device_type"),
        ({"ip": "300.1.1.1"}, "invalid_value", "ip_address"),
        ({"ip": "fe80::1%eth0"}, "invalid_value", "ip_address"),
        ({"paid": "maybe"}, "invalid_value", "metadata.paid"),
        ({"at": ""}, "invalid_value", "timestamp"),
        ({"at": "yesterday"}, "invalid_value", "timestamp"),
        ({"at": "1999-12-31T23:59:59Z"}, "time_too_old", "timestamp"),
        ({"at": "2026-03-11T12:00:01Z"}, "time_too_far_ahead", "timestamp"),
        ({"part": "a,b"}, "invalid_value", "line"),
    ],
)
def test_a_bad_row_is_reported_and_its_neighbours_are_stored(
    tmp_path: Path, change: dict[str, str], code: str, field: str
) -> None:
    events, errors = store(tmp_path, {"id": "1"}, {"id": "2", **change}, {"id": "3"})
    assert [event.tool_section for event in events] == ["pricing-1", "pricing-3"]
    assert [(error["line"], error["code"], error["field"]) for error in errors] == [(3, code, field)]


def test_the_edges_of_time_are_stored(tmp_path: Path) -> None:
    events, errors = store(tmp_path, {"at": "2000-01-01T00:00:00Z"}, {"at": "2026-03-11T12:00:00Z"})
    assert (len(events), errors) == (2, [])


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ('zone = "Europe/Berlin"', "2026-01-15 10:00:00", "2026-01-15T09:00:00+00:00"),
        ('zone = "Europe/Berlin"', "2026-01-15T10:00:00Z", "2026-01-15T10:00:00+00:00"),
        ('format = "epoch_s"', "1767225600.25", "2026-01-01T00:00:00.250000+00:00"),
        ('format = "epoch_ms"', "1767225600001", "2026-01-01T00:00:00.001000+00:00"),
        ('format = "epoch_us"', "1767225600000001", "2026-01-01T00:00:00.000001+00:00"),
        ('format = "%d/%m/%Y %H:%M"', "31/01/2026 08:30", "2026-01-31T08:30:00+00:00"),
        ('format = "day"\norigin = 2026-01-10', "-3", "2026-01-07T00:00:00+00:00"),
        ('format = "day"\norigin = 2026-01-10\nzone = "Asia/Tokyo"', "0.0", "2026-01-09T15:00:00+00:00"),
        (
            'format = "day"\norigin = { column = "part", values = { pricing = 2025-12-01 } }',
            "31",
            "2026-01-01T00:00:00+00:00",
        ),
    ],
)
def test_timestamp_formats(tmp_path: Path, options: str, text: str, expected: str) -> None:
    (event,), errors = store(tmp_path, {"at": text}, text=MAP.replace('column = "at"', f'column = "at"\n{options}'))
    assert errors == []
    assert event.timestamp.isoformat() == expected


SPREAD = """column = "at"
format = "day"
origin = 2026-01-01
[timestamp.spread]
seed = 1
hours = "08:00-22:00"
by = ["account"]
sitting_minutes = 25
[session]
by = ["account"]
per = "day"
"""


def test_days_are_spread_over_one_sitting_a_day(tmp_path: Path) -> None:
    rows = [{"id": str(i), "account": f"c{i % 40}", "at": str(i % 3)} for i in range(600)]
    text = MAP.replace('column = "at"\n', SPREAD)
    events, errors = store(tmp_path, *rows, text=text)
    assert errors == []
    sittings: dict[tuple[str | None, object], list[EventRow]] = {}
    for event in events:
        assert 8 <= event.timestamp.hour < 22
        sittings.setdefault((event.customer_id, event.timestamp.date()), []).append(event)
    assert len(sittings) == 120
    for sitting in sittings.values():
        times = [event.timestamp for event in sitting]
        assert (max(times) - min(times)).total_seconds() < 25 * 60
        assert len({event.session_id for event in sitting}) == 1
    assert len({sitting[0].session_id for sitting in sittings.values()}) == 120
    assert len({min(e.timestamp for e in s).hour for s in sittings.values()}) > 8, "not all at the same hour"
    again, _ = store(tmp_path, *rows, text=text)
    assert again == events
    other, _ = store(tmp_path, *rows, text=text.replace("seed = 1", "seed = 2"))
    assert {event.timestamp for event in other} != {event.timestamp for event in events}


def test_sessions_end_at_a_pause_and_after_a_day(tmp_path: Path) -> None:
    minutes = [0, 30, 61, 61 + 29]
    rows = [{"id": str(m), "at": f"2026-03-01T{10 + m // 60}:{m % 60:02}:00Z"} for m in minutes]
    rows.append({"id": "x", "account": "other", "at": "2026-03-01T10:10:00Z"})
    rows += [
        {"id": f"d{i}", "account": "busy", "at": f"2026-03-0{1 + i // 48}T{i // 2 % 24:02}:{i % 2 * 30:02}:00Z"}
        for i in range(60)
    ]
    events, errors = store(tmp_path, *rows, text=MAP + '[session]\nby = ["account"]\ngap_minutes = 30\n')
    assert errors == []
    ids = [event.session_id for event in events]
    assert ids[0] == ids[1] != ids[2] == ids[3]
    assert ids[4] not in ids[:4]
    busy = ids[5:]
    assert len(set(busy)) == 2, "24 hours are the most"
    assert busy.index(busy[-1]) == 49


def test_a_plans_impact_rule_is_used_where_the_map_gives_none(tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    file.write_text(",".join(GOOD) + "\n" + ",".join(GOOD.values()) + "\n")
    for section, impact in (("pricing-1", "medium"), ("pricing-2", "low")):
        tool = Tool(id="cost-calculator", sections=(section,), key_sections=(section,))
        plan = msgspec.structs.replace(PLAN, tools=(tool,))
        report = import_file(file, parse_mapping(MAP, "m"), NullSink(), plan=plan, now=NOW)
        assert report.samples[0].business_impact == impact


@pytest.mark.parametrize(
    ("written", "said", "stored"),
    [
        ("1998-02-05T09:30:00", 'zone = "Europe/London"', "2026-02-05T09:30:00+00:00"),
        # What was at nine of the summer's clock is at nine of the winter's.
        ("1998-07-05T09:30:00", 'zone = "Europe/London"\nshift_days = 10077', "2026-02-05T09:30:00+00:00"),
        ("886671000", 'format = "epoch_s"', "2026-02-05T09:30:00+00:00"),
        ("05/02/1998 09:30", 'format = "%d/%m/%Y %H:%M"', "2026-02-05T09:30:00+00:00"),
        ("4", 'format = "day"\norigin = 1998-02-01', "2026-02-05T00:00:00+00:00"),
    ],
)
def test_times_of_long_ago_can_be_moved(tmp_path: Path, written: str, said: str, stored: str) -> None:
    where = '[timestamp]\ncolumn = "at"\n'
    if "shift_days" not in said:
        _, (error,) = store(tmp_path, {"at": written}, text=MAP.replace(where, where + said + "\n"))
        assert error["code"] == "time_too_old"
        said += "\nshift_days = 10227\nuntil = 2026-02-05"
    (row,), errors = store(tmp_path, {"at": written}, text=MAP.replace(where, where + said + "\n"))
    assert (row.timestamp.isoformat(), errors) == (stored, [])
    with pytest.raises(MapError, match="shift_days: is 400000"):
        parse_mapping(MAP.replace(where, where + "shift_days = 400000\n"), "m")


def test_growth_stages_are_the_plans(tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    stages = ("seed", "rapid_scaling", "")
    lines = [",".join({**GOOD, "id": str(number), "part": stage}.values()) for number, stage in enumerate(stages)]
    file.write_text("\n".join([",".join(GOOD), *lines]) + "\n")
    plan = msgspec.structs.replace(PLAN, growth_stages=(GrowthStage("seed"),))
    told = MAP.replace("[event]", '[event]\ngrowth_stage = "{part}"').replace('tool_section = "{part}-{id}"\n', "")
    sink = MemorySink()
    report = import_file(file, parse_mapping(told, "m"), sink, plan=plan, now=NOW)
    assert [event.growth_stage for event in sink.rows.values()] == ["seed", None]
    assert [(error["line"], error["code"], error["field"]) for error in read_errors(report)] == [
        (3, "invalid_value", "growth_stage")
    ]


@pytest.mark.parametrize(
    ("value", "stages", "said"),
    [
        ('"bloom"', ("seed",), "m, line 5: event.growth_stage: 'bloom' is not a valid growth_stage. Use one"),
        ('"seed"', (), "m, line 5: event.growth_stage: 'seed' is not a valid growth_stage. The plan has none"),
        (
            '{ column = "kind", values = { use = "bloom" } }',
            ("seed",),
            "m, line 5: event.growth_stage.use: 'bloom' is not a valid growth_stage.",
        ),
        ('{ column = "kind", values = "kinds" }', ("seed",), "m, line 22: values.kinds.use: 'tool_usage' is not"),
    ],
)  # fmt: skip
def test_a_map_that_names_a_stage_the_plan_has_not_is_refused_at_once(
    tmp_path: Path, value: str, stages: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "e.csv"
    file.write_text(",".join(GOOD) + "\n")
    plan = msgspec.structs.replace(PLAN, growth_stages=tuple(map(GrowthStage, stages)))
    mapping = parse_mapping(MAP.replace("[event]", f"[event]\ngrowth_stage = {value}"), "m")
    with pytest.raises(MapError) as caught:
        import_file(file, mapping, NullSink(), plan=plan, now=NOW)
    assert str(caught.value).startswith(said)
    assert list(tmp_path.iterdir()) == [file]


def test_metadata_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "e.ndjson"
    rows = [{**GOOD, "id": i, "part": "é" * size} for i, size in enumerate((10, 20_000))]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report, sink = run(file, MAP.replace('tool_section = "{part}-{id}"\n', ""))
    assert [(error["line"], error["code"]) for error in read_errors(report)] == [(2, "too_large")]
    assert len(sink.rows) == 1


def test_an_event_may_have_a_name_alone(tmp_path: Path) -> None:
    names = 'event_name = "{what}"\nactor_type = "service"\nevent_type = { column = "n", values = "n", default = "" }'
    path = tmp_path / "events.csv"
    path.write_text("who,what,at,n\nc1,Invoice Sent,2026-02-01,0\nc1,Home,2026-02-01,1\nc1,,2026-02-01,0\n")
    text = SHOP_MAP.replace('event_type = "navigation"\ntool_id = "{what}"', names)
    report, sink = run(path, text + '[values.n]\n1 = "navigation"\n')
    found = [(row.event_name, row.event_type, row.actor_type) for row in sink.rows.values()]
    assert found == [("Invoice Sent", "content_interaction", "service"), ("Home", "navigation", "service")]
    assert [(error["line"], error["code"], error["field"]) for error in read_errors(report)] == [
        (4, "missing_field", "event_type")
    ]
