"""An erased customer or person is nowhere any more: looked for in every table, and in the column store."""

from __future__ import annotations

import json
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from milepost.privacy.erase import Erased, Of, erase
from milepost.store.database import Database
from tests.store.test_standing import check
from tests.support.identity import follow_to_the_end
from tests.support.server import SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, customer_token, wait_for

#: Texts that stand for somebody, and are to be found nowhere afterwards.
_CUSTOMER, _PERSON = "erase-me inc", "erin@erase.example"
_KEPT = "kept inc"


def everywhere(connection: psycopg.Connection, text: str) -> list[str]:
    """Every table with a row that says it, but for what must be kept."""
    tables = connection.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and n.nspname in ('milepost', 'public') order by 1, 2"
    ).fetchall()
    return [
        f"{schema}.{name}"
        for schema, name in tables
        if connection.execute(
            sql.SQL("select exists (select from {} t where position(%s in t::text) > 0)").format(
                sql.Identifier(schema, name)
            ),
            (text,),
        ).fetchone()
        == (True,)
    ]


def _fill(server: Server) -> None:
    client = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {SERVER_KEY}"})
    for customer in (_CUSTOMER, _KEPT):
        for user in (_PERSON, "other"):
            who: dict[str, Any] = {"userId": user, "groupId": customer}
            calls = [
                {"type": "group", **who, "traits": {"name": f"Name of {customer}", "plan": "pro"}},
                {"type": "identify", "userId": user, "anonymousId": f"anon {user}", "traits": {"email": user}},
                {"type": "track", **who, "event": "Invoice Sent", "properties": {"session_id": "s"}},
                {"type": "track", **who, "event": "Export", "properties": {"tool_id": "icp-analysis"}},
            ]
            assert client.post("/v1/batch", json={"batch": calls}).json()["rejected"] == []
        client.put(f"/v1/customers/{customer}", json={"traits": {"owner": "ann", "plan": "free"}})
    client.headers["Authorization"] = f"Bearer {SECRET_KEY}"
    for customer in (_CUSTOMER, _KEPT):
        client.post("/v1/actions", json={"customer_id": customer, "action_type": "call", "user_id": _PERSON})
        assert client.post(f"/v1/customers/{customer}/notes", json={"text": "a note"}).status_code < 300
        assert client.post(f"/v1/customers/{customer}/tasks", json={"title": "a task"}).status_code < 300
        assert client.put(f"/v1/customers/{customer}/tags/vip").status_code < 300
    definition = {"conditions": [{"kind": "are", "filter": {"field": "customer_id", "values": [_CUSTOMER, _KEPT]}}]}
    assert client.post("/v1/cohorts", json={"name": "two", "definition": definition}).status_code < 300
    client.delete("/v1/segments/of-both")
    conditions = [
        {"field": "customer_id", "values": [_CUSTOMER, _KEPT]},
        {"field": "search", "op": "contains", "values": [_CUSTOMER]},
        {"field": "trait.champion", "op": "is_not", "values": ["other", _PERSON]},
    ]
    assert client.post("/v1/segments", json={"name": "Of both", "conditions": conditions}).status_code < 300
    for one in client.get("/v1/export-schedules").json()["schedules"]:
        client.delete(f"/v1/export-schedules/{one['schedule_id']}")
    schedule = {"target": "of-both", "data_sets": ["people"], "filters": conditions[:1]}
    assert client.post("/v1/export-schedules", json=schedule).status_code < 300


def _segment(server: Server) -> list[list[str]]:
    """The values of the conditions of the segment that names both."""
    with server.client() as client:
        return [one["values"] for one in client.get("/v1/segments/of-both").json()["conditions"]]


def _exported(server: Server) -> list[str]:
    """The customers of the schedule that names both."""
    with server.client() as client:
        (schedule,) = client.get("/v1/export-schedules").json()["schedules"]
    (condition,) = schedule["filters"]
    return list(condition["values"])


def test_a_customer(lone_server: Server) -> None:
    _fill(lone_server)
    with psycopg.connect(lone_server.database_url or "", autocommit=True) as connection:
        connection.execute(
            "insert into milepost.reports (name, question, shown) values ('r', %s, %s)",
            (
                json.dumps({"filters": [{"field": "customer_id", "values": [_CUSTOMER]}]}),
                json.dumps({"address": "days=30&f=customer_id&v=erase-me+inc"}),
            ),
        )
        wait_for(lambda: "milepost.snapshots" in everywhere(connection, _CUSTOMER), 20, "the customer to be settled")
        found = everywhere(connection, _CUSTOMER)
        for table in (
            "traits",
            "notes",
            "tasks",
            "tags",
            "cohorts",
            "segments",
            "reports",
            "export_schedules",
            "standing",
            "customers",
            "ties",
        ):
            assert f"milepost.{table}" in found
        token = customer_token(_CUSTOMER)
        for key, status in ((None, 401), (WRITE_KEY, 403), (SERVER_KEY, 403), (token, 401)):
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            refused = httpx.post(f"{lone_server.url}/v1/customers/x/erase", headers=headers)
            assert refused.status_code == status
        erased = httpx.post(
            f"{lone_server.url}/v1/customers/erase-me%20inc/erase", headers={"Authorization": f"Bearer {SECRET_KEY}"}
        )
        assert erased.status_code == 200, erased.text
        assert erased.json()["done"]
        assert everywhere(connection, _CUSTOMER) == []
        assert "erase-me" not in str(connection.execute("select shown from milepost.reports").fetchall())
        assert "milepost.traits" in everywhere(connection, _KEPT)
        assert _exported(lone_server) == ["(erased)", _KEPT]
        assert connection.execute("select anew_at <= now() from milepost.export_schedules").fetchall() == [(True,)]
        assert _segment(lone_server) == [["(erased)", _KEPT], ["(erased)"], ["other", _PERSON]]
        check(connection)
        # The same once more changes nothing, and the column store forgets it too.
        again = httpx.post(
            f"{lone_server.url}/v1/customers/erase-me%20inc/erase", headers={"Authorization": f"Bearer {SECRET_KEY}"}
        )
        assert again.json() == {"events": 0, "done": True}


@pytest.mark.parametrize("whose", ["is", "are", "filter", "acme"])
def test_what_is_spelt_as_an_id_stays(connection: psycopg.Connection, whose: str) -> None:
    """A customer may be called as a word of the question is, or as a tool."""
    kept = {"kind": "are", "filter": {"field": "tool_id", "op": "is", "values": ["acme", "are"]}}
    named = {"kind": "are", "filter": {"field": "customer_id", "op": "is", "values": [whose, "other"]}}
    place = {"kind": "answered", "question": {"breakdown": "customer_id"}, "place": {"series": 0, "value": whose}}
    connection.execute(
        "insert into milepost.cohorts (name, definition) values ('c', %s)",
        (json.dumps({"match": "all", "conditions": [kept, named, place]}),),
    )
    connection.execute("select milepost.forget_in_questions(%s)", (whose,))
    (found,) = connection.execute("select definition from milepost.cohorts").fetchone() or ({},)
    named["filter"] = {**named["filter"], "values": ["(erased)", "other"]}  # type: ignore[dict-item]
    place["place"] = {"series": 0, "value": "(erased)"}
    assert found == {"match": "all", "conditions": [kept, named, place]}


def test_a_person_is_erased_in_every_customer(lone_server: Server) -> None:
    _fill(lone_server)
    with psycopg.connect(lone_server.database_url or "", autocommit=True) as connection:
        assert {"public.behavior_events", "public.customer_actions", "milepost.traits"} <= set(
            everywhere(connection, _PERSON)
        )
        erased = httpx.post(
            f"{lone_server.url}/v1/people/erin%40erase.example/erase",
            headers={"Authorization": f"Bearer {SECRET_KEY}"},
        )
        assert erased.json()["done"]
        assert everywhere(connection, _PERSON) == []
        assert _segment(lone_server)[2] == ["other", "(erased)"]
        check(connection)


async def test_it_goes_on_where_it_stopped(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into public.behavior_events (customer_id, user_id, event_type, session_id)"
            " select 'c', 'u', 'navigation', 's' || n from generate_series(1, 5000) as n"
        )
    database = Database(dsn, size=1, query_seconds=30)
    await database.open()
    asked = 0

    def enough() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1

    try:
        assert await erase(database, "person", "u", enough=enough) == Erased(2000, done=False)
        assert await erase(database, "person", "u") == Erased(3000, done=True)
    finally:
        await database.close()
    with psycopg.connect(dsn, autocommit=True) as connection:
        check(connection)
        assert connection.execute("select count(*) from milepost.standing").fetchone() == (0,)


@pytest.mark.parametrize("of", ["person", "customer"])
async def test_what_has_yet_to_follow_a_tie_is_erased_too(dsn: str, of: Of) -> None:
    """Told who a visitor was, and erased before the stored visits have followed."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into public.behavior_events (customer_id, customer_source, anonymous_id, event_type, session_id)"
            " select id, 'guess', id, 'navigation', 's ' || id from unnest(array['laptop', 'another']) as id"
        )
        connection.execute("select milepost.tie('group', 'user', 'erin', 'acme')")
        connection.execute("select milepost.tie('identify', 'anonymous', 'laptop', 'erin')")
        database = Database(dsn, size=1, query_seconds=30)
        await database.open()
        try:
            whose = "erin" if of == "person" else "acme"
            assert await erase(database, of, whose, enough=lambda: True) == Erased(0, done=False)
            follow_to_the_end(dsn)
            assert await erase(database, of, whose) == Erased(1, done=True)
        finally:
            await database.close()
        assert "milepost.followings" not in everywhere(connection, "laptop")
        assert connection.execute("select anonymous_id from public.behavior_events").fetchall() == [("another",)]
