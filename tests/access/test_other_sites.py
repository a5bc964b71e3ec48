"""A member's cookie with what another site's page may have sent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.dashboard import member
from tests.support.server import SECRET_KEY, Server

_JSON = {"Content-Type": "application/json"}
_FOREIGN: dict[str, dict[str, str]] = {
    "another origin": {"Origin": "https://evil.example"},
    "no origin": {"Origin": "null"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "another site, as browsers say": {"Sec-Fetch-Site": "cross-site"},
    "a subdomain": {"Sec-Fetch-Site": "same-site"},
}


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with member(shared_server) as client:
        yield client


def test_the_pages_own_requests_are_answered(shared_server: Server, dana: httpx.Client) -> None:
    own = {"Origin": shared_server.url, "Sec-Fetch-Site": "same-origin"}
    assert dana.get("/v1/customers", headers=own).status_code == 200
    assert dana.get("/v1/customers").status_code == 200, "typed into the browser's address bar"
    # There is no column store here, and no such cohort: whoever hears so was let in.
    assert dana.post("/v1/query/trends", headers=own, json={}).status_code == 503
    nowhere = "/v1/cohorts/00000000-0000-0000-0000-000000000000"
    assert dana.delete(nowhere, headers=own).status_code == 404


@pytest.mark.parametrize("name", _FOREIGN)
def test_another_sites_are_not(dana: httpx.Client, name: str) -> None:
    for answer in (
        dana.get("/v1/customers", headers=_FOREIGN[name]),
        dana.post("/v1/query/trends", headers=_FOREIGN[name] | _JSON, content=b"{}"),
        dana.delete("/v1/cohorts/00000000-0000-0000-0000-000000000000", headers=_FOREIGN[name]),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_cannot_ask(dana: httpx.Client, kind: str) -> None:
    answer = dana.post("/v1/query/trends", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", _FOREIGN)
def test_a_key_counts_wherever_it_comes_from(shared_server: Server, name: str) -> None:
    headers = {"Authorization": f"Bearer {SECRET_KEY}"} | _FOREIGN[name]
    assert httpx.get(f"{shared_server.url}/v1/customers", headers=headers, verify=False).status_code == 200
