"""Who is at risk: a customer against its own past, as in plain Python, and as days pass without an event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.insights.at_risk import FLAGGED, SHARE, against_own_past, reason
from milepost.store.queries import load
from tests.insights.at_risk_model import at_risk, own_past, present
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.settling import settle_all

_NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
_VERIFY = load("milepost.insights", "verify.sql")["snapshots"]
_TODAY = _NOW.date().toordinal()
#: Days before today: clusters, so that some are regulars, some fell, and borders of the windows are met.
_DAYS = st.lists(st.one_of(st.integers(0, 130), st.sampled_from([27, 28, 54, 55, 56, 111, 112])), max_size=14)
_REGULAR = st.builds(lambda *of: list(range(*of)), st.integers(0, 60), st.integers(50, 130), st.integers(1, 9))


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@given(histories=st.lists(_DAYS | _REGULAR, max_size=24), later=st.integers(0, 40))
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_is_at_risk_equals_plain_python(shared: psycopg.Connection, histories: list[list[int]], later: int) -> None:
    days = {f"c{n}": sorted({_TODAY - ago for ago in one}) for n, one in enumerate(histories) if one}
    with shared.transaction(force_rollback=True):
        with shared.cursor() as cursor:
            cursor.executemany(
                "insert into public.behavior_events (customer_id, session_id, event_type, business_impact, timestamp)"
                " values (%s, 's', 'navigation', 'low', %s)",
                [(name, _at(day)) for name, theirs in days.items() for day in theirs],
            )
        # Once on the day, and once more when only time has passed.
        for today in (_TODAY, _TODAY + later):
            now = _NOW + timedelta(days=today - _TODAY)
            settle_all(shared, [], now=now)
            rows = shared.execute(
                "select customer_id, active_days, usual_days, missed_days from milepost.snapshots"
            ).fetchall()
            assert {name: tuple(past) for name, *past in rows} == {
                name: own_past(theirs, today) for name, theirs in days.items()
            }
            found = shared.execute(
                b"select customer_id from milepost.snapshots n where "
                + FLAGGED.as_bytes(shared)
                + b" order by missed_days / sqrt(usual_days) desc, customer_id",
                {"now": now},
            ).fetchall()
            assert [name for (name,) in found] == at_risk(days, today)
            assert len(found) <= max(1, SHARE * sum(present(theirs, today) for theirs in days.values()))
        assert shared.execute(_VERIFY).fetchone() == (0,)


@pytest.mark.parametrize(
    ("past", "text"),
    [
        ((2, 11.0, 9), "Active on 2 days in the last 28; usually on 11. Last seen 9 days ago."),
        ((1, 2.5, 0), "Active on 1 day in the last 28; usually on 3. Last seen today."),
        ((0, 2 / 3, 40), "Not active in the last 28 days; usually on 1. Last seen 40 days ago."),
        ((5, 10.4, 1), "Active on 5 days in the last 28; usually on 10. Last seen yesterday."),
    ],
)
def test_the_reason_is_one_anybody_can_check(past: tuple[int, float, int], text: str) -> None:
    assert reason(*past) == text
    assert text.startswith(against_own_past(*past[:2]))


def _at(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), datetime.min.time(), UTC) + timedelta(hours=8)
