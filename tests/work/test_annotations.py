"""Annotations over HTTP and by the page's forms: as they were written, by their day, and the team's alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from milepost.work.annotations import MAX_ANNOTATION
from tests.support.dashboard import EMAIL, form_token, member, send_form
from tests.support.server import Server, customer_token

_NOTHING = "0190a0b0-0000-7000-8000-000000000000"
_FIRST = date(2031, 3, 1)


@pytest.fixture
def team(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client() as client:
        yield client


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with member(shared_server, "127.0.0.66") as client:
        yield client


def _made(client: httpx.Client, day: str, text: str) -> dict[str, Any]:
    answer = client.post("/v1/annotations", json={"day": day, "text": text})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _refused(answer: httpx.Response, status: int, field: str) -> None:
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert answer.json()["message"]


def test_an_annotation_and_who_wrote_it(team: httpx.Client, dana: httpx.Client) -> None:
    mine = _made(dana, "2031-01-15", "  New\nprices <b>today</b> ")
    assert (mine["day"], mine["text"], mine["author"]) == ("2031-01-15", "New prices <b>today</b>", EMAIL)
    theirs = _made(team, "2031-01-15", "\U0001f9ea" * MAX_ANNOTATION)
    assert theirs["author"] is None
    address = f"/v1/annotations/{mine['annotation_id']}"
    assert team.patch(address, json={}).json() == mine, "nothing was said: nothing changes"
    moved = team.patch(address, json={"day": "2031-01-16"}).json()
    assert (moved["day"], moved["text"], moved["author"]) == ("2031-01-16", mine["text"], EMAIL)
    assert moved["updated_at"] is not None
    listed = team.get("/v1/annotations?first=2031-01-15&last=2031-01-16").json()
    assert [one["annotation_id"] for one in listed["items"]] == [mine["annotation_id"], theirs["annotation_id"]]
    for one in (mine, theirs):
        assert team.delete(f"/v1/annotations/{one['annotation_id']}").status_code == 204
    _refused(team.delete(address), 404, "annotation_id")
    _refused(team.patch(address, json={"text": "x"}), 404, "annotation_id")


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", ""), ("text", " \n"), ("text", "x" * (MAX_ANNOTATION + 1)), ("text", "a\x00b"), ("text", None),
     ("text", 5), ("day", "2031-02-30"), ("day", ""), ("day", None), ("day", "1999-12-31"), ("day", "2200-01-01")],
)  # fmt: skip
def test_what_is_no_annotation_is_refused(team: httpx.Client, field: str, value: object) -> None:
    said = {"day": "2031-02-01", "text": "x"} | {field: value}
    _refused(team.post("/v1/annotations", json=said), 400, field)
    assert team.get("/v1/annotations?first=2031-02-01&last=2031-02-28").json()["items"] == []


def test_they_are_paged_by_their_day(team: httpx.Client) -> None:
    days = [(_FIRST + timedelta(days=n // 2)).isoformat() for n in range(9)]
    for place, day in enumerate(days):
        _made(team, day, f"n {place}")
    found: list[str] = []
    cursor = ""
    while True:
        page = team.get(f"/v1/annotations?first={_FIRST}&last=2031-03-31&limit=2{cursor}").json()
        found += [one["text"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == [f"n {place}" for place in reversed(range(9))]
    assert team.get("/v1/annotations?cursor=nonsense").status_code == 400


def test_no_customer_reads_them(shared_server: Server, team: httpx.Client) -> None:
    one = _made(team, "2031-05-01", "canary of an annotation")
    address = f"/v1/annotations/{one['annotation_id']}"
    with shared_server.client(customer_token("anybody")) as theirs:
        answers = [
            theirs.get("/v1/annotations"),
            theirs.post("/v1/annotations", json={"day": "2031-05-01", "text": "x"}),
            theirs.patch(address, json={"text": "x"}),
            theirs.delete(address),
            theirs.get("/annotations"),
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 303]
        assert not any("canary" in answer.text for answer in answers)
    assert team.get("/v1/annotations?first=2031-05-01&last=2031-05-01").json()["items"] == [one]


def test_the_pages_forms(dana: httpx.Client, team: httpx.Client) -> None:
    refused = dana.post("/annotations", data={"_csrf_token": "wrong", "day": "2031-06-01", "text": "x"})
    assert refused.status_code == 403
    made = send_form(
        dana, "/annotations", "/annotations", day="2031-06-01", text="<i>Launch</i>", back="/trends?days=7"
    )
    assert (made.status_code, made.headers["location"]) == (303, "/trends?days=7")
    elsewhere = send_form(dana, "/annotations", "/annotations", day="2031-06-02", text="y", back="//evil.example/")
    assert elsewhere.headers["location"] == "/"
    page = dana.get("/annotations?from=2031-06-01&to=2031-06-01").text
    assert "&lt;i&gt;Launch&lt;/i&gt;" in page
    assert "<i>Launch" not in page
    (one,) = team.get("/v1/annotations?first=2031-06-01&last=2031-06-01").json()["items"]
    assert one["author"] == EMAIL
    address = f"/annotations/{one['annotation_id']}"
    for fields in ({"day": "2031-06-01", "text": " "}, {"day": "soon", "text": "kept as it was typed"}):
        answer = send_form(dana, "/annotations", address, **fields)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert fields["text"].strip() in answer.text
    changed = send_form(dana, "/annotations", address, day="2031-06-03", text="Launch")
    assert changed.headers["location"] == f"/annotations#a-{one['annotation_id']}"
    assert send_form(dana, "/annotations", address, do="delete").status_code == 303
    gone = send_form(dana, "/annotations", address, day="2031-06-03", text="Launch")
    assert gone.status_code == 400
    assert "may have been deleted" in gone.text
    assert dana.get("/annotations?from=never&to=&after=nonsense").status_code == 200
    assert form_token(dana, "/annotations")
    assert dana.post(f"/annotations/{_NOTHING}", data={}).status_code == 403
