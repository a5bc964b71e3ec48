"""A table of customers over HTTP: the preview stores nothing, the import answers what became of it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import httpx
import pytest

from tests.support.server import SECRET_KEY, SERVER_KEY, Server

_EXPORTS = Path(__file__).parent / "exports"


def _post(server: Server, body: bytes, key: str = SECRET_KEY, **params: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv"}
    return httpx.post(f"{server.url}/v1/customers/import", content=body, params=params, headers=headers, timeout=60)


def _known(server: Server, customer: str) -> httpx.Response:
    return httpx.get(f"{server.url}/v1/customers/{customer}", headers={"Authorization": f"Bearer {SECRET_KEY}"})


def test_a_preview_stores_nothing_and_an_import_again_changes_nothing(shared_server: Server) -> None:
    raw = (_EXPORTS / "stripe-customers.csv").read_bytes() + b"cus_Bad,two\n"
    shown = _post(shared_server, raw, dry_run="true").json()
    assert (shown["stored"], shown["preview"]["recognised"], shown["preview"]["taken"]) == (
        False,
        "Stripe customers",
        3,
    )
    columns = {one["column"]: (one["trait"], one["type"]) for one in shown["preview"]["columns"]}
    assert columns["Created (UTC)"] == ("created_at", "date")
    assert [(one["line"], one["code"]) for one in shown["faults"]] == [(5, "invalid_value")]
    assert _known(shared_server, "cus_MadeUp00000001").status_code == 404
    for counts in ((3, 0), (0, 3)):
        done = _post(shared_server, gzip.compress(raw)).json()
        assert (done["stored"], done["changed"], done["unchanged"], done["fault_count"]) == (True, *counts, 1)
    assert _known(shared_server, "cus_MadeUp00000001").json()["traits"]["plan"] == "pro-yearly"


def test_a_map_and_an_id_may_come_with_it(shared_server: Server) -> None:
    said = json.dumps({"columns": {"segment": {"trait": "size", "type": "text"}}, "others": "leave"})
    done = _post(shared_server, b"nr,segment,rest\nhttp-7,5,x\n", id="nr", map=said).json()
    assert done["changed"] == 1
    assert _known(shared_server, "http-7").json()["traits"] == {"size": "5"}


@pytest.mark.parametrize(
    ("body", "params", "status", "field"),
    [
        (b"", {}, 422, None),
        (b"a,b\n1,2\n", {}, 422, "id"),
        (b"id,b\n1,2\n", {"map": "["}, 400, "map"),
        (b"id,b\n1,2\n", {"map": '{"columns": {"c": "x"}}'}, 422, "columns"),
        (b"id,b\n1,2\n", {"of": "robot"}, 400, "of"),
        (b"id,b\n" + b"x" * (20 * 1024 * 1024), {}, 413, None),
        (gzip.compress(b"id,b\n" + b"x" * (21 * 1024 * 1024)), {}, 422, None),
    ],
)
def test_what_cannot_be_read_is_said(
    shared_server: Server, body: bytes, params: dict[str, str], status: int, field: str | None
) -> None:
    answer = _post(shared_server, body, **params)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_a_server_key_may_not(shared_server: Server) -> None:
    assert _post(shared_server, b"id,b\n1,2\n", SERVER_KEY).status_code in (401, 403)
