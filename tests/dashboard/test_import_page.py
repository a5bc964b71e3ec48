"""The page that imports a table: what it shows of a file, its import line by line, and who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.dashboard import form_token, member, visitor
from tests.support.server import SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, customer_token

_EXPORTS = Path(__file__).parents[1] / "importing" / "exports"
_OWN = b"nr,Firma,Umsatz,Seit,Notiz\nimp-1,Acme,1200,03/04/2025,a\nimp-2,Beta,many,05/06/2025,\n,No id,5,01/01/2025,x\n"


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with member(shared_server, "127.0.0.87") as client:
        client.headers.update({"x-csrftoken": form_token(client, "/customers/import"), "accept": "application/json"})
        yield client


def previewed(client: httpx.Client, raw: bytes, **params: str) -> str:
    answer = client.post("/customers/import/preview", content=raw, params=params)
    assert answer.status_code == 200, answer.text
    return answer.text


def imported(client: httpx.Client, raw: bytes, **params: str) -> list[dict[str, Any]]:
    answer = client.post("/customers/import/run", content=raw, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def traits(server: Server, customer: str) -> dict[str, object] | None:
    with server.client() as team:
        answer = team.get(f"/v1/customers/{customer}")
    return answer.json()["traits"] if answer.status_code == 200 else None


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("hubspot-companies.csv", "HubSpot companies"),
        ("salesforce-accounts.csv", "Salesforce accounts"),
        ("stripe-customers.csv", "Stripe customers"),
    ],
)
def test_exports_are_recognised(dana: httpx.Client, name: str, tool: str) -> None:
    page = previewed(dana, (_EXPORTS / name).read_bytes())
    assert f"Its headings are those of {tool}." in page
    assert f"is the id that {tool} gives" in page


def test_a_preview_stores_nothing_and_is_the_map_that_is_said(shared_server: Server, dana: httpx.Client) -> None:
    page = previewed(dana, _OWN, id="nr")
    assert "Import <data" in page
    for said in ("No id", "is not", 'value="firma"', "Read as MM/DD/YYYY", "many"):
        assert said in page or said.lower() in page.lower(), said
    said_map = {
        "columns": {"Firma": {"trait": "name"}, "Umsatz": {"trait": "arr", "type": "text"}, "Notiz": False},
        "empty": "clear",
    }
    page = previewed(dana, _OWN, id="nr", of="customer", map=json.dumps(said_map))
    assert 'value="name" maxlength="200" list="import-traits" aria-label="Trait of Firma"' in page
    assert '<option value="text" selected>text</option>' in page
    assert '<td class="muted">Left out</td>' in page
    assert "data-clear checked" in page
    assert traits(shared_server, "imp-1") is None


def test_an_import_tells_how_far_it_is_and_again_changes_nothing(shared_server: Server, dana: httpx.Client) -> None:
    rows = "".join(f"run-{n},Name {n},{n}\n" for n in range(1_200))
    raw = f"id,name,seats\n{rows}run-bad,x\n".encode()
    first, second = imported(dana, raw), imported(dana, raw)
    assert [(one["done"], one["total"]) for one in first] == [(n, 1200) for n in (0, 500, 1000, 1200, 1200)]
    assert "report" not in first[0]
    for steps, said in ((first, "1,200</data> customers changed"), (second, "0</data> customers changed")):
        assert said in steps[-1]["report"]
        assert "has 2 cells where the header has 3" in steps[-1]["report"]
    assert "1,200</data> unchanged" in second[-1]["report"]
    assert traits(shared_server, "run-7") == {"name": "Name 7", "seats": 7}


def test_which_column_is_the_id_is_asked(dana: httpx.Client) -> None:
    raw = b"a,<b>\n1,2\n"
    page = previewed(dana, raw, of="person")
    assert "By which column do your events know them?" in page
    assert '<option value="&lt;b&gt;">' in page
    assert '<option value="person" selected>' in page
    assert "Import <data" in previewed(dana, raw, id="<b>")
    assert dana.post("/customers/import/run", content=raw).status_code == 422


def test_people_too(shared_server: Server, dana: httpx.Client) -> None:
    steps = imported(dana, b"user_id,email\nimp-ann,ann@example.com\n", of="person")
    assert "1</data> person changed" in steps[-1]["report"]
    assert "ann@example.com" in dana.get("/people/imp-ann", headers={"accept": "text/html"}).text


@pytest.mark.parametrize("step", ["preview", "run"])
@pytest.mark.parametrize(
    ("raw", "params", "status", "said"),
    [
        (b"", {}, 422, "The file is empty"),
        (b"id,b\n1,2\n", {"map": "["}, 400, "The map cannot be read"),
        (b"id,b,c\n1,2,3\n", {"map": '{"columns": {"b": "x", "c": "x"}}'}, 422, "Two columns are to be 'x'"),
        (b"id,b\n1,2\n", {"of": "robot"}, 400, ""),
    ],
)
def test_what_cannot_be_read_is_said(
    dana: httpx.Client, step: str, raw: bytes, params: dict[str, str], status: int, said: str
) -> None:
    answer = dana.post(f"/customers/import/{step}", content=raw, params=params)
    assert (answer.status_code, said in answer.json()["message"]) == (status, True), answer.text


def test_it_is_the_teams_alone(shared_server: Server, dana: httpx.Client) -> None:
    raw = b"id,name\nplanted,x\n"
    for step in ("preview", "run"):
        path = f"/customers/import/{step}"
        assert dana.post(path, content=raw, headers={"x-csrftoken": "wrong"}).status_code == 403
        with visitor(shared_server) as nobody:
            token = form_token(nobody, "/sign-in")
            assert nobody.post(path, content=raw).status_code == 403
            assert nobody.post(path, content=raw, headers={"x-csrftoken": token}).status_code == 303
            # What is longer than a form is not read for a token.
            long = {"content-type": "application/x-www-form-urlencoded"}
            body = f"_csrf_token={token}&x={'x' * 1_100_000}"
            assert nobody.post(path, content=body, headers=long).status_code == 403
            for key in (customer_token("planted"), WRITE_KEY, SERVER_KEY, SECRET_KEY):
                headers = {"Authorization": f"Bearer {key}", "x-csrftoken": token}
                assert nobody.post(path, content=raw, headers=headers).status_code == 303
                assert nobody.get("/customers/import", headers=headers).status_code == 303
    assert traits(shared_server, "planted") is None
