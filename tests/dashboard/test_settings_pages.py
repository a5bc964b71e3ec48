"""The settings over HTTP: profile, team, data and about; what a link may do, and what somebody leaves behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.support.dashboard import PASSWORD, form_token, member, send_form, sign_in_link, visitor
from tests.support.server import SECRET_KEY, Server, wait_for

_LINK = re.compile(r"<code>(http[^<]*/welcome/[^<]*)</code>")
_TABS = ("/settings", "/settings/team", "/keys", "/settings/tools", "/settings/scoring", "/settings/plan",
         "/settings/game", "/settings/appearance", "/settings/messages", "/settings/data",
         "/settings/about")  # fmt: skip
_NEW_PASSWORD = "another password 7"


@pytest.fixture(scope="module")
def ann(lone_server: Server) -> Iterator[httpx.Client]:
    """Who does things here. She signs in anew where a test signs her out."""
    with member(lone_server, "127.0.4.1", "ann@example.com") as client:
        yield client


def _invite(client: httpx.Client, email: str) -> str:
    answer = send_form(client, "/settings/team", "/settings/team/invitations", email=email)
    assert answer.status_code in (200, 201), answer.text
    found = _LINK.search(answer.text)
    assert found is not None
    return found[1]


def _id_of(server: Server, email: str) -> str:
    with psycopg.connect(server.database_url) as connection:
        row = connection.execute("select member_id from milepost.members where email = %s", (email,)).fetchone()
    assert row is not None
    return str(row[0])


def _owner(server: Server, customer: str) -> tuple[object, object] | None:
    with psycopg.connect(server.database_url) as connection:
        return connection.execute(
            "select value, source from milepost.traits where kind = 'customer' and id = %s and name = 'owner'"
            " and until is null",
            (customer,),
        ).fetchone()


_UNDER = {"/annotations": "/settings/data", "/event-names": "/settings/tools", "/score": "/settings/scoring"}


@pytest.mark.parametrize("path", [*_TABS, *_UNDER])
def test_every_tab_stands_in_the_frame(ann: httpx.Client, path: str) -> None:
    answer = ann.get(path)
    assert answer.status_code == 200, answer.text
    tabs = answer.text.split('aria-label="Settings"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]*)"', tabs) == list(_TABS)
    current = re.findall(r'href="([^"]*)" aria-current="(\w+)"', tabs)
    assert current == [(_UNDER.get(path, path), "true" if path in _UNDER else "page")]
    assert 'aria-label="Settings"' not in ann.get("/game").text, "looked at daily: it stays where it was"


def test_a_name_stands_where_the_address_stood(lone_server: Server, ann: httpx.Client) -> None:
    with member(lone_server, "127.0.4.2", "named@example.com") as client:
        assert "named@example.com" in client.get("/tasks").text
        assert send_form(client, "/settings", "/settings/profile", name="  Nadia \t Named ").status_code == 303
        assert "<bdi>Nadia Named</bdi>" in client.get("/tasks").text
        with lone_server.client(SECRET_KEY) as secret:
            secret.put("/v1/customers/named-inc", json={"traits": {"name": "Named Inc"}})
            secret.post("/v1/customers/named-inc/notes", json={"text": "Unsigned."})
        assert client.post("/v1/customers/named-inc/notes", json={"text": "They wrote."}).status_code in (200, 201)
        page = ann.get("/customers/named-inc").text
        assert "<bdi>Nadia Named</bdi>" in page, "others read it too"
        assert "Through the API" in page
        for name, problem in (("x" * 101, "up to 100"), ("ann@example.com", "no @")):
            answer = send_form(client, "/settings", "/settings/profile", name=name)
            assert answer.status_code == 400
            assert problem in answer.text
            assert "<bdi>Nadia Named</bdi>" in answer.text
        assert send_form(client, "/settings", "/settings/profile", name=" \x00\u200b ").status_code == 303
        tasks = client.get("/tasks").text
        assert "<bdi>named@example.com</bdi>" in tasks
        assert "Nadia" not in tasks


def test_another_password_ends_every_other_session(lone_server: Server) -> None:
    email = "changer@example.com"
    with (
        member(lone_server, "127.0.4.3", email) as here,
        visitor(lone_server, "127.0.4.4") as there,
        visitor(lone_server, "127.0.4.5") as later,
    ):
        there.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
        assert send_form(there, "/sign-in", "/sign-in", email=email, password=PASSWORD).status_code == 303
        assert "Firefox on Linux" in here.get("/settings").text
        form = {"present": "not the password", "password": _NEW_PASSWORD}
        wrong = send_form(here, "/settings", "/settings/password", **form)
        assert (wrong.status_code, "not your present password" in wrong.text) == (400, True)
        short = send_form(here, "/settings", "/settings/password", present=PASSWORD, password="short")
        assert (short.status_code, "at least 10 characters" in short.text) == (400, True)
        assert there.get("/settings").status_code == 200

        old_cookie = here.cookies["milepost"]
        changed = send_form(here, "/settings", "/settings/password", present=PASSWORD, password=_NEW_PASSWORD)
        assert changed.status_code == 303, changed.text
        assert "signed out everywhere else" in here.get(changed.headers["location"]).text
        assert there.get("/settings").status_code == 303
        there.cookies.set("milepost", old_cookie)
        assert there.get("/v1/customers").status_code == 401, "the cookie of before is worth nothing either"
        assert send_form(later, "/sign-in", "/sign-in", email=email, password=PASSWORD).status_code == 401
        assert send_form(later, "/sign-in", "/sign-in", email=email, password=_NEW_PASSWORD).status_code == 303

        assert send_form(here, "/settings", "/settings/sessions").status_code == 303
        assert later.get("/settings").status_code == 303
        assert here.get("/settings").status_code == 200


def test_guesses_at_the_present_password_count_with_those_at_the_door(lone_server: Server) -> None:
    email = "guessed@example.com"
    with member(lone_server, "127.0.4.6", email) as client:
        form = {"present": "a guess of many", "password": _NEW_PASSWORD}
        # From two addresses, as one alone is limited by the minute.
        for start in ("127.0.4.7", "127.0.4.8"):
            with visitor(lone_server, start) as elsewhere:
                elsewhere.cookies.update(client.cookies)
                answers = [send_form(elsewhere, "/settings", "/settings/password", **form) for _ in range(5)]
            assert [answer.status_code for answer in answers] == [400] * 5
        form["present"] = PASSWORD
        refused = send_form(client, "/settings", "/settings/password", **form)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 60
        with visitor(lone_server, "127.0.4.9") as door:
            assert send_form(door, "/sign-in", "/sign-in", email=email, password=PASSWORD).status_code == 429


def test_an_invitation_makes_one_member_of_one_address(lone_server: Server, ann: httpx.Client) -> None:
    link = _invite(ann, " New@Example.com ")
    team = ann.get("/settings/team").text
    assert "new@example.com" in team
    assert link not in team, "it is shown once"
    with visitor(lone_server, "127.0.4.10") as guest:
        welcome = guest.get(link).text
        assert 'value="new@example.com"' in welcome
        assert send_form(guest, link, link, email="ann@example.com", password="short").status_code == 400
        # Whatever the form says, the invitation is for its own address: nobody's account is taken over by it.
        joined = send_form(guest, link, link, email="ann@example.com", password=_NEW_PASSWORD, name="Newton")
        assert joined.status_code == 303
        assert "<bdi>Newton</bdi>" in guest.get("/settings/team").text
        assert guest.get(link).status_code == 410
        assert ann.get("/settings").status_code == 200
    with visitor(lone_server, "127.0.4.11") as door:
        assert (
            send_form(door, "/sign-in", "/sign-in", email="ann@example.com", password=_NEW_PASSWORD).status_code == 401
        )
    again = send_form(ann, "/settings/team", "/settings/team/invitations", email="NEW@example.com")
    assert (again.status_code, "is a member already" in again.text) == (409, True)
    for email in ("nobody", "@", "a@b@c", "x" * 320 + "@example.com"):
        assert send_form(ann, "/settings/team", "/settings/team/invitations", email=email).status_code == 400


def test_an_invitation_ends_by_time_by_a_newer_one_and_by_hand(lone_server: Server, ann: httpx.Client) -> None:
    first = _invite(ann, "late@example.com")
    second = _invite(ann, "late@example.com")
    with visitor(lone_server, "127.0.4.12") as guest:
        assert guest.get(first).status_code == 410
        assert guest.get(second).status_code == 200
        with psycopg.connect(lone_server.database_url, autocommit=True) as connection:
            row = connection.execute(
                "select expires_at, link_id from milepost.sign_in_links where email = 'late@example.com'"
            ).fetchone()
            assert row is not None
            assert timedelta(days=6, hours=23) < row[0] - datetime.now(UTC) <= timedelta(days=7)
        path = f"/settings/team/invitations/{row[1]}/revoke"
        assert send_form(ann, "/settings/team", path).status_code == 303
        assert guest.get(second).status_code == 410
        third = _invite(ann, "late@example.com")
        with psycopg.connect(lone_server.database_url, autocommit=True) as connection:
            connection.execute("update milepost.sign_in_links set expires_at = now() where email = 'late@example.com'")
        assert guest.get(third).status_code == 410
        assert "late@example.com" not in ann.get("/settings/team").text
        # An operator's link is for whoever forgot their password, members too, and no list shows it.
        assert guest.get(sign_in_link(lone_server)).status_code == 200


def test_an_invited_address_that_is_a_member_by_now_is_left_alone(lone_server: Server, ann: httpx.Client) -> None:
    link = _invite(ann, "twice@example.com")
    with member(lone_server, "127.0.4.13", "twice@example.com"), visitor(lone_server, "127.0.4.14") as guest:
        assert send_form(guest, link, link, email="", password=_NEW_PASSWORD).status_code == 410
        assert guest.get("/settings").status_code == 303


def test_who_is_removed_is_out_and_their_work_is_handed_over(lone_server: Server, ann: httpx.Client) -> None:
    email = "leaver@example.com"
    with lone_server.client(SECRET_KEY) as secret:
        for customer in ("left-a", "left-b"):
            secret.put(f"/v1/customers/{customer}", json={"traits": {"owner": "Leaver@example.com"}})
        secret.put("/v1/customers/stays", json={"traits": {"owner": "ann@example.com"}})
    with member(lone_server, "127.0.4.15", email) as client:
        open_link = _invite(client, "friend@example.com")
        task = client.post("/v1/customers/left-a/tasks", json={"title": "Call them", "assignee": email})
        assert task.status_code in (200, 201), task.text
        path = f"/settings/team/{_id_of(lone_server, email)}/remove"
        asked = ann.get(path).text
        assert re.search(r">2</data> customers\s+and <data[^>]*>1</data> open task:", asked), asked
        assert send_form(ann, path, path, to="").status_code == 400
        assert send_form(ann, path, path, to=_id_of(lone_server, email)).status_code == 400
        assert client.get("/v1/customers").status_code == 200
        assert send_form(ann, path, path, to=_id_of(lone_server, "ann@example.com")).status_code == 303
        assert client.get("/v1/customers").status_code == 401
        assert client.get("/settings").status_code == 303
        assert ann.get(open_link).status_code == 410, "invitations of theirs are revoked"
    assert _owner(lone_server, "left-a") == ("ann@example.com", "ann@example.com")
    assert _owner(lone_server, "left-b") == ("ann@example.com", "ann@example.com")
    with psycopg.connect(lone_server.database_url) as connection:
        row = connection.execute(
            "select m.email from milepost.tasks t join milepost.members m on m.member_id = t.assignee_id"
            " where t.customer_id = 'left-a'"
        ).fetchone()
    assert row == ("ann@example.com",)
    assert ann.get(path).status_code == 404


def test_work_may_be_nobodys_and_oneself_goes_by_saying_so(lone_server: Server, ann: httpx.Client) -> None:
    email = "selfless@example.com"
    with lone_server.client(SECRET_KEY) as secret:
        secret.put("/v1/customers/ownerless", json={"traits": {"owner": email}})
    with member(lone_server, "127.0.4.16", email) as client:
        path = f"/settings/team/{_id_of(lone_server, email)}/remove"
        assert "Remove yourself" in client.get(path).text
        answer = send_form(client, path, path, to="nobody")
        assert (answer.status_code, "This is you" in answer.text) == (400, True)
        gone = send_form(client, path, path, to="nobody", myself="yes")
        assert gone.headers["location"] == "/sign-in?out=1"
        assert client.get("/settings").status_code == 303
    owner = _owner(lone_server, "ownerless")
    assert owner is not None
    assert owner[0] is None


def test_of_two_who_remove_each_other_one_stays(lone_server: Server) -> None:
    emails = ("one@example.com", "other@example.com")
    with member(lone_server, "127.0.4.17", emails[0]) as one, member(lone_server, "127.0.4.18", emails[1]) as other:
        paths = [f"/settings/team/{_id_of(lone_server, email)}/remove" for email in reversed(emails)]
        tokens = [form_token(client, path) for client, path in zip((one, other), paths, strict=True)]

        def remove(client: httpx.Client, path: str, token: str) -> int:
            return client.post(path, data={"_csrf_token": token, "to": "nobody"}).status_code

        with (
            psycopg.connect(lone_server.database_url) as holding,
            psycopg.connect(lone_server.database_url, autocommit=True) as looking,
            ThreadPoolExecutor(2) as pool,
        ):
            # Both are let in before either can go on.
            holding.execute("select from milepost.members for update")
            both = [pool.submit(remove, *each) for each in zip((one, other), paths, tokens, strict=True)]
            wait_for(lambda: _waiting(looking) == 2, 10, "both to wait for the members")
            holding.rollback()
            told = sorted(future.result() for future in both)
        assert told == [303, 403]
        assert sorted(client.get("/v1/customers").status_code for client in (one, other)) == [200, 401]


def test_a_password_that_was_changed_meanwhile_lets_nobody_in(lone_server: Server) -> None:
    email = "overtaken@example.com"
    with member(lone_server, "127.0.4.19", email), visitor(lone_server, "127.0.4.20") as door:
        token = form_token(door, "/sign-in")
        form = {"_csrf_token": token, "email": email, "password": PASSWORD, "next": "/"}
        with (
            psycopg.connect(lone_server.database_url) as changing,
            psycopg.connect(lone_server.database_url, autocommit=True) as looking,
            ThreadPoolExecutor(1) as pool,
        ):
            changing.execute("update milepost.members set password_hash = 'another' where email = %s", (email,))
            signing_in = pool.submit(door.post, "/sign-in", data=form)
            wait_for(lambda: _waiting(looking) == 1, 10, "the sign-in to have read the password of before")
            changing.commit()
            assert signing_in.result().status_code == 401
        assert door.get("/settings").status_code == 303


def _waiting(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_last_member_stays(lone_server: Server, ann: httpx.Client) -> None:
    with psycopg.connect(lone_server.database_url, autocommit=True) as connection:
        connection.execute("delete from milepost.members where email <> 'ann@example.com'")
    path = f"/settings/team/{_id_of(lone_server, 'ann@example.com')}/remove"
    assert "/remove" not in ann.get("/settings/team").text
    answer = send_form(ann, path, path, to="nobody", myself="yes")
    assert (answer.status_code, "last member" in answer.text) == (409, True)
    assert ann.get("/settings").status_code == 200


def test_data_and_about_say_what_runs(ann: httpx.Client) -> None:
    data, about = ann.get("/settings/data").text, ann.get("/settings/about").text
    assert "It answers, has room, and takes events." in data
    assert "Every task works." in data
    assert "milepost backup" in data or "pg_dump" in data
    assert re.search(r"PostgreSQL</dt><dd>\d+\.\d+", about)
    assert "Apache License 2.0" in about
    assert "running.md" in about
