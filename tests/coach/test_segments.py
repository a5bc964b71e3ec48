"""Playbooks for a segment: made for who is in it, taken back from who leaves, nothing where there is no such one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from milepost.coach.replay import unknown_facts
from milepost.coach.settle import settle_coach
from milepost.insights.customers import Within
from tests.coach.people import NOON, apply, days, event, plan_with, store, stored
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, Server, running, wait_for
from tests.support.settling import settle_all

_ANY = {"fact": "total_events", "at_least": 1}
_HERE = {"id": "here", "segment": "here", "when": [_ANY], "cool_down_days": 1}


def _these(*customers: str) -> Within:
    return Within(sql.SQL("s.customer_id = any(%(those)s)"), {"those": list(customers)})


def _settle(connection: psycopg.Connection, segments: Mapping[str, Within], at: float) -> list[tuple[str, str, str]]:
    """Who has what, and its state."""
    store(connection, [event(name, NOON + days(at)) for name in ("a", "b", "c")])
    settle_all(connection, [partial(settle_coach, segments=lambda: segments)], now=NOON + days(at))
    return sorted((one["customer_id"], one["playbook"], one["state"]) for one in stored(connection))


def test_who_is_in_it_gets_it_and_who_leaves_has_it_taken_back(connection: psycopg.Connection) -> None:
    apply(connection, plan_with(_HERE, {"id": "all", "when": [_ANY], "tool": "business-case"}))
    everybody = [(name, "all", "made") for name in ("a", "b", "c")]
    assert _settle(connection, {}, 0) == everybody
    here = {"here": _these("a", "b"), "another": _these("c")}
    assert _settle(connection, here, 1) == sorted([*everybody, ("a", "here", "made"), ("b", "here", "made")])
    # Of a segment nobody knows anything of, nobody says that somebody left it.
    assert _settle(connection, {}, 2) == sorted([*everybody, ("a", "here", "made"), ("b", "here", "made")])
    moved = [("a", "here", "expired"), ("b", "here", "made"), ("c", "here", "made")]
    assert _settle(connection, {"here": _these("b", "c")}, 3) == sorted([*everybody, *moved])


def test_nothing_that_the_customer_reads_names_it(connection: psycopg.Connection) -> None:
    apply(connection, plan_with({**_HERE, "id": "p", "segment": "secret-name"}))
    _settle(connection, {"secret-name": _these("a")}, 0)
    (made,) = stored(connection)
    assert "secret" not in repr({name: value for name, value in made.items() if name != "playbook"})


def test_of_the_past_nobody_knows_who_was_in_it() -> None:
    plan = plan_with(_HERE, {"id": "all", "when": [_ANY]})
    assert [unknown_facts(one) for one in plan.playbooks] == [["segment"], []]


_PLAN = Path(__file__).parents[2] / "src/milepost/plan/default.toml"
_OF_PROS = """
[[playbooks]]
id = "pros"
name = "Ask the pros"
segment = "pros"
action = "Tell us what you miss"
reason = "You know the product well"

[[playbooks.when]]
fact = "total_events"
at_least = 1
"""


@pytest.fixture
def served(cluster: Cluster, tmp_path: Path) -> Iterator[Server]:
    plan = tmp_path / "milepost.toml"
    plan.write_text(
        _PLAN.read_text().replace("hold_out = 0.1", "hold_out = 0.0").replace("most_open = 3", "most_open = 9")
        + _OF_PROS
    )
    environ = {"MILEPOST_PLAN_FILE": str(plan)}
    with cluster.database() as dsn, running(Server(tmp_path, database_url=dsn, environ=environ)) as server:
        yield server


def test_a_server_follows_the_segment(served: Server) -> None:
    with served.client() as team, served.client(SERVER_KEY) as sender, member(served, "127.0.5.9") as signed_in:

        def happened(customer: str, *, plan: str | None = None) -> None:
            if plan is not None:
                team.put(f"/v1/customers/{customer}", json={"traits": {"plan": plan}}).raise_for_status()
            events = {"events": [{"customer_id": customer, "event_type": "tool_usage"}]}
            sender.post("/v1/events", json=events).raise_for_status()

        def has(customer: str) -> bool:
            answer = team.get(f"/v1/customers/{customer}/recommendations")
            return answer.status_code == 200 and "pros" in [one["playbook"] for one in answer.json()["items"]]

        page = "/actions/playbooks"
        assert "There is no segment pros, so it makes nothing" in signed_in.get(page).text
        asked = {"name": "Pros", "conditions": [{"field": "trait.plan", "op": "is", "values": ["pro"]}]}
        happened("rich", plan="pro")
        happened("poor", plan="free")
        segment = team.post("/v1/segments", json=asked).raise_for_status().json()
        assert [(use["kind"], use["id"]) for use in segment["used_in"]] == [("playbook", "pros")]
        assert team.delete("/v1/segments/pros").json()["code"] == "segment_used"
        assert "There is no segment" not in signed_in.get(page).text

        # Who is in it is looked at when something happens.
        def told() -> bool:
            happened("rich")
            return has("rich")

        wait_for(told, 60, "the segment")
        assert not has("poor")
        happened("rich", plan="free")
        happened("poor", plan="pro")
        wait_for(lambda: has("poor") and not has("rich"), 60, "both to have moved")
