"""Recommendations over HTTP: for the team, for the customer's token, and marked by either."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.dashboard import EMAIL, form_token, member, send_form
from tests.support.postgres import Cluster
from tests.support.server import Server, customer_token, running, wait_for

_PLAN = Path(__file__).parents[2] / "src/milepost/plan/default.toml"
_NOBODY = "0190a0b0-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The default plan, but with nobody held out; five customers who exported and never shared."""
    folder = tmp_path_factory.mktemp("server")
    plan = folder / "milepost.toml"
    plan.write_text(_PLAN.read_text().replace("hold_out = 0.1", "hold_out = 0.0"))
    environ = {"MILEPOST_PLAN_FILE": str(plan)}
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, environ=environ)) as server,
        server.client() as client,
    ):
        events = [
            {"event_type": "export_action", "customer_id": f"c{n}", "session_id": "s", "tool_id": "icp-analysis"}
            for n in range(5)
            for _ in range(3)
        ]
        client.post("/v1/events", json={"events": events}).raise_for_status()
        wait_for(lambda: len(queue(client)["items"]) >= 10, 20, "recommendations")
        yield server


def queue(client: httpx.Client, **asked: str) -> dict[str, list[dict[str, object]]]:
    answer = client.get("/v1/coach/queue", params={"limit": "500", **asked}).raise_for_status().json()
    assert isinstance(answer, dict)
    return answer


def test_a_customer_s_recommendations_are_the_insights_next_actions(served: Server) -> None:
    with served.client() as client, served.client(customer_token("c0")) as own:
        answer = client.get("/v1/customers/c0/recommendations").raise_for_status().json()
        assert answer["customer_id"] == "c0"
        assert [one["playbook"] for one in answer["items"]] == ["first-steps", "export-not-shared"]
        assert answer["items"][1]["evidence"][0] == {"label": "Exports", "value": "3"}
        assert own.get("/v1/me/recommendations").raise_for_status().json() == answer
        for reader, path in ((client, "/v1/customers/c0/insights"), (own, "/v1/me/insights")):
            actions = reader.get(path).raise_for_status().json()["next_recommended_actions"]
            assert [a["recommendation_id"] for a in actions] == [a["recommendation_id"] for a in answer["items"]]
            assert actions[0].keys() == answer["items"][0].keys()
        assert client.get("/v1/customers/nobody/recommendations").status_code == 404


def test_the_queue_is_paged_and_filtered(served: Server) -> None:
    with served.client() as client:
        everything = queue(client)["items"]
        paged, cursor = [], None
        while True:
            page = client.get("/v1/coach/queue", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
            paged += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert paged == everything
        assert page["total"] == len(everything)
        only = queue(client, playbook="first-steps")["items"]
        assert {one["playbook"] for one in only} == {"first-steps"}
        assert queue(client, state="expired")["items"] == []
        for bad in ("x", "W10", "WzEsMiwzXQ"):
            assert client.get("/v1/coach/queue", params={"cursor": bad}).status_code == 400
        assert client.get("/v1/coach/queue", params={"state": "x"}).status_code == 400


def test_the_team_marks_by_hand(served: Server) -> None:
    with served.client() as client:
        first = client.get("/v1/customers/c1/recommendations").json()["items"][0]
        path = f"/v1/customers/c1/recommendations/{first['recommendation_id']}"
        accepted = client.post(path, json={"state": "accepted"}).raise_for_status().json()
        assert accepted["state"] == "accepted"
        assert accepted["shown_at"] == accepted["accepted_at"]
        assert client.post(path, json={"state": "dismissed"}).json()["state"] == "dismissed"
        # The first end decides: what comes later changes nothing.
        assert client.post(path, json={"state": "done"}).json()["state"] == "dismissed"
        left = client.get("/v1/customers/c1/recommendations").json()["items"]
        assert first["recommendation_id"] not in [one["recommendation_id"] for one in left]
        for wrong in (f"/v1/customers/c2/recommendations/{first['recommendation_id']}", path.replace(
            first["recommendation_id"], _NOBODY
        )):  # fmt: skip
            assert client.post(wrong, json={"state": "done"}).status_code == 404
        for body in ({"state": "made"}, {}, {"state": "done", "more": 1}):
            assert client.post(path, json=body).status_code == 400


def test_what_the_team_does_is_not_what_the_customer_says(served: Server) -> None:
    """Assigned, snoozed, done, opened again, dismissed: in the queue and the account's timeline, nothing of it in what
    the customer reads, and no playbook counts it as theirs."""
    with served.client() as client, served.client(customer_token("c3")) as own, member(served, "127.0.0.31") as dana:
        before = own.get("/v1/me/recommendations").json()
        rid = before["items"][0]["recommendation_id"]
        path = f"/v1/customers/c3/recommendations/{rid}/acts"

        def act(**said: object) -> dict[str, Any]:
            answer = client.post(path, json=said)
            assert answer.status_code == 200, answer.text
            team = answer.json()["team"]
            assert isinstance(team, dict)
            return team

        def mine(**asked: str) -> list[object]:
            return [one["recommendation_id"] for one in queue(client, **asked)["items"] if one["customer_id"] == "c3"]

        first = act(act="assign", assignee=f" {EMAIL.upper()} ")
        assert (first["assignee"], first["handled"], first["snoozed_until"]) == (EMAIL, "todo", None)
        assert first["action"].startswith("Offer to take a first real example through")
        assert mine(assignee=EMAIL) == [rid]
        assert rid not in mine(assignee="nobody")
        # Behind its end, so that it is there when it comes back.
        until = datetime.now(UTC).date() + timedelta(days=60)
        assert act(act="snooze", until=str(until))["handled"] == "snoozed"
        assert (mine(handled="snoozed"), rid in mine(handled="todo")) == ([rid], False)
        with psycopg.connect(served.database_url) as connection:
            last = connection.execute(
                "select expires_at::date from milepost.recommendations where recommendation_id = %s", (rid,)
            ).fetchone()
            assert last == (until + timedelta(days=7),)
        assert act(act="wake")["snoozed_until"] is None
        # Whoever uses the pages says it as themselves.
        token = form_token(dana, "/actions")
        fields = {"_csrf_token": token, "customer_id": "c3", "act": "done"}
        assert dana.post(f"/actions/{rid}", data=fields).status_code == 303
        done = act(act="dismiss", why="declined")
        assert (done["handled"], done["ended_by"], done["why"]) == ("done", EMAIL, None), "the first end stays"
        assert own.get("/v1/me/recommendations").json() == before, "the customer has it still, as it was"
        assert act(act="reopen")["handled"] == "todo"
        dismissed = act(act="dismiss", why="declined", note="  Not this year. ")
        assert (dismissed["handled"], dismissed["ended_by"], dismissed["note"]) == ("dismissed", None, "Not this year.")
        left = own.get("/v1/me/recommendations").json()["items"]
        assert rid not in [one["recommendation_id"] for one in left]
        assert act(act="reopen")["handled"] == "todo"
        assert own.get("/v1/me/recommendations").json() == before

        page = dana.get("/customers/c3").text
        for words in (
            f"Handed over to {EMAIL}",
            f"Snoozed until {until.day} {until:%b %Y}",
            "No longer snoozed",
            "Dismissed: they do not want to. Not this year.",
            "Opened again",
        ):
            assert words in page, words
        with psycopg.connect(served.database_url) as connection:
            noted = "select act, by from milepost.recommendation_acts where recommendation_id = %s order by act_id"
            assert connection.execute(noted, (rid,)).fetchall() == [
                *[(word, None) for word in ("assign", "snooze", "wake")],
                ("done", EMAIL),
                *[(word, None) for word in ("reopen", "dismiss", "reopen")],
            ]
            marks = "select count(*) from milepost.recommendation_marks where recommendation_id = %s"
            assert connection.execute(marks, (rid,)).fetchone() == (0,)
        # Who leaves the team hands over what they had.
        with member(served, "127.0.0.32", "leaver@example.com"), psycopg.connect(served.database_url) as connection:
            act(act="assign", assignee="leaver@example.com")
            ids: dict[str, str] = dict(
                connection.execute("select email, member_id::text from milepost.members").fetchall()
            )
            remove = f"/settings/team/{ids['leaver@example.com']}/remove"
            assert send_form(dana, remove, remove, to=ids[EMAIL]).status_code == 303
        assert mine(assignee=EMAIL) == [rid]
        for body, field in (
            ({"act": "assign"}, "assignee"),
            ({"act": "assign", "assignee": "nobody@example.com"}, "assignee"),
            ({"act": "snooze"}, "until"),
            ({"act": "snooze", "until": "2020-01-01"}, "until"),
            ({"act": "snooze", "until": str(datetime.now(UTC).date() + timedelta(days=800))}, "until"),
            ({"act": "dismiss"}, "why"),
            ({"act": "done", "why": "other"}, "why"),
            ({"act": "dismiss", "why": "other", "note": "\u0007"}, "note"),
        ):
            answer = client.post(path, json=body)
            assert (answer.status_code, answer.json()["field"]) == (400, field), body
        assert client.post(path.replace("/c3/", "/c2/"), json={"act": "done"}).status_code == 404
        assert own.post(path, json={"act": "done"}).status_code == 401


def test_a_customer_marks_its_own_alone(served: Server) -> None:
    with (
        served.client() as client,
        served.client(customer_token("c2")) as own,
        served.client(customer_token("c3")) as other,
    ):
        first = own.get("/v1/me/recommendations").json()["items"][0]
        path = f"/v1/me/recommendations/{first['recommendation_id']}"
        assert other.post(path, json={"state": "done"}).status_code == 404
        assert own.post(path, json={"state": "done"}).raise_for_status().json()["state"] == "done"
        assert client.post(path, json={"state": "done"}).status_code == 403
        assert own.post(f"/v1/customers/c2/recommendations/{first['recommendation_id']}", json={}).status_code == 401


def test_an_event_tells_what_became_of_one(served: Server) -> None:
    with served.client() as client:
        first = client.get("/v1/customers/c4/recommendations").json()["items"][0]
        said = {"recommendation_id": first["recommendation_id"], "recommendation": "accepted"}
        event = {"event_type": "professional_action", "customer_id": "c4", "session_id": "s", "event_metadata": said}
        client.post("/v1/events", json={"events": [event]}).raise_for_status()

        def states() -> list[str]:
            return [one["state"] for one in client.get("/v1/customers/c4/recommendations").json()["items"]]

        wait_for(lambda: states()[0] == "accepted", 10, "the event to be settled")


def test_playbooks_say_what_is_missing(served: Server) -> None:
    with served.client() as client:
        answer = client.get("/v1/coach/playbooks").raise_for_status().json()
        first = answer["playbooks"][0]
        assert (first["playbook"], first["in_plan"]) == ("first-steps", True)
        assert first["lift"]["enough"] is False
        assert first["lift"]["says"].startswith("Not enough data yet")
        assert answer["playbooks"][-1]["playbook"] == "learned"
