"""The customers' list as a page: its filters, columns, owner and CSV in the address, and what is done with many."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import httpx
import psycopg
import pytest

from milepost.dashboard.customers.listed import MOST_BY_FILTER
from milepost.dashboard.customers.state import USUAL, ListState
from tests.support.dashboard import EMAIL, form_token, member, send_form, visitor
from tests.support.past import send_past
from tests.support.server import SERVER_KEY, WRITE_KEY, Server, customer_token, wait_for

_KIM = "kim@example.com"
_TRAITS: dict[str, dict[str, object]] = {
    "list-a": {"name": "=Acme", "mrr": 1200, "plan": "pro", "renewal_date": "2027-01-31", "owner": "Dana@Example.com"},
    "list-b": {"name": "Beta", "mrr": 90, "plan": "free", "owner": _KIM},
    "list-c": {"name": "Ceta", "plan": "pro", "renewal_date": "2026-12-01"},
}


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client(WRITE_KEY) as client:
        events = [
            {"customer_id": name, "event_type": "navigation"} for n, name in enumerate(_TRAITS) for _ in range(n + 1)
        ]
        assert client.post("/v1/events", json={"events": events}).json()["accepted"] == 6
    with shared_server.client(SERVER_KEY) as client:
        told = [{"customer_id": name, "traits": traits} for name, traits in _TRAITS.items()]
        assert client.post("/v1/customers/batch", json={"customers": told}).json()["changed"] == 3
    with member(shared_server, "127.0.0.83", email=_KIM), member(shared_server, "127.0.0.84") as client:
        yield client


def listed(client: httpx.Client, address: str) -> list[str]:
    page = client.get(address)
    assert page.status_code == 200
    return re.findall(r'name="id" value="([^"]*)"', page.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("field=trait.mrr&op=above&value=100", "a"),
        ("field=trait&key=plan&value=pro", "ca"),
        ("field=trait.plan&op=is&value=pro&field=trait.mrr&op=is_not_set&value=", "c"),
        ("field=trait.renewal_date&op=below&value=2027-01-01", "c"),
        ("field=insight.total_events&op=at_least&value=2", "cb"),
        ("field=insight.total_events&op=is&value=1,+3", "ca"),
        ("field=insight.total_events&op=is_not&value=1", "cb"),
        ("field=insight.days_since_last_activity&op=below&value=1", "cba"),
        ("field=insight.current_scaling_score&op=above&value=1000", ""),
        ("owner=me", "a"),
        ("owner=KIM@example.com", "b"),
        ("owner=nobody", "c"),
        ("sort=trait.mrr", "abc"),
        ("sort=trait.mrr&dir=asc", "cba"),
        ("sort=trait.owner&dir=asc&owner=me", "a"),
        # What cannot be counts for nothing.
        ("field=trait.plan&op=above&value=pro", "cba"),
        ("field=trait.mrr&op=above&value=", "cba"),
        ("field=insight.total_events&op=contains&value=1", "cba"),
        ("field=insight.nothing&value=1&field=tool_id&value=x&field=person.role&value=x&sort=trait.", "abc"),
        ("field=trait.%00&value=%00&owner=%00&col=%00&sort=%F0", "abc"),
    ],
)
def test_the_list_by_owner_filter_and_order(dana: httpx.Client, query: str, found: str) -> None:
    query = query if "sort=" in query else f"{query}&sort=events"
    assert listed(dana, f"/customers?q=list-&{query}") == [f"list-{letter}" for letter in found]


def test_a_filter_that_does_not_count_says_why_and_stays(dana: httpx.Client) -> None:
    page = dana.get("/customers?field=trait.mrr&op=above&value=lots").text
    assert "needs one number, or a day such as 2027-01-31" in page
    assert 'value="lots"' in page


def test_the_api_filters_by_figures_too(shared_server: Server, dana: httpx.Client) -> None:
    with shared_server.client() as team:
        filters = [{"field": "insight.total_events", "op": "above", "values": [1]}]
        answer = team.get("/v1/customers", params={"q": "list-", "sort": "events", "filters": json.dumps(filters)})
        assert [one["customer_id"] for one in answer.json()["items"]] == ["list-b", "list-c"]
        for wrong in ({"op": "contains", "values": [1]}, {"op": "above", "values": ["x"]}):
            filters = [{"field": "insight.total_events", **wrong}]
            answer = team.get("/v1/customers", params={"filters": json.dumps(filters)})
            assert (answer.status_code, answer.json()["field"].partition(".")[0]) == (400, "filters[0]")
        unknown = json.dumps([{"field": "insight.weakest_competency", "values": ["x"]}])
        assert team.get("/v1/customers", params={"filters": unknown}).status_code == 400
    assert dana.get("/customers").status_code == 200


def test_the_address_is_the_whole_state() -> None:
    query = "q=a&owner=me&sort=trait.mrr&dir=asc&field=trait&key=mrr&op=above&value=5&col=owner&col=trait.mrr"
    state = ListState.of(query)
    assert state.columns == ("owner", "trait.mrr")
    assert ListState.of("col=trait.mrr&col=owner&col=x&col=owner").columns == ("trait.mrr", "owner")
    assert ListState.of(state.url().partition("?")[2]) == state
    assert ListState.of("").url() == "/customers"
    assert ListState.of("col=none").columns == ()
    assert ListState.of(ListState.of("col=none").url().partition("?")[2]).columns == ()
    assert ListState.of("&".join(f"col={one}" for one in USUAL)).url() == "/customers"
    assert ListState.of("&".join(f"col={one}" for one in reversed(USUAL))).columns == USUAL[::-1]
    assert len(ListState.of("&".join(f"col=trait.t{n}" for n in range(40))).columns) == 30
    own = ListState.of("sort=events", usual=("score",))
    assert own.columns == ("score",)
    assert own.url() == "/customers?sort=events"
    assert ListState.of(f"col={'&col='.join(USUAL)}", usual=("score",)).url().startswith("/customers?col=")


def test_the_csv_has_what_is_shown(dana: httpx.Client) -> None:
    query = "q=list-&sort=trait.mrr&col=owner&col=events&col=weeks&col=trait.mrr&col=trait.renewal_date"
    answer = dana.get(f"/customers.csv?{query}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert re.search(r'filename="customers-\d{4}-\d\d-\d\d\.csv"', answer.headers["content-disposition"])
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["customer_id", "Customer", "Owner", "Events", "MRR", "Renewal date", "Tags"]
    # What a spreadsheet would run is not what it gets.
    assert rows[1][:6] == ["list-a", "'=Acme", "Dana@Example.com", "1", "1200", "2027-01-31"]
    assert [row[0] for row in rows[1:]] == ["list-a", "list-b", "list-c"]
    query = "q=list-&sort=trait.mrr&col=trait.plan&col=renewal&col=people&col=why&col=change&col=events&col=owner"
    rows = list(csv.reader(io.StringIO(dana.get(f"/customers.csv?{query}").text)))
    assert rows[0][2:] == ["Plan", "Renewal", "People", "Why", "28 days", "Events", "Owner", "Tags"]
    # In that order on the page as well; without a column store nobody says how many people there were.
    assert rows[1][2:] == ["pro", "2027-01-31", "", "", "", "1", "Dana@Example.com", ""]
    heads = re.findall(r'class="col-([a-z_]+)', dana.get(f"/customers?{query}").text)[:8]
    assert heads == ["name", "trait", "renewal", "people", "why", "change", "events", "owner"]


def test_columns_are_kept_for_the_team_and_for_oneself(shared_server: Server, dana: httpx.Client) -> None:
    def change(
        do: str, address: str = "/customers", *, client: httpx.Client = dana, **fields: object
    ) -> httpx.Response:
        form = {"_csrf_token": form_token(client, "/customers"), "back": address, "do": do, **fields}
        return client.post("/customers/columns", data=form)

    def saved(client: httpx.Client) -> dict[str, tuple[str, str]]:
        """What there is to choose, with its address and its id."""
        menu = client.get("/customers?q=list-").text.partition('class="sets"')[2].partition("</ul>")[0]
        found = re.findall(r'href="([^"]*)"[^>]*><bdi>([^<]*)</bdi></a>(?:<form.*?name="set" value="([^"]*)")?', menu)
        return {unescape(name): (unescape(url), set_id) for url, name, set_id in found}

    shown = change("show", "/customers?q=list-&tag=x", col=["trait.mrr", "score", "none", "owner", "score"])
    assert shown.headers["location"] == "/customers?q=list-&tag=x&col=trait.mrr&col=score&col=owner"
    assert change("show", col=[]).headers["location"] == "/customers?col=none"
    # A name that is there, in whatever case, is replaced.
    assert change("save", name=" By  <b> ", col=["owner"]).status_code == 303
    assert (
        change("save", name="by <B>", col=["events", "trait.mrr"]).headers["location"].endswith("events&col=trait.mrr")
    )
    assert saved(dana).keys() == {"Standard", "by <B>"}
    assert saved(dana)["by <B>"][0] == "/customers?q=list-&col=events&col=trait.mrr"
    for name in ("", " ", "x" * 101):
        refused = change("save", name=name, col=["owner"])
        assert refused.status_code == 400
        assert "Give the set of columns a name of 1 to 100 characters." in refused.text
    assert change("own", col=["weeks", "name", "owner"]).headers["location"] == "/customers"
    heads = re.findall(r'<th scope="col" class="col-([a-z_]+)', dana.get("/customers?q=list-").text)
    assert heads == ["name", "weeks", "owner"]
    file = dana.get("/customers.csv?q=list-").text
    assert file.splitlines()[0].removeprefix("\ufeff") == "customer_id,Customer,Owner,Tags"
    # A colleague has the team's sets, and their own beginning.
    with member(shared_server, "127.0.0.85", email=_KIM) as kim:
        assert saved(kim).keys() == {"Standard", "by <B>"}
        assert "col-weeks" not in kim.get("/customers?q=list-").text
        assert "col-score" in kim.get("/customers?q=list-").text
        assert change("delete", client=kim, set=saved(kim)["by <B>"][1]).status_code == 303
        assert change("delete", client=kim, set="x").status_code == 400
    assert saved(dana).keys() == {"Standard"}
    assert change("forget").status_code == 303
    assert 'class="num col-score' in dana.get("/customers?q=list-").text
    with psycopg.connect(shared_server.database_url or "", autocommit=True) as connection:
        assert connection.execute("select count(*) from milepost.column_sets").fetchone() == (0,)


def test_the_panel_says_what_the_pages_say(shared_server: Server, dana: httpx.Client) -> None:
    with shared_server.client(SERVER_KEY) as client:
        told = {"name": "=Brief", "renewal_date": "2027-01-31", "owner": EMAIL.title(), "arr": 1234.5}
        event = {"customer_id": "brief-a", "event_type": "navigation"}
        assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
        assert client.put("/v1/customers/brief-a", json={"traits": told}).status_code == 200
    with shared_server.client() as team:
        team.post("/v1/customers/brief-a/notes", json={"text": "They <want> SSO."})
        team.post("/v1/customers/brief-a/tasks", json={"title": "Call Sam", "assignee": EMAIL})
    panel = dana.get("/customers/brief-a/brief").text
    # The list has it beside it where its address says so.
    beside = dana.get("/customers?q=brief-&open=brief-a").text.partition("<aside")[2].partition("</aside>")[0]
    answer = re.search(r'class="answer"[^>]*>(.*?)</p>', dana.get("/customers/brief-a").text)
    assert answer is not None
    for said in ("=Brief", "They &lt;want&gt; SSO.", "Call Sam", "yours", "You", "2027-01-31", "1,234", answer[1]):
        assert said in panel
        assert said in beside
    # An amount with cents has both of them, everywhere; a spreadsheet gets the number.
    listing = dana.get("/customers?q=brief-&col=arr").text
    for page in (panel, listing, dana.get("/customers/brief-a").text):
        assert '<data value="1234.5" data-number="fixed">1,234.50</data>' in page
    assert "1234.5" in dana.get("/customers.csv?q=brief-&col=arr").text
    assert 'href="/customers?q=brief-" data-brief-close' in beside
    assert "<aside" not in dana.get("/customers?q=brief-&open=brief-nobody").text.partition("<template")[0]
    assert dana.get("/customers/brief-nobody/brief").status_code == 404
    with visitor(shared_server) as nobody:
        assert nobody.get("/customers/brief-a/brief").headers["location"].startswith("/sign-in")


def test_many_at_once_by_the_form(shared_server: Server, dana: httpx.Client) -> None:
    back = "/customers?q=list-&owner=nobody"
    answer = send_form(dana, back, "/customers/bulk", back=back, do="tag", tag="Formed", id="list-c")
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers?q=list-&owner=nobody")
    with shared_server.client() as team:
        assert team.get("/v1/customers/list-c/tags").json()["tags"] == ["Formed"]
        # By what the list is narrowed to, on the server: nobody was ticked.
        fields = {"back": "/customers?q=list-&field=trait.plan&value=pro", "all": "1", "do": "task", "title": "All pro"}
        fields |= {"_csrf_token": form_token(dana, back), "key": "k1"}
        for said in ("The task is set for 2 customers.", "The task is set for 0 customers; 2 had it already."):
            page = dana.post("/customers/bulk", data=fields, headers={"hx-request": "true"}).text
            assert said in page
            assert listed_in(page) == ["list-a", "list-c"]
            assert len(re.findall(r"data-pick aria-label=[^>]* checked", page)) == 2
        for name, count in (("list-a", 1), ("list-b", 0), ("list-c", 1)):
            tasks = team.get(f"/v1/customers/{name}/tasks").json()["items"]
            assert [one["created_by"] for one in tasks] == [EMAIL] * count
        # Where it was narrowed by the owner that is given now, nobody is left.
        done = send_form(dana, back, "/customers/bulk", back=back, do="owner", owner="me", id="list-c")
        assert done.status_code == 303
        assert listed(dana, back) == []
        assert team.get("/v1/customers/list-c").json()["traits"]["owner"] == EMAIL
        send_form(dana, back, "/customers/bulk", back=back, do="owner", owner="nobody", id="list-c")
        assert listed(dana, back) == ["list-c"]


def listed_in(page: str) -> list[str]:
    return sorted(re.findall(r'name="id" value="([^"]*)"', page))


def test_as_many_as_match_up_to_a_limit(shared_server: Server, dana: httpx.Client) -> None:
    """Each statement within the time that one may take: to write a tag was slow where many have it."""
    with psycopg.connect(shared_server.database_url or "", autocommit=True) as connection:
        connection.execute(
            "insert into milepost.standing (customer_id) select 'match-' || n from generate_series(1, %s) as n",
            (MOST_BY_FILTER,),
        )
        fields = {"back": "/customers?q=match-", "all": "1", "_csrf_token": form_token(dana, "/customers")}
        for what, said in (
            ({"do": "tag", "tag": "All"}, "10,000 customers got the tag."),
            ({"do": "tag", "tag": "all"}, "0 customers got the tag; 10,000 had it already."),
            ({"do": "owner", "owner": "me"}, "The owner of 10,000 customers is set."),
        ):
            page = dana.post("/customers/bulk", data=fields | what, headers={"hx-request": "true"}).text
            assert said in page
        connection.execute("insert into milepost.standing (customer_id) values ('match-more')")
        refused = dana.post("/customers/bulk", data=fields | {"do": "untag", "tag": "All"})
        assert refused.status_code == 400
        assert "More than 10,000 customers match. Narrow the list first." in refused.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"do": "tag", "tag": " ", "id": "list-a"}, "A tag has 1 to 60 characters."),
        ({"do": "owner", "owner": "", "id": "list-a"}, "Choose somebody of the team, or nobody."),
        ({"do": "owner", "owner": "x@example.com", "id": "list-a"}, "Choose somebody of the team, or nobody."),
        ({"do": "task", "title": "x", "due": "soon", "id": "list-a"}, "Give a day, such as 2026-05-01, or none."),
        ({"do": "tag", "tag": "x"}, "Tick customers first"),
        ({"id": "list-a"}, "Choose what is to be done."),
    ],
)
def test_what_will_not_do_is_said_on_the_list(dana: httpx.Client, fields: dict[str, str], said: str) -> None:
    answer = send_form(dana, "/customers", "/customers/bulk", back="/customers?q=list-a", **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert listed_in(answer.text) == ["list-a"]


def test_it_is_the_teams_alone(shared_server: Server, dana: httpx.Client) -> None:
    fields = {"back": "/customers", "do": "tag", "tag": "Planted", "id": "list-a"}
    assert dana.post("/customers/bulk", data={**fields, "_csrf_token": "wrong"}).status_code == 403
    with visitor(shared_server) as nobody, shared_server.client(customer_token("list-a")) as theirs:
        for client in (nobody, theirs):
            assert client.get("/customers.csv").headers["location"].startswith("/sign-in")
            assert client.post("/customers/bulk", data=fields).status_code in (303, 403)
    with shared_server.client() as team:
        assert "Planted" not in team.get("/v1/customers/list-a/tags").json()["tags"]


@pytest.mark.parametrize("name", ["bulk", "columns", "import"])
def test_a_customer_may_have_any_name(shared_server: Server, dana: httpx.Client, name: str) -> None:
    with shared_server.client(WRITE_KEY) as client:
        client.post("/v1/events", json={"events": [{"customer_id": name, "event_type": "navigation"}]})
    (address,) = re.findall(rf'href="(/customers/%[^"]*)" title="{name}"', dana.get(f"/customers?q={name}").text)
    assert f'data-copy-text="{name}"' in dana.get(address).text


def test_tasks_of_the_reader(dana: httpx.Client) -> None:
    page = dana.get("/tasks?assignee=me").text
    assert re.search(rf'<option value="{EMAIL}" selected>Mine', page)
    assert 'href="/tasks" aria-current="true">Mine' in page


def _history(team: httpx.Client, customer: str) -> list[dict[str, Any]]:
    days: list[dict[str, Any]] = team.get(f"/v1/customers/{customer}/insights/history").json()["days"]
    return days


def test_at_risk_is_a_ranked_list_that_says_why(shared_server: Server, dana: httpx.Client) -> None:
    send_past(shared_server, fallen_a=range(40, 110), fallen_b=range(30, 110, 7), steady=range(0, 110, 7))
    why = "Not active in the last 28 days; usually on 24. Last seen 40 days ago."
    with shared_server.client() as team:
        asked = {"q": "fallen-", "sort": "-risk"}

        def settled() -> bool:
            return [bool(one["at_risk"]) for one in team.get("/v1/customers", params=asked).json()["items"]][:1] == [
                True
            ]

        wait_for(settled, 60, "who fell to be settled")
        items = team.get("/v1/customers", params=asked).json()["items"]
        assert [one["customer_id"] for one in items] == ["fallen-a", "fallen-b"]
        assert items[0]["at_risk"] == {"active_days": 0, "usual_days": 28 * 70 / 82, "days_away": 40, "reason": why}
        flagged = team.get("/v1/customers", params={"status": "at_risk", "sort": "-risk"}).json()
        assert all(one["at_risk"] for one in flagged["items"])
        names = [one["customer_id"] for one in flagged["items"]]
        assert "steady" not in names
        assert "fallen-a" in names
        everybody = team.get("/v1/customers", params={"limit": 1}).json()["total"]
        assert flagged["total"] <= max(1, 0.15 * everybody)
    page = dana.get("/customers?show=at_risk")
    assert listed(dana, "/customers?show=at_risk") == names
    assert why in page.text
    # The order is the tab's own: it stands in no address, and goes with it.
    assert ListState.of("show=at_risk").url() == "/customers?show=at_risk"
    assert ListState.of("show=at_risk").url(show="all") == "/customers"
    assert ListState.of("show=at_risk&col=events").url(show="all") == "/customers?col=events"
    rows = list(csv.reader(io.StringIO(dana.get("/customers.csv?show=at_risk").text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == names
    assert next(row for row in rows if row[0] == "fallen-a")[rows[0].index("Why")] == why
    # Without that column it is said all the same.
    assert why in dana.get("/customers?show=at_risk&col=events").text
    rows = list(csv.reader(io.StringIO(dana.get("/customers.csv?show=at_risk&col=events").text)))
    assert rows[0][-1] == "Why at risk"
    assert next(row for row in rows if row[0] == "fallen-a")[-1] == why
    assert why in dana.get("/customers/fallen-a/brief").text
    # The change is that of the account's own history, as far back as it goes.
    changed = list(csv.reader(io.StringIO(dana.get("/customers.csv?q=fallen-a&col=score&col=change").text)))[1]
    with shared_server.client() as team:
        days = {day["day"]: day["current_scaling_score"] for day in _history(team, "fallen-a")}
    now, before = max(days), (date.fromisoformat(max(days)) - timedelta(days=28)).isoformat()
    assert float(changed[2]) == pytest.approx(days[now], abs=0.01)
    assert float(changed[3]) == pytest.approx(days[now] - days[before], abs=0.01)
    assert float(changed[3]) < 0
    # Who is not at risk says what it does against its own past.
    usual = "Active on 4 days in the last 28; usually on 4."
    wait_for(lambda: usual in dana.get("/customers?q=steady").text, 60, "the others to be settled")
