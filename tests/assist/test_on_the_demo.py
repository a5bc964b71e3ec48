"""On the demo's data: written questions find their answers, and every answer is the API's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx
import msgspec
import nbformat
import psycopg
import pytest
from mcp.client.client import Client
from nbclient import NotebookClient
from rich.console import Console

import milepost
from milepost.assist.catalogue import Listed, listed
from milepost.demo.openstack import data
from milepost.demo.openstack.dataset import OpenStack
from milepost.demo.place import Place, first_day
from milepost.insights.settle import unsettled
from milepost.notebook.errors import NotAllowed, WrongQuestion
from milepost.plan import load_plan
from milepost.settings import Settings
from tests.analytics.palettes import of_hard
from tests.analytics.requests import QUESTIONS
from tests.assist.asking import over_http
from tests.assist.scripted import Asked, Scripted
from tests.demo import openstack as known
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, Server, customer_token, running, wait_for

_NOTEBOOK: Final = Path(__file__).parents[2] / "examples/notebook/drifting_away.ipynb"
_TEXT: Final = (Path(__file__).parent / "questions.toml").read_bytes()
_QUESTIONS: Final = msgspec.toml.decode(_TEXT, type=dict[str, list[Asked]])["questions"]


_NO_ID: Final = "0190a0b0-0000-7000-8000-000000000000"
_MOMENTS: Final = ("as_of", "fresh_as_of", "checked_at")


class Demo(NamedTuple):
    server: Server
    team: httpx.Client
    folder: Path


@pytest.fixture(scope="module")
def demo(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The companies of middling size, as `milepost demo` stores them."""
    folder = tmp_path_factory.mktemp("assist-demo")
    plan = {"MILEPOST_PLAN_FILE": str(data.PLAN_FILE)}
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, columns=True, environ=plan)) as server,
        server.client() as team,
    ):
        settings = Settings(data_dir=folder, database_url=dsn)
        OpenStack(known.cut()).fill(Place(settings, dsn, load_plan(data.PLAN_FILE), Console(quiet=True)))
        wanted = len(known.world(known.cut(), known.now_there(datetime.now(UTC))).events)

        def mirrored() -> bool:
            answer = team.post("/v1/query/trends", json={"interval": "month", "period": {"days": 800}})
            return answer.is_success and int(answer.json()["lines"][0]["total"]) >= wanted

        wait_for(mirrored, 60, "the column store")
        with psycopg.connect(dsn, autocommit=True) as connection:
            wait_for(lambda: not unsettled(connection), 60, "every customer to be settled")
        yield Demo(server, team, folder)


async def test_written_questions_find_their_answers(demo: Demo) -> None:
    """The client knows the tools by their descriptions alone."""
    moved = data.moved_by(first_day(demo.folder, datetime.now(UTC).date()))
    assert len(_QUESTIONS) == 20
    async with over_http(demo.server, SECRET_KEY) as client:
        scripted = Scripted(client, (await client.list_tools()).tools, moved)
        found = {asked.asks: await scripted.solve(asked) for asked in _QUESTIONS}
    assert found == {asked.asks: asked.answer for asked in _QUESTIONS}


async def test_every_answer_is_the_apis(demo: Demo) -> None:
    await _compared(demo, calls=250, seed=14)


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_each_of_a_thousand_is(demo: Demo) -> None:
    await _compared(demo, calls=1000, seed=random.randrange(1 << 30))


async def _compared(demo: Demo, *, calls: int, seed: int) -> None:
    """Random calls of every tool, some of them wrong."""
    pick, seen = random.Random(seed), set()
    customer = sorted(known.cut())[0]
    async with (
        over_http(demo.server, SECRET_KEY) as team,
        over_http(demo.server, customer_token(customer)) as own,
        httpx.AsyncClient(verify=False, base_url=demo.server.url, timeout=60) as api,
    ):
        for _ in range(calls):
            tool = pick.choice(listed())
            bearer, client = (SECRET_KEY, team) if tool.reader == "team" else (customer_token(customer), own)
            arguments = _arguments(pick, tool)
            answered, error = await _asked(client, tool, arguments)
            direct = await _directly(api, bearer, tool, arguments)
            if direct.is_success:
                assert error is None, (tool.name, arguments, error)
                said = direct.text if direct.headers["content-type"].startswith("text/") else direct.json()
                assert _timeless(answered) == _timeless(said), (tool.name, arguments)
                seen.add(tool.name)
            else:
                body = direct.json()
                assert error is not None, (tool.name, arguments, body)
                assert (error["status"], error["code"], error["message"], error["field"]) == (
                    direct.status_code, body["code"], body["message"], body["field"],
                )  # fmt: skip
    assert len(seen) > len(listed()) * 3 // 4, sorted({one.name for one in listed()} - seen)


def _arguments(pick: random.Random, tool: Listed) -> dict[str, Any]:
    """What somebody might ask, wrong now and then."""
    company = pick.choice([*sorted(known.cut()), "nobody.example"])
    days = {"first": "2026-01-01", "last": "2026-11-01"}
    if tool.name == "who_is_behind":
        return {
            "question": "trends",
            "asked": {"period": {"days": 400}},
            "place": {"series": 0, "bucket": pick.choice((None, 9999))},
        }
    if tool.name == "run_sql":
        statements = ("select count(*) from events", "select * from customers order by 1", "selec", "select 1 / 0", "")
        return {"sql": pick.choice(statements), "rows": pick.choice((1, 40, 0))}
    if tool.name.startswith("ask_"):
        question = QUESTIONS[tool.name.removeprefix("ask_")](pick, of_hard())
        said = {name: value for name, value in msgspec.to_builtins(question).items() if name != "question"}
        return {
            **said,
            "filters": [],
            "period": pick.choice(({"days": 30}, {"days": 700}, {"days": 0}, said.get("period", {}))),
        }
    values: dict[str, list[Any]] = {
        "customer_id": [company], "user_id": ["p01389", "p99999"], "playbook": ["went-quiet", "none-of-them"],
        "alert_id": [_NO_ID], "cohort_id": [_NO_ID], "limit": [1, 3, 0, "many"], "cursor": ["no cursor"],
        "sort": ["score", "-risk", "trait.people_ever", "sideways"], "q": ["a", "fujitsu"], "status": ["quiet", "loud"],
        "min_score": [5, -1], "of": ["customer", "person"], "target": ["goes_quiet", "grows"], "done": [True, False],
        "filters": [[{"field": "trait.home_region", "values": ["EMEA"]}], [{"field": "nothing"}]],
        "handled": ["todo", "snoozed"], "everyone": [True, False], **{name: [day] for name, day in days.items()},
    }  # fmt: skip
    placed = {name: pick.choice(values[name]) for name in tool.placed}
    known_here = _PARAMETERS.get(tool.name, ())
    return placed | {name: pick.choice(values[name]) for name in known_here if name in values and pick.random() < 0.4}


_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "customer_people": ("q", "sort"),
    "find_customers": ("limit", "cursor", "sort", "q", "status", "min_score", "filters"),
    "customer_events": ("limit",), "customer_sessions": ("limit",), "customer_actions": ("limit",),
    "customer_notes": ("limit",), "customer_tasks": ("limit", "done"), "customer_ledger": ("limit",),
    "event_names": ("q", "limit"), "traits": ("of",), "predictions": ("target", "limit"),
    "open_actions": ("limit", "handled"), "tasks": ("limit", "done"), "tags": ("limit",),
    "annotations": ("limit", "first", "last"), "leaderboard": ("limit", "everyone"), "my_events": ("limit",),
    "my_sessions": ("limit",), "my_actions": ("limit",), "my_ledger": ("limit",), "my_leaderboard": ("limit",),
}  # fmt: skip


async def _asked(client: Client, tool: Listed, arguments: dict[str, Any]) -> tuple[Any, Any]:
    said = (await client.call_tool(tool.name, arguments)).structured_content
    return said.get("answer"), said.get("error")


async def _directly(api: httpx.AsyncClient, bearer: str, tool: Listed, arguments: dict[str, Any]) -> httpx.Response:
    """The same, written out by hand."""
    given, path = dict(arguments), tool.path
    for name in tool.placed:
        path = path.replace(f"{{{name}}}", str(given.pop(name)))
    headers = {"Authorization": f"Bearer {bearer}"}
    if tool.method == "POST":
        return await api.post(path, json=given, headers=headers)
    if tool.limit:
        given.setdefault("limit", tool.limit)
    params = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in given.items()
    }
    return await api.get(path, params=params, headers=headers)


def _timeless(answer: Any) -> Any:
    """Without the moment at which it was asked, or looked at."""
    if isinstance(answer, dict):
        return {name: _timeless(one) for name, one in answer.items() if name not in _MOMENTS}
    return [_timeless(one) for one in answer] if isinstance(answer, list) else answer


def test_the_python_client_answers_what_the_api_does(demo: Demo) -> None:
    """Random questions; and each class of tables has what the API said."""
    pick = random.Random(15)
    with milepost.connect(demo.server.url, SECRET_KEY) as server:
        for _ in range(30):
            name = pick.choice(sorted(QUESTIONS))
            asked = _arguments(pick, next(one for one in listed() if one.name == f"ask_{name}"))
            direct = demo.team.post(f"/v1/query/{name}", json=asked)
            if not direct.is_success:
                with pytest.raises(WrongQuestion) as wrong:
                    getattr(server, name)(**asked)
                assert wrong.value.message == direct.json()["message"]
                continue
            answer = getattr(server, name)(**asked)
            assert _timeless(answer.data) == _timeless(direct.json())
            assert len(answer) == answer.arrow().num_rows == len(answer.pandas()) == answer.polars().height
        merged = server.trends(series=[{"event_name": "Change merged"}], period={"days": 700}, breakdown="customer_id")
        told = sum(line["total"] for line in merged.data["lines"])
        assert sum(merged.pandas().value) == sum(merged.polars()["value"]) == told
        biggest = merged.data["lines"][0]
        assert merged.who(value=biggest["value"]).rows()[0]["customer_id"] == biggest["value"]
        assert server.find_customers("fujitsu").polars()["customer_id"].to_list() == ["fujitsu.com"]
        assert "[points.base]" in server.plan().data
        for one in listed():
            if one.reader == "team" and one.method == "GET" and not one.placed:
                getattr(server, one.name)().arrow()
        for name in ("customer", "explain_score", "score_history", "customer_people", "customer_events"):
            assert len(getattr(server, name)("fujitsu.com").pandas()) > 0, name


def test_a_token_reads_its_own_part_in_python(demo: Demo) -> None:
    own, other = sorted(known.cut())[:2]
    with milepost.connect(demo.server.url, customer_token(own)) as server:
        for one in listed():
            method = getattr(server, one.name.removeprefix("ask_"), None)
            if one.reader == "customer":
                assert method is not None
                said = method().data
                assert other not in msgspec.json.encode(said).decode(), one.name
            elif method is not None:
                given: dict[str, Any] = dict.fromkeys(one.placed, other)
                given |= {name: uuid4() for name in ("alert_id", "cohort_id") if name in given}
                needed: dict[str, dict[str, Any]] = {
                    "ask_funnel": {"steps": [{}, {}]},
                    "run_sql": {"sql": "select * from events"},
                }
                with pytest.raises(NotAllowed):
                    method(**given, **needed.get(one.name, {}))
    assert server.reader == "customer"


def test_the_worked_notebook_works(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell, as somebody runs it; a cell that fails fails here."""
    monkeypatch.setenv("MILEPOST_HOST", demo.server.url)
    monkeypatch.setenv("MILEPOST_SECRET_KEY", SECRET_KEY)
    notebook = nbformat.read(_NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # it has no types
    assert not any(cell.get("outputs") for cell in notebook.cells), "strip its outputs: they are another server's"
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pictures = [one["data"] for one in shown if "image/svg+xml" in one.get("data", {})]
    assert len(pictures) == 3
    assert not any(output["output_type"] == "error" for output in shown)
