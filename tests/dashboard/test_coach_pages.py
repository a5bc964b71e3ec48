"""The team's actions over HTTP: the inbox and a customer's next steps, what their addresses may hold, their buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest

from tests.support.dashboard import EMAIL, member
from tests.support.postgres import Cluster
from tests.support.server import Server, running, wait_for

_PLAN = Path(__file__).parents[2] / "src/milepost/plan/default.toml"
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]*)"')
_NOBODYS = "0190a0b0-0000-7000-8000-000000000000"
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
    """Whose they are and in which order, by their ids."""
    return re.findall(r'<li class="act-row[^"]*" id="a-([0-9a-f-]+)"', text)


def test_the_inbox_is_paged_with_the_reader_s_own_first(server: Server, dana: httpx.Client) -> None:
    """Of thirty customers the last is dana's, and another's first was given to her: both come before the rest."""
    with server.client() as client:
        client.put("/v1/customers/c28", json={"traits": {"owner": "Dana@Example.com"}}).raise_for_status()
        given = client.get("/v1/customers/c27/recommendations").json()["items"][1]["recommendation_id"]
        client.post(
            f"/v1/customers/c27/recommendations/{given}/acts", json={"act": "assign", "assignee": EMAIL}
        ).raise_for_status()
        own = [one["recommendation_id"] for one in client.get("/v1/customers/c28/recommendations").json()["items"]]
    page = dana.get("/actions").raise_for_status().text
    assert "60 actions are open, 3 of them yours." in re.sub("<[^>]+>", "", page)
    first = rows(page)
    assert len(first) == 25
    assert (first[0], set(first[1:3])) == (own[0], {own[1], given})
    assert "Offer to take a first real example through" in page
    assert "Exported 3 times and has shared nothing yet" in page
    seen, text = list(first), page
    while following := re.search(r'rel="next" href="([^"]+)"', text):
        text = dana.get(following[1].replace("&amp;", "&")).text
        assert "First page" in text
        seen += rows(text)
    assert len(seen) == len(set(seen)) == 60
    assert rows(dana.get("/actions?whose=me").text) == first[:3]
    assert len(rows(dana.get("/actions?whose=nobody&playbook=first-steps").text)) == 25
    assert set(own) & set(rows(dana.get("/actions?whose=nobody").text)) == set()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/actions?show=snoozed", "Nothing is snoozed"),
        ("/actions?playbook=nothing", "None of these"),
        ("/actions?playbook=went-quiet&show=closed", "None of these"),
        ("/actions?show=nonsense&whose=nonsense", "Offer to take a first real example"),
        ("/actions?after=nonsense", "Offer to take a first real example"),
        ("/actions?playbook=%00&whose=%00", "Offer to take a first real example"),
        ("/actions?playbook=first-steps", "Offer to take a first real example"),
    ],
)
def test_whatever_the_address_says(dana: httpx.Client, address: str, expected: str) -> None:
    answer = dana.get(address)
    assert answer.status_code == 200
    assert expected in answer.text


def test_the_address_of_before_leads_here(dana: httpx.Client) -> None:
    answer = dana.get("/coaching?playbook=first-steps&state=done")
    assert (answer.status_code, answer.headers["location"]) == (303, "/actions?show=closed&playbook=first-steps")
    assert dana.get("/coaching").headers["location"] == "/actions"


def test_the_playbooks_say_what_is_missing_and_bad_news_is_no_advice(server: Server, dana: httpx.Client) -> None:
    """Of what was learned, what helps and what harms stand apart, and what may be chance in neither."""
    page = dana.get("/actions/playbooks").text
    assert page.count("Not enough data yet") >= 8
    assert "The coach looks every night" in page
    assert "Nobody is held out, so what it changes cannot be measured." in page
    assert 'href="/actions/playbooks?replay=went-quiet#replay"' in page
    assert 'id="replay"' not in page
    assert "no past to ask yet: it takes 56 days" in dana.get("/actions/playbooks?replay=went-quiet").text
    assert 'id="replay"' not in dana.get("/actions/playbooks?replay=nothing").text
    with server.client() as client:
        assert client.get("/v1/coach/playbooks/went-quiet/replay").raise_for_status().json()["days"] == []
        assert client.get("/v1/coach/playbooks/nothing/replay").status_code == 404
    lesson = "insert into milepost.coach_learned values (40, 'sales_execution', %s, 99, 60, 99, 40, %s, %s, %s, now())"
    with psycopg.connect(server.database_url) as connection:
        for step, low, high in (("do:export_action", 0.07, 0.3), ("do:resource_share", -0.31, -0.09)):
            connection.execute(lesson, (step, (low + high) / 2, low, high))
        connection.execute(lesson, ("do:competency_milestone", 0.02, -0.1, 0.14))
    page = dana.get("/actions/playbooks").text
    learned, _, harms = page.partition("Seems to do harm")
    assert "Export a result" in learned
    assert "shared a resource next" in harms
    assert "Share a resource" not in page
    assert "milestone" not in page.partition('id="learned"')[2]


def test_a_button_acts_and_the_page_comes_back(dana: httpx.Client) -> None:
    home = f"/customers/{quote(_ODD, safe='')}"
    page = dana.get(home).raise_for_status().text
    assert "Next steps" in page
    first, second = rows(page)
    token = _TOKEN.search(page)
    assert token is not None
    fields = {"_csrf_token": token[1], "customer_id": _ODD, "back": f"{home}#next-steps"}
    done = dana.post(f"/actions/{first}", data=fields | {"act": "done"})
    assert (done.status_code, done.headers["location"]) == (303, f"{home}#next-steps")
    again = dana.get(home).text
    assert rows(again) == [second, first]
    assert "1 earlier" in re.sub("<[^>]+>", "", again)
    # With scripts the row alone comes back, as it is now; or as it was, with what is wrong.
    htmx = {"HX-Request": "true"}
    part = dana.post(f"/actions/{second}", data=fields | {"act": "snooze", "until": "1999-01-01"}, headers=htmx)
    assert (rows(part.text), "<html" in part.text) == ([second], False)
    assert "Choose a day after today, within a year." in part.text
    part = dana.post(f"/actions/{second}", data=fields | {"act": "snooze", "days": "7"}, headers=htmx)
    assert "Snoozed until" in part.text
    assert rows(dana.get("/actions?show=snoozed").text) == [second]
    assert first in rows(dana.get("/actions?show=closed").text)
    picked = {"pick": [f"{second} {_ODD}"], "_csrf_token": token[1], "act": "done", "back": "/actions?show=closed"}
    many = dana.post("/actions/bulk", data=picked)
    assert (many.status_code, many.headers["location"]) == (303, "/actions?show=closed")
    assert rows(dana.get("/actions?show=closed").text)[:2] == [second, first]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"act": "shown"}, 400),
        ({"act": "dismiss"}, 400),
        ({"act": "done", "customer_id": "c01"}, 404),
        ({"act": "done", "customer_id": ""}, 404),
        ({"act": "done", "customer_id": "a\x00"}, 404),
    ],
)
def test_what_cannot_be_done(dana: httpx.Client, fields: dict[str, str], status: int) -> None:
    token = _TOKEN.search(dana.get("/actions").text)
    assert token is not None
    data = {"_csrf_token": token[1], "customer_id": "c01", **fields}
    assert dana.post(f"/actions/{_NOBODYS}", data=data).status_code == status
    for picked in (f"{_NOBODYS} c01", "x", f"{_NOBODYS} "):
        answer = dana.post("/actions/bulk", data={"_csrf_token": token[1], "act": "done", "pick": picked})
        assert answer.status_code == 404


def test_a_form_of_another_site_does_nothing(dana: httpx.Client) -> None:
    for path in (f"/actions/{_NOBODYS}", "/actions/bulk"):
        assert dana.post(path, data={"act": "done", "customer_id": "c01"}).status_code == 403


def test_nobody_comes_in_without_signing_in(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        for path in ("/actions", "/actions/playbooks", "/coaching"):
            assert client.get(path).status_code == 303


def test_it_is_not_empty_before_anything_happened(lone_server: Server) -> None:
    with member(lone_server, address="127.0.0.2", email="lee@example.com") as client:
        page = client.get("/actions").raise_for_status().text
        books = client.get("/actions/playbooks").raise_for_status().text
    assert "Nothing was recommended yet" in page
    assert "Not enough data yet" in books
