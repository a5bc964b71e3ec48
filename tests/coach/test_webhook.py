"""A recommendation is told to the webhook: signed, tried again until it is taken, the same id each time."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from milepost.coach.deliver import BACKOFF, Target, deliver_due, forget_messages, new_client, note_listening
from milepost.errors import SettingsError
from milepost.settings import load_settings
from milepost.store.imports import ImportMark
from tests.coach.people import NOON, apply, days, event, plan_with, settle, store, stored
from tests.coach.receiver import Receiver, receiver
from tests.support.server import Server, running, wait_for

_KEY = b"a key of some bytes"
_SECRET = "whsec_" + base64.b64encode(_KEY).decode()
_PLAN = plan_with({"id": "p", "when": [{"fact": "total_events", "at_least": 1}]})


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def make_one(connection: psycopg.Connection, customer: str = "acme") -> None:
    """One recommendation, with somebody who listens."""
    apply(connection, _PLAN)
    note_listening(connection, on=True)
    store(connection, [event(customer, NOON - days(1))])
    settle(connection)


def send(connection: psycopg.Connection, target: Target, now: datetime) -> int:
    async def once() -> int:
        async with new_client() as client:
            return await deliver_due(connection, client, target, now=lambda: now)

    return asyncio.run(once())


def outbox(connection: psycopg.Connection) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        (row,) = cursor.execute("select * from milepost.webhook_deliveries").fetchall()
        return row


def test_a_message_is_signed_and_sent_once(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection)
    target = Target(hook.url, _SECRET)
    assert send(connection, target, NOON) == 1
    assert send(connection, target, NOON + days(0.5)) == 0
    (got,) = hook.received
    assert got.is_signed_by(_KEY)
    assert not got.is_signed_by(b"another")
    (made,) = stored(connection)
    body = json.loads(got.body)
    assert (body["type"], body["timestamp"]) == ("recommendation.made", "2026-06-01T12:00:00Z")
    assert body["data"]["recommendation_id"] == str(made["recommendation_id"])
    assert (body["data"]["customer_id"], body["data"]["playbook"], body["data"]["action"]) == ("acme", "p", "Do it")
    assert (got.headers["content-type"], got.headers["webhook-timestamp"]) == (
        "application/json",
        str(int(NOON.timestamp())),
    )
    assert outbox(connection)["delivered_at"] == NOON


def test_a_plain_secret_signs_as_it_is(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection)
    send(connection, Target(hook.url, "plain text"), NOON)
    assert hook.received[0].is_signed_by(b"plain text")


@pytest.mark.parametrize("refusal", [500, 404, 301, 307, 400])
def test_whatever_is_not_taken_is_sent_again_with_the_same_id(
    connection: psycopg.Connection, hook: Receiver, refusal: int
) -> None:
    make_one(connection)
    target, now = Target(hook.url, _SECRET), NOON
    hook.answers = [refusal, refusal, 200]
    for wait in (0, 2, 10):
        now += timedelta(seconds=wait)
        assert send(connection, target, now - timedelta(milliseconds=1)) == 0
        assert send(connection, target, now) == 1
    # No redirect was followed, and each try was signed anew.
    assert len(hook.received) == 3
    assert len({(one.headers["webhook-id"], one.body) for one in hook.received}) == 1
    assert all(one.is_signed_by(_KEY) for one in hook.received)
    assert [int(one.headers["webhook-timestamp"]) - int(NOON.timestamp()) for one in hook.received] == [0, 2, 12]
    row = outbox(connection)
    assert (row["attempts"], row["last_status"], row["last_error"], row["next_try_at"]) == (3, 200, None, None)


def test_a_receiver_that_is_away_gets_it_later(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection)
    send(connection, Target("http://127.0.0.1:9/nobody", _SECRET), NOON)
    row = outbox(connection)
    assert row["last_status"] is None
    assert row["last_error"].startswith("ConnectError")
    assert send(connection, Target(hook.url, _SECRET), NOON + timedelta(seconds=2)) == 1
    assert outbox(connection)["delivered_at"] is not None


def test_it_gives_up_after_about_a_day(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection)
    target, now = Target(hook.url, _SECRET), NOON
    hook.answers = [503] * 20
    for wait in (0, *BACKOFF):
        now += timedelta(seconds=wait)
        assert send(connection, target, now) == 1
    assert 0.9 < (now - NOON) / days(1) < 1
    row = outbox(connection)
    assert (row["attempts"], row["next_try_at"], row["gave_up_at"]) == (11, None, now)
    assert send(connection, target, now + days(2)) == 0
    assert len({one.headers["webhook-id"] for one in hook.received}) == 1


def test_gone_is_gone(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection)
    hook.answers = [410]
    send(connection, Target(hook.url, _SECRET), NOON)
    row = outbox(connection)
    assert (row["gave_up_at"], row["last_error"]) == (NOON, "It answered 410.")


def test_a_server_that_dies_with_a_message_leaves_it_to_the_next(
    connection: psycopg.Connection, hook: Receiver
) -> None:
    make_one(connection)
    connection.execute(
        "update milepost.webhook_deliveries set attempts = 1, next_try_at = %s", (NOON + days(1 / 1440),)
    )
    assert send(connection, Target(hook.url, _SECRET), NOON + timedelta(seconds=59)) == 0
    assert send(connection, Target(hook.url, _SECRET), NOON + timedelta(seconds=60)) == 1


def test_nothing_waits_where_nobody_listens(connection: psycopg.Connection) -> None:
    make_one(connection)
    connection.execute("delete from milepost.webhook_deliveries")
    note_listening(connection, on=False)
    store(connection, [event("other", NOON - days(1))])
    settle(connection)
    assert len(stored(connection)) == 2
    assert connection.execute("select count(*) from milepost.webhook_deliveries").fetchone() == (0,)


def test_what_was_taken_back_is_not_sent(connection: psycopg.Connection, dsn: str, hook: Receiver) -> None:
    """Two went quiet; an event of each waits to be settled: of one it is another's word, the other has come back."""
    apply(connection, plan_with({"id": "quiet", "when": [{"fact": "days_since_last_activity", "at_least": 14}]}))
    note_listening(connection, on=True)
    store(connection, [event(customer, NOON - days(20)) for customer in ("back", "away")])
    settle(connection)
    assert len(stored(connection)) == 2
    store(connection, [event("back", NOON), event("away", NOON - days(19))])
    target, soon = Target(hook.url, _SECRET), NOON + timedelta(seconds=30)
    assert send(connection, target, soon) == 0, "what it says may be over already"
    settle(connection, soon)
    assert send(connection, target, soon) == 1
    assert [json.loads(one.body)["data"]["customer_id"] for one in hook.received] == ["away"]
    assert outbox(connection)["delivered_at"] == soon
    # Who never rests is not waited for longer than two minutes; but while an import is under way, until that is over.
    store(connection, [event("busy", NOON - days(20))])
    settle(connection, soon)
    store(connection, [event("busy", NOON - days(19))])
    late = soon + timedelta(minutes=2)
    with psycopg.connect(dsn, autocommit=True) as other:
        mark = ImportMark(other, "events")
        assert send(connection, target, late) == 0
        mark.end()
    assert send(connection, target, late) == 1


def test_old_messages_go(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection)
    send(connection, Target(hook.url, _SECRET), NOON)
    forget_messages(connection, now=NOON + days(89))
    assert outbox(connection)
    forget_messages(connection, now=NOON + days(91))
    assert connection.execute("select count(*) from milepost.webhook_deliveries").fetchone() == (0,)


def test_an_address_needs_a_secret_and_is_one() -> None:
    with pytest.raises(SettingsError, match="MILEPOST_WEBHOOK_SECRET is missing"):
        load_settings({"MILEPOST_WEBHOOK_URL": "https://example.org/hook"})
    with pytest.raises(SettingsError, match="MILEPOST_WEBHOOK_URL is not an address"):
        load_settings({"MILEPOST_WEBHOOK_URL": "example.org", "MILEPOST_WEBHOOK_SECRET": "x"})


def test_a_running_server_tells_of_what_events_bring_about(dsn: str, tmp_path: Path, hook: Receiver) -> None:
    """From an event over HTTP to the receiver, with the default plan."""
    hook.answers = [500]
    environ = {"MILEPOST_WEBHOOK_URL": hook.url, "MILEPOST_WEBHOOK_SECRET": _SECRET}
    with running(Server(tmp_path / "server", database_url=dsn, environ=environ)) as server, server.client() as client:
        with psycopg.connect(dsn, autocommit=True) as connection:
            wait_for(
                lambda: connection.execute("select webhook from milepost.coach").fetchone() == (True,), 20, "a note"
            )
            # Nobody is held out, so that there is something to tell for certain.
            connection.execute("update milepost.plan set document = jsonb_set(document, '{coach,hold_out}', '0')")
        events = [{"event_type": "tool_usage", "customer_id": "acme", "session_id": "s", "tool_id": "icp-analysis"}]
        client.post("/v1/events", json={"events": events}).raise_for_status()
        wait_for(lambda: len(hook.received) >= 2, 30, "the second try")
        first, second = hook.received[:2]
        assert first.is_signed_by(_KEY)
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
        told = json.loads(first.body)["data"]
        items = client.get("/v1/customers/acme/recommendations").json()["items"]
        assert told["recommendation_id"] in [item["recommendation_id"] for item in items]
