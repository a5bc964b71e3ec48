"""Coaching over HTTP: the page and a customer's next steps, what their addresses may hold, their buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest

from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import Server, running, wait_for

_PLAN = Path(__file__).parents[2] / "src/milepost/plan/default.toml"
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]*)"')
_ODD = "<b>&\"' شركة/a?b#c 100%"


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The default plan with nobody held out; thirty customers with two recommendations each, one with an odd id."""
    folder = tmp_path_factory.mktemp("server")
    plan = folder / "milepost.toml"
    plan.write_text(_PLAN.read_text().replace("hold_out = 0.1", "hold_out = 0.0"))
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, environ={"MILEPOST_PLAN_FILE": str(plan)})) as server,
        server.client() as client,
    ):
        events = [
            {"event_type": "export_action", "customer_id": customer, "session_id": "s", "tool_id": "icp-analysis"}
            for customer in [*(f"c{n:02}" for n in range(29)), _ODD]
            for _ in range(3)
        ]
        client.post("/v1/events", json={"events": events}).raise_for_status()
        wait_for(lambda: client.get("/v1/coach/queue").json()["total"] >= 60, 30, "recommendations")
        yield server


@pytest.fixture(scope="module")
def dana(server: Server) -> Iterator[httpx.Client]:
    with member(server) as client:
        yield client


def rows(text: str) -> list[str]:
    return re.findall(r'<li class="step-row state-(\w+)"', text)


def test_the_queue_is_there_and_paged(dana: httpx.Client) -> None:
    page = dana.get("/coaching").raise_for_status().text
    assert len(rows(page)) == 25
    assert "Do a first piece of real work" in page
    following = re.search(r'href="(/coaching\?after=[^"]+)" *>|rel="next" href="([^"]+)"', page)
    assert following is not None
    second = dana.get((following[1] or following[2]).replace("&amp;", "&")).text
    assert len(rows(second)) == 25
    assert "First page" in second


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/coaching?state=done", "None of these"),
        ("/coaching?playbook=nothing", "None of these"),
        ("/coaching?playbook=went-quiet&state=all", "None of these"),
        ("/coaching?state=nonsense", "Do a first piece of real work"),
        ("/coaching?after=nonsense", "Do a first piece of real work"),
        ("/coaching?playbook=%00", "Do a first piece of real work"),
        ("/coaching?playbook=first-steps", "Do a first piece of real work"),
    ],
)
def test_whatever_the_address_says(dana: httpx.Client, address: str, expected: str) -> None:
    answer = dana.get(address)
    assert answer.status_code == 200
    assert expected in answer.text


def test_the_playbooks_say_what_is_missing_and_nothing_is_empty(dana: httpx.Client) -> None:
    page = dana.get("/coaching").text
    assert page.count("Not enough data yet") >= 8
    assert "The coach looks every night" in page


def test_a_button_marks_a_row_and_the_page_comes_back(server: Server, dana: httpx.Client) -> None:
    page = dana.get(f"/customers/{quote(_ODD, safe='')}").raise_for_status().text
    assert rows(page) == ["made", "made"]
    assert "Next steps" in page
    token = _TOKEN.search(page)
    first = re.search(r'action="(/coaching/recommendations/[0-9a-f-]+)"', page)
    assert token is not None
    assert first is not None
    fields = {"_csrf_token": token[1], "customer_id": _ODD, "back": f"/customers/{quote(_ODD, safe='')}#next-steps"}
    done = dana.post(first[1], data=fields | {"state": "done"})
    assert (done.status_code, done.headers["location"]) == (303, f"/customers/{quote(_ODD, safe='')}#next-steps")
    again = dana.get(f"/customers/{quote(_ODD, safe='')}").text
    assert rows(again) == ["made", "done"]
    # With scripts the row alone comes back, as it is now.
    other = re.search(r'id="r-([0-9a-f-]+)"', again)
    assert other is not None
    part = dana.post(
        f"/coaching/recommendations/{other[1]}",
        data=fields | {"state": "accepted", "name": "Odd"},
        headers={"HX-Request": "true"},
    )
    assert rows(part.text) == ["accepted"]
    assert "<html" not in part.text
    with psycopg.connect(server.database_url) as connection:
        assert connection.execute("select distinct made_by from milepost.recommendation_marks").fetchall() == [
            ("dana@example.com",)
        ]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"state": "shown"}, 400),
        ({"state": "done", "customer_id": "c01"}, 404),
        ({"state": "done", "customer_id": ""}, 404),
        ({"state": "done", "customer_id": "a\x00"}, 404),
    ],
)
def test_what_cannot_be_marked(dana: httpx.Client, fields: dict[str, str], status: int) -> None:
    token = _TOKEN.search(dana.get("/coaching").text)
    assert token is not None
    path = "/coaching/recommendations/0190a0b0-0000-7000-8000-000000000000"
    assert dana.post(path, data={"_csrf_token": token[1], "customer_id": "c01", **fields}).status_code == status


def test_a_form_of_another_site_marks_nothing(dana: httpx.Client) -> None:
    path = "/coaching/recommendations/0190a0b0-0000-7000-8000-000000000000"
    assert dana.post(path, data={"state": "done", "customer_id": "c01"}).status_code == 403


def test_nobody_comes_in_without_signing_in(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        assert client.get("/coaching").status_code == 303


def test_it_is_not_empty_before_anything_happened(lone_server: Server) -> None:
    with member(lone_server, address="127.0.0.2", email="lee@example.com") as client:
        page = client.get("/coaching").raise_for_status().text
    assert "Nothing was recommended yet" in page
    assert "Not enough data yet" in page
