"""The plan is changed on the pages: what is saved counts at once, is kept with its history, and gives way to a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from milepost.plan.load import default_text
from tests.support.dashboard import form_token, member, send_form
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running, wait_for

_SCORING = "/settings/scoring"


@pytest.fixture(scope="module")
def dana(lone_server: Server) -> Iterator[httpx.Client]:
    """Of a server with two customers: one came often until ten days ago, one is new today."""
    now = datetime.now(UTC)
    events = [
        {"customer_id": customer, "user_id": "u", "event_type": "tool_usage", "tool_id": "icp-analysis",
         "timestamp": (now - timedelta(days=days)).isoformat()}
        for customer, ages in (("regular", range(10, 60)), ("fresh", range(20)))
        for days in ages
    ]  # fmt: skip
    with lone_server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": events}).raise_for_status().json()["rejected"] == []
    with lone_server.client(SECRET_KEY) as reading:
        wait_for(lambda: _settled(reading), 30, "the scores")
    with member(lone_server, "127.0.4.9") as client:
        yield client


def _settled(reading: httpx.Client) -> bool:
    found = reading.get("/v1/plan").json()
    return (found["customers"], found["rescored"], found["unsettled"]) == (2, 2, 0)


def _score(server: Server, customer: str) -> int:
    with server.client(SECRET_KEY) as reading:
        return round(float(reading.get(f"/v1/customers/{customer}/insights").json()["current_scaling_score"]))


def _fields(page: str) -> dict[str, str]:
    """What the form of the scores would send."""
    found = re.findall(r'name="((?:points|scoring)\.[\w.]+|onto|seen)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def test_who_moves_is_seen_and_then_so(lone_server: Server, dana: httpx.Client) -> None:
    page = dana.get(_SCORING).raise_for_status().text
    typed = {**_fields(page), "scoring.components.recency": "200", "scoring.components.consistency": "0"}
    before = {customer: _score(lone_server, customer) for customer in ("regular", "fresh")}
    seen = send_form(dana, _SCORING, _SCORING, **typed)
    assert seen.status_code == 200, seen.text
    text = re.sub(r"<[^>]+>|\s+", " ", seen.text)
    assert re.search(r"2 +of +2 +customers move by 5 points or more", text), text
    assert "Recency: weight 200, not 25" in text
    moves = {customer: re.search(rf"{customer} +(\d+) +→ +to +(\d+)", text) for customer in before}
    assert _score(lone_server, "regular") == before["regular"], "nothing is saved yet"
    # Other numbers than those that were looked at are not saved, but shown first.
    again = send_form(dana, _SCORING, _SCORING, **{**_fields(seen.text), "scoring.components.breadth": "11"}, do="save")
    assert (again.status_code, "Save these numbers" in again.text) == (200, True)
    assert send_form(dana, _SCORING, _SCORING, **_fields(seen.text), do="save").status_code == 303
    with lone_server.client(SECRET_KEY) as reading:
        wait_for(lambda: _settled(reading), 30, "the scores by the new weights")
    for customer, found in moves.items():
        assert found is not None, text
        assert (int(found[1]), int(found[2])) == (before[customer], _score(lone_server, customer))
    page = dana.get(_SCORING).text
    assert _fields(page)["scoring.components.recency"] == "200"
    conflict = send_form(dana, _SCORING, _SCORING, **{**_fields(seen.text), "points.base.navigation": "1"})
    stale = send_form(dana, _SCORING, _SCORING, **{**_fields(conflict.text), "onto": "0"}, do="save")
    assert (stale.status_code, "Somebody saved another plan meanwhile" in stale.text) == (409, True)
    wrong = send_form(dana, _SCORING, _SCORING, **{**_fields(page), "points.base.navigation": "1001"})
    assert wrong.status_code == 400
    assert "is 1001; points are 0 to 1000" in wrong.text


def test_a_tool_is_added_renamed_and_removed_and_each_is_in_the_history(dana: httpx.Client) -> None:
    def change(**fields: str) -> httpx.Response:
        return send_form(dana, "/settings/tools", "/settings/tools", **fields)

    assert change(do="add", tool="planner", name="Planner").headers["location"].endswith("?done=added&tool=planner")
    assert change(do="save", tool="planner", name="The “Planner”", competency="sales_execution").status_code == 303
    assert "The “Planner”" in unescape(dana.get("/settings/tools?tool=planner").text)
    assert "The “Planner”" in unescape(dana.get("/cohorts/new").text), "pages that ran before know it"
    for refused, said in (
        ({"do": "add", "tool": "planner"}, "The plan has a tool 'planner' already."),
        ({"do": "add", "tool": "not an id"}, "'not an id' is not a valid id"),
        ({"do": "save", "tool": "planner", "competency": "magic"}, "'magic' is not a competency of the plan"),
        ({"do": "save", "tool": "gone"}, "no such tool any more"),
    ):
        answer = change(**refused)
        assert answer.status_code in (400, 422)
        assert said in unescape(answer.text)
        assert "line" not in unescape(answer.text).split('role="alert"')[1].split("</p>")[0]
    assert change(do="remove", tool="planner").status_code == 303
    page = unescape(dana.get("/settings/plan").text)
    assert "Renamed the tool planner: Planner is The “Planner” now." in page
    assert "Removed the tool planner." in page
    newest = re.search(r"/settings/plan/changes\?before=(\d+)&after=(\d+)", page)
    assert newest is not None
    difference = unescape(dana.get(newest[0]).text)
    assert 'id = "planner"</del>' in difference
    use = "/settings/plan/use"
    assert send_form(dana, "/settings/plan", use, number="999999999").status_code == 404
    assert send_form(dana, "/settings/plan", use, number=newest[1]).status_code == 303
    assert "The “Planner”" in unescape(dana.get("/cohorts/new").text)
    assert f"Plan {newest[1]} again." in dana.get("/settings/plan").text


def test_the_text_is_checked_by_line_and_saved_and_a_file_comes_before_it(
    lone_server: Server, dana: httpx.Client, tmp_path: Path
) -> None:
    text = default_text().replace("recency_days = 7 ", "recency_days = 0 ").replace("\n", "\r\n")
    onto = _fields(dana.get("/settings/plan").text)["onto"]
    answer = send_form(dana, "/settings/plan", "/settings/plan", text=text, onto=onto, do="save")
    assert answer.status_code == 422
    page = unescape(answer.text)
    line = 1 + text[: text.index("recency_days")].count("\n")
    assert f"the plan, line {line}: scoring.recency_days: is 0.0; it takes 0.1 to 3650." in page
    assert "<code>recency_days = 0 " in page
    text = text.replace("recency_days = 0 ", "recency_days = 8 ")
    much = text + "# as many playbooks as a plan may have\r\n" * 5000
    checked = send_form(dana, "/settings/plan", "/settings/plan", text=much, onto=onto, do="check")
    assert "No mistakes: 4 tools" in checked.text
    saved = send_form(
        dana, "/settings/plan", "/settings/plan", text=text, onto=onto, do="save", change="A wider  band."
    )
    assert saved.status_code == 303
    assert "A wider band." in dana.get("/settings/plan").text

    file = tmp_path / "own.toml"
    file.write_text(default_text().replace("ICP Analysis", "Of a file"), "utf-8")
    environ = {"MILEPOST_PLAN_FILE": str(file)}
    second = Server(tmp_path / "second", database_url=lone_server.database_url, environ=environ)
    with running(second), member(second, "127.0.4.10") as client:
        page = unescape(client.get("/settings/plan").text)
        assert f"This server reads its plan from <code>{file}</code>" in page
        assert "Of a file" in page
        for path in ("/settings/tools", "/settings/scoring"):
            assert str(file) in client.get(path).text
        token = form_token(client, "/settings/plan")
        refused = client.post("/settings/plan", data={"_csrf_token": token, "text": "x", "onto": "0", "do": "save"})
        assert refused.status_code == 409
        assert "Change it there" in refused.text
