"""Exports over HTTP: what they hold, who may have them, and what becomes of those that nobody reads to the end."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest

from milepost.export.data_sets import CHANGE, DATA_SETS
from milepost.export.serving import MOST_EXPORTS
from tests.columns.events import insert
from tests.export.data import TEXTS, fill
from tests.export.reading_back import rows_in
from tests.support.dashboard import form_token, member
from tests.support.server import SERVER_KEY, WRITE_KEY, Server, customer_token, running, wait_for

_EVENTS = DATA_SETS["events"]


def _under_way(connection: psycopg.Connection) -> list[int]:
    """Exports' connections, by the process that each is of."""
    return [
        row[0]
        for row in connection.execute(
            "select pid from pg_stat_activity where application_name = 'milepost-export'"
            " and datname = current_database()"
        )
    ]


def test_exports_over_http(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    fill(connection)
    with running(Server(tmp_path / "server", database_url=dsn)) as server, server.client() as program:
        listed = {one["name"]: one for one in program.get("/v1/export").json()["data_sets"]}
        assert list(listed) == list(DATA_SETS)
        assert [column["name"] for column in listed["events"]["columns"]] == [one.name for one in _EVENTS.columns]
        _check_contents(program, connection)
        _check_conditions(program)
        _check_callers(server)
        _check_page(server, connection)


def _check_contents(program: httpx.Client, connection: psycopg.Connection) -> None:
    row = connection.execute("select count(*) from public.behavior_events where deleted_at is null").fetchone()
    assert row is not None
    watermark = ""
    for format_ in ("parquet", "csv"):
        answer = program.get("/v1/export/events", params={"format": format_})
        assert answer.status_code == 200
        watermark = answer.headers["Milepost-Watermark"]
        assert len(rows_in(answer.content, format_, _EVENTS.columns)) == row[0]
    insert(connection, 5, first=90_000)
    connection.execute("delete from public.behavior_events where event_metadata @> '{\"number\": 11}'")
    since = program.get("/v1/export/events", params={"format": "ndjson", "since": watermark})
    changes = [json.loads(line)["_change"] for line in since.text.splitlines()]
    assert sorted(changes) == ["delete"] + ["upsert"] * 5
    table = rows_in(
        program.get("/v1/export/events", params={"since": since.headers["Milepost-Watermark"]}).content,
        "parquet",
        (CHANGE, *_EVENTS.columns),
    )
    assert table == []
    connection.execute("select milepost.clean_event_changes(now() + interval '1 day')")
    old = program.get("/v1/export/events", params={"since": watermark})
    assert (old.status_code, old.json()["code"], old.json()["field"]) == (409, "watermark_too_old", "since")


def _check_conditions(program: httpx.Client) -> None:
    program.post(
        "/v1/segments",
        json={"name": "Big", "conditions": [{"field": "search", "op": "contains", "values": ["customer 1"]}]},
    )
    asked = {"format": "ndjson", "segment": "big", "filters": '[{"field": "customer_id", "values": ["customer 1"]}]'}
    answer = program.get("/v1/export/sessions", params=asked)
    assert {json.loads(line)["customer_id"] for line in answer.text.splitlines()} == {"customer 1"}
    for wrong, field in (
        ({"filters": '[{"field": "tool_id"}]'}, "filters[0].values"),
        ({"filters": '[{"field": "nonsense", "values": ["x"]}]'}, "filters[0].field"),
        ({"filters": "{"}, "filters"),
        ({"segment": "unknown"}, "filters[0].values[0]"),
        ({"since": "nonsense"}, "since"),
        ({"format": "xml"}, "format"),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "first"),
    ):
        told = program.get("/v1/export/events", params=wrong)
        assert (told.status_code, told.json()["field"]) == (400, field), (wrong, told.text)
    assert program.get("/v1/export/nonsense").status_code == 400
    assert program.get("/v1/export/people", params={"first": "2026-01-01"}).json()["field"] == "first"


def _check_callers(server: Server) -> None:
    for key, status in ((WRITE_KEY, 403), (SERVER_KEY, 403), (customer_token("customer 1"), 401), ("nonsense", 401)):
        with server.client(key) as caller:
            for path in ("/v1/export", "/v1/export/events"):
                answer = caller.get(path)
                assert answer.status_code == status, (key, answer.text)
                assert "customer" not in answer.headers.get("content-disposition", "")


def _check_page(server: Server, connection: psycopg.Connection) -> None:
    """What a member downloads and schedules on the page; the API says the same."""
    with member(server) as person, server.client() as program:
        assert "No schedule yet" in person.get("/settings/export").text
        file = person.get("/settings/export/file", params={"data_set": "people", "format": "csv", "first": ""})
        assert file.headers["content-disposition"].startswith('attachment; filename="people-')
        assert len(rows_in(file.content, "csv", DATA_SETS["people"].columns)) == len(TEXTS)
        wrong = person.get(
            "/settings/export/file", params={"data_set": "people", "format": "csv", "first": "2026-01-01"}
        )
        assert (wrong.status_code, "they have no period" in wrong.text) == (400, True)
        form = {
            "_csrf_token": form_token(person, "/settings/export"),
            "target": "../outside",
            "data_sets": ["events", "people"],
        }
        form |= {"format": "ndjson", "every_hours": "6", "anew_days": "30"}
        refused = person.post("/settings/export/schedules", data=form)
        assert (refused.status_code, "A schedule writes to" in refused.text) == (400, True)
        assert person.post("/settings/export/schedules", data=form | {"target": "nightly"}).status_code == 303
        (kept,) = program.get("/v1/export-schedules").json()["schedules"]
        assert (kept["target"], kept["data_sets"], kept["format"]) == ("nightly", ["events", "people"], "ndjson")
        address = f"/v1/export-schedules/{kept['schedule_id']}"
        assert program.post(f"{address}/runs").status_code == 202
        connection.execute(
            """insert into milepost.export_runs (schedule_id, state, begun_at, progress_at, finished_at, problem)
            values (%s, 'failed', now(), now(), now(), 'The bucket said no.')""",
            (kept["schedule_id"],),
        )
        assert program.get("/health").json()["exports_failing"] == 1
        assert "The bucket said no." in person.get("/settings/export").text
        assert "The bucket said no." in person.get("/settings/data").text
        assert "The bucket said no." in [run["problem"] for run in program.get(f"{address}/runs").json()["runs"]]
        page = f"/settings/export/schedules/{kept['schedule_id']}"
        assert person.post(f"{page}/run", data={"_csrf_token": form["_csrf_token"]}).status_code == 303
        assert person.post(f"{page}/delete", data={"_csrf_token": form["_csrf_token"]}).status_code == 303
        assert program.delete(address).status_code == 404


def test_exports_that_nobody_reads_to_the_end(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    insert(connection, 60_000)
    with running(Server(tmp_path / "server", database_url=dsn)) as server, server.client() as program:
        with ExitStack() as open_ones:
            for _ in range(MOST_EXPORTS):
                answer = open_ones.enter_context(program.stream("GET", "/v1/export/events?format=ndjson"))
                assert answer.status_code == 200
            assert len(_under_way(connection)) == MOST_EXPORTS
            busy = program.get("/v1/export/customers")
            assert (busy.status_code, busy.json()["code"]) == (429, "export_busy")
            assert "retry-after" in busy.headers
            # The others are still answered.
            assert program.get("/v1/customers").status_code == 200
        wait_for(lambda: not _under_way(connection), 20, "PostgreSQL to be done with exports that nobody reads")
        # One that breaks off does not look as if it were whole.
        with program.stream("GET", "/v1/export/events?format=ndjson") as answer:
            (pid,) = _under_way(connection)
            connection.execute("select pg_terminate_backend(%s)", (pid,))
            with pytest.raises(httpx.RemoteProtocolError):
                answer.read()
        wait_for(
            lambda: program.get("/v1/export/customers").status_code == 200, 20, "the server to have room for exports"
        )
