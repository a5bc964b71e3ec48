"""The weekly mail: when it is due, what it says of whose accounts, and how it ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from milepost.digests.subscribe import subscribe, unsubscribe
from milepost.digests.weekly import tell_due
from milepost.messages.mail import MailServer
from milepost.messages.unsubscribe import read_token, token_of
from milepost.store.database import Database
from tests.coach.people import NOON, apply, days, event, plan_with, settle, store
from tests.messages.mailbox import mailbox
from tests.messages.sending import derive, outbox, send, sender
from tests.support.dashboard import form_token, member, visitor
from tests.support.server import TOKEN_SECRET, Server, running

#: NOON is a Monday's, 14:00 in Berlin and 05:00 in Los Angeles.
_ANN = "ann@example.com"


def made(connection: psycopg.Connection, email: str = _ANN) -> UUID:
    row = connection.execute(
        "insert into milepost.members (email, password_hash) values (%s, 'x') returning member_id", (email,)
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def owned(connection: psycopg.Connection, customer: str, name: str) -> None:
    connection.execute("insert into milepost.customers (customer_id, name) values (%s, %s)"
                       " on conflict (customer_id) do update set name = excluded.name", (customer, name))  # fmt: skip
    connection.execute(
        "insert into milepost.traits (kind, id, name, since, told_at, value, figure, source)"
        " values ('customer', %s, 'owner', %s, %s, to_jsonb(%s::text), null, 'api')",
        (customer, NOON - days(90), NOON - days(90), _ANN.title()),
    )


async def of_dashboard(_: UUID, __: str) -> None:
    """Nobody here asked for one."""
    raise AssertionError


def with_database(dsn: str, *work: object) -> int:
    """`work`: tell_due at a moment, or a subscription."""

    async def done() -> int:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            if isinstance(work[0], datetime):
                return await tell_due(database, of_dashboard, now=work[0])
            async with database.transaction() as connection:
                who, zone, at = work
                assert isinstance(who, UUID)
                assert isinstance(at, datetime)
                if zone is None:
                    return int(await unsubscribe(connection, who))
                await subscribe(connection, who, zone=str(zone), now=at)
                return 0
        finally:
            await database.close()

    return asyncio.run(done())


def test_it_comes_on_mondays_at_seven_by_each_ones_clock_and_once(connection: psycopg.Connection, dsn: str) -> None:
    apply(connection, plan_with())
    ann, bo = made(connection), made(connection, "bo@example.com")
    with_database(dsn, ann, "Europe/Berlin", NOON - days(3))
    with_database(dsn, bo, "America/Los_Angeles", NOON - days(3))
    seven = NOON.replace(hour=5)  # in Berlin
    assert with_database(dsn, seven - timedelta(minutes=1)) == 0
    assert with_database(dsn, seven) == 1
    assert with_database(dsn, seven + timedelta(minutes=1)) == 0
    assert with_database(dsn, NOON + timedelta(hours=2)) == 1, "seven in Los Angeles"
    assert with_database(dsn, NOON + days(6)) == 0
    assert with_database(dsn, NOON + days(7)) == 1
    # Whoever asks for it on a Monday afternoon waits for the next.
    cy = made(connection, "cy@example.com")
    with_database(dsn, cy, "UTC", NOON + days(7) + timedelta(hours=1))
    assert with_database(dsn, NOON + days(7) + timedelta(hours=3)) == 1, "bo's"
    assert with_database(dsn, cy, None, NOON) == 1
    assert with_database(dsn, cy, None, NOON) == 0


def test_it_is_about_ones_own_accounts_and_nothing_of_it_is_kept(connection: psycopg.Connection, dsn: str) -> None:
    apply(connection, plan_with())
    events = [event(f"steady-{n}", NOON - days(ago)) for n in range(30) for ago in range(0, 120, 2)]
    events += [event(who, NOON - days(ago)) for who in ("mine", "theirs") for ago in range(20, 120, 2)]
    store(connection, events)
    owned(connection, "mine", "<b>Mine</b> & Co")
    owned(connection, "steady-1", "Steady One")
    settle(connection)
    ann = made(connection)
    connection.execute(
        "insert into milepost.tasks (customer_id, title, due, assignee_id) values ('mine', 'Call them', %s, %s)",
        ((NOON + days(2)).date(), ann),
    )
    connection.execute(
        "insert into milepost.notes (customer_id, text, created_at) values ('mine', 'x', %s)", (NOON - days(1),)
    )
    with_database(dsn, ann, "UTC", NOON - days(3))
    assert with_database(dsn, NOON) == 1
    with mailbox() as box:
        by = sender(mail=MailServer("127.0.0.1", box.port, "", "", "none", "Milepost <milepost@example.com>"))
        assert send(connection, NOON, by) == 1
        ((to, mail),) = box.letters
    assert (to, mail["Subject"]) == (
        _ANN, "Your week: 1 of 2 accounts active, as many as the week before",
    )  # fmt: skip
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    text = plain.get_content().replace("\r\n", "\n")
    assert "- <b>Mine</b> & Co: Not active in the last" in text or "- <b>Mine</b> & Co: Active on" in text
    assert "- Call them: <b>Mine</b> & Co, due in 2 days" in text
    assert "- 1 note\n" in text
    assert "theirs" not in text
    assert "&lt;b&gt;Mine&lt;/b&gt; &amp; Co" in html.get_content()
    link = re.fullmatch(r"<https://milepost.example.com/unsubscribe/(\S+)>", mail["List-Unsubscribe"])
    assert link is not None
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (row,) = outbox(connection)
    assert read_token(derive, link[1]) == row["destination_id"]
    assert "Mine" not in row["body"]
    # Erased while one waits, it is made anew without them.
    assert with_database(dsn, NOON + days(7)) == 1
    connection.execute("select milepost.forget_customer('mine')")
    assert with_database(dsn, NOON + days(7)) == 1
    assert not any("Mine" in one["body"] for one in outbox(connection))


def test_links_are_ours_or_none() -> None:
    whose = uuid4()
    token = token_of(derive, whose)
    assert read_token(derive, token) == whose
    for wrong in ("", "x", token[:-1], token + "AAAA", "A" * len(token), "é" * 10):
        assert read_token(derive, wrong) is None
    assert read_token(lambda purpose: derive(purpose + "other"), token) is None


@pytest.fixture
def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(Server(tmp_path_factory.mktemp("server"), database_url=dsn)) as found:
        yield found


def subscribed(server: Server) -> list[str]:
    with psycopg.connect(server.database_url) as connection:
        rows = connection.execute("select destination_id from milepost.destinations where member_id is not null")
        return [str(one) for (one,) in rows]


def test_asked_for_on_the_page_and_ended_by_the_link(server: Server) -> None:
    from milepost.access.secrets import derived
    from milepost.settings import load_settings

    with member(server, "127.0.4.7", _ANN) as page:
        page.headers["x-csrftoken"] = form_token(page, "/settings/week")
        shown = page.get("/settings/week").text
        assert "You do not get it." in shown
        assert "Your week: no account has you as its owner yet" in shown
        page.post("/settings/week", data={"do": "on"})
        assert "It waits for a mail server." in page.get("/settings/week").text
        assert "Weekly mail" not in page.get("/settings/messages").text.split("<main")[1], "it is hers alone"
        (destination,) = subscribed(server)
        assert page.get(f"/settings/messages/{destination}").status_code == 404
        # Of a dashboard, on a server without a column store.
        board = page.post("/dashboards", data={"name": "For the board"}).headers["location"]
        assert "Nothing is on it yet." in page.get(f"{board}/week?wait=1").text
        assert page.get(f"{board}/pdf").content.startswith(b"%PDF-")
        fields = {"question": "trends", "address": "days=30", "name": "All", "dashboard": board.rpartition("/")[2]}
        page.post("/reports", data=fields)
        assert "This server answers no questions" in page.get(f"{board}/week").text
        for paper, says_why in ((f"{board}/pdf", board), (f"{board}/week/pdf", f"{board}/week")):
            answer = page.get(paper)
            assert (answer.status_code, answer.headers["location"]) == (303, says_why)
    settings = load_settings({"MILEPOST_TOKEN_SECRET": TOKEN_SECRET})
    token = token_of(lambda purpose: derived(settings, purpose), UUID(destination))
    with visitor(server, "127.0.4.6") as anybody:
        assert isinstance(anybody, httpx.Client)
        assert anybody.get("/unsubscribe/nonsense").status_code == 404
        asked = anybody.get(f"/unsubscribe/{token}")
        assert (asked.status_code, "No more of these weekly mails?" in asked.text) == (200, True)
        assert subscribed(server) == [destination], "following the link ends nothing"
        ended = anybody.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
        assert "No more of these mails" in ended.text
        assert subscribed(server) == []
        assert anybody.post(f"/unsubscribe/{token}").status_code in (200, 201)
