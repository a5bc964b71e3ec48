"""Notes, tasks and tags over HTTP: what the team writes is as it was written, and what will not do is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from milepost.work.customers import MOST
from milepost.work.tags import MOST_TAGS
from milepost.work.texts import MAX_TAG, MAX_TEXT, MAX_TITLE
from tests.support.dashboard import EMAIL, member
from tests.support.server import WRITE_KEY, Server, customer_token

_NOTHING = "0190a0b0-0000-7000-8000-000000000000"


@pytest.fixture
def team(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client() as client:
        yield client


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    """A member, as their browser calls the API."""
    with member(shared_server, "127.0.0.61") as client:
        client.headers["Content-Type"] = "application/json"
        yield client


def known(server: Server, *customers: str) -> None:
    """Customers with an event each."""
    with server.client(WRITE_KEY) as client:
        events = [{"customer_id": name, "event_type": "navigation"} for name in customers]
        assert client.post("/v1/events", json={"events": events}).json()["accepted"] == len(events)


def refused(answer: httpx.Response, status: int, field: str | None) -> str:
    """The message of an error that names its field."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["field"] == field, body
    assert body["code"] == {400: "invalid_value", 404: "not_found"}[status]
    assert body["message"]
    return str(body["message"])


def all_of(client: httpx.Client, address: str) -> list[dict[str, Any]]:
    """Every item of a list, two a page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"{address}&limit=2{cursor}").json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_a_note_and_who_wrote_it(shared_server: Server, team: httpx.Client, dana: httpx.Client) -> None:
    known(shared_server, "noted")
    text = "Renewal in May.\nThey want <b>SSO</b> \U0001f9ea"
    made = dana.post("/v1/customers/noted/notes", json={"text": f"  {text}\r\n"})
    assert made.status_code == 201, made.text
    note = made.json()
    assert (note["text"], note["author"], note["pinned"], note["updated_at"]) == (text, EMAIL, False, None)
    by_key = team.post("/v1/customers/noted/notes", json={"text": "from the CRM", "pinned": True}).json()
    assert (by_key["author"], by_key["pinned"]) == (None, True)
    listed = [one["note_id"] for one in all_of(team, "/v1/customers/noted/notes?")]
    assert listed == [by_key["note_id"], note["note_id"]]
    pinned = team.patch(f"/v1/notes/{note['note_id']}", json={"pinned": True}).json()
    assert pinned == note | {"pinned": True}, "to pin it does not change it"
    changed = team.patch(f"/v1/notes/{note['note_id']}", json={"text": "Renewal in June."}).json()
    assert (changed["text"], changed["author"], changed["pinned"]) == ("Renewal in June.", EMAIL, True)
    assert changed["updated_at"] is not None
    assert team.delete(f"/v1/notes/{note['note_id']}").status_code == 204
    refused(team.delete(f"/v1/notes/{note['note_id']}"), 404, "note_id")
    refused(team.patch(f"/v1/notes/{note['note_id']}", json={"text": "x"}), 404, "note_id")
    assert len(team.get("/v1/customers/noted/notes").json()["items"]) == 1


@pytest.mark.parametrize("text", ["", "   \n", "x" * (MAX_TEXT + 1), "a\x00b", "a\x1bb", None, 5])
def test_what_is_no_note_is_refused(shared_server: Server, team: httpx.Client, text: object) -> None:
    known(shared_server, "unnoted")
    refused(team.post("/v1/customers/unnoted/notes", json={"text": text}), 400, "text")
    assert team.get("/v1/customers/unnoted/notes").json() == {"items": [], "next": None}


def test_the_longest_of_everything_is_taken(shared_server: Server, team: httpx.Client) -> None:
    known(shared_server, "long")
    note = team.post("/v1/customers/long/notes", json={"text": "\U0001f9ea" * MAX_TEXT})
    assert note.json()["text"] == "\U0001f9ea" * MAX_TEXT
    task = team.post("/v1/customers/long/tasks", json={"title": "é" * MAX_TITLE, "text": "x" * MAX_TEXT})
    assert task.json()["title"] == "é" * MAX_TITLE
    tag = "\U0001f9ea" * MAX_TAG
    assert team.put(f"/v1/customers/long/tags/{quote(tag)}").json()["tags"] == [tag]
    refused(team.put(f"/v1/customers/long/tags/{'x' * (MAX_TAG + 1)}"), 400, "add")


def test_a_task_is_set_changed_checked_off_and_opened_again(
    shared_server: Server, team: httpx.Client, dana: httpx.Client
) -> None:
    known(shared_server, "busy")
    made = dana.post(
        "/v1/customers/busy/tasks",
        json={"title": "Call them", "text": "about May", "due": "2026-05-01", "assignee": EMAIL.upper()},
    )
    assert made.status_code == 201, made.text
    task = made.json()
    assert (task["due"], task["assignee"], task["created_by"], task["done_at"]) == ("2026-05-01", EMAIL, EMAIL, None)
    address = f"/v1/tasks/{task['task_id']}"
    assert team.patch(address, json={}).json() == task
    done = dana.patch(address, json={"done": True}).json()
    assert done["done_by"] == EMAIL
    assert team.patch(address, json={"done": True}).json() == done, "it stays as it was done"
    again = team.patch(address, json={"done": False, "due": None, "text": None, "assignee": None}).json()
    assert again == task | {"due": None, "text": None, "assignee": None}
    assert team.patch(address, json={"title": "Write to them"}).json()["title"] == "Write to them"
    for field, value in (("title", " "), ("title", None), ("due", "2026-02-30"), ("assignee", "who@example.com"),
                         ("assignee", "a\x00"), ("done", "yes"), ("text", "\x1b")):  # fmt: skip
        refused(team.patch(address, json={field: value}), 400, field)
    assert team.delete(address).status_code == 204
    for answer in (team.delete(address), team.patch(address, json={"done": True})):
        refused(answer, 404, "task_id")


def test_tasks_are_found_and_paged_by_their_day(shared_server: Server, team: httpx.Client, dana: httpx.Client) -> None:
    known(shared_server, "paged", "paged-too")
    first = date(2031, 1, 1)
    for place in range(5):
        due = None if place == 4 else (first + timedelta(days=3 - place)).isoformat()
        task = {"title": f"task {place}", "due": due, "assignee": EMAIL if place % 2 else None}
        assert dana.post("/v1/customers/paged/tasks", json=task).status_code == 201
    assert dana.post("/v1/customers/paged-too/tasks", json={"title": "elsewhere"}).status_code == 201

    def titles(address: str) -> list[str]:
        return [item["title"] for item in all_of(team, address)]

    ordered = ["task 3", "task 2", "task 1", "task 0", "task 4"]
    assert titles("/v1/tasks?customer_id=paged") == ordered
    assert titles("/v1/customers/paged/tasks?") == ordered
    assert titles(f"/v1/tasks?customer_id=paged&assignee={EMAIL}") == ["task 3", "task 1"]
    assert titles("/v1/tasks?customer_id=paged&assignee=nobody") == ["task 2", "task 0", "task 4"]
    assert titles("/v1/tasks?customer_id=paged&due_before=2031-01-03") == ["task 3", "task 2"]
    (task,) = [item for item in team.get("/v1/customers/paged/tasks").json()["items"] if item["title"] == "task 2"]
    team.patch(f"/v1/tasks/{task['task_id']}", json={"done": True})
    assert titles("/v1/tasks?customer_id=paged&done=true") == ["task 2"]
    assert titles("/v1/customers/paged/tasks?done=false") == ["task 3", "task 1", "task 0", "task 4"]
    for broken in ("x", "WzFd", "bm90anNvbg"):
        refused(team.get(f"/v1/tasks?cursor={broken}"), 400, "cursor")
        refused(team.get(f"/v1/tags?cursor={broken}"), 400, "cursor")
        refused(team.get(f"/v1/customers/paged/notes?cursor={broken}"), 400, "cursor")


def test_one_task_for_many_customers(shared_server: Server, team: httpx.Client) -> None:
    names = [f"bulk-{place:04}" for place in range(MOST)]
    known(shared_server, *names)
    with psycopg.connect(shared_server.database_url) as connection:
        connection.execute("insert into milepost.customers (customer_id, name) values ('bulk-named', 'Named alone')")
    task = {"title": "Say hello", "due": "2026-05-01"}
    made = team.post("/v1/tasks/batch", json=task | {"customer_ids": names[::-1]})
    assert made.status_code == 201, made.text
    assert made.json()["created"] == len(set(made.json()["task_ids"])) == MOST
    last = team.get(f"/v1/customers/{names[-1]}/tasks").json()["items"]
    assert [item["task_id"] for item in last] == [made.json()["task_ids"][0]], "in the order of the customers"
    assert team.post("/v1/tasks/batch", json=task | {"customer_ids": ["bulk-named"] * 3}).json()["created"] == 1
    assert team.get("/v1/customers/bulk-named/tasks").json()["items"][0]["customer_name"] == "Named alone"
    message = refused(
        team.post("/v1/tasks/batch", json=task | {"customer_ids": [names[0], "nobody-knows"]}), 404, "customer_ids"
    )
    assert "nobody-knows" in message
    for wrong in ([], ["x"] * (MOST + 1), "bulk-0000", [""]):
        assert team.post("/v1/tasks/batch", json=task | {"customer_ids": wrong}).status_code == 400
    assert len(team.get(f"/v1/customers/{names[0]}/tasks").json()["items"]) == 1, "nothing came of those"


def test_tags_are_the_same_whatever_their_case(shared_server: Server, team: httpx.Client, dana: httpx.Client) -> None:
    known(shared_server, "tagged", "tagged-too", "tagged/with a slash")
    assert dana.put("/v1/customers/tagged/tags/Pilot%20%20Group%2F1").json() == {
        "customer_id": "tagged",
        "tags": ["Pilot Group/1"],
    }
    assert team.put("/v1/customers/tagged/tags/PILOT%20GROUP%2F1").json()["tags"] == ["Pilot Group/1"]
    assert team.put("/v1/customers/tagged-too/tags/pilot%20group%2F1").json()["tags"] == ["Pilot Group/1"], "as first"
    address = f"/v1/customers/{quote('tagged/with a slash', safe='')}/tags"
    assert team.put(f"{address}/%C3%89t%C3%A9").json()["tags"] == ["Été"]
    assert team.get(address).json()["tags"] == ["Été"]
    counts = {item["tag"]: item["customers"] for item in team.get("/v1/tags?limit=500").json()["items"]}
    assert counts["Pilot Group/1"] == 2
    assert team.delete("/v1/customers/tagged/tags/pilot%20group%2F1").json()["tags"] == []
    assert team.delete("/v1/customers/tagged/tags/pilot%20group%2F1").json()["tags"] == []
    for broken in ("%20", "%00", "%ff"):
        assert team.put(f"/v1/customers/tagged/tags/{broken}").status_code == 400, broken


def test_tags_of_many_customers(shared_server: Server, team: httpx.Client) -> None:
    names = [f"tagged-many-{place}" for place in range(30)]
    known(shared_server, *names)
    changed = team.post("/v1/tags/batch", json={"customer_ids": names, "add": ["Of many", "of many", "Q3"]}).json()
    assert changed == {"customers": 30, "added": 60, "removed": 0}
    changed = team.post(
        "/v1/tags/batch", json={"customer_ids": names[:10], "add": ["OF MANY", "Q4"], "remove": ["q3", "never"]}
    ).json()
    assert changed == {"customers": 10, "added": 10, "removed": 10}
    assert team.get("/v1/customers/tagged-many-3/tags").json()["tags"] == ["Of many", "Q4"]
    found = all_of(team, "/v1/tags?")
    assert found == team.get("/v1/tags?limit=500").json()["items"]
    assert {"tag": "Of many", "customers": 30} in found
    refused(
        team.post("/v1/tags/batch", json={"customer_ids": ["tagged-many-1"], "add": ["a"], "remove": ["A"]}),
        400,
        "remove",
    )
    refused(
        team.post("/v1/tags/batch", json={"customer_ids": ["tagged-many-1", "gone"], "add": ["a"]}), 404, "customer_ids"
    )
    wrong = {"customer_ids": ["tagged-many-1"], "add": [f"t{n}" for n in range(MOST_TAGS + 1)]}
    assert team.post("/v1/tags/batch", json=wrong).status_code == 400
    assert team.get("/v1/customers/tagged-many-1/tags").json()["tags"] == ["Of many", "Q4"]


def test_customers_are_found_by_their_tag(shared_server: Server, team: httpx.Client) -> None:
    names = [f"found-{place}" for place in range(5)]
    known(shared_server, *names)
    team.post("/v1/tags/batch", json={"customer_ids": names[:3], "add": ["Found Here"]})
    for query in ("", "&sort=score", "&status=active", "&sort=name&q=found-"):
        answer = team.get(f"/v1/customers?tag=found+here{query}").json()
        if "score" not in query:  # scores are sorted as they were last settled, a moment later
            assert sorted(item["customer_id"] for item in answer["items"]) == names[:3], query
            assert answer["total"] == 3
    assert team.get("/v1/customers?tag=never").json()["items"] == []
    refused(team.get("/v1/customers?tag=%00"), 400, "tag")


def test_a_customer_nobody_knows_has_no_work(team: httpx.Client) -> None:
    for name in ("nobody-at-all", "%00", "x" * 201):
        for path in ("notes", "tasks", "tags"):
            refused(team.get(f"/v1/customers/{name}/{path}"), 404, "customer_id")
        refused(team.post(f"/v1/customers/{name}/notes", json={"text": "x"}), 404, "customer_id")
        refused(team.post(f"/v1/customers/{name}/tasks", json={"title": "x"}), 404, "customer_id")
        refused(team.put(f"/v1/customers/{name}/tags/x"), 404, "customer_id")
    assert team.get("/v1/tasks?customer_id=nobody-at-all").json()["items"] == []


def test_a_member_who_is_removed(shared_server: Server, team: httpx.Client) -> None:
    """Their notes say who wrote them; what they had to do is nobody's."""
    known(shared_server, "inherited")
    with member(shared_server, "127.0.0.62", email="lee@example.com") as lee:
        lee.headers["Content-Type"] = "application/json"
        lee.post("/v1/customers/inherited/notes", json={"text": "mine"})
        lee.post("/v1/customers/inherited/tasks", json={"title": "mine", "assignee": "lee@example.com"})
    with psycopg.connect(shared_server.database_url) as connection:
        connection.execute("delete from milepost.members where email = 'lee@example.com'")
    (note,) = team.get("/v1/customers/inherited/notes").json()["items"]
    (task,) = team.get("/v1/tasks?customer_id=inherited&assignee=nobody").json()["items"]
    assert (note["author"], task["created_by"], task["assignee"]) == ("lee@example.com", "lee@example.com", None)


def test_a_members_cookie_does_not_count_from_another_site(dana: httpx.Client) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    body: dict[str, Any] = {"text": "x"}
    assert dana.post("/v1/customers/noted/notes", json=body, headers=foreign).status_code == 403
    assert dana.patch(f"/v1/notes/{_NOTHING}", json=body, headers=foreign).status_code == 403
    assert dana.delete(f"/v1/notes/{_NOTHING}", headers=foreign).status_code == 403


def test_a_customers_token_is_let_in_nowhere(shared_server: Server) -> None:
    known(shared_server, "curious")
    with shared_server.client(customer_token("curious")) as client:
        for path in ("customers/curious/notes", "customers/curious/tasks", "customers/curious/tags", "tasks", "tags"):
            assert client.get(f"/v1/{path}").status_code == 401
