"""Must hold: an assistant is told what the API tells its bearer, and nothing else; over HTTP and as a process."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from subprocess import run
from typing import Final

import httpx
import pytest
from mcp.shared.exceptions import MCPError

from milepost.assist.catalogue import listed
from milepost.assist.http import MAX_BYTES
from tests.assist.asking import as_process, over_http
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, customer_token, running, wait_for

_APP: Final = "https://app.example"
#: Two customers, and a text that each of them alone may see: in an id, a name, an event, an action, a note.
_OWN: Final = {"mcp-adler": "canary-of-adler", "mcp-falke": "canary-of-falke"}
_TEAMS: Final = "canary-of-the-team"
_ASK: Final = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {"MILEPOST_ALLOWED_ORIGINS": _APP}
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("assist"), database_url=dsn, columns=True, environ=environ)) as server,
        server.client() as team,
    ):
        for customer, canary in _OWN.items():
            _fill(server, team, customer, canary)
        wait_for(lambda: _counted(team) == 12, 60, "the column store")
        yield server


def _fill(server: Server, team: httpx.Client, customer: str, canary: str) -> None:
    def event(number: int) -> dict[str, object]:
        return {
            "event_type": "export_action", "customer_id": customer, "user_id": f"{canary}-user",
            "tool_id": f"{canary}-tool",
            "session_id": f"{canary}-{number}", "event_name": f"{canary} exported", "event_metadata": {"what": canary},
        }  # fmt: skip

    with server.client(SERVER_KEY) as sender:
        sent = sender.post("/v1/events", json={"events": [event(number) for number in range(6)]}).raise_for_status()
        assert sent.json()["accepted"] == 6
        sender.put(f"/v1/customers/{customer}", json={"traits": {"name": canary}}).raise_for_status()
    action = {"customer_id": customer, "action_type": "workshop", "description": canary}
    team.post(
        "/v1/actions", json={"actions": [action, {**action, "description": _TEAMS, "private": True}]}
    ).raise_for_status()
    team.post(f"/v1/customers/{customer}/notes", json={"text": _TEAMS}).raise_for_status()


def _counted(team: httpx.Client) -> int:
    answer = team.post("/v1/query/trends", json={})
    return int(answer.json()["lines"][0]["total"]) if answer.is_success else -1


@pytest.mark.parametrize("mode", ["auto", "legacy", "process"])
async def test_the_team_over_each_way_in(server: Server, mode: str) -> None:
    way = as_process(server, SECRET_KEY) if mode == "process" else over_http(server, SECRET_KEY, mode)
    async with way as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == [one.name for one in listed() if one.reader == "team"]
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        assert "find_customers" in (client.instructions or "")

        found = await client.call_tool("find_customers", {"q": "mcp-", "sort": "customer"})
        said = found.structured_content
        assert not found.is_error
        assert said["answer"]["total"] == 2
        assert said["page"] == f"{server.url}/customers"
        assert said["as_of"]
        assert said["units"]
        text = found.content[0].text  # type: ignore[union-attr]
        assert all(word in text for word in ("mcp-adler", "| ", "As of ", server.url))

        asked = {"series": [{"event_type": "export_action"}], "breakdown": "customer_id", "interval": "month"}
        trends = await client.call_tool("ask_trends", asked)
        assert {line["value"]: line["total"] for line in trends.structured_content["answer"]["lines"]} == dict.fromkeys(
            _OWN, 6
        )
        who = await client.call_tool(
            "who_is_behind", {"question": "trends", "asked": asked, "place": {"value": "mcp-falke"}}
        )
        assert [one["customer_id"] for one in who.structured_content["answer"]["items"]] == ["mcp-falke"]

        # What is wrong is said in the API's own words, so that a model can put it right.
        wrong = await client.call_tool("ask_trends", {"measure": "sum"})
        with server.client() as team:
            body = team.post("/v1/query/trends", json={"measure": "sum"}).json()
        error = wrong.structured_content["error"]
        assert wrong.is_error
        assert (error["code"], error["message"]) == (body["code"], body["message"])
        nobody = await client.call_tool("customer", {"customer_id": "../me"})
        assert nobody.is_error
        assert nobody.structured_content["error"]["status"] == 404
        with pytest.raises(MCPError, match="no tool 'my_events'"):
            await client.call_tool("my_events", {})

        glossary, plan = [str(one.uri) for one in (await client.list_resources()).resources]
        assert "| competency |" in (await client.read_resource(glossary)).contents[0].text  # type: ignore[union-attr]
        assert "[points.base]" in (await client.read_resource(plan)).contents[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["auto", "process"])
async def test_a_customer_has_its_own_tools(server: Server, mode: str) -> None:
    token = customer_token("mcp-adler")
    async with as_process(server, token) if mode == "process" else over_http(server, token) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert names == [one.name for one in listed() if one.reader == "customer"]
        standing = await client.call_tool("my_standing", {})
        assert standing.structured_content["answer"]["customer_id"] == "mcp-adler"
        assert standing.structured_content["page"] is None
        for other in [one.name for one in listed() if one.reader == "team"]:
            with pytest.raises(MCPError, match="no tool"):
                await client.call_tool(other, {"customer_id": "mcp-falke"})
        assert [str(one.uri) for one in (await client.list_resources()).resources] == ["milepost://glossary"]
        with pytest.raises(MCPError, match="no resource"):
            await client.read_resource("milepost://plan")


async def test_no_call_tells_a_customer_of_another(server: Server) -> None:
    await _spied(server, calls=200, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_none_of_fifty_thousand_does(server: Server) -> None:
    await _spied(server, calls=50_000, seed=random.randrange(1 << 30))


async def _spied(server: Server, *, calls: int, seed: int) -> None:
    pick = random.Random(seed)
    # Half of the calls are of tools that a customer has, so that they come as far as the data.
    names, own = [one.name for one in listed()], [one.name for one in listed() if one.reader == "customer"]
    wanted, told = iter(range(calls)), Counter[bool]()

    async def ask(http: httpx.AsyncClient) -> None:
        for _ in wanted:
            customer, other = pick.sample(sorted(_OWN), 2)
            body = _message(pick, pick.choice(pick.choice((names, own))), other)
            headers = {**_ASK, "Authorization": f"Bearer {customer_token(customer)}"}
            answer = await http.post("/mcp", json=body, headers=headers)
            assert answer.status_code in (200, 400, 404), (answer.status_code, answer.text, body)
            # What was asked for may be repeated in an error; what is stored may not.
            assert _OWN[other] not in answer.text, (customer, body)
            assert _TEAMS not in answer.text, (customer, body)
            told[_OWN[customer] in answer.text] += 1

    async with httpx.AsyncClient(verify=False, base_url=server.url, timeout=60) as http:
        await asyncio.gather(*(ask(http) for _ in range(4)))
    # Or they would have been told nothing at all.
    assert told[True] > calls // 50, told
    assert told.total() == calls


def _message(pick: random.Random, name: str, other: str) -> dict[str, object]:
    """What somebody might try who wants to know of another: whatever tool, arguments that name the other."""
    values = (other, f"../customers/{other}", f"{other}/events", {"customer_id": other}, [other], 5, None, "")
    places = (
        "customer_id",
        "q",
        "cursor",
        "limit",
        "filters",
        "asked",
        "place",
        "question",
        "user_id",
        "event_type",
        "start",
    )
    arguments = {place: pick.choice(values) for place in pick.sample(places, pick.choice((0, 0, 1, 2, 3)))}
    method, params = pick.choice(
        [("tools/call", {"name": name, "arguments": arguments})] * 6
        + [("tools/list", {}), ("resources/list", {})]
        + [("resources/read", {"uri": f"milepost://{pick.choice(('plan', other))}"})]
    )  # fmt: skip
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def test_who_may_not_ask_is_told_before_anything_is_done(server: Server) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with httpx.Client(verify=False, base_url=server.url, headers=_ASK) as client:

        def status(bearer: str | None, **headers: str) -> int:
            named = {"Authorization": f"Bearer {bearer}"} if bearer else {}
            return client.post("/mcp", json=ask, headers={**named, **headers}).status_code

        assert status(SECRET_KEY) == status(customer_token("mcp-adler")) == 200
        assert status(None) == status("mps_unknown") == status("a.b.c") == 401
        assert status(WRITE_KEY) == status(SERVER_KEY) == 403
        # A page's origin, also one whose name leads to this address: its own, or one that the setting names.
        assert status(SECRET_KEY, Origin=server.url) == status(SECRET_KEY, Origin=_APP) == 200
        assert status(SECRET_KEY, Origin="https://evil.example") == status(SECRET_KEY, Origin="null") == 403
        assert status(SECRET_KEY, Origin="http://rebound.example", Host="rebound.example") == 403
        key = {"Authorization": f"Bearer {SECRET_KEY}"}
        large = client.post("/mcp", content=b" " * (MAX_BYTES + 1), headers=key)
        assert (large.status_code, large.json()["code"]) == (413, "too_large")
        assert client.get("/mcp", headers=key).status_code == client.delete("/mcp", headers=key).status_code == 405
        preflight = {
            "Origin": _APP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        assert client.options("/mcp", headers=preflight).headers["access-control-allow-origin"] == _APP
        for text in (
            "{",
            "[]",
            '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "customer", "arguments": 7}}',
        ):
            answer = client.post("/mcp", content=text, headers={**key, "Content-Type": "application/json"})
            assert answer.status_code < 500, (text, answer.text)


def test_a_revoked_token_is_one_here_too(server: Server) -> None:
    token = customer_token("mcp-revoked")
    with server.client() as team, httpx.Client(verify=False, base_url=server.url) as client:
        team.post("/v1/tokens/revocations", json={"customer_id": "mcp-revoked"}).raise_for_status()
        ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {**_ASK, "Authorization": f"Bearer {token}"}
        assert client.post("/mcp", json=ask, headers=headers).status_code == 401


async def test_a_process_without_a_server_says_so() -> None:
    command = [sys.executable, "-m", "milepost", "mcp", "--host", "http://127.0.0.1:9", "--api-key", "mps_x"]
    ended = await asyncio.to_thread(run, command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert not ended.stdout
    assert "Traceback" not in ended.stderr


def test_the_sdk_waits_until_somebody_asks() -> None:
    """It takes 1.5 s and 30 MB: a server that no assistant asks has neither."""
    loaded = "sorted({name.partition('.')[0] for name in sys.modules} & {'httpx', 'mcp', 'starlette'})"
    code = f"import sys, milepost.app, milepost.cli.commands; print({loaded})"
    said = run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout
    assert said.strip() == "[]"
