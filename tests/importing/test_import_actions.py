"""Files of offline actions: the same map, resuming and errors as of events, the checks and ids of the API."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from rich.console import Console
from typer.testing import CliRunner

from milepost.cli.commands import app
from milepost.importing import MapError, import_actions, parse_action_mapping
from milepost.importing.console import import_actions_command
from milepost.importing.database import ActionSink
from milepost.importing.run import CHUNK_ROWS, ImportReport
from milepost.importing.sink import NullSink, StoreResult
from milepost.ingest.actions import ActionRow, accept_actions
from milepost.ingest.draft import Sender
from milepost.plan import load_plan
from tests.importing.import_helpers import NOW
from tests.support.examples import examples
from tests.support.server import Server

_PLAN = load_plan()
CRM_MAP = """
source = "crm"

[action]
customer_id = "{account}"
action_type = "{kind}"
action_id = "{id}"
role = { column = "kind", values = "role", default = "intervention" }
business_impact = { column = "size", values = { S = "low", M = "medium", L = "high" }, default = "" }
value = "{amount}"
currency = "{currency}"
competency_area = "sales_execution"
description = "{note}"

[timestamp]
column = "at"
format = "%d/%m/%Y %H:%M"
zone = "Europe/Berlin"

[metadata]
owner = "{owner}"

[values.role]
deal_won = "outcome"
renewal = "outcome"
"""
_HEAD = ["account", "kind", "id", "size", "amount", "currency", "note", "owner", "at"]
_ROWS = [
    ["acme", "deal_won", "D-1", "L", "12500.50", "EUR", "three years", "ann", "02/03/2026 14:30"],
    ["acme", "workshop", "W-7", "", "", "", "", "", "01/02/2026 09:00"],
    ["globex", "call", "C-3", "S", "", "", 'said "yes", twice', "bob", "09/03/2026 23:59"],
]


#: The file's columns and the fields of the API that take the same text.
_SAME = {"account": "customer_id", "kind": "action_type", "currency": "currency", "note": "description"}


def crm_csv(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_HEAD, *rows])
    return path


def bring(path: Path, dsn: str, map_text: str = CRM_MAP, **options: Any) -> ImportReport[ActionRow]:
    mapping = parse_action_mapping(map_text, "map.toml")
    with ActionSink(dsn) as sink:
        return import_actions(path, mapping, sink, plan=_PLAN, now=NOW, **options)


def stored(dsn: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute('select * from public.customer_actions order by "timestamp"').fetchall()


def errors_of(report: ImportReport[ActionRow]) -> list[tuple[int, str, str]]:
    assert report.errors_path is not None
    found = [json.loads(line) for line in report.errors_path.read_text().splitlines()]
    return [(error["line"], error["code"], error["field"]) for error in found]


def test_a_file_of_a_crm_and_again(tmp_path: Path, dsn: str) -> None:
    file = crm_csv(tmp_path / "crm.csv", _ROWS)
    report = bring(file, dsn)
    assert (report.rows, report.accepted, report.duplicates, report.failed) == (3, 3, 0, 0)
    assert report.by_type == {"deal_won": 1, "workshop": 1, "call": 1}
    workshop, deal, call = stored(dsn)
    assert (deal["role"], deal["business_impact"]) == ("outcome", "high")
    assert (float(deal["value"]), deal["currency"]) == (12_500.5, "EUR")
    assert deal["timestamp"] == datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
    assert (deal["source"], deal["action_metadata"], deal["description"]) == ("crm", {"owner": "ann"}, "three years")
    assert (workshop["role"], workshop["business_impact"], workshop["value"]) == ("intervention", "medium", None)
    assert call["description"] == 'said "yes", twice'
    with psycopg.connect(dsn) as connection:
        query = "select customer_id, total_actions, unsettled from milepost.standing order by 1"
        assert connection.execute(query).fetchall() == [("acme", 2, True), ("globex", 1, True)]
    again = bring(file, dsn)
    assert (again.accepted, again.duplicates) == (0, 3)
    assert len(stored(dsn)) == 3


def test_what_is_private_stays_so(tmp_path: Path, dsn: str) -> None:
    """What cannot be read as yes or no is refused: it must not come in for its customer to read."""
    written = ["TRUE", "yes", " 1 ", "false", "No", "0", "", "internal"]
    rows = [
        ["acme", "call", f"P-{place}", "", "", "", text, "", "02/03/2026 14:30"] for place, text in enumerate(written)
    ]
    map_text = CRM_MAP.replace('description = "{note}"', 'private = "{note}"')
    report = bring(crm_csv(tmp_path / "crm.csv", rows), dsn, map_text)
    assert errors_of(report) == [(9, "invalid_type", "private")]
    assert [row["private"] for row in stored(dsn)].count(True) == 3
    assert (report.accepted, report.failed) == (7, 1)


def test_what_the_api_has_taken_is_there_already(tmp_path: Path, server: Server) -> None:
    """The same action_id and time are the same action, whichever way they come."""
    action = {
        "customer_id": "acme", "action_type": "deal_won", "action_id": "D-1", "timestamp": "2026-03-02T14:30:00+01:00",
    }  # fmt: skip
    with server.client() as client:
        assert client.post("/v1/actions", json=action).json()["accepted"] == 1
    report = bring(crm_csv(tmp_path / "crm.csv", _ROWS), server.database_url)
    assert (report.accepted, report.duplicates) == (2, 1)


def test_ndjson_without_ids(tmp_path: Path, dsn: str) -> None:
    """Equal rows are counted apart where the map says no action_id."""
    map_text = """
    source = "notes"
    identity = ["who", "what", "at"]
    [action]
    customer_id = "{who.id}"
    action_type = "{what}"
    [timestamp]
    column = "at"
    """.replace('"who", ', '"who.id", ')
    lines = [{"who": {"id": "acme"}, "what": "call", "at": "2026-03-01T10:00:00Z"}] * 2
    lines.append({"who": {"id": "acme"}, "what": "call", "at": "2026-03-02T10:00:00Z"})
    file = tmp_path / "notes.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert bring(file, dsn, map_text).accepted == 3
    assert bring(file, dsn, map_text).duplicates == 3
    assert len({row["action_id"] for row in stored(dsn)}) == 3


def test_bad_rows_cost_only_themselves(tmp_path: Path, dsn: str) -> None:
    good = _ROWS[0]

    def row(**changed: str) -> list[str]:
        return [changed.get(name, value) for name, value in zip(_HEAD, good, strict=True)]

    rows = [
        row(id="1"),
        row(id="2", account=""),
        row(id="3", kind=""),
        row(id=""),
        row(id="5", at="2026-03-02"),
        row(id="6", at="01/01/1999 10:00"),
        row(id="7", at="01/01/2031 10:00"),
        row(id="8", currency="euro"),
        row(id="9", amount="many"),
        row(id="10", size="XXL"),
        row(id="11", account="a" * 201),
        row(id="12", note="n" * 4001),
        row(id="13", note="a\0b"),
        row(id="14"),
    ]
    rows[9][3] = "XXL"
    strict = CRM_MAP.replace(', default = "" }', " }")
    report = bring(crm_csv(tmp_path / "crm.csv", rows), dsn, strict)
    assert (report.accepted, report.failed) == (2, 12)
    assert errors_of(report) == [
        (3, "missing_field", "customer_id"),
        (4, "missing_field", "action_type"),
        (5, "missing_field", "action_id"),
        (6, "invalid_value", "timestamp"),
        (7, "time_too_old", "timestamp"),
        (8, "time_too_far_ahead", "timestamp"),
        (9, "invalid_type", "currency"),
        (10, "invalid_type", "value"),
        (11, "invalid_value", "business_impact"),
        (12, "too_long", "customer_id"),
        (13, "too_long", "description"),
        (14, "invalid_unicode", "note"),
    ]
    assert len(stored(dsn)) == 2


class _Crashing:
    """The real sink until its n-th chunk; then as when the database goes away after its commit."""

    def __init__(self, sink: ActionSink, crash_at: int) -> None:
        self._sink, self._crash_at, self._chunks = sink, crash_at, 0

    def store(self, rows: list[ActionRow], /) -> StoreResult:
        result = self._sink.store(rows)
        self._chunks += 1
        if self._chunks == self._crash_at:
            raise ConnectionError("the database is gone, after its commit")
        return result


def test_an_interrupted_import_goes_on(tmp_path: Path, dsn: str) -> None:
    count = 2 * CHUNK_ROWS + 17
    rows = [[f"c{n % 50}", "call", f"id-{n}", "", "", "", "", "", "02/03/2026 14:30"] for n in range(count)]
    rows[3][8] = "never"
    file = crm_csv(tmp_path / "crm.csv", rows)
    mapping = parse_action_mapping(CRM_MAP, "map.toml")
    with ActionSink(dsn) as sink, pytest.raises(ConnectionError):
        import_actions(file, mapping, _Crashing(sink, 2), plan=_PLAN, now=NOW)
    report = bring(file, dsn)
    assert (report.resumed_at, report.rows, report.failed) == (CHUNK_ROWS, count, 1)
    assert (report.accepted, report.duplicates) == (CHUNK_ROWS - 1 + 17, CHUNK_ROWS), "the second chunk was committed"
    assert len(stored(dsn)) == count - 1


@settings(max_examples=examples(80))
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "account": st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=0, max_size=210),
                "kind": st.sampled_from(["call", "deal_won", "", "K" * 201]),
                "amount": st.one_of(
                    st.just(""),
                    st.floats(allow_nan=True).map(str),
                    st.from_regex(r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?", fullmatch=True),
                    st.sampled_from(["1.2.3", "--1", "1e", "ten"]),
                ),
                "currency": st.sampled_from(["", "EUR", "eur", "E1"]),
                "note": st.sampled_from(["", "x", "y" * 4001]),
            }
        ),
        max_size=6,
    )
)
def test_a_file_takes_what_the_api_takes(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]) -> None:
    """Row by row, the import accepts and refuses as `POST /v1/actions` does with the same fields."""
    lines, expected = [], []
    for place, row in enumerate(rows):
        lines.append({**row, "id": str(place), "size": "", "owner": "", "at": "02/03/2026 14:30"})
        action: dict[str, Any] = {"action_id": str(place), "timestamp": "2026-03-02T14:30:00+01:00"}
        for name, field in _SAME.items():
            if row[name]:
                action[field] = row[name]
        if row["amount"]:
            try:
                action["value"] = float(row["amount"])
            except ValueError:
                action["value"] = row["amount"]
        expected.append(not accept_actions([json.dumps(action).encode()], Sender(_PLAN, NOW)).rejected)
    file = tmp_path_factory.mktemp("rows") / "rows.ndjson"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    report = import_actions(file, parse_action_mapping(CRM_MAP, "map.toml"), NullSink(), plan=_PLAN, now=NOW)
    refused = {error[0] for error in errors_of(report)} if report.errors_path else set()
    assert [place + 1 not in refused for place in range(len(rows))] == expected


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('action_id = "{id}"', ""), "identity: is missing. Give action.action_id"),
        (('source = "crm"', 'source = "crm"\nidentity = ["id"]'), "Keep one of the two"),
        (('deal_won = "outcome"', 'deal_won = "win"'), "values.role.deal_won: 'win' is not a valid role"),
        (("[action]", "[event]"), "[event] is for `milepost import`."),
        (('value = "{amount}"', 'worth = "{amount}"'), "the known ones are customer_id, action_type, action_id"),
        (('"{kind}"', '"{what}"'), "has no column 'what'"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_map_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    file = crm_csv(tmp_path / "crm.csv", _ROWS)

    def bring_it() -> None:
        mapping = parse_action_mapping(CRM_MAP.replace(*change), "map.toml")
        import_actions(file, mapping, NullSink(), plan=_PLAN, now=NOW)

    with pytest.raises(MapError) as mistake:
        bring_it()
    assert said in mistake.value.message
    assert "map.toml, line" in mistake.value.message


def test_the_command_reports_and_a_dry_run_stores_nothing(tmp_path: Path, dsn: str, monkeypatch: Any) -> None:
    (tmp_path / "map.toml").write_text(CRM_MAP)
    file = crm_csv(tmp_path / "crm.csv", [*_ROWS, ["acme", "[b]", "X", "", "", "", "", "", "never"]])
    out = io.StringIO()
    console = Console(file=out, width=120)
    options: dict[str, Any] = {"plan": _PLAN, "now": NOW, "console": console}
    import_actions_command(file, tmp_path / "map.toml", None, dry_run=True, **options)
    assert "3 offline actions would be stored." in out.getvalue()
    assert "2026-03-02T13:30:00+00:00 acme deal_won outcome" in out.getvalue()
    assert stored(dsn) == []
    monkeypatch.setenv("MILEPOST_DATABASE_URL", dsn)
    arguments = ["import-actions", str(file), "--map", str(tmp_path / "map.toml")]
    for said in ("3 offline actions stored.", "3 were there already."):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        assert said in result.output
        assert "1 rows failed; their lines and reasons are in" in result.output
    assert len(stored(dsn)) == 3
