"""Customers filtered and sorted by their traits: page by page, as plain Python has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.analytics.asking import Filter
from milepost.api.params import list_filters
from milepost.errors import InvalidRequest
from milepost.insights.customers import CustomerFilter, list_customers
from milepost.store.database import Database
from milepost.traits.keep import rows
from milepost.traits.values import read
from tests.analytics.reference.matching import trait_holds
from tests.support.examples import examples
from tests.support.server import SECRET_KEY, SERVER_KEY, Server

_NOW = datetime(2026, 5, 1, tzinfo=UTC)
_VALUES = st.one_of(
    st.none(), st.sampled_from(["pro", "Pro", "free", "10", "9", "2026-05-01", "x" * 150, "%"]), st.booleans(),
    st.sampled_from([0, 5, 10.5, -3]), st.lists(st.sampled_from(["pro", "b"]), max_size=2),
)  # fmt: skip
_FILTERS = st.sampled_from(
    [
        Filter(field="trait.a", values=("pro", "x" * 150)),
        Filter(field="trait.a", values=("",)),
        Filter(field="trait.a", values=("", "10", 5.0)),
        Filter(field="trait.a", op="is_not", values=("pro",)),
        Filter(field="trait.a", op="is_not", values=("", "free")),
        Filter(field="trait.a", op="contains", values=("RO", "%")),
        Filter(field="trait.a", op="not_contains", values=("pro",)),
        Filter(field="trait.a", op="is_set"),
        Filter(field="trait.a", op="is_not_set"),
        Filter(field="trait.a", op="above", values=(5,)),
        Filter(field="trait.a", op="at_most", values=(10,)),
        Filter(field="trait.a", op="at_least", values=("2026-04-30",)),
        Filter(field="trait.a", values=("true",)),
    ]
)


@given(known=st.lists(_VALUES, min_size=1, max_size=12), filters=st.lists(_FILTERS, min_size=1, max_size=2))
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_filters(dsn: str, known: list[Any], filters: list[Filter]) -> None:
    customers = {f"c{n:02}": value for n, value in enumerate(known)}
    _keep(dsn, customers)
    wanted = [
        name for name, value in customers.items() if all(trait_holds(_kept(value), condition) for condition in filters)
    ]
    conditions, _ = list_filters(msgspec.json.encode(filters).decode())
    database = Database(dsn, size=1, query_seconds=10)
    await database.open()
    try:
        async with database.transaction() as connection:
            page = await list_customers(
                connection, now=_NOW, sort="customer", limit=100, wanted=CustomerFilter(traits=conditions)
            )
    finally:
        await database.close()
    assert [item.customer_id for item in page.items] == wanted
    assert page.total == len(wanted)


@pytest.mark.parametrize("sort", ["trait.a", "-trait.a"])
@pytest.mark.parametrize("values", [[3, None, 1.5, 10, 10, -2, None], ["b", "A", None, "a", "ü", "b", None]])
async def test_sorted_page_by_page_and_back(dsn: str, sort: str, values: list[Any]) -> None:
    customers = {f"c{n:02}": value for n, value in enumerate(values)}
    _keep(dsn, customers)

    def before(one: str, other: str) -> int:
        left, right = (value.lower() if isinstance(value := customers[name], str) else value for name in (one, other))
        if left == right:
            return -1 if one < other else 1
        if left is None or right is None:
            return (-1 if left is None else 1) * (-1 if sort.startswith("-") else 1)
        return (-1 if left < right else 1) * (-1 if sort.startswith("-") else 1)

    expected = sorted(customers, key=cmp_to_key(before))
    database = Database(dsn, size=1, query_seconds=10)
    await database.open()
    found: list[str] = []
    try:
        async with database.transaction() as connection:
            page = await list_customers(connection, now=_NOW, sort=sort, limit=2)
            while True:
                found += [item.customer_id for item in page.items]
                if page.next is None:
                    break
                page = await list_customers(connection, now=_NOW, sort=sort, limit=2, cursor=page.next)
            back = await list_customers(connection, now=_NOW, sort=sort, limit=2, before=page.previous)
    finally:
        await database.close()
    assert found == expected
    assert [item.customer_id for item in back.items] == expected[-3:-1]


def test_over_http(shared_server: Server) -> None:
    client = httpx.Client(base_url=shared_server.url, headers={"Authorization": f"Bearer {SERVER_KEY}"})
    for n, mrr in enumerate((100, 2000, None)):
        client.put(f"/v1/customers/http{n}", json={"traits": {"mrr": mrr, "plan": "p" if mrr else None}})
    client.headers["Authorization"] = f"Bearer {SECRET_KEY}"
    condition = json.dumps([{"field": "trait.plan", "values": ["p"]}])
    found = client.get("/v1/customers", params={"filters": condition, "sort": "-trait.mrr"}).json()
    assert [(one["customer_id"], one["traits"]) for one in found["items"]] == [
        ("http1", {"mrr": 2000, "plan": "p"}),
        ("http0", {"mrr": 100, "plan": "p"}),
    ]
    for wrong, field in (
        ({"filters": "{"}, "filters"),
        ({"filters": '[{"field": "tool_id", "values": ["x"]}]'}, "filters[0].field"),
        ({"filters": '[{"field": "trait.a"}]'}, "filters[0].values"),
        ({"sort": "nonsense"}, "sort"),
        ({"sort": "trait."}, "sort"),
    ):
        refused = client.get("/v1/customers", params=wrong)
        assert (refused.status_code, refused.json()["field"]) == (400, field)


def test_what_is_no_filter() -> None:
    with pytest.raises(InvalidRequest):
        list_filters("[" * 5000)


def _keep(dsn: str, customers: dict[str, Any]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "truncate milepost.traits, milepost.trait_names, milepost.customers, milepost.standing cascade"
        )
        told = [
            one
            for name, value in customers.items()
            for one in rows("customer", name, read({"a": value})[0], _NOW, "api")
        ]
        connection.execute("select count(*) from milepost.tell_traits(%s::json)", (msgspec.json.encode(told).decode(),))


def _kept(value: object) -> object:
    (told,), _ = read({"a": value})
    return told.value
