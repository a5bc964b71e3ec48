"""Offline actions by hand: the form and what it says of mistakes, changing, deleting, putting back; the picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from milepost.dashboard.offline.form import check
from milepost.dashboard.offline.quadrant import MapQuery, finding
from milepost.insights.practice_map import MapCell, Picture
from milepost.plan import load_plan
from tests.support.dashboard import EMAIL, member, send_form, visitor
from tests.support.server import WRITE_KEY, Server, customer_token, running, wait_for
from tests.support.words import COMPETENCIES

_GOOD = {
    "action_type": "Workshop", "role": "intervention", "at": "2026-03-02T14:30", "zone": "Europe/Berlin",
    "competency_area": COMPETENCIES[0], "business_impact": "high", "value": "12,500.50", "currency": "eur",
    "description": "Six people\r\nand a dog",
}  # fmt: skip


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with member(shared_server, "127.0.0.7") as client:
        yield client


def customer(server: Server, name: str) -> str:
    """A customer with an event, and the address of its page."""
    with server.client(WRITE_KEY) as client:
        event = {"customer_id": name, "event_type": "export_action", "competency_area": "sales_execution"}
        assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    return f"/customers/{name}"


def stored(server: Server, name: str) -> list[dict[str, Any]]:
    with psycopg.connect(server.database_url, row_factory=dict_row) as connection:
        query = "select * from public.customer_actions where customer_id = %s order by received_at"
        return connection.execute(query, [name]).fetchall()


def errors_of(page: str) -> dict[str, str]:
    """What the form says is wrong, by field, each tied to its field."""
    found = re.findall(r'id="action-(\w+)-problem">.*?<span>(.*?)</span>', page, re.DOTALL)
    for name, _ in found:
        assert f'name="{name}" aria-invalid="true" aria-describedby="action-{name}-problem"' in page
    return {name: unescape(text) for name, text in found}


def test_an_action_is_recorded_once(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "by-hand")
    answer = send_form(dana, home, f"{home}/actions", action_id="018f0000-0000-7000-8000-000000000001", **_GOOD)
    assert answer.status_code == 303, answer.text
    again = send_form(dana, home, f"{home}/actions", action_id="018f0000-0000-7000-8000-000000000001", **_GOOD)
    assert again.headers["location"] == answer.headers["location"]
    (row,) = stored(shared_server, "by-hand")
    assert (row["action_type"], row["role"], row["business_impact"]) == ("Workshop", "intervention", "high")
    assert row["timestamp"] == datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
    assert (float(row["value"]), row["currency"], row["source"]) == (12_500.5, "EUR", "dashboard")
    assert row["description"] == "Six people\nand a dog"
    assert row["action_metadata"] == {}, "customers read their actions: nothing of the team's in them"
    page = dana.get(answer.headers["location"]).text
    assert "The action is recorded." in page
    assert f"{home}/actions/{row['action_id']}" in page
    assert "Customer intelligence" in page
    # The same form once more with something else in it, as after going back: that is another action.
    other = _GOOD | {"action_type": "Call"}
    answer = send_form(dana, home, f"{home}/actions", action_id="018f0000-0000-7000-8000-000000000001", **other)
    assert answer.status_code == 303
    assert sorted(row["action_type"] for row in stored(shared_server, "by-hand")) == ["Call", "Workshop"]


def test_a_private_action_is_marked_and_its_customer_never_reads_it(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "discreet")
    lately = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    send_form(dana, home, f"{home}/actions", **_GOOD | {"private": "yes", "role": "outcome", "at": lately})
    (row,) = stored(shared_server, "discreet")
    assert row["private"]
    page = dana.get(home).text
    assert page.count('title="The customer never sees it"') == 2, "in the list and in the timeline"
    form = dana.get(f"{home}/actions/{row['action_id']}").text
    assert 'name="private" value="yes" checked' in form
    with shared_server.client(customer_token("discreet")) as theirs, shared_server.client() as team:
        assert theirs.get("/v1/me/actions").json()["items"] == []
        assert "dog" not in theirs.get("/v1/me/practice").text
        mine = team.get("/v1/customers/discreet/practice").json()
        assert theirs.get("/v1/me/practice").json()["competencies"] == mine["competencies"]
        assert mine["results"] > 0
        assert [one["private"] for one in mine["actions"]] == [True]
        assert theirs.get("/v1/me/practice").json()["actions"] == []
    send_form(dana, f"{home}/actions/{row['action_id']}", f"{home}/actions/{row['action_id']}", **_GOOD)
    assert not stored(shared_server, "discreet")[0]["private"]
    assert 'title="The customer never sees it"' not in dana.get(home).text


def test_every_wrong_field_is_named_and_what_was_typed_stays(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "mistaken")
    ahead = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    wrong = {
        "action_type": "  ", "role": "boss", "at": ahead, "zone": "UTC", "competency_area": "juggling",
        "business_impact": "huge", "value": "much", "currency": "euros", "description": "<b>&" + "x" * 4000,
    }  # fmt: skip
    answer = send_form(dana, home, f"{home}/actions", **wrong)
    assert answer.status_code == 400
    found = errors_of(answer.text)
    assert set(found) == set(wrong) - {"zone"}
    assert found["at"] == "This is more than a day ahead. Record it once it has happened."
    assert 'role="alert"' in answer.text
    assert "8 fields need another look" in answer.text
    for value in (ahead, "much", "euros"):
        assert f'value="{value}"' in answer.text
    assert "&lt;b&gt;&amp;xxx" in answer.text
    assert stored(shared_server, "mistaken") == []
    for at, said in (("yesterday", "Give the day"), ("1999-12-31T10:00", "before the year 2000"), ("", "Give the day")):
        answer = send_form(dana, home, f"{home}/actions", **_GOOD | {"at": at})
        assert said in errors_of(answer.text)["at"]
    assert stored(shared_server, "mistaken") == []


@pytest.mark.parametrize("value", ["1e5", "nan", "inf", "1,2", "12.", "--1", "0x10", "1_000", "9" * 40])
def test_what_is_no_number_is_refused(value: str) -> None:
    typed = {**_GOOD, "action_id": "", "value": value}
    checked = check(typed, "acme", load_plan(), now=datetime.now(UTC))
    assert checked.row is None
    assert list(checked.form.errors) == ["value"]


def test_it_is_changed_deleted_and_put_back(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "changing")
    send_form(dana, home, f"{home}/actions", **_GOOD)
    (row,) = stored(shared_server, "changing")
    address = f"{home}/actions/{row['action_id']}"
    with psycopg.connect(shared_server.database_url) as connection:
        connection.execute(
            "update public.customer_actions set \"timestamp\" = '2026-03-02T13:30:45Z', competency_area = 'old'"
            " where action_id = %s", [row["action_id"]],
        )  # fmt: skip
    form = dana.get(address, headers={"Cookie": _cookies(dana, "Europe/Berlin")}).text
    assert 'value="2026-03-02T14:30"' in form
    assert 'value="12500.5"' in form
    assert '<option value="old" selected>old</option>' in form
    bad = send_form(dana, address, address, **_GOOD | {"action_type": ""})
    assert bad.status_code == 400
    assert set(errors_of(bad.text)) == {"action_type"}
    kept = {"competency_area": "old", "action_type": "Deal won", "role": "outcome", "value": ""}
    answer = send_form(dana, address, address, **_GOOD | kept)
    assert answer.status_code == 303, answer.text
    (row,) = stored(shared_server, "changing")
    assert (row["action_type"], row["role"], row["value"], row["competency_area"]) == (
        "Deal won",
        "outcome",
        None,
        "old",
    )
    assert row["timestamp"] == datetime(2026, 3, 2, 13, 30, 45, tzinfo=UTC), "a time nobody touched keeps its seconds"

    for _ in range(2):
        answer = send_form(dana, home, f"{address}/delete")
        assert answer.status_code == 303
    assert stored(shared_server, "changing")[0]["deleted_at"] is not None
    assert dana.get(address).status_code == 404
    page = dana.get(answer.headers["location"]).text
    assert "Put it back" in page
    assert str(row["action_id"]) not in re.sub(r'action="[^"]*"', "", page)
    assert send_form(dana, home, address, **_GOOD).status_code == 404
    send_form(dana, answer.headers["location"], f"{address}/restore")
    assert stored(shared_server, "changing")[0]["deleted_at"] is None
    assert "The action is back." in dana.get(f"{home}?restored={row['action_id']}").text


def test_the_team_sees_who_recorded_and_changed_it_and_the_customer_does_not(
    dana: httpx.Client, shared_server: Server
) -> None:
    home = customer(shared_server, "signed")
    location = send_form(dana, home, f"{home}/actions", **_GOOD).headers["location"]
    (row,) = stored(shared_server, "signed")
    address = f"{home}/actions/{row['action_id']}"
    assert f"<bdi>by {EMAIL}</bdi>" in dana.get(location).text
    with member(shared_server, "127.0.0.8", "robin@example.com") as robin:
        assert f"by <bdi>{EMAIL}</bdi>." in robin.get(address).text
        assert send_form(robin, address, address, **_GOOD | {"value": "7"}).status_code == 303
        assert f"by {EMAIL}, changed by robin@example.com" in robin.get(home).text
        assert "by <bdi>robin@example.com</bdi>." in robin.get(address).text
    with shared_server.client(customer_token("signed")) as own:
        seen = [own.get(f"/v1/me/{what}").raise_for_status().text for what in ("actions", "practice")]
    assert all(str(row["action_id"]) in text and "@example.com" not in text for text in seen)


def test_one_recorded_before_authors_were_kept_names_who_changed_it(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "older")
    send_form(dana, home, f"{home}/actions", **_GOOD)
    (row,) = stored(shared_server, "older")
    address = f"{home}/actions/{row['action_id']}"
    with psycopg.connect(shared_server.database_url) as connection:
        connection.execute("delete from milepost.action_authors where action_id = %s", [row["action_id"]])
    assert "<bdi>by " not in dana.get(home).text
    send_form(dana, address, address, **_GOOD)
    assert f"<bdi>changed by {EMAIL}</bdi>" in dana.get(home).text


@pytest.mark.parametrize("gone", ["delete from public.customer_actions", "truncate public.customer_actions"])
def test_authors_go_with_their_actions(connection: psycopg.Connection, gone: str) -> None:
    connection.execute(
        "with made as (insert into public.customer_actions (customer_id, action_type) values ('a', 'call')"
        " returning action_id)"
        " insert into milepost.action_authors (action_id, recorded_by) select action_id, 'dana' from made"
    )
    connection.execute(gone.encode())
    assert connection.execute("select count(*) from milepost.action_authors").fetchone() == (0,)


def _cookies(client: httpx.Client, zone: str) -> str:
    return "; ".join([*(f"{name}={value}" for name, value in client.cookies.items()), f"tz={zone}"])


def test_what_others_sent_is_not_changed_by_hand(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "from-crm")
    with shared_server.client() as client:
        client.post("/v1/actions", json={"customer_id": "from-crm", "action_type": "call", "source": "crm"})
    (row,) = stored(shared_server, "from-crm")
    address = f"{home}/actions/{row['action_id']}"
    assert dana.get(address).status_code == 404
    assert send_form(dana, home, address, **_GOOD).status_code == 404
    assert send_form(dana, home, f"{address}/delete").status_code == 404
    assert stored(shared_server, "from-crm") == [row]
    other = customer(shared_server, "another")
    assert send_form(dana, home, f"{other}/actions/{row['action_id']}/delete").status_code == 404
    assert ">Change<" not in dana.get(home).text


def test_a_form_needs_its_token_and_a_member(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "guarded")
    assert dana.post(f"{home}/actions", data=_GOOD).status_code == 403
    with visitor(shared_server, "127.0.0.8") as stranger:
        for path in (f"{home}/actions", f"{home}/actions/{UUID(int=1)}", "/practice"):
            answer = stranger.get(path)
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert stored(shared_server, "guarded") == []


@pytest.mark.parametrize(
    "path", ["/customers/nobody/actions", "/customers/%FF/actions", "/customers/guarded/actions/x"]
)
def test_there_is_no_form_for_nobody(dana: httpx.Client, path: str) -> None:
    assert dana.get(path).status_code == 404
    assert send_form(dana, "/keys", path, **_GOOD).status_code == 404


def test_the_customers_page_says_what_followed(dana: httpx.Client, shared_server: Server) -> None:
    now = datetime.now(UTC)
    events = [
        {"customer_id": "told", "event_type": "export_action", "competency_area": area,
         "timestamp": (now - timedelta(days=days)).isoformat()}
        for days, area in ((90, None), (50, "sales_execution"), (40, None), (39, None), (30, "sales_execution"))
    ]  # fmt: skip
    actions: list[dict[str, Any]] = [
        {"customer_id": "told", "action_type": "workshop", "timestamp": (now - timedelta(days=45)).isoformat()},
        {"customer_id": "told", "action_type": "call", "timestamp": (now - timedelta(days=10)).isoformat()},
        {"customer_id": "told", "action_type": "call", "timestamp": (now - timedelta(days=80)).isoformat()},
        {"customer_id": "told", "action_type": "deal_won", "role": "outcome", "business_impact": "high",
         "competency_area": "sales_execution", "timestamp": (now - timedelta(days=5)).isoformat()},
    ]  # fmt: skip
    with shared_server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": events}).json()["accepted"] == 5
    with shared_server.client() as client:
        assert client.post("/v1/actions", json={"actions": actions}).json()["accepted"] == 4
        api = client.get("/v1/customers/told/practice").json()
    page = dana.get("/customers/told").text
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
    assert "3.8 → 11.2 points a week (more), 1 → 3 active days" in text
    assert "Too soon to say: 9 of 28 days have passed." in text
    assert "not here all 28 days before, so nothing to compare." in text
    assert "That shows what followed, not what caused it." in text
    assert page.count('<g class="pin pin-outcome">') == 1
    assert page.count('<g class="pin pin-intervention">') == 3
    assert "Wins without practice" in text
    assert api["quarter"] == "results"
    assert api["customer_id"] == "told"
    whole = api["interventions"][1]
    assert (whole["before"]["points_a_week"], whole["after"]["points_a_week"]) == (3.75, 11.25)
    assert [one["competency"] for one in api["competencies"]] == list(COMPETENCIES)


_QUARTERS = {"both": (60, 3), "practice": (60, 0), "results": (0, 3), "neither": (1, 0)}


@pytest.fixture(scope="module")
def pictured(shared_server: Server) -> Server:
    """Two customers in each quarter of `sales_execution`, named after it, all of them settled."""
    events: list[dict[str, Any]] = []
    actions: list[dict[str, Any]] = []
    for quarter, (done, won) in _QUARTERS.items():
        for number in range(2):
            who = {"customer_id": f"q-{quarter}-{number}", "competency_area": "sales_execution"}
            events += [who | {"event_type": "competency_milestone"} for _ in range(done)]
            actions += [who | {"action_type": "deal", "role": "outcome", "business_impact": "high"} for _ in range(won)]
    with shared_server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": events}).json()["accepted"] == len(events)
    with shared_server.client() as client:
        assert client.post("/v1/actions", json={"actions": actions}).json()["accepted"] == len(actions)

    def settled() -> bool:
        with psycopg.connect(shared_server.database_url) as connection:
            waiting = "select count(*) from milepost.standing where unsettled"
            there = "select count(*) from milepost.snapshots where customer_id like 'q-%'"
            (one,), (two,) = connection.execute(waiting).fetchall()[0], connection.execute(there).fetchall()[0]
            return (one, two) == (0, 8)

    wait_for(settled, 90, "the customers to be settled")
    return shared_server


def test_the_picture_of_all_customers(dana: httpx.Client, pictured: Server) -> None:
    page = dana.get("/practice?competency=sales_execution&q=q-").text
    assert [int(n) for n in re.findall(r'class="figure"><data value="(\d+)"', page)] == [2, 2, 2, 2]
    spec = json.loads(unescape(re.search(r'data-spec="([^"]*)"', page)[1]))  # type: ignore[index]
    placed = {one["name"]: (one["quarter"], one["link"]) for one in spec["customers"]}
    assert placed == {
        f"q-{quarter}-{number}": (quarter, f"/customers/q-{quarter}-{number}")
        for quarter in _QUARTERS
        for number in (0, 1)
    }
    assert len(re.findall(r'<th scope="row">', page)) == 8
    assert "practise, 4 win." in re.sub(r"<[^>]+>", "", page), "too few for a share"
    only = dana.get("/practice?competency=sales_execution&q=q-&quarter=results").text
    assert re.findall(r'href="/customers/(q-\w+-\d)"', only) == ["q-results-0", "q-results-1"]
    # With the lines elsewhere, others practise and win.
    moved = dana.get("/practice?competency=sales_execution&q=q-&practice=5&results=95").text
    assert [int(n) for n in re.findall(r'class="figure"><data value="(\d+)"', moved)] == [0, 6, 0, 2]
    assert "q-both-0" not in dana.get("/practice?competency=value_communication&q=q-&quarter=both").text


@pytest.mark.parametrize(
    "query",
    [
        "competency=x&quarter=y&practice=7&results=-1&q=%00%ff",
        "q=" + "%25_%5C" * 60,
        "practice=100&results=0",
        "quarter=both&q=🙂",
    ],
)
def test_odd_pictures(dana: httpx.Client, pictured: Server, query: str) -> None:
    answer = dana.get(f"/practice?{query}")
    assert answer.status_code == 200
    assert "data-finding" in answer.text


def test_an_empty_server_says_how_to_begin(dsn: str, tmp_path: Path) -> None:
    alone = Server(tmp_path / "server", database_url=dsn)
    with running(alone), member(alone) as client:
        page = client.get("/practice")
        assert page.status_code == 200
        assert "No customers yet" in page.text
        assert "How to send the first event" in page.text
        home = customer(alone, "first")
        wait_for(lambda: "Neither yet" in client.get("/practice").text, 20, "the customer to be settled")
        assert "Nobody has results yet" in client.get("/practice").text
        assert "No offline actions yet" in client.get(home).text


def test_the_share_that_wins() -> None:
    names = {"a": "Selling"}
    asked = MapQuery()

    def said(*cells: tuple[int, int, int], asked: MapQuery = asked) -> str:
        picture = Picture([MapCell(*cell) for cell in cells], [], date(2026, 3, 31), waiting=False)
        return re.sub(r"<[^>]+>", "", finding(asked, picture, names))

    assert said() == "Practice and results appear with the first customers."
    assert said((10, 6, 1), (0, 0, 9)) == "1 of 10 customers practises, 1 wins."
    assert (
        said((10, 6, 6), (10, 0, 4), (0, 6, 1), (0, 0, 9)) == "60% of those who practise win, 10% of those who do not."
    )
    assert said((10, 6, 5), (10, 0, 5), (0, 6, 5), (0, 0, 5), asked=MapQuery(competency="a")) == (
        "In selling, 50% of those who practise win, and as many of those who do not."
    )
    assert MapQuery(query="a b", wins_from=50).url(quarter="both") == "/practice?q=a+b&quarter=both&results=50"
    assert MapQuery().url() == "/practice"
