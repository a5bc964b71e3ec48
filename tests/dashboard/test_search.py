"""What the command bar asks: customers, people and what is saved, by a part of their name; and what it costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.dashboard import form_token, member, send_form, visitor
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, WRITE_KEY, Server, running, wait_for


@pytest.fixture(scope="module")
def dana(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("search"), database_url=dsn, columns=True)) as server,
    ):
        names = {"c-1": "Acme", "c-2": "Acme Holding", "c-3": "Grand Acme", "100%_\\": "", "acme/../x": "Path"}
        with server.client(SERVER_KEY) as backend:
            for key, name in names.items():
                told = {"customer_id": key, "traits": {"name": name} if name else {"plan": "pro"}}
                assert backend.post("/v1/customers/batch", json={"customers": [told]}).status_code == 200
            ada = {"traits": {"name": "Ada Acmeson", "email": "ada@example.com"}}
            assert backend.put("/v1/people/u-1", json=ada).status_code == 200
        with server.client(WRITE_KEY) as browser:
            events = [{"customer_id": key, "event_type": "navigation", "user_id": "user-seen"} for key in names]
            assert browser.post("/v1/events", json={"events": events}).json()["rejected"] == []
        with member(server, "127.0.0.91") as client:
            yield client


def _items(client: httpx.Client, text: str, kind: str = "") -> list[Any]:
    answer = client.get("/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    assert answer.json()["whole"] is True
    return [item for item in answer.json()["items"] if kind in ("", item["kind"])]


def _names(client: httpx.Client, text: str, kind: str) -> list[str]:
    return [item["name"] for item in _items(client, text, kind)]


def test_the_very_name_comes_first_then_what_begins_so_then_the_rest(dana: httpx.Client) -> None:
    assert _names(dana, "acme", "customer") == ["Acme", "Acme Holding", "Path", "Grand Acme"]
    assert _items(dana, "  HOLD ", "customer") == [
        {"kind": "customer", "name": "Acme Holding", "hint": "c-2", "href": "/customers/c-2"}
    ]
    assert _names(dana, "c-2", "customer") == ["Acme Holding"]


def test_signs_of_a_pattern_are_letters_and_an_id_may_be_anything(dana: httpx.Client) -> None:
    assert [item["href"] for item in _items(dana, "%_\\", "customer")] == ["/customers/100%25_%5C"]
    assert _names(dana, "%", "customer") == ["100%_\\"]
    assert [item["href"] for item in _items(dana, "x", "customer")][:1] == ["/customers/acme%2F..%2Fx"]
    assert dana.get("/customers/acme%2F..%2Fx").status_code == 200


def test_people_are_found_by_name_address_and_id(dana: httpx.Client) -> None:
    ada = {"kind": "person", "name": "Ada Acmeson", "hint": "u-1", "href": "/people/u-1"}
    assert _items(dana, "ada", "person") == [ada]
    assert _items(dana, "ADA@example", "person") == [ada]
    assert _items(dana, "u-1", "person") == [ada]
    # Who only acted is known once the column store numbers them.
    wait_for(lambda: _names(dana, "user-se", "person") == ["user-seen"], 20, "the person who acted")
    assert [item["kind"] for item in _items(dana, "acme")] == ["customer"] * 4 + ["person"], "customers first"


def test_what_is_saved_leads_to_its_page(dana: httpx.Client) -> None:
    page = "/trends?days=7"
    assert send_form(dana, page, "/reports", question="trends", address="days=7", name="Quokka report").is_redirect
    assert send_form(dana, "/dashboards", "/dashboards", name="Quokka board").is_redirect
    token = form_token(dana, "/segments/new")
    conditions = '[{"field":"tag","op":"is","values":["beta"]}]'
    made = dana.post("/segments", data={"_csrf_token": token, "name": "Quokka segment", "conditions": conditions})
    assert made.is_redirect, made.text
    cohort = {"name": "Quokka cohort", "definition": {"kind": "static", "customers": ["c-1"]}}
    assert dana.post("/v1/cohorts", json=cohort).status_code in (201, 400), "its form is proved elsewhere"
    found = {item["kind"]: item for item in _items(dana, "quokka")}
    assert {"report", "dashboard", "segment"} <= set(found)
    assert found["report"]["hint"] == "Trends"
    assert found["report"]["href"].startswith("/trends?days=7&")
    for kind in ("dashboard", "segment"):
        assert dana.get(found[kind]["href"]).status_code == 200, kind


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 5000]
)
def test_nothing_is_found_for_nothing(dana: httpx.Client, text: str) -> None:
    assert _items(dana, text) == []


def test_who_is_not_signed_in_is_sent_to_the_sign_in(shared_server: Server) -> None:
    with visitor(shared_server) as nobody:
        plain = nobody.get("/search?q=a")
        assert (plain.status_code, plain.headers["location"]) == (303, "/sign-in?next=/search%3Fq%3Da")
        script = nobody.get(
            "/search?q=a", headers={"HX-Request": "true", "HX-Current-URL": f"{shared_server.url}/tasks"}
        )
        assert script.headers["hx-redirect"] == "/sign-in?next=/tasks"


@pytest.mark.alone
def test_a_hundred_thousand_customers_are_searched_within_the_time(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("search-many"), database_url=dsn)) as server,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        connection.execute(
            "insert into milepost.standing (customer_id) select 'c-' || md5(g::text) from generate_series(1, 100000) g"
        )
        connection.execute(
            "insert into milepost.customers (customer_id, name)"
            " select 'c-' || md5(g::text), initcap(left(md5((g * 7)::text), 9)) ||"
            " case when g % 500 = 0 then ' Holding' else ' Inc' end from generate_series(1, 100000) g"
        )
        connection.execute(
            "insert into milepost.numbers (kind, id)"
            " select 'user', 'u-' || md5(g::text) from generate_series(1, 100000) g"
        )
        connection.execute("vacuum analyze milepost.standing, milepost.customers, milepost.numbers")
        with member(server) as client:
            # As they are typed: beginnings, the middle of a name, and what nobody is called.
            texts = ("c", "c-", "c-1f", "1", "1f", "1f3", "1f3a", "hold", "holding", "ng", "inc", "zz", "nobody")
            taken: dict[str, list[float]] = {text: [] for text in texts}
            for text in texts * 5:
                began = time.perf_counter()
                answer = client.get("/search", params={"q": text})
                taken[text].append((time.perf_counter() - began) * 1000)
                assert answer.json()["whole"], text
        every = sorted(one for times in taken.values() for one in times)
        p95 = every[int(len(every) * 0.95)]
        # The best of five is what the machine does where nothing else runs on it.
        print("search:", {text: round(min(times)) for text, times in taken.items()}, f"ms at best, p95 {p95:.0f} ms")
        assert p95 < 400, "as long as one part may look through names"
