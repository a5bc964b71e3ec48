"""The forms of notes, tasks and tags: for members with their own session's token alone, and safe to press twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from milepost.dashboard.work.rows import WEEK, part_of
from milepost.work.tasks import Task
from tests.support.dashboard import EMAIL, form_token, member, send_form, visitor
from tests.support.server import WRITE_KEY, Server, customer_token

_NOTHING = "0190a0b0-0000-7000-8000-000000000000"
_FORMS = ("notes", "tasks", "tags", f"notes/{_NOTHING}", f"tasks/{_NOTHING}")


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with member(shared_server, "127.0.0.63") as client:
        yield client


def customer(server: Server, name: str) -> str:
    with server.client(WRITE_KEY) as client:
        event = {"customer_id": name, "event_type": "navigation"}
        assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    return f"/customers/{name}"


def test_without_the_sessions_own_token_nothing_is_changed(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "guarded")
    with member(shared_server, "127.0.0.64", email="kim@example.com") as other:
        foreign = form_token(other, home)
    for token in ("", "wrong", foreign):
        for path in (*(f"{home}/{form}" for form in _FORMS), f"/tasks/{_NOTHING}"):
            fields = {"_csrf_token": token, "text": "x", "title": "x", "tag": "x"}
            assert dana.post(path, data=fields).status_code == 403, path
    with visitor(shared_server) as nobody, shared_server.client(customer_token("guarded")) as theirs:
        assert nobody.get("/tasks").headers["location"].startswith("/sign-in")
        assert theirs.get("/tasks").status_code == 303
    with shared_server.client() as team:
        for path in ("notes", "tasks"):
            assert team.get(f"/v1/customers/guarded/{path}").json()["items"] == []


def test_an_answer_with_scripts_is_the_panel_and_the_timeline(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "scripted")
    token = form_token(dana, home)
    headers = {"hx-request": "true"}
    answer = dana.post(f"{home}/notes", data={"_csrf_token": token, "text": "<i>so</i>"}, headers=headers)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section id="work"')
    assert 'id="timeline" hx-swap-oob="true"' in answer.text
    assert answer.text.count("&lt;i&gt;so&lt;/i&gt;") >= 3, "in the panel, in its form, in the timeline"
    assert "The note is written." in answer.text
    wrong = dana.post(f"{home}/tasks", data={"_csrf_token": token, "title": "x", "due": "soon"}, headers=headers)
    assert (wrong.status_code, "Give a day, such as 2026-05-01, or none." in wrong.text) == (200, True)
    gone = dana.post(f"{home}/notes/{_NOTHING}", data={"_csrf_token": token, "do": "delete"}, headers=headers)
    assert "It may have been deleted." in gone.text
    assert dana.post("/customers/nobody-here/notes", data={"_csrf_token": token, "text": "x"}).status_code == 404


def test_pressed_twice_it_is_done_once(dana: httpx.Client, shared_server: Server) -> None:
    home = customer(shared_server, "twice")
    for _ in range(2):
        assert send_form(dana, home, f"{home}/tags", tag=" Beta  Group ").status_code == 303
    send_form(dana, home, f"{home}/tasks", title="Once", assignee=EMAIL, due="2026-05-01", text="")
    with shared_server.client() as team:
        assert team.get("/v1/customers/twice/tags").json()["tags"] == ["Beta Group"]
        (task,) = team.get("/v1/customers/twice/tasks").json()["items"]
        assert (task["due"], task["assignee"], task["text"], task["created_by"]) == ("2026-05-01", EMAIL, None, EMAIL)
        for _ in range(2):
            assert (
                send_form(dana, home, f"/tasks/{task['task_id']}", do="done", back="//evil.example").headers["location"]
                == "/"
            )
        done = team.get("/v1/customers/twice/tasks?done=true").json()["items"][0]
        assert done["done_by"] == EMAIL
        send_form(dana, home, f"{home}/tasks/{task['task_id']}", do="open")
        assert team.get("/v1/customers/twice/tasks?done=false").json()["items"] == [task]
    assert send_form(dana, home, f"/tasks/{_NOTHING}", do="done").status_code == 404


def test_what_an_address_says_that_cannot_be_is_as_if_it_were_not_there(dana: httpx.Client) -> None:
    for query in ("assignee=nobody-knows", "part=soon", "assignee=%00&part=%ff", "assignee=nobody&part=later"):
        assert dana.get(f"/tasks?{query}").status_code == 200, query
    for query in ("tag=%00", "tag=never", f"tag={'x' * 500}", "tag=%ff", "tag=never&sort=score&show=at_risk"):
        assert dana.get(f"/customers?{query}").status_code == 200, query


@pytest.mark.parametrize(
    ("days", "part"), [(-1, "overdue"), (0, "week"), (WEEK - 1, "week"), (WEEK, "later"), (None, "whenever")]
)
def test_when_a_task_is_due(days: int | None, part: str) -> None:
    today = date(2026, 3, 31)
    task = Task(
        task_id=UUID(int=1), customer_id="a", customer_name=None, title="x", text=None,
        due=None if days is None else today + timedelta(days=days), assignee=None,
        created_at=datetime(2026, 3, 1, tzinfo=UTC), created_by=None, done_at=None, done_by=None,
    )  # fmt: skip
    assert part_of(task, today) == part
