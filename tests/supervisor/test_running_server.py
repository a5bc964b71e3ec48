"""A running server: its connections are killed, its plan cannot be read, one of its customers cannot be settled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from milepost.jobs import CLEAN_UP
from tests.columns.test_soon import Answers
from tests.messages.receiver import Receiver, receiver
from tests.support.columns import Owner
from tests.support.server import WRITE_KEY, Server, running, wait_for

pytestmark = pytest.mark.timeout(240)
#: Waits for each to be gone: one that still commits what comes next, and dies before it says so, has stored what its
#: sender's retry then finds there already, and no live feed tells of that.
_KILL = """
select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity
where datname = current_database() and application_name = %s
"""
_DEFER = "insert into milepost_jobs.procrastinate_jobs (queue_name, task_name, args) values ('default', %s, %s)"
_QUEUED = "select count(*) from milepost_jobs.procrastinate_jobs where task_name = %s and status <> 'failed'"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def server(dsn: str, tmp_path: Path, hook: Receiver) -> Iterator[Server]:
    """With everything that works in the background, and somebody who listens to it."""
    environ = {"MILEPOST_WEBHOOK_URL": hook.url, "MILEPOST_WEBHOOK_SECRET": "a secret of some length"}
    with running(Server(tmp_path / "server", database_url=dsn, environ=environ, columns=True)) as server:
        Owner(server.data_dir, dsn).wait_until_level(60)
        wait_for(lambda: health(server)["failing"] == [], 30, "everything to work")
        yield server


def metrics(server: Server) -> dict[tuple[str, str], float]:
    """Of tasks, by their name, and of what else has no label."""
    text = httpx.get(server.url + "/metrics").text
    return {
        (sample.name, sample.labels.get("task", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def health(server: Server) -> dict[str, Any]:
    answer = httpx.get(server.url + "/health")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def one(connection: psycopg.Connection, question: str, *values: object) -> Any:
    row = connection.execute(question.encode(), values).fetchone()
    return None if row is None else row[0]


def post(server: Server, customer: str) -> None:
    """Until it is taken: the first to meet a killed connection is told to come again."""
    event = {"event_type": "tool_usage", "customer_id": customer, "session_id": "s", "tool_id": "icp-analysis"}

    def taken() -> bool:
        with server.client(WRITE_KEY) as client:
            return client.post("/v1/events", json={"events": [event]}).status_code == 200

    wait_for(taken, 20, "an event to be taken")


def settled(connection: psycopg.Connection, customer: str) -> bool:
    return bool(one(connection, "select exists (select from milepost.snapshots where customer_id = %s)", customer))


def test_every_task_comes_back_when_its_connection_is_killed(
    server: Server, connection: psycopg.Connection, hook: Receiver
) -> None:
    wait_for(lambda: one(connection, "select count(*) from milepost.destinations"), 20, "the webhook to be known")
    connection.execute("update milepost.plan set document = jsonb_set(document, '{coach,hold_out}', '0')")
    tasks = ["following", "settling", "alerts", "messages", "jobs", "live-feed", "columns", "writer-0", "writer-1"]
    wait_for(lambda: all(metrics(server)["milepost_task_up", task] == 1 for task in tasks), 20, "all to be up")
    before, answers = metrics(server), Answers(server)
    with server.client() as client, client.stream("GET", "/v1/live", timeout=60) as feed:
        lines = feed.iter_lines()
        for number in range(3):
            for kind in ("following", "settling", "messages", "jobs", "writer", "columns"):
                assert one(connection, _KILL, f"milepost-{kind}") >= 1, kind
            one(connection, _KILL, "milepost")
            customer = f"customer {number}"
            post(server, customer)
            assert any(customer in line for line in lines), "the live feed shows it"
            wait_for(lambda: settled(connection, customer), 40, "it to be settled")  # noqa: B023
            wait_for(lambda: any(customer.encode() in got.body for got in hook.received), 40, "a message")  # noqa: B023
            wait_for(lambda: answers.total("events", customer_id=customer) >= 1, 40, "the columns")  # noqa: B023
            connection.execute(_DEFER, (CLEAN_UP, '{"timestamp": 0}'))
            wait_for(lambda: one(connection, _QUEUED, CLEAN_UP) == 0, 40, "a job to be done")
    after = metrics(server)
    # An idle writer notices when it is needed again.
    for some in (["following"], ["settling"], ["messages"], ["writer-0", "writer-1"]):
        for what in ("failures_total", "restarts_total", "runs_total"):
            new = sum(after[f"milepost_task_{what}", task] - before[f"milepost_task_{what}", task] for task in some)
            assert new >= 3, (some, what)
    wait_for(lambda: all(metrics(server)["milepost_task_up", task] == 1 for task in tasks), 20, "all to be up")
    assert health(server)["failing"] == []


def test_an_unreadable_plan_is_one_failing_task_and_no_customers_fault(
    server: Server, connection: psycopg.Connection
) -> None:
    document = one(connection, "select document::text from milepost.plan")
    connection.execute("""update milepost.plan set document = '{"points": "of another kind"}'""")
    for customer in ("a", "b"):
        post(server, customer)
    wait_for(lambda: any(task["failures"] >= 2 for task in health(server)["failing"]), 30, "a task that keeps failing")
    assert [task["task"] for task in health(server)["failing"]] == ["settling"]
    assert health(server)["customers_set_aside"] == 0
    assert httpx.get(server.url + "/ready").status_code == 200, "everything else goes on"
    assert one(connection, "select count(*) from milepost.standing where unsettled") == 2
    log = server.log()
    assert "settling failed" in log
    assert "cannot be read" in log
    assert "could not be settled" not in log
    connection.execute("update milepost.plan set document = %s::jsonb", (document,))
    wait_for(lambda: settled(connection, "a") and settled(connection, "b"), 60, "both to be settled")
    assert health(server)["failing"] == []


_BAD = """
create function milepost.refuse_bad() returns trigger language plpgsql as
  $$ begin raise exception 'the row is bad'; end $$;
create trigger refuse_bad before insert on milepost.snapshots for each row when (new.customer_id = 'bad')
  execute function milepost.refuse_bad();
"""


def test_a_customer_who_cannot_be_settled_is_shown_and_comes_back_by_itself(
    server: Server, connection: psycopg.Connection
) -> None:
    connection.execute(_BAD.encode())
    for customer in ("bad", "good"):
        post(server, customer)
    wait_for(lambda: settled(connection, "good"), 30, "the other to be settled")
    wait_for(lambda: health(server)["customers_set_aside"] == 1, 30, "one to be set aside")
    assert metrics(server)["milepost_customers_set_aside", ""] == 1
    assert health(server)["failing"] == []
    assert one(
        connection, "select unsettled and changed_from is not null from milepost.standing where customer_id = 'bad'"
    )
    connection.execute("drop trigger refuse_bad on milepost.snapshots")
    wait_for(lambda: settled(connection, "bad"), 60, "the bad one to be settled")
    wait_for(lambda: health(server)["customers_set_aside"] == 0, 10, "nobody to be set aside")
