"""A dashboard by mail: when it is due, how it ends, and what it says of the answers that its page draws."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from milepost.app import build_services
from milepost.dashboard.digests.composing import digest_or_later
from milepost.dashboard.digests.printing import Printer
from milepost.digests.digest import Digest, Grid, Section
from milepost.digests.subscribe import subscribe
from milepost.digests.weekly import OfDashboard, tell_due
from milepost.messages.mail import MailServer, Paper
from milepost.messages.wording import say
from milepost.settings import load_settings
from milepost.store.database import Database
from tests.coach.people import NOON, days
from tests.digests.test_paper import read
from tests.digests.test_weekly import made
from tests.messages.mailbox import Mailbox, mailbox
from tests.messages.sending import URL, outbox, send, sender
from tests.support.dashboard import EMAIL, form_token, member
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running, wait_for

_SEVEN = NOON.replace(hour=7)
_GRID = Grid(("Events", "These days", "Before"), (("<b>Mine</b> & Co", "12", "10"),), 3, (1.0,))


async def said(dashboard_id: UUID, zone: str) -> Digest:
    """A digest that names its dashboard and whose clock it is by."""
    section = Section("Events", text="12 events.", grids=(_GRID,))
    return Digest(f"{dashboard_id} {zone}", "As of now.", (section,), f"/dashboards/{dashboard_id}")


async def later(_: UUID, __: str) -> None:
    """The column store is away."""


def fails_for(which: UUID) -> OfDashboard:
    async def of_dashboard(dashboard_id: UUID, zone: str) -> Digest:
        if dashboard_id == which:
            raise ZeroDivisionError
        return await said(dashboard_id, zone)

    return of_dashboard


def kept(connection: psycopg.Connection, name: str = "For the board") -> UUID:
    row = connection.execute(
        "insert into milepost.dashboards (name) values (%s) returning dashboard_id", (name,)
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def wants(dsn: str, *who: tuple[UUID, UUID | None, str]) -> list[bool]:
    """Members who ask for it of a dashboard, or of their accounts, three days before `NOON`."""
    at = NOON - days(3)

    async def done() -> list[bool]:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            async with database.transaction() as connection:
                return [await subscribe(connection, one, what, zone=zone, now=at) for one, what, zone in who]
        finally:
            await database.close()

    return asyncio.run(done())


def told(dsn: str, now: datetime, of_dashboard: OfDashboard = said, *, servers: int = 1) -> list[int]:
    """One look of each of so many servers, all at once."""

    async def look() -> int:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            return await tell_due(database, of_dashboard, now=now)
        finally:
            await database.close()

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(look() for _ in range(servers)))

    return asyncio.run(all_of_them())


def test_one_look_tells_each_member_of_each_dashboard_once(connection: psycopg.Connection, dsn: str) -> None:
    ann, bo = made(connection), made(connection, "bo@example.com")
    board, sales = kept(connection), kept(connection, "Sales")
    gone = UUID(int=1)
    assert wants(
        dsn, (ann, None, "UTC"), (ann, board, "UTC"), (ann, sales, "UTC"), (bo, board, "UTC"), (bo, gone, "UTC"),
    ) == [True, True, True, True, False]  # fmt: skip
    # By a clock that PostgreSQL does not know it would be due at no time, nor anybody's.
    assert wants(dsn, (bo, sales, "Nowhere/Land")) == [True]
    connection.execute(
        "delete from milepost.destinations where member_id = %s and dashboard_id = %s and time_zone = 'UTC'",
        (bo, sales),
    )
    assert told(dsn, _SEVEN - timedelta(minutes=1)) == [0]
    assert told(dsn, _SEVEN, later) == [1], "their own goes out, those of dashboards wait"
    # One that fails is told of, and keeps no other.
    with pytest.raises(ZeroDivisionError):
        told(dsn, _SEVEN, fails_for(sales))
    assert len(outbox(connection)) == 3
    connection.execute("delete from milepost.messages where body like %s", (f"%{board}%",))
    # Two servers have made all of them before either tells one.
    meeting = asyncio.Barrier(2)

    async def at_once(dashboard_id: UUID, zone: str) -> Digest:
        async with asyncio.timeout(10):
            await meeting.wait()
        return await said(dashboard_id, zone)

    assert sum(told(dsn, _SEVEN + timedelta(minutes=1), at_once, servers=2)) == 3
    assert told(dsn, _SEVEN + timedelta(minutes=2)) == [0]
    titles = sorted(say(one["body"]).title for one in outbox(connection))
    assert titles[:3] == sorted([f"{board} UTC", f"{board} UTC", f"{sales} UTC"])
    # Who leaves the team gets nothing more; a dashboard that is deleted ends it for all.
    connection.execute("delete from milepost.members where member_id = %s", (bo,))
    assert told(dsn, _SEVEN + days(7)) == [3]
    connection.execute("delete from milepost.dashboards where dashboard_id = %s", (board,))
    assert told(dsn, _SEVEN + days(14)) == [2]
    assert {str(one["address"]) for one in destinations(connection)} == {"ann@example.com"}
    # Whoever is erased while a mail waits is in none: it is made anew.
    connection.execute("select milepost.forget_person('somebody')")
    assert told(dsn, _SEVEN + days(14)) == [2]
    connection.execute("select milepost.forget_customer('somebody')")
    assert told(dsn, _SEVEN + days(14)) == [2]


async def unprintable(_: str) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("paper", [Printer().of_message, unprintable])
def test_a_pdf_goes_along_and_a_mail_waits_for_none(
    connection: psycopg.Connection, dsn: str, paper: Callable[..., Awaitable[Paper | None]]
) -> None:
    ann, board = made(connection), kept(connection)
    assert wants(dsn, (ann, None, "UTC"), (ann, board, "UTC")) == [True, True]
    assert told(dsn, _SEVEN) == [2]
    url = {} if paper is unprintable else {"url": URL}
    with mailbox() as box:
        by = sender(mail=MailServer("127.0.0.1", box.port, "", "", "none", "Milepost <milepost@example.com>"))
        assert send(connection, _SEVEN, by._replace(paper=partial(paper, **url))) == 2
        papers = {
            str(mail["Subject"]): [read(one.get_content())[1] for one in mail.iter_attachments()]
            for _, mail in box.letters
        }
    assert len(papers) == 2
    found = papers.pop(f"{board} UTC")
    assert (
        found == [] if paper is unprintable else "12 events. Events These days Before <b>Mine</b> & Co 12" in found[0]
    )
    assert list(papers.values()) == [[]], "of one's own accounts there is none"


def destinations(connection: psycopg.Connection) -> list[dict[str, object]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from milepost.destinations").fetchall()


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> Iterator[Server]:
    environ = {
        "MILEPOST_SMTP_URL": f"smtp://127.0.0.1:{box.port}?tls=none",
        "MILEPOST_MAIL_FROM": "Milepost <milepost@example.com>",
    }
    folder = tmp_path_factory.mktemp("mailed")
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, columns=True, environ=environ)) as found,
    ):
        yield found


def events(zone: str) -> Iterator[dict[str, object]]:
    """Of the last seven whole days by that clock each has as many as it is back, those before one each."""
    noon = datetime.now(ZoneInfo(zone)).replace(hour=12, minute=0, second=0, microsecond=0)
    for ago in range(1, 15):
        for n in range(ago if ago < 8 else 1):
            one = {
                "customer_id": f"Ąčme {n}", "timestamp": (noon - days(ago) + timedelta(minutes=n)).isoformat(),
                "session_id": f"{ago}-{n}", "device_type": "mobile" if n % 3 else "desktop",
            }  # fmt: skip
            yield {**one, "event_type": "tool_usage", "tool_id": "icp-analysis"}
            if n % 2 == 0:
                yield {**one, "event_type": "export_action"}


def dashboard_of(page: httpx.Client, *questions: tuple[str, str, str]) -> str:
    """A dashboard of these questions, each with its name and address; answers its path."""
    path = page.post("/dashboards", data={"name": "Für den <b>Vorstand</b>"}).headers["location"]
    for name, question, address in questions:
        fields = {"question": question, "address": address, "name": name, "dashboard": path.rpartition("/")[2]}
        assert page.post("/reports", data=fields).status_code == 303
    return str(path)


def look(server: Server) -> int:
    """What the server itself does every minute, done now: with its database and its column store."""

    async def done() -> int:
        served = build_services(
            load_settings({"MILEPOST_DATA_DIR": str(server.data_dir), "MILEPOST_DATABASE_URL": server.database_url}),
            Printer(),
        )
        await served.database.open()
        try:
            return await tell_due(served.database, partial(digest_or_later, served), now=served.now())
        finally:
            await served.database.close()

    return asyncio.run(done())


def text_of(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def due_again(server: Server) -> None:
    """As if it had been asked for a week earlier."""
    with psycopg.connect(server.database_url) as connection:
        connection.execute("update milepost.destinations set made_at = made_at - interval '7 days'")


def test_asked_for_on_the_page_it_says_what_the_page_says_and_ends_by_its_link(server: Server, box: Mailbox) -> None:
    zone = next(one for one in ("Etc/UTC", "Pacific/Auckland") if not is_monday_morning(one))
    sent = list(events(zone))
    with server.client(WRITE_KEY) as sender, member(server, "127.0.4.8") as page:
        page.headers["x-csrftoken"] = form_token(page, "/settings/week")
        page.cookies.set("tz", zone)
        assert sender.post("/v1/events", json={"events": sent}).json()["accepted"] == len(sent)
        path = dashboard_of(
            page,
            ("Every tool & use", "trends", "days=90&tz=UTC&interval=week&s.event=tool_usage"),
            ("By kind", "trends", "days=30&tz=UTC&by=event_type"),
            ("First steps", "funnels", "days=30&tz=UTC&s.event=tool_usage&s.event=export_action"),
            ("Back again", "retention", "days=30&tz=UTC&interval=week&intervals=12"),
            ("Who came", "lifecycle", "days=30&tz=UTC&interval=week"),
            ("Tools", "tools", "days=30&tz=UTC"),
            ("Visits", "sessions", "days=30&tz=UTC"),
            ("Steps by device", "funnels", "tz=UTC&s.event=tool_usage&s.event=export_action&by=device_type"),
            ("Visits by device", "sessions", "days=30&tz=UTC&by=device_type"),
            ("Ways", "paths", "days=30&tz=UTC&per=unit"),
            ("Gone", "trends", "days=30&tz=UTC&field=segment&value=gone"),
        )
        wait_for(lambda: ">28<" in page.get(f"{path}/week?wait=1").text, 60, "the column store to have it all")
        assert "You do not get it." in page.get(path).text
        assert page.post(f"{path}/week", data={"do": "on", "back": path}).headers["location"] == path
        assert "You get it on Mondays at seven by your clock." in page.get(path).text
        assert f'<a href="{path}/week">' in page.get("/settings/week").text
        assert look(server) == 0, "from next Monday on"
        due_again(server)
        assert (look(server), look(server)) == (1, 0)
        wait_for(lambda: len(box.letters) == 1, 30, "the mail")
        ((to, mail),) = box.letters
        text, html = text_of(mail, "plain"), text_of(mail, "html")
        assert to == EMAIL
        assert mail["Subject"].startswith("Für den <b>Vorstand</b>: ")
        assert "300% more than in the 7 days before.\n- Used a tool: these days 28, before 7, change +300%\n- " in text
        assert len(re.findall(r"^- \w{3} \d+ \w{3}: events \d, before 1$", text, re.MULTILINE)) == 7
        assert "- 2. Exported: customers 4, share 57%, share before 100%\n" in text
        assert "FIRST STEPS\nConversion fell to 57% from 100% in the 7 days before; 3 customers dropped off.\n" in text
        assert "- ICP Analysis: customers 7, share 100%, share before 100%\n" in text
        assert re.search(r"VISITS\n28 sessions .*\n- \w{3} \d+ \w{3}: sessions 7, median length 0\ss\n", text)
        assert "STEPS BY DEVICE\nConversion fell" in text
        assert "- Desktop: 1. Used a tool 3, conversion 67%, conversion before 100%\n" in text
        assert "- Mobile: sessions 16, share 57%, median length 0 s\n" in text
        assert re.search(r"GONE\n- .*segment.*\n", text), "a question that fails says so in its place"
        assert f"({zone})." in text
        assert "Für den &lt;b&gt;Vorstand&lt;/b&gt;: " in html
        # A link leads to the same days: the answer there is the same one.
        link = re.search(rf"{server.url}(/trends\?days=custom&first=\S+&compare=1\S+)", text)
        assert link is not None
        assert "300%" in page.get(f"{link[1]}&wait=1").text
        assert "300% more than in the 7 days before." in printed(page, f"{path}/week/pdf")
        (paper,) = mail.iter_attachments()
        assert re.fullmatch(r"Für den b Vorstand b .+\.pdf", paper.get_filename() or "")
        assert "300% more than in the 7 days before." in read(paper.get_content())[1]
        assert "Your week: no account has you as its owner yet" in printed(page, "/settings/week/pdf")
        own = printed(page, f"{path}/pdf")
        assert "Für den <b>Vorstand</b> Each with days of its own. As of " in own
        assert "35 events in the last 90 days" in own
        assert "15 events in the last 6 days" in printed(page, f"{path}/pdf?days=6&tz={zone}"), "as the page's address"
        with psycopg.connect(server.database_url) as connection:
            (body,) = connection.execute("select body from milepost.messages").fetchone() or ("",)
        assert "ICP" not in body, "once it was sent nothing of it is kept but its title"
        ends = re.fullmatch(rf"<{server.url}(/unsubscribe/\S+)>", mail["List-Unsubscribe"])
        assert ends is not None
        page.post(ends[1], data={"List-Unsubscribe": "One-Click"})
        assert "You do not get it." in page.get(path).text
        page.post(f"{path}/week", data={"do": "on"})
        assert page.post(f"/dashboards/{UUID(int=1)}/week", data={"do": "on"}).status_code == 404
    due_again(server)
    server.stop()
    assert look(server) == 0, "without its column store it waits"


def printed(page: httpx.Client, path: str) -> str:
    answer = page.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].startswith('attachment; filename="milepost.pdf"; filename*=UTF-8')
    return read(answer.content)[1]


def is_monday_morning(zone: str) -> bool:
    """Before the mails of this week are due by that clock, or just now."""
    there = datetime.now(ZoneInfo(zone))
    return there.weekday() == 0 and there.hour < 8
