"""Traits on a customer's page, and the page of the names of events: shown, changed by hand, whatever was sent."""

from __future__ import annotations

import httpx
import psycopg

from tests.support.dashboard import member, send_form
from tests.support.server import SERVER_KEY, Server, customer_token, wait_for


def _put(server: Server, customer: str, traits: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {SERVER_KEY}"}
    assert (
        httpx.put(f"{server.url}/v1/customers/{customer}", json={"traits": traits}, headers=headers).status_code == 200
    )


def test_traits_by_hand(lone_server: Server) -> None:
    _put(lone_server, "hand", {"name": "Hand Inc", "mrr": 1200, "renewal_date": "2027-01-31", "odd <b>": "<script>"})
    with member(lone_server) as dana:
        text = dana.get("/customers/hand").text
        assert "Hand Inc" in text
        assert "1,200" in text
        assert "&lt;script&gt;" in text
        assert "<script>" not in text.split('<section id="traits"')[1].split("</section>")[0]
        for name, value in (("owner", "ann@example.com"), ("mrr", "1,500.50"), ("odd <b>", "")):
            told = send_form(dana, "/customers/hand", "/customers/hand/traits", name=name, value=value)
            assert told.status_code in (200, 303), told.text[:300]
        text = dana.get("/customers/hand").text
        assert "ann@example.com" in text
        assert "1,500.5" in text  # as the reader writes numbers
        assert "&lt;script&gt;" not in text.split("trait-list")[1].split("</dl>")[0].replace("Before", "")
        refused = send_form(dana, "/customers/hand", "/customers/hand/traits", name="x", value="y" * 501)
        assert refused.status_code == 400
        assert "500" in refused.text
    with psycopg.connect(lone_server.database_url or "") as connection:
        by = connection.execute("select source from milepost.traits where name = 'owner' and id = 'hand'").fetchall()
    assert by == [("dana@example.com",)]


def test_a_persons_traits_by_hand(lone_server: Server) -> None:
    known = {"name": "Pat", "seats": 1200, "secret <b>": "<script>", "since": "2027-01-31"}
    with lone_server.client(SERVER_KEY) as client:
        assert client.put("/v1/people/pat%2Fx", json={"traits": known}).status_code == 200
    page, form = "/people/pat%2Fx", "/people/pat%2Fx/traits"
    with member(lone_server, "127.0.0.91") as dana, lone_server.client(customer_token("pats")) as theirs:
        for name, value in (("role", "Admin"), ("seats", "1,500.50"), ("secret <b>", "")):
            told = send_form(dana, page, form, name=name, value=value)
            assert (told.status_code, told.headers["location"]) == (303, "/people/pat%2Fx#traits")
        text = dana.get(page).text
        shown = text.split('<section id="traits"')[1].split("</section>")[0]
        for said in ("Admin", "1,500.5", "31 Jan 2027", "dana@example.com", f'action="{form}"'):
            assert said in shown
        assert "&lt;script&gt;" not in shown
        assert "<dt>Role</dt><dd><bdi>Admin</bdi></dd>" in text
        assert send_form(dana, page, form, name="x", value="y" * 501).status_code == 400
        assert dana.post(form, data={"name": "role", "value": "Owned", "_csrf_token": "x"}).status_code == 403
        assert theirs.post(form, data={"name": "role", "value": "Owned"}).status_code in (303, 403)
    with psycopg.connect(lone_server.database_url or "") as connection:
        kept = connection.execute(
            "select name, value, source from milepost.traits where kind = 'person' and until is null order by name"
        ).fetchall()
    assert kept == [
        ("name", "Pat", "api"),
        ("role", "Admin", "dana@example.com"),
        ("seats", 1500.5, "dana@example.com"),
        ("secret <b>", None, "dana@example.com"),
        ("since", "2027-01-31", "api"),
    ]


def test_names_of_events(lone_server: Server) -> None:
    with member(lone_server) as dana:
        assert "No event has a name yet" in dana.get("/event-names").text
        headers = {"Authorization": f"Bearer {SERVER_KEY}"}
        events = [
            {"event_name": name, "customer_id": "names", "event_id": f"n{n}"}
            for n, name in enumerate(("Invoice Sent", "<i>odd</i>", "Invoice Sent", "x" * 200))
        ]
        assert (
            httpx.post(f"{lone_server.url}/v1/events", json={"events": events}, headers=headers).json()["accepted"] == 4
        )
        page = dana.get("/event-names").text
        assert page.count("means nothing yet") == 3
        assert "&lt;i&gt;odd" in page
        said = {"name": "Invoice Sent", "type": "export_action", "tool": "icp-analysis", "label": "Invoice"}
        assert send_form(dana, "/event-names", "/event-names", **said).status_code in (200, 303)
        with psycopg.connect(lone_server.database_url or "", autocommit=True) as connection:
            asked = (
                "select distinct event_type, tool_id, competency_area from public.behavior_events"
                " where event_name = 'Invoice Sent'"
            )
            wait_for(
                lambda: (
                    connection.execute(asked).fetchall() == [("export_action", "icp-analysis", "customer_intelligence")]
                ),
                20,
                "the stored events to follow",
            )
        page = dana.get("/event-names", params={"q": "invoice"}).text
        assert "ICP Analysis" in page
        assert "odd" not in page
        for wrong, status in (({"name": "never sent"}, 404), ({"tool": "nowhere"}, 400)):
            assert send_form(dana, "/event-names", "/event-names", **(said | wrong)).status_code == status
        back = {"name": "Invoice Sent", "do": "plan"}
        assert send_form(dana, "/event-names", "/event-names", **back).status_code in (200, 303)
        assert dana.get("/event-names").text.count("means nothing yet") == 3
        assert "Invoice Sent" in dana.get("/customers/names").text
