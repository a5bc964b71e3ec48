"""Links to a dashboard, and what somebody with one may not find out: over HTTP, without a column store."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import cast
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest

from milepost.access.services import Services
from milepost.api.answering import Answers
from milepost.columns.reading import QuestionTooLong
from milepost.dashboard.questions import shared_answers
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.asked import Name
from milepost.dashboard.questions.frame import framed, read_frame
from milepost.dashboard.questions.reading import read
from milepost.dashboard.questions.shared import end_of
from milepost.dashboard.questions.shared_answers import SharedAnswers
from milepost.dashboard.questions.unnamed import names_somebody
from milepost.dashboard.static_files import CONTENT_SECURITY_POLICY
from milepost.errors import InvalidRequest
from milepost.store.schema_files import migrations
from tests.support.dashboard import member, send_form, visitor
from tests.support.server import Server

_NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def signed_in(shared_server: Server) -> Iterator[httpx.Client]:
    with member(shared_server, "127.0.0.71", "sharer@example.com") as client:
        yield client


@pytest.fixture
def stranger(shared_server: Server) -> Iterator[httpx.Client]:
    with visitor(shared_server, "127.0.0.72") as client:
        yield client


def _dashboard(client: httpx.Client, name: str, *cards: tuple[str, str]) -> str:
    """The address of a new dashboard with these cards: a name and the address of a trend."""
    where = send_form(client, "/dashboards", "/dashboards", name=name).headers["location"]
    for called, address in cards:
        told = {"question": "trends", "name": called, "address": address, "dashboard": where.rpartition("/")[2]}
        assert send_form(client, "/dashboards", "/reports", **told).status_code == 303
    return where


def _shared(client: httpx.Client, where: str, **fields: str) -> str:
    """The path of a new link."""
    assert send_form(client, f"{where}/share", f"{where}/share", **fields).headers["location"] == f"{where}/share"
    made = client.get(f"{where}/share").text
    found = re.search(r"http[^<\s]*(/shared/[\w-]{43})", made)
    assert found is not None, made
    # A reload makes no second one, and shows none.
    again = client.get(f"{where}/share").text
    assert "/shared/" not in again, "a link is shown once"
    assert again.count('/revoke"') == made.count('/revoke"')
    return found[1]


def test_a_link_opens_its_dashboard_to_a_stranger_and_nothing_else(
    signed_in: httpx.Client, stranger: httpx.Client, shared_server: Server
) -> None:
    where = _dashboard(
        signed_in, "For the board", ("Activity", "days=30&tz=UTC"), ("Only Initech", "by=customer_id&tz=UTC")
    )
    other = _dashboard(signed_in, "For us alone", ("Margins", "days=7&tz=UTC"))
    link = _shared(signed_in, where)
    answer = stranger.get(link)
    text = unescape(answer.text)
    assert answer.status_code == 200
    assert "For the board" in text
    assert "Activity" in text
    assert "Initech" not in text, "a card that names customers is left out, its name as well"
    for word in ("For us alone", "Margins", "sharer@example.com", "<form", "<nav", "/who?", "csrf"):
        assert word not in text, word
    assert [at for at in re.findall(r'href="([^"]*)"', text) if not at.startswith("/static/")] == []
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert 'name="referrer" content="no-referrer"' in text
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers

    token = link.rpartition("/")[2]
    for wrong in (token[:-1], token + "A", token.swapcase(), "A" * 43, where.rpartition("/")[2], "%00", "a%2Fb"):
        lost = stranger.get(f"/shared/{wrong}")
        assert lost.status_code == 404, wrong
        assert token not in lost.text
    for closed in (where, other, f"{where}/share", "/dashboards", f"/welcome/{token}", f"/trends?days=7&token={token}"):
        assert stranger.get(closed).status_code in (303, 410), closed
        again = stranger.get(closed, headers={"Authorization": f"Bearer {token}"})
        assert again.status_code in (303, 410), closed
    assert stranger.post(link).status_code == 405

    with psycopg.connect(shared_server.database_url) as database:
        kept = database.execute("select s::text from milepost.shared_links s").fetchall()
        opened = database.execute("select count(last_opened_at) from milepost.shared_links").fetchone()
    assert token not in str(kept), "its hash is kept"
    assert opened == (1,)
    with_names = _shared(signed_in, where, with_names="yes")
    assert "Only Initech" in stranger.get(with_names).text
    listed = unescape(signed_in.get(f"{where}/share").text)
    assert "last opened" in listed
    assert "Without names" in listed


def test_a_link_ends_when_anybody_of_the_team_revokes_it_or_its_day_is_over(
    signed_in: httpx.Client, stranger: httpx.Client, shared_server: Server
) -> None:
    where = _dashboard(signed_in, "Ends", ("Ends", "days=30&tz=UTC"))
    with member(shared_server, "127.0.0.73", "gone@example.com") as gone:
        revoked = _shared(gone, where)
        kept = _shared(gone, where, until=(datetime.now(UTC) + timedelta(days=2)).date().isoformat())
    for refused in ("yesterday", "2020-01-01", "2999-01-01"):
        assert send_form(signed_in, f"{where}/share", f"{where}/share", until=refused).status_code == 400
    with psycopg.connect(shared_server.database_url) as database:
        database.execute("delete from milepost.members where email = 'gone@example.com'")
    page = signed_in.get(f"{where}/share").text
    assert page.count("gone@example.com") >= 2, "links stay whose they were"
    assert stranger.get(revoked).status_code == 200
    oldest = re.findall(r'action="([^"]*/revoke)"', page)[-1]
    elsewhere = oldest.replace(where, "/dashboards/00000000-0000-7000-8000-000000000000")
    send_form(signed_in, f"{where}/share", elsewhere)
    assert stranger.get(revoked).status_code == 200, "by its own dashboard alone"
    assert send_form(signed_in, f"{where}/share", oldest).status_code == 303
    assert stranger.get(revoked).status_code == 404
    assert stranger.get(kept).status_code == 200
    with psycopg.connect(shared_server.database_url) as database:
        database.execute("update milepost.shared_links set ends_at = now() where ends_at is not null")
    assert stranger.get(kept).status_code == 404
    last = _shared(signed_in, where)
    send_form(signed_in, where, where, do="delete")
    assert stranger.get(last).status_code == 404, "its dashboard was deleted"


def test_whatever_an_address_says_of_all_cards_is_kept_or_let_be(
    signed_in: httpx.Client, stranger: httpx.Client
) -> None:
    where = _dashboard(signed_in, "Framed", ("Framed", "days=30&tz=UTC"))
    link = _shared(signed_in, where)
    for odd in ("\U0001f600" * 300, "no-such-segment", "'--"):
        query = str(httpx.QueryParams(days="custom", first="2026-13-01", compare="x", segment=odd, tz="Nowhere/Else"))
        assert send_form(signed_in, where, f"{where}?{query}", do="frame").status_code == 303
        assert signed_in.get(where).status_code == 200
        assert stranger.get(link).status_code == 200
    assert send_form(signed_in, where, f"{where}?days=own", do="frame").headers["location"] == where
    assert send_form(signed_in, where, where, do="ready:nothing").status_code == 400


def test_who_tries_links_is_slowed_down(shared_server: Server) -> None:
    with visitor(shared_server, "127.0.0.74") as guesser:
        statuses = [guesser.get(f"/shared/{'x' * 43}").status_code for _ in range(61)]
    assert statuses == [404] * 60 + [429]


def test_cards_of_before_keep_their_width(shared_server: Server) -> None:
    moved = next(one.sql for one in migrations() if one.name.startswith("shared_dashboards"))
    before = '[{"report_id": "a", "width": 2}, {"report_id": "b", "width": 1}, {"report_id": "c"}]'
    with psycopg.connect(shared_server.database_url) as database:
        made = database.execute(
            "insert into milepost.dashboards (name, layout) values ('w', %s), ('w0', '[]') returning dashboard_id",
            [before],
        ).fetchone()
        assert made is not None
        database.execute(moved[moved.index("update milepost.dashboards") :])
        after = database.execute("select layout from milepost.dashboards where dashboard_id = %s", made).fetchone()
        database.rollback()
    assert after is not None
    assert [(card["report_id"], card["width"]) for card in after[0]] == [("a", 6), ("b", 3), ("c", 3)]


async def test_however_many_read_a_card_it_is_asked_once_and_so_is_one_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    async def too_long(_: object, questions: object) -> Answers:
        asked.append(questions)
        await asyncio.sleep(0)
        raise QuestionTooLong

    monkeypatch.setattr(shared_answers, "answers_for_any", too_long)
    answers = SharedAnswers(cast(Services, None))
    card = read("trends", Address.of("days=30"), "UTC", _NOW)
    pages = [*await asyncio.gather(*(answers.page(card) for _ in range(50))), await answers.page(card)]
    assert len(asked) == 1
    assert {page.trouble[:16] for page in pages} == {"This took longer"}
    for day in range(1, 400):
        await answers.page(read("trends", Address.of(f"days={day}"), "UTC", _NOW))
    assert len(answers._kept) == 256, "what is kept has an end"


@pytest.mark.parametrize(
    ("name", "query", "told"),
    [
        ("trends", "", False),
        ("trends", "by=device_type", False),
        ("trends", "by=segment.big", False),
        ("trends", "measure=units&field=trait.plan&value=pro", False),
        ("trends", "measure=distinct&of=customer_id", False),
        ("trends", "by=device_type&by2=customer_id", True),
        ("trends", "by=trait&by_key=plan", True),
        ("trends", "by=metadata&by_key=email", True),
        ("trends", "field=customer_id&value=initech", True),
        ("trends", "s.event=&s.field=user_id&s.value=ann", True),
        ("trends", "by=page_url", True),
        ("funnels", "s.event=tool_usage&s.event=export_action&by=person&by_key=email", True),
        ("paths", "by=page_url", True),
        ("paths", "", False),
        ("sessions", "by=landing_page", True),
        ("retention", "back.field=customer_id&back.value=x", True),
        ("lifecycle", "field=person.email&op=contains&value=@", True),
    ],
)
def test_what_would_name_somebody(name: Name, query: str, told: bool) -> None:
    assert names_somebody(read(name, Address.of(query), "UTC", _NOW)) is told


def test_the_last_day_is_one_of_the_makers_calendar() -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    assert end_of("", auckland, _NOW) is None
    assert end_of("2026-12-01", auckland, _NOW) == datetime(2026, 12, 1, 11, tzinfo=UTC)
    with pytest.raises(InvalidRequest):
        end_of("2026-11-30", auckland, _NOW)  # it is the 1st there


def test_a_frame_is_read_kept_and_put_around_each_card() -> None:
    own = read_frame("", "", "UTC", _NOW)
    assert (own.query, framed("trends", "days=7&tz=UTC&by=tool_id", own, _NOW)) == ("", "days=7&tz=UTC&by=tool_id")
    frame = read_frame("days=this_month&compare=previous&segment=big", "days=90", "Europe/Berlin", _NOW)
    assert frame.query == "days=this_month&tz=Europe%2FBerlin&compare=previous&segment=big"
    assert read_frame("", frame.query, "UTC", _NOW) == frame
    assert read_frame("days=own", frame.query, "UTC", _NOW) == own
    card = "days=7&tz=UTC&interval=hour&by=tool_id&field=tool_id&op=is_not&value=x"
    asked = read("trends", Address.of(framed("trends", card, frame, _NOW)), "UTC", _NOW)
    assert [one.name for one in asked.filters] == ["tool_id", "segment"]
    assert [one.op for one in asked.filters] == ["is_not", "is"]
    assert (asked.period.range, asked.compare, asked.parts["interval"]) == ("this_month", "previous", "day")
    assert asked.parts["breakdown"] == "tool_id"
    assert "compare" not in framed("lifecycle", "days=90", frame, _NOW)
