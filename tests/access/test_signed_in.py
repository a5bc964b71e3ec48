"""Sessions end on the server, streams end with them, and guesses come to an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from milepost.access.attempts import Attempts
from milepost.errors import TooManyAttempts
from tests.support.dashboard import EMAIL, PASSWORD, member, send_form, visitor
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _is_in(client: httpx.Client) -> bool:
    return client.get("/keys").status_code == 200


@contextmanager
def _copied(server: Server, client: httpx.Client) -> Iterator[httpx.Client]:
    """Another browser with the same cookies."""
    with visitor(server) as other:
        other.cookies = httpx.Cookies(client.cookies)
        yield other


def test_signing_out_ends_every_copy_of_the_cookie(lone_server: Server) -> None:
    with member(lone_server) as dana, _copied(lone_server, dana) as copy:
        assert _is_in(dana)
        assert _is_in(copy)
        assert send_form(dana, "/", "/sign-out").status_code == 303
        assert not _is_in(copy)


def test_a_session_ends_after_thirty_days_however_used(lone_server: Server) -> None:
    with (
        member(lone_server) as dana,
        psycopg.connect(lone_server.database_url, autocommit=True) as connection,
    ):
        age = "update milepost.member_sessions set started_at = now() - make_interval(days => %s, mins => %s)"
        connection.execute(age, (29, 0))
        assert _is_in(dana)
        connection.execute(age, (30, 1))
        assert not _is_in(dana)


def _watch(client: httpx.Client, headers: dict[str, str]) -> tuple[threading.Thread, list[float]]:
    """Watches the live feed, which has begun, until it ends: who watches, when it ended."""
    begun, ended = threading.Event(), list[float]()

    def watch() -> None:
        with client.stream("GET", "/v1/live", headers=headers) as stream:
            for _ in stream.iter_raw():
                begun.set()
        ended.append(time.monotonic())

    thread = threading.Thread(target=watch)
    thread.start()
    assert begun.wait(20)
    return thread, ended


@pytest.mark.parametrize("how", ["signed out", "removed", "another password", "key revoked"])
def test_a_stream_ends_with_what_let_it_in(lone_server: Server, how: str) -> None:
    with (
        member(lone_server) as dana,
        _copied(lone_server, dana) as watching,
        psycopg.connect(lone_server.database_url, autocommit=True) as connection,
    ):
        headers: dict[str, str] = {}
        if how == "key revoked":
            send_form(dana, "/keys", "/keys", name="watcher", kind="secret")
            made = dana.get("/keys").text
            key = made[made.index("mps_") :][:36]
            assert key not in dana.get("/keys").text, "it is shown once"
            headers = {"Authorization": f"Bearer {key}"}
            watching.cookies.clear()
        thread, ended = _watch(watching, headers)
        changes: dict[str, Callable[[], object]] = {
            "signed out": lambda: send_form(dana, "/", "/sign-out"),
            "removed": lambda: connection.execute("delete from milepost.members"),
            "another password": lambda: connection.execute("update milepost.members set password_hash = 'x'"),
            "key revoked": lambda: connection.execute("update milepost.keys set revoked_at = now()"),
        }
        changes[how]()
        changed = time.monotonic()
        thread.join(20)
        assert ended
        assert ended[0] - changed < 5


def test_a_stream_goes_on_for_who_may_watch(lone_server: Server) -> None:
    with member(lone_server) as dana, dana.stream("GET", "/v1/live") as stream:
        began, lines = time.monotonic(), stream.iter_lines()
        while time.monotonic() - began < 6:  # more than two looks
            next(lines)


def test_guesses_at_one_account_end_whatever_their_address(lone_server: Server) -> None:
    with member(lone_server, email="guessed@example.com"):
        pass
    statuses = []
    for number in range(12):
        with visitor(lone_server, f"127.0.2.{number + 1}") as guesser:
            fields = {"email": "Guessed@example.com ", "password": f"wrong {number}"}
            statuses.append(send_form(guesser, "/sign-in", "/sign-in", **fields).status_code)
    assert statuses == [401] * 10 + [429] * 2
    with visitor(lone_server, "127.0.2.50") as right:
        fields = {"email": "guessed@example.com", "password": PASSWORD}
        refused = send_form(right, "/sign-in", "/sign-in", **fields)
        assert refused.status_code == 429
        assert "Too many attempts" in refused.text
        assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60 + 1
    with visitor(lone_server, "127.0.2.51") as other:
        assert send_form(other, "/sign-in", "/sign-in", email="x@example.com", password="no").status_code == 401
    assert "guessed@example.com" not in lone_server.log()
    metrics = httpx.get(lone_server.url + "/metrics", verify=False).text
    assert 'milepost_sign_in_failures_total{reason="limit"} 3.0' in metrics


def test_attempts_are_forgotten_with_time_and_success() -> None:
    attempts = Attempts()
    for minute in range(10):
        attempts.check(EMAIL, _NOW + timedelta(minutes=minute))
        attempts.failed(EMAIL, _NOW + timedelta(minutes=minute))
    with pytest.raises(TooManyAttempts) as refused:
        attempts.check(EMAIL, _NOW + timedelta(minutes=10))
    assert refused.value.retry_after == 5 * 60 + 1
    attempts.check(EMAIL, _NOW + timedelta(minutes=15))
    attempts.failed(EMAIL, _NOW + timedelta(minutes=15))
    attempts.succeeded(EMAIL)
    attempts.check(EMAIL, _NOW + timedelta(minutes=15))


def test_made_up_keys_share_one_limit(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    environ = {"MILEPOST_REQUESTS_PER_SECOND": "5"}
    server = Server(tmp_path_factory.mktemp("limited"), database_url=dsn, environ=environ)
    with running(server):
        answers = [
            httpx.get(
                server.url + "/v1/customers", headers={"Authorization": f"Bearer mps_{n}"}, verify=False
            ).status_code
            for n in range(40)
        ]
        assert 429 in answers
        for key in (SECRET_KEY, WRITE_KEY):  # whose limits are their own
            with server.client(key) as client:
                assert client.post("/v1/events", json={"events": []}).status_code == 200
