"""A recommendation is told to the webhook: signed, tried again until it is taken, the same id each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from milepost.errors import SettingsError
from milepost.messages.outbox import BACKOFF, forget_messages
from milepost.predict import keeping
from milepost.predict.said import PredictionReason
from milepost.predict.telling import News
from milepost.settings import load_settings
from milepost.store.imports import ImportMark
from tests.coach.people import NOON, apply, days, event, plan_with, settle, store, stored
from tests.messages.receiver import Receiver, receiver
from tests.messages.sending import KEY, SECRET, listen, outbox, send, sender
from tests.support.server import Server, running, wait_for

_PLAN = plan_with({"id": "p", "when": [{"fact": "total_events", "at_least": 1}]})


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def make_one(connection: psycopg.Connection, hook: Receiver, customer: str = "acme") -> None:
    """One recommendation, with somebody who wants to know."""
    apply(connection, _PLAN)
    listen(connection, NOON, hook.url)
    store(connection, [event(customer, NOON - days(1))])
    settle(connection)


def only(connection: psycopg.Connection) -> dict[str, Any]:
    (row,) = outbox(connection)
    return row


def test_a_message_is_signed_and_sent_once(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection, hook)
    assert send(connection, NOON) == 1
    assert send(connection, NOON + days(0.5)) == 0
    (got,) = hook.received
    assert got.is_signed_by(KEY)
    assert not got.is_signed_by(b"another")
    (made,) = stored(connection)
    body = json.loads(got.body)
    assert (body["type"], body["timestamp"]) == ("recommendation.made", "2026-06-01T12:00:00.000000Z")
    assert body["data"]["recommendation_id"] == str(made["recommendation_id"])
    assert (body["data"]["customer_id"], body["data"]["playbook"], body["data"]["action"]) == ("acme", "p", "Do it")
    assert (got.headers["content-type"], got.headers["webhook-timestamp"]) == (
        "application/json",
        str(int(NOON.timestamp())),
    )
    assert only(connection)["delivered_at"] == NOON


def test_who_enters_the_likeliest_is_told_once_signed_as_all_else(
    connection: psycopg.Connection, hook: Receiver
) -> None:
    listen(connection, NOON, hook.url)
    connection.execute(
        "insert into milepost.prediction_models (target, trained_at, first_day, last_day, report, holds)"
        " values ('goes_quiet', now(), '2026-01-01', '2026-01-02', '{}', true)"
    )
    ((model,),) = connection.execute("select model_id from milepost.prediction_models").fetchall()
    numbers = [
        number for ((number,),) in (
            connection.execute(
                "insert into milepost.numbers (kind, id) values ('customer', %s) returning number", (f"c{n}",)
            ).fetchall()
            for n in range(40)
        )
    ]  # fmt: skip
    why = [PredictionReason("away", 1.2, "Last seen 40 days ago; 3 days is usual.")]

    def say(night: int, likely: set[int]) -> None:
        said = np.array([0.9 if n in likely else n / 100 for n in range(40)])
        now = NOON + days(night)
        keeping.say(
            connection, "goes_quiet", model, np.array(numbers), said, [why] * 40, as_of=now.date(),
            news=News("Going quiet", 28, now),
        )  # fmt: skip

    # The first night nobody entered; then one did, came back, and did again.
    for night, (likely, sent) in enumerate((({1, 2}, 0), ({2, 3}, 1), ({1, 2}, 1), ({2, 3}, 0))):
        say(night, likely)
        assert send(connection, NOON + days(night)) == sent
    told = sorted((json.loads(got.body) for got in hook.received), key=lambda body: str(body["data"]["as_of"]))
    assert all(got.is_signed_by(KEY) for got in hook.received)
    assert [(one["type"], one["data"]["customer_id"], one["data"]["as_of"]) for one in told] == [
        ("prediction.likely", "c3", "2026-06-02"), ("prediction.likely", "c1", "2026-06-03"),
    ]  # fmt: skip
    data = told[0]["data"]
    assert (data["label"], data["probability"], data["reasons"]) == ("Going quiet", 0.9, [why[0].says])
    connection.execute("select milepost.forget_customer('c3')")
    assert [(row["topic"], row["customer_id"]) for row in outbox(connection)] == [
        ("prediction.likely", "c1"), ("customer.erased", None),
    ]  # fmt: skip


def test_a_plain_secret_signs_as_it_is(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection, hook)
    send(connection, NOON, sender(secret="plain text"))
    assert hook.received[0].is_signed_by(b"plain text")


@pytest.mark.parametrize("refusal", [500, 404, 301, 307, 400])
def test_whatever_is_not_taken_is_sent_again_with_the_same_id(
    connection: psycopg.Connection, hook: Receiver, refusal: int
) -> None:
    make_one(connection, hook)
    now = NOON
    hook.answers = [refusal, refusal, 200]
    for wait in (0, 5, 60):
        now += timedelta(seconds=wait)
        assert send(connection, now - timedelta(milliseconds=1)) == 0
        assert send(connection, now) == 1
    # No redirect was followed, and each try was signed anew.
    assert len(hook.received) == 3
    assert len({(one.headers["webhook-id"], one.body) for one in hook.received}) == 1
    assert all(one.is_signed_by(KEY) for one in hook.received)
    assert [int(one.headers["webhook-timestamp"]) - int(NOON.timestamp()) for one in hook.received] == [0, 5, 65]
    row = only(connection)
    assert (row["attempts"], row["last_status"], row["last_error"], row["next_try_at"]) == (3, 200, None, None)


def test_a_receiver_that_is_away_gets_it_later(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection, hook)
    listen(connection, NOON, "http://127.0.0.1:9/nobody")
    send(connection, NOON)
    listen(connection, NOON, hook.url)
    row = only(connection)
    assert row["last_status"] is None
    assert row["last_error"].startswith("ConnectError")
    assert send(connection, NOON + timedelta(seconds=5)) == 1
    assert only(connection)["delivered_at"] is not None


def test_it_gives_up_after_three_days(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection, hook)
    now = NOON
    hook.answers = [503] * 20
    for wait in (0, *BACKOFF):
        now += timedelta(seconds=wait)
        assert send(connection, now) == 1
    assert 3 < (now - NOON) / days(1) < 3.5
    row = only(connection)
    assert (row["attempts"], row["next_try_at"], row["gave_up_at"]) == (11, None, now)
    assert send(connection, now + days(2)) == 0
    assert len({one.headers["webhook-id"] for one in hook.received}) == 1


def test_gone_is_gone(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection, hook)
    hook.answers = [410]
    send(connection, NOON)
    row = only(connection)
    assert (row["gave_up_at"], row["last_error"]) == (NOON, "It answered 410.")


def test_a_server_that_dies_with_a_message_leaves_it_to_the_next(
    connection: psycopg.Connection, hook: Receiver
) -> None:
    make_one(connection, hook)
    connection.execute("update milepost.deliveries set attempts = 1, next_try_at = %s", (NOON + timedelta(seconds=30),))
    assert send(connection, NOON + timedelta(seconds=29)) == 0
    assert send(connection, NOON + timedelta(seconds=30)) == 1


def test_nothing_waits_where_nobody_listens(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection, hook)
    connection.execute("delete from milepost.messages")
    listen(connection, NOON, "")
    store(connection, [event("other", NOON - days(1))])
    settle(connection)
    assert len(stored(connection)) == 2
    assert connection.execute("select count(*) from milepost.messages").fetchone() == (0,)


def test_what_was_taken_back_is_not_sent(connection: psycopg.Connection, dsn: str, hook: Receiver) -> None:
    """Two went quiet; an event of each waits to be settled: of one it is another's word, the other has come back."""
    apply(connection, plan_with({"id": "quiet", "when": [{"fact": "days_since_last_activity", "at_least": 14}]}))
    listen(connection, NOON, hook.url)
    store(connection, [event(customer, NOON - days(20)) for customer in ("back", "away")])
    settle(connection)
    assert len(stored(connection)) == 2
    store(connection, [event("back", NOON), event("away", NOON - days(19))])
    soon = NOON + timedelta(seconds=30)
    assert send(connection, soon) == 0, "what it says may be over already"
    settle(connection, soon)
    assert send(connection, soon) == 1
    assert [json.loads(one.body)["data"]["customer_id"] for one in hook.received] == ["away"]
    assert only(connection)["delivered_at"] == soon
    # Who never rests is not waited for longer than two minutes; but while an import is under way, until that is over.
    store(connection, [event("busy", NOON - days(20))])
    settle(connection, soon)
    store(connection, [event("busy", NOON - days(19))])
    late = soon + timedelta(minutes=2)
    with psycopg.connect(dsn, autocommit=True) as other:
        mark = ImportMark(other, "events")
        assert send(connection, late) == 0
        mark.end()
    assert send(connection, late) == 1


def test_old_messages_go(connection: psycopg.Connection, hook: Receiver) -> None:
    make_one(connection, hook)
    send(connection, NOON)
    forget_messages(connection, now=NOON + days(89))
    assert outbox(connection) != []
    forget_messages(connection, now=NOON + days(91))
    assert connection.execute("select count(*) from milepost.messages").fetchone() == (0,)


def test_an_address_needs_a_secret_and_is_one() -> None:
    with pytest.raises(SettingsError, match="MILEPOST_WEBHOOK_SECRET is missing"):
        load_settings({"MILEPOST_WEBHOOK_URL": "https://example.org/hook"})
    with pytest.raises(SettingsError, match="MILEPOST_WEBHOOK_URL is not an address"):
        load_settings({"MILEPOST_WEBHOOK_URL": "example.org", "MILEPOST_WEBHOOK_SECRET": "x"})


def test_a_running_server_tells_of_what_events_bring_about(dsn: str, tmp_path: Path, hook: Receiver) -> None:
    """From an event over HTTP to the receiver, with the default plan."""
    hook.answers = [500]
    environ = {"MILEPOST_WEBHOOK_URL": hook.url, "MILEPOST_WEBHOOK_SECRET": SECRET}
    with running(Server(tmp_path / "server", database_url=dsn, environ=environ)) as server, server.client() as client:
        with psycopg.connect(dsn, autocommit=True) as connection:
            wait_for(
                lambda: connection.execute("select address from milepost.destinations").fetchone() == (hook.url,),
                20,
                "the settings' own destination",
            )
            # Nobody is held out, so that there is something to tell for certain.
            connection.execute("update milepost.plan set document = jsonb_set(document, '{coach,hold_out}', '0')")
        events = [{"event_type": "tool_usage", "customer_id": "acme", "session_id": "s", "tool_id": "icp-analysis"}]
        client.post("/v1/events", json={"events": events}).raise_for_status()
        wait_for(lambda: len(hook.received) >= 2, 30, "the second try")
        first, second = hook.received[:2]
        assert first.is_signed_by(KEY)
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
        told = json.loads(first.body)["data"]
        items = client.get("/v1/customers/acme/recommendations").json()["items"]
        assert told["recommendation_id"] in [item["recommendation_id"] for item in items]
