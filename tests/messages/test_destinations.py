"""Where messages go: each kind takes what it takes, none waits for another, and none reaches what is private."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

import psycopg
import pytest

from milepost.messages.mail import MailServer, mail_server
from milepost.messages.outbox import TOO_LONG
from milepost.messages.reach import is_allowed
from milepost.messages.signing import secret_of
from tests.coach.people import NOON, days
from tests.messages.mailbox import mailbox
from tests.messages.receiver import Receiver, receiver
from tests.messages.sending import URL, add, derive, outbox, send, sender


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def tell(connection: psycopg.Connection[Any], customer: str, now: datetime = NOON, reason: str = "Not seen.") -> None:
    connection.execute(
        "select milepost.tell('risk.began', %s, null, jsonb_build_object('reason', %s::text), %s)",
        (customer, reason, now),
    )


def test_each_is_told_what_it_wants_and_in_its_own_way(connection: psycopg.Connection, hook: Receiver) -> None:
    connection.execute("insert into milepost.customers (customer_id, name) values ('a&b', 'A <!channel> & *Co*')")
    own = add(connection, "webhook", hook.url, NOON, "risk.began")
    add(connection, "slack", hook.url, NOON, "risk.began", "alert.raised")
    add(connection, "teams", hook.url, NOON, "risk.began")
    add(connection, "webhook", hook.url, NOON, "alert.raised")
    tell(connection, "a&b")
    assert send(connection, NOON) == 3
    signed = [got for got in hook.received if "webhook-signature" in got.headers]
    (plain,) = signed
    secret = secret_of(derive, UUID(own), 0)
    assert plain.is_signed_by(base64.b64decode(secret.removeprefix("whsec_")))
    said = json.loads(plain.body)
    assert said["data"] == {"customer_id": "a&b", "customer_name": "A <!channel> & *Co*", "reason": "Not seen."}
    (card,) = [body for got in hook.received if "attachments" in (body := json.loads(got.body))]
    content = card["attachments"][0]["content"]
    assert content["body"][0]["text"] == r"A <!channel> & \*Co\* is at risk"
    assert content["actions"][0]["url"] == f"{URL}/customers/a%26b"
    (blocks,) = [body for got in hook.received if "blocks" in (body := json.loads(got.body))]
    assert blocks["text"] == "A &lt;!channel&gt; &amp; *Co* is at risk"
    assert [block["type"] for block in blocks["blocks"]] == ["header", "section", "context"]


def test_what_comes_together_is_one_message_to_people(connection: psycopg.Connection, hook: Receiver) -> None:
    """Five hundred accounts that go quiet at once are no storm; a webhook is for software, and is told of each."""
    add(connection, "slack", hook.url, NOON, "risk.began")
    own = add(connection, "webhook", hook.url, NOON, "risk.began")
    for n in range(30):
        tell(connection, f"c{n:02}")
    assert send(connection, NOON) == 30 + 5
    (chat,) = [json.loads(got.body) for got in hook.received if "webhook-signature" not in got.headers]
    assert chat["text"] == "30 messages from Milepost"
    lines = chat["blocks"][1]["text"]["text"].splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("c00 is at risk", "And 10 more.", 21)
    tell(connection, "late", NOON + timedelta(seconds=3))
    soon = NOON + timedelta(seconds=10)
    assert send(connection, soon) == 5, "a channel has half a minute of rest"
    for _ in range(5):
        send(connection, soon)
    assert send(connection, NOON + timedelta(seconds=31)) == 1
    told = connection.execute(
        "select count(*) from milepost.deliveries where destination_id = %s and delivered_at is not null", (own,)
    ).fetchone()
    assert told == (31,)


@pytest.mark.parametrize("without", ["nothing", "enable_hashjoin", "enable_nestloop"])
def test_however_it_is_planned_a_webhook_gets_five_at_once(
    connection: psycopg.Connection, hook: Receiver, without: str
) -> None:
    """As PostgreSQL knew nothing of the tables yet, it took five again for each that was due."""
    add(connection, "webhook", hook.url, NOON, "risk.began")
    for n in range(30):
        tell(connection, f"c{n:02}")
    for switch in ("enable_mergejoin", "enable_memoize", "enable_material", without):
        if switch != "nothing":
            connection.execute(f"set {switch} = off".encode())
    assert [send(connection, NOON) for _ in range(7)] == [5, 5, 5, 5, 5, 5, 0]


def test_quiet_hours_hold_back_and_lose_nothing(connection: psycopg.Connection, hook: Receiver) -> None:
    """From 22:00 to 07:00 of Berlin's clock, which is two hours ahead in June."""
    over = {"quiet_from": time(22), "quiet_until": time(7), "time_zone": "Europe/Berlin"}
    add(connection, "slack", hook.url, NOON, "risk.began", **over)
    add(connection, "teams", hook.url, NOON, "risk.began", quiet_from=time(12), quiet_until=time(13))
    tell(connection, "acme")
    assert send(connection, NOON) == 1
    assert send(connection, NOON + timedelta(minutes=59)) == 0
    assert send(connection, NOON + timedelta(minutes=60)) == 1
    night = NOON.replace(hour=20)
    tell(connection, "acme", night)
    assert send(connection, night) == 1
    assert send(connection, night + timedelta(hours=8, minutes=59)) == 0
    assert send(connection, night + timedelta(hours=9)) == 1


def test_one_that_hangs_or_fails_keeps_nobody_waiting(connection: psycopg.Connection, hook: Receiver) -> None:
    gone = add(connection, "webhook", "http://127.0.0.1:9/nobody", NOON, "risk.began")
    add(connection, "webhook", hook.url, NOON, "risk.began", "destination.disabled")
    now = NOON
    tell(connection, "acme", now)
    send(connection, now)
    assert len(hook.received) == 1
    # Days later it has never answered: it is switched off, what waits is given up, and the others are told.
    now += TOO_LONG
    tell(connection, "acme", now)
    send(connection, now)
    send(connection, now)
    assert [json.loads(got.body)["type"] for got in hook.received] == [
        "risk.began", "risk.began", "destination.disabled",
    ]  # fmt: skip
    row = connection.execute(
        "select disabled_at, disabled_why from milepost.destinations where destination_id = %s", (gone,)
    ).fetchone()
    assert row is not None
    assert row[0] == now
    assert row[1].startswith("Every try failed for 5 days. The last: ConnectError")
    tell(connection, "acme", now)
    assert {str(one["destination_id"]) for one in outbox(connection) if one["next_try_at"]} != {gone}


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("169.254.169.254", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False), ("::", False),
        ("fe80::1", False),
        ("fec0::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("::7f00:1", False), ("2001:0:7f00:1::", False),
    ],
)  # fmt: skip
def test_private_addresses_are_not_reached_in_any_disguise(address: str, allowed: bool) -> None:
    assert is_allowed(ip_address(address), ()) is allowed


def test_named_networks_may_be_reached() -> None:
    assert is_allowed(ip_address("10.1.2.3"), [ip_network("10.0.0.0/8")])
    assert is_allowed(ip_address("::ffff:10.1.2.3"), [ip_network("10.0.0.0/8")])
    assert not is_allowed(ip_address("10.1.2.3"), [ip_network("10.2.0.0/16")])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
def test_nothing_is_sent_to_a_private_address(connection: psycopg.Connection, hook: Receiver, host: str) -> None:
    port = hook.url.rpartition(":")[2]
    add(connection, "webhook", f"http://{host}:{port}", NOON, "risk.began")
    tell(connection, "acme")
    send(connection, NOON, sender(networks=()))
    (row,) = outbox(connection)
    assert hook.received == []
    assert row["last_error"].startswith("Unreachable: ")
    assert "MILEPOST_PRIVATE_NETWORKS" in row["last_error"]


def test_mail_is_handed_over_once_and_tried_again(connection: psycopg.Connection) -> None:
    with mailbox() as box:
        by = sender(mail=MailServer("127.0.0.1", box.port, "", "", "none", "Milepost <milepost@example.com>"))
        add(connection, "email", "team@example.com", NOON, "risk.began")
        connection.execute("insert into milepost.customers (customer_id, name) values ('acme', '<b>Acme</b>')")
        tell(connection, "acme", reason="Last seen <40> days ago.")
        box.refuses = 1
        send(connection, NOON, by)
        assert send(connection, NOON + timedelta(seconds=5), by) == 1
        ((to, mail),) = box.letters
        assert (to, mail["Subject"], mail["From"]) == (
            "team@example.com", "<b>Acme</b> is at risk", "Milepost <milepost@example.com>",
        )  # fmt: skip
        (row,) = outbox(connection)
        assert mail["Message-ID"] == f"<{row['message_id']}@example.com>"
        text = mail.get_body(("plain",))
        html = mail.get_body(("html",))
        assert text is not None
        assert html is not None
        assert text.get_content().splitlines()[2] == "Last seen <40> days ago."
        assert f"{URL}/customers/acme" in text.get_content()
        assert "&lt;b&gt;Acme&lt;/b&gt; is at risk" in html.get_content()


def test_without_a_mail_server_it_says_so(connection: psycopg.Connection) -> None:
    add(connection, "email", "team@example.com", NOON, "risk.began")
    tell(connection, "acme")
    send(connection, NOON)
    (row,) = outbox(connection)
    assert row["last_error"] == "There is no mail server: set MILEPOST_SMTP_URL and MILEPOST_MAIL_FROM."


@pytest.mark.parametrize(
    ("url", "sent_by"),
    [
        ("smtps://u%40x:p@mail.example.com", ("mail.example.com", 465, "u@x", "p", "tls")),
        ("smtp://mail.example.com", ("mail.example.com", 587, "", "", "starttls")),
        ("smtp://localhost:25?tls=none", ("localhost", 25, "", "", "none")),
    ],
)
def test_what_the_settings_say(url: str, sent_by: tuple[object, ...]) -> None:
    found = mail_server(url, "a@example.com")
    assert found is not None
    assert found[:5] == sent_by


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail", "smtp://", "smtp://host?tls=maybe"])
def test_settings_that_will_not_do(url: str) -> None:
    with pytest.raises(ValueError, match=r"it takes smtps|is not known"):
        mail_server(url, "a@example.com")


def test_an_erasure_is_told_and_leaves_nothing(connection: psycopg.Connection, hook: Receiver) -> None:
    add(connection, "webhook", hook.url, NOON, "customer.erased", "person.erased", "risk.began")
    tell(connection, "acme")
    connection.execute("select milepost.forget_customer('acme')")
    connection.execute("select milepost.forget_person('somebody')")
    now = datetime.now(NOON.tzinfo) + days(1)
    send(connection, now)
    told = [json.loads(got.body) for got in hook.received]
    assert sorted((one["type"], *one["data"].values()) for one in told) == [
        ("customer.erased", "acme"), ("person.erased", "somebody"),
    ]  # fmt: skip
    assert outbox(connection) == []


def test_a_trait_that_changes_is_told_and_the_first_time_is_none(
    connection: psycopg.Connection, hook: Receiver
) -> None:
    add(connection, "webhook", hook.url, NOON, "trait.changed")
    # The last is told late, and is no change of what is so now.
    for plan, day in (("free", 0), ("free", 2), ("pro", 4), ("older", -9)):
        row = {"kind": "customer", "id": "acme", "name": "plan", "value": plan, "figure": None, "type": "text",
               "since": (NOON + days(day)).isoformat(), "source": "api"}  # fmt: skip
        connection.execute("select * from milepost.tell_traits(%s::json)", (json.dumps([row]),))
    send(connection, datetime.now(NOON.tzinfo) + days(1))
    (told,) = [json.loads(got.body)["data"] for got in hook.received]
    assert (told["customer_id"], told["trait"], told["before"], told["value"]) == ("acme", "plan", "free", "pro")


def test_a_flood_of_events_fills_no_outbox(connection: psycopg.Connection, hook: Receiver) -> None:
    """Anybody with the public key can have traits change; what a server or a file says is told whole."""
    add(connection, "webhook", hook.url, NOON, "trait.changed", "risk.began")

    def change(plan: str, source: str, count: int) -> None:
        rows = [
            {"kind": "customer", "id": f"flood-{place}", "name": "plan", "value": plan, "figure": None, "type": "text",
             "since": (NOON + days(len(plan))).isoformat(), "source": source}
            for place in range(count)
        ]  # fmt: skip
        connection.execute("select * from milepost.tell_traits(%s::json)", (json.dumps(rows),))

    def told() -> int:
        row = connection.execute("select count(*) from milepost.messages where topic = 'trait.changed'").fetchone()
        assert row is not None
        return int(row[0])

    change("a", "event", 1_200)
    change("ab", "event", 700)
    assert told() == 700
    change("abc", "event", 1_200)
    assert told() == 1_000
    change("abcd", "event", 1_200)
    assert told() == 1_000
    change("abcde", "api", 1_200)
    assert told() == 2_200
    tell(connection, "acme")
    row = connection.execute("select count(*) from milepost.messages where topic = 'risk.began'").fetchone()
    assert row == (1,)
