"""The way in and out: one-time links, passwords, the session, and everything that must not get in."""

from __future__ import annotations

import base64

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.dashboard.page_context import local_path
from tests.support.dashboard import PASSWORD, member, send_form, sign_in_link, visitor
from tests.support.server import Server

_PAGES = ("/", "/first-event", "/live", "/customers", "/customers/x", "/customers/x/timeline", "/keys")


@pytest.mark.parametrize("path", _PAGES)
def test_no_page_without_a_member(lone_server: Server, path: str) -> None:
    with visitor(lone_server) as client:
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
        part = client.get(path, headers={"HX-Request": "true", "HX-Current-URL": f"{lone_server.url}/customers?q=a"})
        assert part.headers["hx-redirect"] == "/sign-in?next=/customers%3Fq%3Da"


def test_sign_in_leads_back_to_the_page_that_was_wanted(lone_server: Server) -> None:
    with member(lone_server, "127.0.1.1", "back@example.com"):
        pass
    with visitor(lone_server, "127.0.1.1") as client:
        there = client.get("/customers/a%2Fb%3F?x=1&y=2").headers["location"]
        assert there == "/sign-in?next=/customers/a%252Fb%253F%3Fx%3D1%26y%3D2"
        answer = send_form(
            client, there, "/sign-in", email=" Back@example.com ", password=PASSWORD, next="/customers/a%2Fb%3F?x=1&y=2"
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/customers/a%2Fb%3F?x=1&y=2")
        assert client.get("/customers").status_code == 200
        assert client.get("/sign-in?next=/live").headers["location"] == "/live"


def test_a_link_works_once(lone_server: Server) -> None:
    link = sign_in_link(lone_server)
    with visitor(lone_server, "127.0.1.2") as client:
        short = send_form(client, link, link, email="once@example.com", password="short")
        assert short.status_code == 400
        assert "at least 10 characters" in short.text
        assert 'value="once@example.com"' in short.text
        assert "short" not in short.text.split("<form")[1].split("</form>")[0].replace("at least", "")
        assert send_form(client, link, link, email="once@example.com", password=PASSWORD).status_code == 303
    with visitor(lone_server) as other:
        expired = other.get(link)
        assert expired.status_code == 410
        assert "milepost sign-in-link" in expired.text
        assert other.get("/welcome/never-was").status_code == 410


def test_a_new_password_ends_the_sessions_of_the_old_one(lone_server: Server) -> None:
    with (
        member(lone_server, "127.0.1.20", "changed@example.com") as old,
        visitor(lone_server, "127.0.1.21") as other,
    ):
        assert old.get("/customers").status_code == 200
        link = sign_in_link(lone_server)
        changed = send_form(other, link, link, email="changed@example.com", password="another password 7")
        assert changed.status_code == 303
        assert other.get("/customers").status_code == 200
        assert old.get("/customers").status_code == 303
        again = send_form(old, "/sign-in", "/sign-in", email="changed@example.com", password="another password 7")
        assert again.status_code == 303
        assert old.get("/customers").status_code == 200


def test_wrong_password_and_unknown_address_sound_alike(lone_server: Server) -> None:
    with member(lone_server, "127.0.1.3", "known@example.com"):
        pass
    with visitor(lone_server, "127.0.1.3") as client:
        wrong = send_form(client, "/sign-in", "/sign-in", email="known@example.com", password="not the password")
        nobody = send_form(client, "/sign-in", "/sign-in", email="nobody@example.com", password="not the password")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace("known@", "nobody@") == nobody.text
    assert "milepost" not in wrong.cookies


def test_attempts_are_limited_by_address(lone_server: Server) -> None:
    with visitor(lone_server, "127.0.1.4") as client:
        answers = [
            send_form(client, "/sign-in", "/sign-in", email=f"{n}@example.com", password="the same guess")
            for n in range(11)
        ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert "Too many attempts" in answers[-1].text
    assert 10 < int(answers[-1].headers["Retry-After"]) <= 60, "until the minute is over"
    with visitor(lone_server, "127.0.1.5") as other:
        assert send_form(other, "/sign-in", "/sign-in", email="a@example.com", password="guess").status_code == 401


def test_a_form_of_another_site_changes_nothing(lone_server: Server) -> None:
    with member(lone_server, "127.0.1.6") as client:
        forged = client.post("/keys", data={"name": "forged", "kind": "secret"})
        assert forged.status_code == 403
        assert "Nothing was changed" in forged.text
        assert "forged" not in client.get("/keys").text
        for token in ("", "é" * 128, "zz" * 64, "\x00"):
            answer = client.post("/sign-out", data={"_csrf_token": token})
            assert answer.status_code == 403, token
        for kind, body in (
            ("multipart/form-data", b"x"),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="_csrf_token"; filename="f"',
            ),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="_csrf_token"; filename="f"\r\n\r\nx\r\n--b--\r\n',
            ),
            ("application/x-www-form-urlencoded; charset=utf-99", b"\xff\xfe"),
            ("application/x-www-form-urlencoded", b"_csrf_token=%FF&_csrf_token=1"),
            ("text/plain", b"\x00"),
        ):
            answer = client.post("/sign-in", content=body, headers={"Content-Type": kind})
            assert 400 <= answer.status_code < 500, (kind, body, answer.text)
        assert client.get("/customers").status_code == 200


def test_sign_out(lone_server: Server) -> None:
    with member(lone_server, "127.0.1.7") as client:
        assert client.get("/customers").status_code == 200
        assert send_form(client, "/keys", "/sign-out").headers["location"] == "/sign-in?out=1"
        assert client.get("/customers").status_code == 303


def test_a_removed_member_is_out_at_once(lone_server: Server) -> None:
    with member(lone_server, "127.0.1.8", "gone@example.com") as client:
        assert client.get("/v1/customers").status_code == 200
        with psycopg.connect(lone_server.database_url, autocommit=True) as connection:
            connection.execute("delete from milepost.members where email = 'gone@example.com'")
        assert client.get("/v1/customers").status_code == 401
        assert client.get("/v1/live").status_code == 401
        assert client.get("/customers").status_code == 303


def _aad(text: str) -> str:
    return base64.b64encode(b"123456789012xx" + b"additional_authenticated_data=" + text.encode()).decode()


@pytest.mark.parametrize(
    "cookie",
    [
        "null",
        "x",
        "====",
        "A" * 4000,
        "%00",
        _aad("{"),
        _aad("[]"),
        _aad("1"),
        _aad('{"expires_at": 1e300}'),
        _aad("{}"),
    ],
)
def test_no_cookie_makes_an_error(lone_server: Server, cookie: str) -> None:
    with visitor(lone_server) as client:
        for path in ("/", "/v1/customers", "/nothing"):
            answer = client.get(path, headers={"Cookie": f"milepost={cookie}; milepost_csrf={cookie}; tz={cookie}"})
            assert answer.status_code in (303, 401, 404), (path, answer.text)


@given(
    st.text(max_size=40) | st.sampled_from(["//evil", "/\\evil", "https://evil", "/a\tb", "/\n/evil", "javascript:x"])
)
def test_next_never_leads_elsewhere(address: str) -> None:
    path = local_path(address)
    assert path.startswith("/")
    assert path[1:2] not in ("/", "\\")
    assert all(character >= " " for character in path)
