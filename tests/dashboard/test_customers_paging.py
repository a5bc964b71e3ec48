"""The list of customers, forwards and backwards: every page once, in order, whatever is equal or missing."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from milepost.errors import InvalidRequest
from milepost.insights.changes import changes_of
from milepost.insights.customers import CustomerFilter, CustomerPage, list_customers
from milepost.insights.ordering import Sort
from milepost.store.database import Database, DictConnection

_NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[DictConnection]:
    database = Database(dsn, size=1, query_seconds=10)
    await database.open()
    async with database.transaction() as connection:
        # Many ties, some without any event, names that share their letters but not their case.
        await connection.execute(
            "insert into milepost.standing (customer_id, last_event_at, total_events, total_sessions,"
            " total_exports_generated, total_resources_created, pinned)"
            " select 'c' || n, case when n %% 5 > 0 then %s::timestamptz - n %% 7 * interval '1 day' end,"
            " n %% 4, n %% 3, n %% 2, 0, true from generate_series(1, 53) n",
            (_NOW,),
        )
        await connection.execute(
            "insert into milepost.customers (customer_id, name)"
            " select 'c' || n, case when n % 2 = 0 then 'Ab' else 'aB' end || n % 6 from generate_series(1, 30) n"
        )
        # Scores with ties, and some that are not known.
        await connection.execute(
            "insert into milepost.snapshots (customer_id, number, day, due_on, settled_at, plan_version, score_version,"
            " current_scaling_score, systematic_progression_rate, professional_credibility_trend, points_last_14_days,"
            " points_14_days_before, active_weeks, competency_scores, weakest_competency)"
            " select 'c' || n, n, %(now)s::date, %(now)s::date + 1, %(now)s, 1, 2,"
            " case when n %% 6 > 0 then n %% 5 * 10.5 end,"
            " n %% 3, (array['improving', 'stable', 'declining'])[1 + n %% 3], 0, 0, 0, '{}',"
            " case when n %% 2 = 0 then 'sales_execution' end from generate_series(1, 53) n",
            {"now": _NOW},
        )
        # What it was 28 days ago, of some.
        await connection.execute(
            "insert into milepost.insight_days (customer, plan_version, day, points_28, score)"
            " select n, 1, %s::date - 28, 0, case when n %% 4 > 0 then n %% 7 * 3 end from generate_series(1, 40) n",
            (_NOW,),
        )
        await connection.execute("update milepost.snapshots set history_from = null")
        await connection.execute(
            "update milepost.standing set unsettled = false, plan_version = 1, changed_from = null"
        )
        yield connection
    await database.close()


async def test_pages_join_up_both_ways(connection: DictConnection) -> None:
    for sort in get_args(Sort):
        await _there_and_back(connection, sort)


async def test_by_their_change_in_28_days(connection: DictConnection) -> None:
    """All of them, not a page: the greatest rise first, and last those of whom it is not known."""
    found = (await list_customers(connection, now=_NOW, limit=100, sort="-change")).items
    known = await changes_of(connection, [one.customer_id for one in found], now=_NOW)
    changes = [known[one.customer_id].of_score(one.current_scaling_score) for one in found]
    there = [one for one in changes if one is not None]
    assert there == sorted(there, reverse=True)
    assert len(set(there)) > 5
    assert changes[len(there) :] == [None] * (len(found) - len(there))
    assert 0 < len(there) < len(found)


async def _there_and_back(connection: DictConnection, sort: Sort) -> None:
    async def page(**where: str | None) -> CustomerPage:
        return await list_customers(connection, now=_NOW, limit=10, sort=sort, **where)  # type: ignore[arg-type]

    whole = await list_customers(connection, now=_NOW, limit=100, sort=sort)
    pages = [await page()]
    while pages[-1].next:
        pages.append(await page(cursor=pages[-1].next))
    assert [item for one in pages for item in one.items] == whole.items
    assert len(whole.items) == whole.total == 53
    assert [len(one.items) for one in pages] == [10, 10, 10, 10, 10, 3]
    for before, one in zip(reversed(pages[:-1]), reversed(pages[1:]), strict=True):
        again = await page(before=one.previous)
        assert again.items == before.items
        assert again.next is not None
        assert (again.previous is None) == (before.previous is None)


async def test_orders(connection: DictConnection) -> None:
    async def values(sort: Sort) -> list[object]:
        items = (await list_customers(connection, now=_NOW, limit=100, sort=sort)).items
        return [(i.name or i.customer_id).lower() if "name" in sort else i.total_exports_generated for i in items]

    assert await values("name") == sorted(await values("name"), key=str)
    assert await values("-exports") == sorted(await values("exports"), key=lambda n: -int(str(n)))


async def test_forged_cursors_are_told(connection: DictConnection) -> None:
    values = ("true", "-1", "99999999999999999999", '"2024-W01-1"', '"x"', "1.5", "{}", '"\\u0000"')
    for sort, value in product(("-last_seen", "-events", "name"), values):
        text = f'["{sort}", {value}, "c1"]'
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        fits = sort == "name" and value in ('"x"', '"2024-W01-1"')
        for where in ({"cursor": cursor}, {"before": cursor}):
            with nullcontext() if fits else pytest.raises(InvalidRequest):
                await list_customers(connection, now=_NOW, sort=sort, **where)  # type: ignore[arg-type]


async def test_status_and_search_hold_on_every_page(connection: DictConnection) -> None:
    later, quiet = _NOW + timedelta(days=16), CustomerFilter(q="AB", status="quiet")
    first = await list_customers(connection, now=later, limit=3, wanted=quiet)
    second = await list_customers(connection, now=later, limit=3, wanted=quiet, cursor=first.next)
    assert first.total == second.total > 6
    for item in first.items + second.items:
        assert (item.name or "").lower().startswith("ab")
        assert item.last_event_at is not None
        assert item.last_event_at <= later - timedelta(days=14)


async def test_settled_figures_filter_and_sort(connection: DictConnection) -> None:
    async def found(sort: Sort = "-score", **wanted: object) -> list[tuple[float | None, str | None, str | None]]:
        page = await list_customers(
            connection,
            now=_NOW,
            limit=100,
            sort=sort,
            wanted=CustomerFilter(**wanted),  # type: ignore[arg-type]
        )
        assert page.total == len(page.items)
        return [(i.current_scaling_score, i.professional_credibility_trend, i.weakest_competency) for i in page.items]

    scores = [score for score, _, _ in await found()]
    known = [score for score in scores if score is not None]
    assert known == sorted(known, reverse=True)
    assert scores == known + [None] * (53 - len(known))
    assert {trend for _, trend, _ in await found(status="declining")} == {"declining"}
    assert {score for score, _, _ in await found(min_score=10.5, max_score=21)} == {10.5, 21}
    assert {weakest for _, _, weakest in await found("name", weakest="sales_execution")} == {"sales_execution"}


async def test_what_changed_since_it_was_settled_is_shown_as_it_is(connection: DictConnection) -> None:
    await connection.execute(
        'insert into public.behavior_events (customer_id, event_type, business_impact, "timestamp")'
        " values ('c5', 'export_action', 'high', %s)",
        (_NOW,),
    )
    page = await list_customers(connection, now=_NOW, limit=100, wanted=CustomerFilter(q="c5"))
    rates = {item.customer_id: item.systematic_progression_rate for item in page.items}
    assert rates["c5"] == 15 / 4
    assert rates["c50"] == 50 % 3
