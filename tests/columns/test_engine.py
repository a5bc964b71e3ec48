"""The engine's clients: one that did not read its answer to the end is never asked again, and no answer is taken for
another's. Against a client that does what chDB was seen to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from milepost.columns import engine as engine_module
from milepost.columns.engine import Engine
from milepost.columns.reading import ColumnsUnavailable, QuestionFailed, QuestionTooLong

Row = tuple[object, ...]


class Client:
    """Answers one row with the number of its question, after `does`, which may answer others."""

    def __init__(self, does: Callable[[], list[Row] | None]) -> None:
        self._does = does
        self.closed = False

    def query(self, _: str, parameters: Mapping[str, object], settings: Mapping[str, object]) -> SimpleNamespace:
        assert not self.closed
        rows = self._does()
        asked = parameters["milepost_question"]
        return SimpleNamespace(column_names=("one", "asked"), result_rows=[(1, asked)] if rows is None else rows)

    def command(self, *_: object, **__: object) -> str:
        assert not self.closed
        return "26.9"

    def close(self) -> None:
        self.closed = True


class Pool:
    """An engine whose clients do what `does` says at the moment."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[Client] = []
        self.does: Callable[[], list[Row] | None] = lambda: None
        monkeypatch.setattr(clickhouse_connect, "get_client", lambda **_: self._client())
        self.engine = Engine(folder)

    def _client(self) -> Client:
        client = Client(lambda: self.does())
        self.made.append(client)
        return client

    def asks_well(self) -> None:
        """Answers the next question, with none of the clients that were closed."""
        self.does = lambda: None
        assert self.engine.query("select 1 as one").rows == [(1,)]


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pool:
    return Pool(tmp_path, monkeypatch)


def test_a_good_one_is_asked_again(pool: Pool) -> None:
    for _ in range(3):
        pool.asks_well()
    assert [client.closed for client in pool.made] == [False, False]


@pytest.mark.parametrize("error", [DatabaseError("Code: 395.", code=395), IndexError("list index out of range")])
def test_one_that_failed_is_closed(pool: Pool, error: Exception) -> None:
    def fail() -> None:
        raise error

    pool.does = fail
    with pytest.raises((QuestionFailed, IndexError)):
        pool.engine.query("select 1")
    pool.asks_well()
    assert [client.closed for client in pool.made] == [False, True, False]


def test_one_that_was_stopped_is_closed_though_it_answered(pool: Pool) -> None:
    def stopped() -> list[Row]:
        pool.engine.stop("this one")
        return []

    pool.does = stopped
    with pytest.raises(QuestionTooLong):
        pool.engine.query("select 1", name="this one")
    pool.asks_well()
    assert pool.made[1].closed
    pool.engine.stop("this one")
    assert pool.engine.query("select 1", name="this one").rows == [(1,)], "it was stopped after its end"


def test_an_answer_after_its_time_may_lack_rows(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def slow() -> None:
        nonlocal now
        now += 2

    monkeypatch.setattr(engine_module, "time", SimpleNamespace(monotonic=lambda: now))
    pool.does = slow
    with pytest.raises(QuestionTooLong):
        pool.engine.query("select 1", seconds=2)
    assert pool.engine.query("select 1", seconds=3).rows == [(1,)]
    assert [client.closed for client in pool.made] == [False, True, False]


def test_rows_of_another_question_are_no_answer(pool: Pool) -> None:
    pool.does = lambda: [(1, 10**9), (1, 1)]
    with pytest.raises(ColumnsUnavailable, match="mixed up"):
        pool.engine.query("select 1")
    pool.asks_well()
    assert pool.made[1].closed
