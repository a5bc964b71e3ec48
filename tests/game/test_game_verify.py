"""`verify_game` finds nothing where everything is right, and whatever is not; settling mends it."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from milepost.game.settle import settle_game
from milepost.game.verify import verify_game
from tests.columns.events import insert
from tests.support.settling import settle_all

_NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def settled(connection: psycopg.Connection) -> psycopg.Connection:
    insert(connection, 400)
    connection.execute(
        'insert into public.behavior_events (customer_id, event_type, business_impact, competency_area, "timestamp")'
        " select 'customer 1', 'export_action', 'high', 'sales_execution', '2026-03-30 12:00+00'"
        " from generate_series(1, 3)"
    )
    settle_all(connection, [settle_game], now=_NOW)
    return connection


def test_nothing_differs(settled: psycopg.Connection) -> None:
    assert verify_game(settled) == (11, 0, 0, 0)


def test_nothing_stored(connection: psycopg.Connection) -> None:
    assert verify_game(connection) == (0, 0, 0, 0)


def test_what_waits_is_not_compared(settled: psycopg.Connection) -> None:
    insert(settled, 1, first=1)
    settled.execute("delete from public.behavior_events where customer_id = 'customer 2'")
    proof = verify_game(settled)
    assert (proof.customers, proof.waiting, proof.is_equal) == (9, 1, True)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("update milepost.snapshots set points = points + 1 where customer_id = 'customer 1'", (1, 0)),
        ("update milepost.snapshots set levels = '{}' where customer_id = 'customer 1'", (1, 0)),
        ("update milepost.snapshots set streak_weeks = 9 where customer_id = 'customer 1'", (1, 0)),
        (
            "update milepost.snapshots set points = null, levels = null where customer_id = 'customer 1'",
            (1, 0),
        ),
        ("update milepost.badge_awards set earned_on = '2026-03-29' where customer_id = 'customer 1'", (0, 1)),
        ("delete from milepost.badge_awards", (0, 1)),
        ("insert into milepost.badge_awards values ('customer 3', 'maker', '2026-03-01', now())", (0, 1)),
        ("update milepost.snapshots set badges = 7 where customer_id = 'customer 3'", (0, 1)),
    ],
)
def test_what_differs_is_found_and_mended(settled: psycopg.Connection, harm: str, found: tuple[int, int]) -> None:
    settled.execute(harm.encode())
    proof = verify_game(settled)
    assert (proof.standing, proof.awards) == found
    settled.execute("select milepost.recompute(array(select customer_id from milepost.standing))")
    assert verify_game(settled).waiting == 11
    settle_all(settled, [settle_game], now=_NOW)
    assert verify_game(settled) == (11, 0, 0, 0)
