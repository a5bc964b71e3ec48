"""Exports by schedule of a segment, a cohort or by events' own fields: a real server makes them, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from pyarrow import parquet

from milepost.jobs import EXPORT, Jobs
from tests.columns.events import insert
from tests.export.test_follow import held_by, held_in
from tests.support.dashboard import form_token, member
from tests.support.server import SERVER_KEY, WRITE_KEY, Server, customer_token, running, wait_for

_PRO = [{"field": "trait.plan", "values": ["pro"]}]
_TOOL = [{"field": "tool_id", "values": ["tool 1"]}]


def turn(dsn: str) -> None:
    """It is the server's turn to export what is due, as it is once a minute."""

    async def defer() -> None:
        jobs = Jobs(dsn, cleanup_minutes=60, now=lambda: datetime.now(UTC))
        async with jobs.app.open_async():
            await jobs.app.configure_task(EXPORT).defer_async(timestamp=0)

    asyncio.run(defer())


def _plan(program: httpx.Client, customer: str, plan: str) -> None:
    program.put(f"/v1/customers/{customer}", json={"traits": {"plan": plan}}).raise_for_status()


def _make(program: httpx.Client, target: str, *data_sets: str, **of: Any) -> str:
    answer = program.post("/v1/export-schedules", json={"target": target, "data_sets": data_sets} | of)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["schedule_id"])


def _run(program: httpx.Client, dsn: str, schedules: list[str], number: int) -> list[dict[str, Any]]:
    """The newest run of each, when all have ended that many."""
    for schedule in schedules:
        program.post(f"/v1/export-schedules/{schedule}/runs").raise_for_status()
    turn(dsn)

    def runs() -> list[list[dict[str, Any]]]:
        return [program.get(f"/v1/export-schedules/{schedule}/runs").json()["runs"] for schedule in schedules]

    def ended() -> bool:
        return all(len(of_one) == number and of_one[0]["state"] != "running" for of_one in runs())

    wait_for(ended, 60, lambda: f"run {number} of each schedule: {runs()}")
    return [of_one[0] for of_one in runs()]


def _customers(folder: Path, data_set: str) -> set[str]:
    return set(parquet.read_table(folder / data_set / f"{data_set}.parquet")["customer_id"].to_pylist())


def _check_events(folder: Path, connection: psycopg.Connection, customers: set[str]) -> None:
    """All events of these customers, from before they came in too, and none of anybody else's."""
    assert held_in(folder) == {event: row for event, row in held_by(connection).items() if row[0] in customers}


def test_schedules_of_a_segment_a_cohort_and_fields(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    insert(connection, 220)
    with (
        running(Server(tmp_path, database_url=dsn, columns=True)) as server,
        server.client() as program,
        member(server) as person,
    ):
        _plan(program, "customer 1", "pro")
        _plan(program, "customer 2", "pro")
        program.post("/v1/segments", json={"name": "Pro", "conditions": _PRO}).raise_for_status()
        listed = {"kind": "are", "filter": {"field": "customer_id", "values": ["customer 2", "customer 3"]}}
        made = program.post("/v1/cohorts", json={"name": "Listed", "definition": {"conditions": [listed]}})
        cohort = made.json()["cohort_id"]
        _check_refused(server, program)
        schedules = [
            _make(program, "pro", "events", "sessions", "customers", segment="pro"),
            _make(program, "both", "customers", segment="pro", cohort=cohort),
            _make(program, "tool", "events", filters=_TOOL),
        ]
        _check_told(program, person)
        exports = tmp_path / "exports"
        assert [run["state"] for run in _run(program, dsn, schedules, 1)] == ["done"] * 3
        pro = {"customer 1", "customer 2"}
        assert _customers(exports / "pro", "customers") == _customers(exports / "pro", "sessions") == pro
        _check_events(exports / "pro", connection, pro)
        assert _customers(exports / "both", "customers") == {"customer 2"}
        # One leaves the segment and another comes in, while nothing happens to their events.
        _plan(program, "customer 1", "free")
        _plan(program, "customer 3", "pro")
        insert(connection, 44, first=1_000)
        done = _run(program, dsn, schedules, 2)
        assert [run["state"] for run in done] == ["done"] * 3
        pro = {"customer 2", "customer 3"}
        assert _customers(exports / "pro", "customers") == _customers(exports / "pro", "sessions") == pro
        _check_events(exports / "pro", connection, pro)
        assert _customers(exports / "both", "customers") == pro
        # By the events' own fields, the second run has what changed alone.
        of_tool = {event: row for event, row in held_by(connection).items() if row[2] == "tool 1"}
        assert held_in(exports / "tool") == of_tool
        assert done[2]["rows"] == 44
        _check_deleted(dsn, program, person, schedules, exports)


def _check_deleted(dsn: str, program: httpx.Client, person: httpx.Client, schedules: list[str], exports: Path) -> None:
    """Without its segment, an export is of nobody; not of everybody."""
    refused = program.delete("/v1/segments/pro")
    assert (refused.status_code, refused.json()["code"]) == (409, "segment_used")
    assert "the export 'both', the export 'pro'" in refused.json()["message"]
    assert "the export to" in person.get("/segments?wait=1").text
    before = {path: path.read_bytes() for path in exports.rglob("*") if path.is_file() and "tool" not in path.parts}
    assert program.delete("/v1/segments/pro", params={"anyway": True}).status_code == 204
    ended = _run(program, dsn, schedules, 3)
    assert [run["state"] for run in ended] == ["failed", "failed", "done"]
    problem = "There is no segment 'pro'; it may have been deleted."
    assert all(run["problem"].startswith(problem) and run["rows"] == 0 for run in ended[:2])
    after = {path: path.read_bytes() for path in exports.rglob("*") if path.is_file() and "tool" not in path.parts}
    assert after == before
    assert program.get("/health").json()["exports_failing"] == 2
    page = person.get("/settings/export").text
    assert "There is no segment" in page
    assert "In “pro”" in page


def _check_told(program: httpx.Client, person: httpx.Client) -> None:
    """The API and the page say whose rows each takes, and the page's form makes the same."""
    kept = {one["target"]: one for one in program.get("/v1/export-schedules").json()["schedules"]}
    in_pro = {"field": "segment", "values": ["pro"]}
    assert kept["pro"]["filters"] == [in_pro]
    assert [one["field"] for one in kept["both"]["filters"]] == ["segment", "cohort"]
    assert kept["tool"]["filters"] == _TOOL
    shown = person.get("/settings/export").text
    assert "In “Pro” and In “Listed”" in shown
    assert shown.count("everything each time") == 2
    form = {
        "_csrf_token": form_token(person, "/settings/export"), "target": "by-page", "data_sets": "people",
        "format": "csv", "every_hours": "24", "anew_days": "30", "segment": "pro", "cohort": "",
    }  # fmt: skip
    assert person.post("/settings/export/schedules", data=form).status_code == 303
    (made,) = (one for one in program.get("/v1/export-schedules").json()["schedules"] if one["target"] == "by-page")
    assert made["filters"] == [in_pro]
    assert program.delete(f"/v1/export-schedules/{made['schedule_id']}").status_code == 204
    gone = person.post("/settings/export/schedules", data=form | {"segment": "gone"})
    assert (gone.status_code, "There is no segment" in gone.text) == (400, True)


def _check_refused(server: Server, program: httpx.Client) -> None:
    wanted = {"target": "x", "data_sets": ["events"]}
    for wrong, field in (
        ({"segment": "unknown"}, "filters[0].values[0]"),
        ({"segment": ""}, "segment"),
        ({"cohort": "00000000-0000-0000-0000-000000000001"}, "filters[0].values[0]"),
        ({"cohort": "nonsense"}, "filters[0].values[0]"),
        ({"filters": [{"field": "nonsense", "values": ["x"]}]}, "filters[0].field"),
        ({"filters": _TOOL, "data_sets": ["events", "sessions"]}, "filters[0].field"),
        ({"filters": _TOOL * 20, "segment": "pro"}, "filters"),
    ):
        told = program.post("/v1/export-schedules", json=wanted | wrong)
        assert (told.status_code, told.json()["field"]) == (400, field), (wrong, told.text)
    for key, status in ((WRITE_KEY, 403), (SERVER_KEY, 403), (customer_token("customer 1"), 401)):
        with server.client(key) as stranger:
            assert stranger.post("/v1/export-schedules", json=wanted | {"segment": "pro"}).status_code == status
            assert stranger.get("/v1/export-schedules").status_code == status
    assert program.get("/v1/export-schedules").json()["schedules"] == []
    assert program.get("/v1/export/events", params={"segment": ""}).status_code == 400
