"""A product with words of its own: no tool, competency or stage of the default plan is anywhere it answers or shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from milepost.plan import load_plan
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, customer_token, running, wait_for

pytestmark = pytest.mark.timeout(180)

_PLAN = Path(__file__).with_name("garden.toml")
_ENVIRON = {"MILEPOST_PLAN_FILE": str(_PLAN), "MILEPOST_TOOLS_APP": "true"}
_EVENTS: list[dict[str, Any]] = [
    {"event_type": "tool_usage", "tool_id": "seed-catalogue", "tool_section": "order", "competency_area": "sowing"},
    {"event_type": "export_action", "tool_id": "seed-catalogue", "competency_area": "sowing"},
    {"event_type": "competency_milestone", "competency_area": "beekeeping"},
    {"event_type": "scaling_metric", "current_arr": "three pots", "target_arr": "an acre", "growth_stage": "bare_soil"},
    {"event_type": "scaling_metric", "current_arr": "two beds", "target_arr": "an acre", "growth_stage": "in_bloom"},
]
#: Whom the team once knew under a plan with another stage.
_EARLIER = (
    "insert into public.behavior_events (customer_id, event_type, growth_stage) values ('old', %s, 'first_frost')"
)


def _names_of_the_default() -> set[str]:
    plan = load_plan()
    named = [(one.id, one.name) for table in (plan.tools, plan.competencies, plan.growth_stages) for one in table]
    return {word for words in named for word in words} | {"$2M+", "$10M"}


@pytest.fixture(scope="module")
def garden(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("garden"), database_url=dsn, environ=_ENVIRON, columns=True)) as server,
        server.client(WRITE_KEY) as writing,
        server.client() as reading,
    ):
        with member(server) as visitor:
            assert "seed-catalogue" in visitor.get("/").text, "the first event to send is of the plan's tools"
        now = datetime.now(UTC)
        # A second apart, as the newest stage told is the customer's.
        times = [(now - timedelta(seconds=ago)).isoformat() for ago in range(len(_EVENTS), 0, -1)]
        who = {"customer_id": "rosa", "user_id": "r", "session_id": "s"}
        events = [{**who, **event, "timestamp": at} for event, at in zip(_EVENTS, times, strict=True)]
        receipt = writing.post("/v1/events", json={"events": events}).raise_for_status().json()
        assert (receipt["accepted"], receipt["rejected"]) == (len(_EVENTS), [])
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_EARLIER, ("scaling_metric",))
        wait_for(lambda: _total(reading) == len(_EVENTS) + 1, 60, "the events to be in the column store")
        wait_for(
            lambda: bool(reading.get("/v1/coach/queue").json().get("items")), 30, "what the coach has to say of them"
        )
        yield server


def _total(client: httpx.Client) -> float | None:
    answer = client.post("/v1/query/trends", json={})
    return None if answer.status_code != 200 else answer.json()["lines"][0]["total"]


@pytest.fixture(scope="module")
def team(garden: Server) -> Iterator[httpx.Client]:
    with member(garden) as client:
        yield client


def test_what_the_plan_has_not_is_refused_and_said(garden: Server) -> None:
    events = [
        {"customer_id": "rosa", "event_type": "navigation", "growth_stage": stage}
        for stage in ("rapid_scaling", "first_frost")
    ]
    with garden.client(WRITE_KEY) as client:
        receipt = client.post("/v1/events", json={"events": events}).json()
    assert receipt["accepted"] == 0
    assert [(one["code"], one["field"]) for one in receipt["rejected"]] == [("invalid_value", "growth_stage")] * 2
    assert receipt["rejected"][0]["message"] == (
        "growth_stage is 'rapid_scaling'. Use one of the plan's: bare_soil, in_bloom."
    )


def test_insights_are_of_the_plans_competencies(garden: Server) -> None:
    with garden.client() as client, garden.client(customer_token("rosa")) as own:
        for reader, path in ((client, "/v1/customers/rosa/insights"), (own, "/v1/me/insights")):
            insights = reader.get(path).raise_for_status().json()
            points = {one["competency"]: one["points"] for one in insights["competencies"]}
            assert points == {"sowing": 19, "beekeeping": 30}
            assert (insights["growth_stage"], insights["current_arr"]) == ("in_bloom", "two beds")
            (action,) = insights["next_recommended_actions"]
            assert action["reason"] == "The garden is: Everything blooms."
            assert action["action"] == "Make honey of it with Hive Log"
            assert action["evidence"] == [{"label": "Growth stage", "value": "Everything blooms"}]


def test_the_customers_page_says_stages_as_the_plan_does(team: httpx.Client) -> None:
    page = unescape(team.get("/customers/rosa").raise_for_status().text)
    for words in ("Everything blooms", "two beds", "an acre", "Sowing & planting", "Keeping bees", "Seed Catalogue"):
        assert words in page, words


def test_a_stage_that_only_an_earlier_plan_had_is_shown_by_its_id(garden: Server, team: httpx.Client) -> None:
    assert "<dd>First frost</dd>" in team.get("/customers/old").raise_for_status().text
    with garden.client() as client:
        assert client.get("/v1/customers/old/insights").json()["growth_stage"] == "first_frost"


def test_a_question_broken_down_by_growth_stage(garden: Server, team: httpx.Client) -> None:
    with garden.client() as client:
        asked = {"breakdown": "growth_stage"}
        lines = client.post("/v1/query/trends", json=asked).raise_for_status().json()["lines"]
        assert {line["value"]: line["total"] for line in lines} == {
            "": 3, "bare_soil": 1, "in_bloom": 1, "first_frost": 1,
        }  # fmt: skip
        only = {"filters": [{"field": "insight.growth_stage", "op": "is", "values": ["in_bloom"]}]}
        (line,) = client.post("/v1/query/trends", json=only).raise_for_status().json()["lines"]
        assert line["total"] == len(_EVENTS)
    page = team.get("/trends?by=growth_stage&field=growth_stage&op=is_set&value=&wait=1").raise_for_status().text
    assert {"Nothing but soil", "Everything blooms", "First frost"} <= set(re.split("[<>]", page))
    offered = re.search(r'<datalist id="values-growth_stage">(.*?)</datalist>', page)
    assert offered is not None
    assert re.findall(r'value="([^"]*)">([^<]*)<', offered[1]) == [
        ("bare_soil", "Nothing but soil"),
        ("in_bloom", "Everything blooms"),
    ]


def test_the_example_application_plays_a_stage_of_the_plan(team: httpx.Client) -> None:
    assert team.get("/tools-app/config.json").raise_for_status().json()["growthStage"] == "in_bloom"


def test_verify_is_clean(garden: Server) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    environ |= {"MILEPOST_DATABASE_URL": garden.database_url, "MILEPOST_DATA_DIR": str(garden.data_dir), **_ENVIRON}
    command = [sys.executable, "-m", "milepost", "verify"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Equal: {len(_EVENTS) + 1} events" in done.stdout


_ANSWERS = (
    "", "/insights", "/insights/history", "/events", "/sessions", "/actions", "/practice", "/game", "/ledger",
    "/recommendations",
)  # fmt: skip
_ANSWERS_ON_ALL = (
    "/v1/plan", "/v1/customers", "/v1/coach/queue", "/v1/coach/playbooks", "/v1/leaderboard", "/openapi.json",
)  # fmt: skip
_PAGES = (
    "/", "/overview/charts", "/live", "/customers", "/customers/rosa", "/customers/rosa/timeline", "/customers/old",
    "/actions", "/game", "/practice", "/trends?by=growth_stage&wait=1", "/trends?by=tool_id&wait=1",
    "/trends?by=competency_area&wait=1", "/funnels", "/retention?wait=1", "/paths", "/lifecycle?wait=1",
    "/tools?wait=1", "/sessions?wait=1", "/cohorts", "/cohorts/new", "/dashboards", "/keys",
)  # fmt: skip


@pytest.mark.parametrize("path", _ANSWERS)
def test_no_answer_has_a_name_of_the_default_plan(garden: Server, path: str) -> None:
    with garden.client() as client, garden.client(customer_token("rosa")) as own:
        for reader, whole in ((client, f"/v1/customers/rosa{path}"), (own, f"/v1/me{path}")):
            text = reader.get(whole).raise_for_status().text
            assert [name for name in _names_of_the_default() if name in text] == [], whole


@pytest.mark.parametrize("path", _ANSWERS_ON_ALL)
def test_no_answer_on_all_customers_has_a_name_of_the_default_plan(garden: Server, path: str) -> None:
    with garden.client() as client:
        text = client.get(path).raise_for_status().text
    assert [name for name in _names_of_the_default() if name in text] == []


@pytest.mark.parametrize("path", _PAGES)
def test_no_page_has_a_name_of_the_default_plan(team: httpx.Client, path: str) -> None:
    text = unescape(team.get(path).raise_for_status().text)
    assert [name for name in _names_of_the_default() if name in text] == []
