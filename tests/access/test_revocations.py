"""Tokens that are revoked: one by its id, or all of a customer's, and refused everywhere within seconds."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import psycopg
import pytest

from milepost.access.revocations import Revocations, list_revocations, revoke_customer, revoke_token
from milepost.access.tokens import CustomerToken, Tokens, id_of
from milepost.errors import DatabaseUnavailable, InvalidRequest, Unauthorised
from milepost.settings import Settings
from milepost.store.database import Database
from tests.support.dashboard import EMAIL, member
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, TOKEN_SECRET, WRITE_KEY, Server, customer_token, running, wait_for

_LONG_AGO, _TO_COME = 1.0, datetime(2100, 1, 1, tzinfo=UTC).timestamp()


@asynccontextmanager
async def _database(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn, size=1, query_seconds=5)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def _refused(revocations: Revocations, token: CustomerToken) -> bool:
    try:
        await revocations.check(token)
    except Unauthorised:
        return True
    return False


async def test_every_token_we_make_has_an_id_and_a_time() -> None:
    tokens = Tokens(Settings(token_secret=TOKEN_SECRET))
    now = datetime.now(UTC)
    made = [tokens.make("acme", now=now, valid=timedelta(hours=1)) for _ in range(2)]
    read = [await tokens.read(token) for token in made]
    assert read[0].token_id is not None
    assert read[0].token_id != read[1].token_id
    assert [id_of(token) for token in made] == [token.token_id for token in read]
    assert abs((read[0].issued_at or 0) - now.timestamp()) < 0.002
    bare = jwt.encode({"customer_id": "acme", "exp": now + timedelta(hours=1)}, TOKEN_SECRET, algorithm="HS256")
    assert await tokens.read(bare) == CustomerToken("acme", None, None)
    with pytest.raises(ValueError, match="no token"):
        id_of("eyJ.x.y")


async def test_a_revocation_is_noticed_in_two_seconds_and_costs_tokens_no_question(dsn: str) -> None:
    now = 100.0
    async with _database(dsn) as database:
        revocations = Revocations(database, clock=lambda: now)
        one, other, nameless = (CustomerToken("acme", name, 1e9) for name in ("one", "other", None))
        for token in (one, other, nameless):
            await revocations.check(token)
        await revoke_token(database, "one", by=None)
        async with database.transaction():  # the pool's only connection: a question would wait for it
            for _ in range(500):
                await revocations.check(one)
        now += 2
        with pytest.raises(Unauthorised, match="revoked"):
            await revocations.check(one)
        assert not await _refused(revocations, other)
        assert not await _refused(revocations, nameless)
        # A server that starts later knows what was revoked before.
        assert await _refused(Revocations(database), one)


async def test_of_a_customer_those_are_refused_that_were_issued_until_then(dsn: str) -> None:
    async with _database(dsn) as database:
        before = datetime.now(UTC).timestamp()
        revoked = await revoke_customer(database, "acme", by=EMAIL)
        at = revoked.revoked_at.timestamp()
        revocations = Revocations(database)
        for issued_at in (None, _LONG_AGO, before - 1, float(int(at)), at):
            assert await _refused(revocations, CustomerToken("acme", "x", issued_at)), issued_at
            assert not await _refused(revocations, CustomerToken("other", "x", issued_at)), issued_at
        for issued_at in (at + 0.001, _TO_COME):
            assert not await _refused(revocations, CustomerToken("acme", "x", issued_at)), issued_at
        again = await revoke_customer(database, "acme", by=None)
        assert again.revoked_at > revoked.revoked_at
        revocations.forget()
        assert await _refused(revocations, CustomerToken("acme", "x", at + 0.000001))


async def test_while_the_database_is_away_what_was_known_counts(dsn: str) -> None:
    now = 100.0
    database = Database(dsn, size=1, query_seconds=5)
    never = Revocations(database, clock=lambda: now)
    with pytest.raises(DatabaseUnavailable):  # it is not open
        await never.check(CustomerToken("acme"))
    async with _database(dsn) as database:
        await revoke_token(database, "one", by=None)
        revocations = Revocations(database, clock=lambda: now)
        assert await _refused(revocations, CustomerToken("acme", "one"))
    now += 60
    for _ in range(50):  # each would wait seconds for a connection, were it not remembered
        assert await _refused(revocations, CustomerToken("acme", "one"))
        await revocations.check(CustomerToken("acme", "other"))


async def test_a_clock_that_was_put_back_hides_nothing(dsn: str) -> None:
    now = 100.0
    async with _database(dsn) as database:
        revocations = Revocations(database, clock=lambda: now)
        await revocations.check(CustomerToken("acme", "one"))
        # As if the database's clock had been an hour ahead until now.
        assert revocations._asked_at is not None
        revocations._asked_at += timedelta(hours=1)
        await revoke_token(database, "one", by=None)
        now += 2
        assert await _refused(revocations, CustomerToken("acme", "one"))


async def test_what_cannot_be_an_id_is_refused(dsn: str) -> None:
    async with _database(dsn) as database:
        for wrong in ("", "x" * 201, "a\x00b", "\ud800"):
            for revoke, field in ((revoke_token, "token_id"), (revoke_customer, "customer_id")):
                with pytest.raises(InvalidRequest) as refused:
                    await revoke(database, wrong, by=None)
                assert refused.value.field == field
        for number in range(5):
            await revoke_token(database, f"t{number}", by="somebody")
            await revoke_token(database, "t0", by="somebody else")
        found, cursor = [], None
        while True:
            page = await list_revocations(database, limit=2, cursor=cursor)
            found += page.items
            cursor = page.next
            if cursor is None:
                break
        assert [(one.token_id, one.revoked_by) for one in found] == [(f"t{n}", "somebody") for n in (4, 3, 2, 1, 0)]


def _status(server: Server, token: str, path: str = "/v1/me/events") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(server.url + path, headers=headers, verify=False).status_code


def test_over_http(shared_server: Server) -> None:
    acme, other = f"acme {uuid.uuid4()}", f"other {uuid.uuid4()}"
    one, two, theirs = customer_token(acme), customer_token(acme), customer_token(other)
    end = datetime.now(UTC) + timedelta(hours=1)
    timeless = jwt.encode({"customer_id": acme, "exp": end}, TOKEN_SECRET, algorithm="HS256")
    tokens = (one, two, timeless, theirs)
    assert [_status(shared_server, token) for token in tokens] == [200] * 4
    with shared_server.client() as team, member(shared_server) as dana:
        path = "/v1/tokens/revocations"
        revoked = team.post(path, json={"token_id": id_of(one)}).raise_for_status().json()
        assert (revoked["token_id"], revoked["customer_id"], revoked["revoked_by"]) == (id_of(one), None, "secret key")
        assert [_status(shared_server, token) for token in tokens] == [401, 200, 200, 200]
        # A member may as well, as may their page alone.
        assert (
            dana.post(path, json={"customer_id": acme}, headers={"Origin": "https://evil.example"}).status_code == 403
        )
        assert dana.post(path, json={"customer_id": acme}).raise_for_status().json()["revoked_by"] == EMAIL
        assert [_status(shared_server, token) for token in tokens] == [401, 401, 401, 200]
        assert _status(shared_server, customer_token(acme)) == 200, "one that was issued since"
        listed = team.get(path).raise_for_status().json()["items"]
        assert [(one["token_id"], one["customer_id"]) for one in listed[:2]] == [(None, acme), (id_of(one), None)]
        for body in ({}, {"token_id": "a", "customer_id": "b"}, {"token_id": ""}, {"customer_id": 1}, {"token": "a"}):
            assert team.post(path, json=body).status_code == 400, body
    for key in (WRITE_KEY, theirs):
        with shared_server.client(key) as client:
            assert client.post(path, json={"customer_id": acme}).status_code in (401, 403)


def test_every_address_of_a_customer_refuses_it(shared_server: Server) -> None:
    token = customer_token("everywhere")
    document = httpx.get(shared_server.url + "/openapi.json", verify=False).json()
    own = [path for path in document["paths"] if f"{path}/".startswith("/v1/me/") and "get" in document["paths"][path]]
    assert len(own) > 8
    with shared_server.client() as team:
        team.post("/v1/tokens/revocations", json={"token_id": id_of(token)}).raise_for_status()
    assert {path: _status(shared_server, token, path) for path in own} == dict.fromkeys(own, 401)


def test_another_server_of_the_database_refuses_it_within_five_seconds(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """And the example application, which hands out new ones, goes on."""
    environ = {"MILEPOST_TOOLS_APP": "1"}
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("tools"), database_url=dsn, environ=environ)) as server,
    ):
        config = httpx.get(server.url + "/tools-app/config.json", verify=False).json()
        assert _status(server, config["token"]) == 200
        with psycopg.connect(dsn, autocommit=True) as elsewhere:  # as another server or the command line does
            elsewhere.execute(
                "insert into milepost.token_revocations (customer_id) values (%s)", (config["customerId"],)
            )
        wait_for(lambda: _status(server, config["token"]) == 401, 5, "the token to be refused")
        fresh = httpx.get(server.url + "/tools-app/config.json", verify=False).json()["token"]
        assert _status(server, fresh) == 200
        assert _status(server, SECRET_KEY) == 403
        assert re.fullmatch(r"[0-9a-f-]{36}", id_of(fresh) or "")
