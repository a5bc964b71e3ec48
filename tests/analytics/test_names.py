"""Filters by what depends on the day: the same whether a customer is settled or just changed."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from milepost.analytics.asking import Filter
from milepost.analytics.names import numbers_of
from milepost.errors import InvalidRequest
from milepost.store.database import Database
from tests.support.settling import settle_all

_NAMES = ("current_scaling_score", "systematic_progression_rate", "competency.sales_execution", "active_weeks")
#: What the view calls a name of ours otherwise.
_COLUMNS = {"competency.sales_execution": "sales_execution_score"}


@pytest.mark.parametrize("settled", [(), ("a", "b"), ("a", "b", "c")])
async def test_settled_and_changed_customers_are_asked_alike(dsn: str, settled: tuple[str, ...]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for customer, events in (("a", 30), ("b", 3), ("c", 11)):
            connection.execute(
                "insert into public.behavior_events (customer_id, event_type, business_impact, competency_area,"
                " \"timestamp\") select %s, 'export_action', 'high', 'sales_execution',"
                " now() - n * interval '1 day' from generate_series(0, %s) n",
                (customer, events),
            )
            connection.execute("select milepost.number_of('customer', %s)", (customer,))
            if customer in settled:
                settle_all(connection, [], now=datetime.now(UTC))
        wanted = {
            name: [
                number
                for (number,) in connection.execute(
                    f"select m.number from public.behavior_insights i join milepost.numbers m on m.id = i.customer_id"
                    f" where {_COLUMNS.get(name, name)} >= 8 order by 1"
                )
            ]
            for name in _NAMES
        }
    database = Database(dsn, size=1, query_seconds=10)
    await database.open()
    try:
        for name in _NAMES:
            condition = Filter(field=f"insight.{name}", op="at_least", values=(8,))
            assert await numbers_of(database, condition) == wanted[name], name
    finally:
        await database.close()
    assert 0 < len(wanted["systematic_progression_rate"]) <= 3


async def test_a_competency_that_the_plan_does_not_have_is_an_error(dsn: str) -> None:
    database = Database(dsn, size=1, query_seconds=10)
    await database.open()
    try:
        with pytest.raises(InvalidRequest, match=r"no competency 'cooking'\. It has customer_intelligence, "):
            await numbers_of(database, Filter(field="insight.competency.cooking", op="is_set"))
    finally:
        await database.close()
