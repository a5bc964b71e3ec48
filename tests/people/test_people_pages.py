"""The pages of people: a section on the customer's page, everybody on one of their own, and a person."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from milepost.dashboard.environment import pages_environment
from milepost.dashboard.people.panel import PeoplePanel
from tests.support.dashboard import member, visitor
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, Server, running, wait_for

_EVIL = "<b onclick=alert(1)>\u202e/../é"
_NOW = datetime.now(UTC)


def _send(server: Server) -> None:
    """One account of 500 people, one of one, one of a key; a person with an absurd id in two of them."""
    events = [
        {"customer_id": "many", "user_id": f"u{n:03}", "timestamp": (_NOW - timedelta(minutes=n)).isoformat()}
        for n in range(500)
    ]
    events += [{"customer_id": name, "user_id": _EVIL, "session_id": "s"} for name in ("many", "one", "one")]
    events += [{"customer_id": "automated", "user_id": "key", "actor_type": "service"} for _ in range(10)]
    # Some at the same time: a page may end among them.
    events += [
        {"customer_id": "busy", "user_id": "busy", "timestamp": (_NOW - timedelta(minutes=n // 7)).isoformat()}
        for n in range(230)
    ]
    with server.client(SERVER_KEY) as client:
        body = {"events": [{"event_type": "tool_usage", "event_name": "Invoice <i>Sent", **one} for one in events]}
        assert client.post("/v1/events", json=body).json()["accepted"] == len(events)
        traits = {"name": "Évil <Person>", "role": "Chief <u>Officer", "hidden one": "secret"}
        assert client.put(f"/v1/people/{quote(_EVIL, safe='')}", json={"traits": traits}).status_code == 200
        client.put("/v1/customers/empty", json={"traits": {"plan": "pro"}})
    with server.client() as client:
        said = {"of": "person", "name": "hidden one", "hidden": True}
        assert client.put("/v1/traits", json=said).status_code == 200


@pytest.fixture(scope="module")
def signed_in(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("pages"), database_url=dsn, columns=True)) as server,
        server.client() as team,
        member(server, "127.0.4.1") as client,
    ):
        _send(server)

        def totals() -> list[tuple[int, int]]:
            found = [team.get(f"/v1/customers/{name}/people").json() for name in ("many", "one", "automated", "busy")]
            return [(one.get("person_events_28"), one.get("software_events_28")) for one in found]

        # Customers' events go through different connections, so they need not arrive together.
        wait_for(lambda: totals() == [(501, 0), (2, 0), (0, 10), (230, 0)], 60, "the mirror")
        yield client


def _text(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def _section(client: httpx.Client, customer: str) -> str:
    assert '<section id="people"' in _text(client, f"/customers/{customer}")
    # That page does not wait for long, and asks for the rest by itself.
    whole = _text(client, f"/customers/{customer}/people?first=1")
    return whole.partition('<section id="people"')[2].partition("</section>")[0]


def test_one_person(signed_in: httpx.Client) -> None:
    section = _section(signed_in, "one")
    assert f'href="/people/{quote(_EVIL, safe="")}"' in section
    assert "Évil &lt;Person&gt;" in section
    assert "Chief &lt;u&gt;Officer" in section
    assert "1 of 1 person was active in the last 28 days." in section


def test_500_people_are_capped_with_a_sentence(signed_in: httpx.Client) -> None:
    section = _section(signed_in, "many")
    assert len(re.findall(r'href="/people/', section)) == 10
    assert "most active of" in section
    assert 'href="/customers/many/people"' in section
    everybody = _text(signed_in, "/customers/many/people")
    assert len(re.findall(r'href="/people/', everybody)) == 500
    assert re.search(r"The first <data[^>]*>500</data> of <data[^>]*>501</data>", everybody)


def test_everybody_is_searched_and_sorted(signed_in: httpx.Client) -> None:
    page = _text(signed_in, "/customers/many/people?q=VIL")
    assert re.findall(r'href="/people/([^"]*)"', page) == [quote(_EVIL, safe="")]
    assert re.search(r'role="status"><data[^>]*>1</data> of <data[^>]*>501</data>', page)
    last = _text(signed_in, "/customers/many/people?sort=last_seen&q=u49&show=active")
    assert re.findall(r'href="/people/([^"]*)"', last) == [f"u{n}" for n in range(499, 489, -1)]
    assert 'aria-sort="ascending"' in last
    assert 'href="/customers/many/people?q=u49&amp;show=active&amp;sort=-last_seen"' in last
    assert "Nobody matches" in _text(signed_in, "/customers/many/people?show=gone_quiet")
    assert signed_in.get("/customers/many/people?q=%00").status_code == 400


def test_a_timeline_goes_on_to_its_first_event(signed_in: httpx.Client) -> None:
    page = _text(signed_in, "/people/busy")
    seen = page.count('<li class="entry')
    while more := re.search(r'href="(/people/busy/timeline[^"]*)"', page):
        page = _text(signed_in, more[1].replace("&amp;", "&"))
        seen += page.count('<li class="entry')
    assert seen == 230
    assert signed_in.get("/people/busy/timeline?before=nonsense").status_code == 400


def test_a_page_that_could_not_wait_asks_for_the_section_itself(signed_in: httpx.Client) -> None:
    section = _text(signed_in, "/customers/many/people?first=1").partition('<section id="people"')[2]
    assert section.count("<tr") == 11
    assert "Show all of them" in section
    made = pages_environment().get_template("people/panel.html")
    waiting = made.render(people=PeoplePanel("a/b", waiting=True))
    assert 'hx-get="/customers/a%2Fb/people?first=1" hx-trigger="load"' in waiting
    assert 'hx-select="#people" hx-target="#people"' in waiting


def test_an_account_in_which_only_software_acts(signed_in: httpx.Client) -> None:
    section = _section(signed_in, "automated")
    assert "the account is not quiet, it automates" in section
    assert "No person is known here" in section


def test_nobody(signed_in: httpx.Client) -> None:
    assert "Nobody is known yet" in _section(signed_in, "empty")


def test_the_list_says_how_many_were_active(signed_in: httpx.Client) -> None:
    lines = _text(signed_in, "/customers.csv?col=people").splitlines()[1:]
    rows = {row[0]: row[2] for row in csv.reader(lines)}
    assert {"many": "501", "one": "1", "automated": "0"}.items() <= rows.items()
    # The page does not wait for it, unless somebody without scripts says so.
    place = 'data-label="People"><span id="people-'
    page = _text(signed_in, "/customers?q=many&col=people").partition(place)[2]
    assert 'title="Being counted"' in page.partition("</td>")[0]
    counted = "/customers?q=many&col=people&people=counted"
    told = '<data value="501"'
    wait_for(
        lambda: told in _text(signed_in, counted).partition(place)[2].partition("</td>")[0], 30, "the column store"
    )
    wait_for(lambda: '<dd><data value="501"' in _text(signed_in, "/customers/many/brief"), 30, "the column store")


def test_a_person(signed_in: httpx.Client) -> None:
    text = _text(signed_in, f"/people/{quote(_EVIL, safe='')}")
    assert "<h1><bdi>Évil &lt;Person&gt;</bdi></h1>" in text
    assert "secret" not in text
    assert "Invoice &lt;i&gt;Sent" in text
    assert 'href="/customers/many"' in text
    assert 'href="/customers/one"' in text
    assert "For many" in text
    assert signed_in.get("/people/nobody").status_code == 404


def test_without_a_column_store_the_sections_say_so_and_the_rest_stands(shared_server: Server) -> None:
    _send(shared_server)
    with member(shared_server, "127.0.4.2") as client:
        assert "turned its column store off" in _section(client, "one")
        assert 'id="timeline"' in _text(client, "/customers/one")
        text = _text(client, f"/people/{quote(_EVIL, safe='')}")
        assert "Évil &lt;Person&gt;" in text
        assert "turned its column store off" in text
        assert "Nothing happened yet" not in text


@pytest.mark.parametrize("path", ["/customers/one/people", "/people/u001"])
def test_who_is_not_signed_in_sees_none(shared_server: Server, path: str) -> None:
    with visitor(shared_server, "127.0.4.3") as client:
        assert client.get(path).status_code == 303
