"""Forms belong to the session they were made for, and cookies to this host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from http.cookies import SimpleCookie

import httpx
import pytest

from tests.support.dashboard import EMAIL, PASSWORD, form_token, member, sign_in_link, visitor
from tests.support.postgres import Cluster
from tests.support.server import Server, running


def _makes_a_key(client: httpx.Client, token: str, name: str) -> bool:
    answer = client.post("/keys", data={"_csrf_token": token, "name": name, "kind": "browser"})
    assert answer.status_code in (303, 403), answer.text
    return answer.status_code == 303 and answer.headers["location"] == "/keys"


def test_a_token_of_one_session_does_not_count_in_another(shared_server: Server) -> None:
    with member(shared_server) as dana, member(shared_server, "127.0.4.1", "eve@example.com") as eve:
        hers = form_token(dana, "/keys")
        assert not _makes_a_key(eve, hers, "another's token")
        # Not even with every cookie of hers but the session's own.
        for name, value in dana.cookies.items():
            if name != "milepost":
                eve.cookies.set(name, value, domain="127.0.0.1", path="/")
        assert not _makes_a_key(eve, hers, "another's token and cookies")
        assert _makes_a_key(eve, form_token(eve, "/keys"), "eve's own")
        assert _makes_a_key(dana, hers, "dana's own")


def test_signing_in_and_out_makes_every_earlier_token_worthless(shared_server: Server) -> None:
    with member(shared_server, "127.0.4.2") as dana:
        first = form_token(dana, "/keys")
        assert form_token(dana, "/") == first, "of a session there is one"
        assert dana.post("/sign-out", data={"_csrf_token": first}).status_code == 303
        outside = form_token(dana, "/sign-in")
        assert outside != first
        fields = {"email": EMAIL, "password": PASSWORD}
        assert dana.post("/sign-in", data={"_csrf_token": first, **fields}).status_code == 403
        assert dana.post("/sign-in", data={"_csrf_token": outside, **fields}).status_code == 303
        second = form_token(dana, "/keys")
        assert len({first, outside, second}) == 3
        for earlier in (first, outside):
            assert not _makes_a_key(dana, earlier, "of before")
        assert _makes_a_key(dana, second, "of now")


def test_a_page_of_an_error_has_a_form_that_works(shared_server: Server) -> None:
    with member(shared_server, "127.0.4.3") as dana:
        token = form_token(dana, "/there/is/nothing/here")
        assert dana.post("/sign-out", data={"_csrf_token": token}).status_code == 303


def test_without_the_browsers_own_cookie_no_token_counts(shared_server: Server) -> None:
    with visitor(shared_server, "127.0.4.4") as one, visitor(shared_server, "127.0.4.5") as two:
        token = form_token(one, "/sign-in")
        fields = {"_csrf_token": token, "email": "x@example.com", "password": "no"}
        assert two.post("/sign-in", data=fields).status_code == 403
        assert two.get("/sign-in").status_code == 200
        assert two.post("/sign-in", data=fields).status_code == 403
        assert one.post("/sign-in", data=fields).status_code == 401


@pytest.fixture
def behind_https(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that people reach over https, by a proxy that is left out here."""
    environ = {"MILEPOST_PUBLIC_URL": "https://milepost.example"}
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("https"), database_url=dsn, environ=environ)) as server,
    ):
        yield server


def test_with_https_no_other_host_can_set_our_cookies(behind_https: Server) -> None:
    """And they are cleared in a form that browsers accept."""
    link = sign_in_link(behind_https).removeprefix(behind_https.url)
    jar: dict[str, str] = {}
    set_by: set[str] = set()
    with ExitStack() as stack:
        client = stack.enter_context(visitor(behind_https))

        def ask(method: str, path: str, **fields: str) -> httpx.Response:
            """By hand: a client that speaks http keeps no Secure cookie."""
            client.cookies.clear()
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
            answer = client.request(method, path, headers=headers, data=fields or None)
            for line in answer.headers.get_list("set-cookie"):
                ((name, morsel),) = SimpleCookie(line).items()
                assert name.startswith("__Host-"), line
                assert morsel["secure"], line
                assert morsel["path"] == "/", line
                assert not morsel["domain"], line
                assert morsel["httponly"], line
                jar[name] = morsel.value
                set_by.add(f"{method} {path}")
            return answer

        token = ask("GET", link).text.split('name="_csrf_token" value="')[1][:64]
        fields = {"_csrf_token": token, "email": EMAIL, "password": PASSWORD}
        assert ask("POST", link, **fields).status_code == 303
        page = ask("GET", "/keys")
        assert page.status_code == 200
        token = page.text.split('name="_csrf_token" value="')[1][:64]
        assert ask("POST", "/sign-out", _csrf_token=token).status_code == 303
        assert jar["__Host-milepost"] == "null"
        assert set(jar) == {"__Host-milepost", "__Host-milepost_csrf"}
        # What went by the plain name, as a subdomain could set it, is nobody's session.
        assert client.get("/keys", headers={"Cookie": f"milepost={jar['__Host-milepost']}"}).status_code == 303
    assert {f"GET {link}", f"POST {link}", "POST /sign-out"} <= set_by
