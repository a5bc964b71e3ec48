"""Questions have limits, can be taken back, and cannot be made to reach out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from milepost.columns.client import Columns
from milepost.columns.reading import ColumnsUnavailable, QuestionFailed, QuestionTooBig, QuestionTooLong
from tests.columns.events import insert
from tests.support.columns import Owner
from tests.support.server import wait_for

pytestmark = pytest.mark.timeout(120)
_LONG = "select sum(sipHash64(number)) from numbers(100000000000) settings max_threads = 1"


#: Counts statements like the long one, and itself not.
_RUNNING = "select count() from system.processes where query ilike '%select sum(' || 'sip%'"


def running(owner: Owner) -> int:
    return int(str(owner.query(_RUNNING).rows[0][0]))


@pytest.fixture
def owner(dsn: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Owner]:
    """With `seconds` for a question: as many as a busy machine may need, but where a test says otherwise."""
    seconds = str(getattr(request, "param", 60))
    owner = Owner(tmp_path, dsn, {"MILEPOST_QUERY_SECONDS": seconds, "MILEPOST_COLUMNS_MEMORY_MB": "100"})
    owner.start()
    owner.wait_until_level(60)
    yield owner
    owner.stop()


@pytest.mark.alone
@pytest.mark.parametrize("owner", [1], indirect=True)
def test_too_long(owner: Owner) -> None:
    began = time.monotonic()
    with pytest.raises(QuestionTooLong) as caught:
        owner.query(_LONG)
    assert time.monotonic() - began < 4
    assert caught.value.status == 422
    assert running(owner) == 0


def test_too_big(owner: Owner) -> None:
    with pytest.raises(QuestionTooBig) as caught:
        owner.query("select length(groupArray(number)) from numbers(200000000)")
    assert caught.value.status == 422


def test_what_a_failed_one_left_is_in_no_later_answer(owner: Owner) -> None:
    """The engine keeps the rows that a failed statement had written, and would give them to whoever asks next."""
    for number in range(5):
        with pytest.raises(QuestionFailed):
            owner.query("select throwIf(number = 600000), number from numbers(700000) settings max_threads = 1")
        for _ in range(3):
            assert owner.query("select {n:UInt64} as one, 7 as other", {"n": number}).rows == [(number, 7)]


def test_taken_back(owner: Owner) -> None:
    async def ask_and_leave() -> None:
        columns = Columns(owner.data_dir)
        asking = asyncio.create_task(columns.query(_LONG))
        while True:
            if (await columns.query(_RUNNING)).rows != [(0,)]:
                break
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    asyncio.run(ask_and_leave())
    wait_for(lambda: running(owner) == 0, 5, "the statement to end")


def test_values_are_bound_not_pasted(owner: Owner) -> None:
    nasty = "'); drop table events; -- \\ \" \n \t {x:String} é\U0001f600"
    assert owner.query("select {value:String}", {"value": nasty}).rows == [(nasty,)]
    assert owner.query("select {values:Array(String)}", {"values": [nasty, ""]}).rows == [([nasty, ""],)]
    assert owner.query("select {n:Array(UInt32)}", {"n": [1, 4294967295]}).rows == [([1, 4294967295],)]


def test_a_statement_that_is_wrong_is_our_fault(owner: Owner) -> None:
    with pytest.raises(QuestionFailed):
        owner.query("select nothing from nowhere")


def test_nobody_there(owner: Owner) -> None:
    owner.kill()
    with pytest.raises(ColumnsUnavailable) as caught:
        owner.query("select 1")
    assert caught.value.status == 503
    assert caught.value.retry_after


def test_many_at_once(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 100)
    owner.wait_until_level()

    async def ask() -> list[object]:
        columns = Columns(owner.data_dir)
        return [
            rows.rows
            for rows in await asyncio.gather(*(columns.query("select count() from events final") for _ in range(40)))
        ]

    assert asyncio.run(ask()) == [[(100,)]] * 40
