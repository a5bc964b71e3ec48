from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from milepost.client.session import Sessions

_MINUTE = 60 * 1_000_000_000
_T0 = 1_700_000_000 * 1_000_000_000


@given(st.lists(st.integers(min_value=0, max_value=90 * _MINUTE), min_size=1, max_size=60))
def test_a_session_ends_after_30_idle_minutes_and_after_24_hours(gaps: list[int]) -> None:
    sessions = Sessions()
    now = _T0
    started = last = 0
    current = ""
    seen: set[str] = set()
    for gap in gaps:
        now += gap
        session_id, duration = sessions.touch("acme", now)
        goes_on = current and now - last <= 30 * _MINUTE and now - started < 24 * 60 * _MINUTE
        assert (session_id == current) == bool(goes_on)
        if not goes_on:
            assert session_id not in seen
            seen.add(session_id)
            current, started = session_id, now
        last = now
        assert duration == (now - started) // 1_000_000


def test_a_session_without_a_gap_still_ends_after_24_hours() -> None:
    sessions = Sessions()
    ids = [sessions.touch("acme", _T0 + quarter * 15 * _MINUTE)[0] for quarter in range(97)]
    assert len(set(ids[:96])) == 1
    assert ids[96] != ids[95]


def test_people_do_not_share_sessions_and_the_oldest_are_forgotten() -> None:
    sessions = Sessions(capacity=2)
    first = sessions.touch(("acme", "ann"), _T0)[0]
    second = sessions.touch(("acme", "ben"), _T0 + 1)[0]
    assert first != second
    assert sessions.touch(("acme", "ann"), _T0 + 2)[0] == first
    sessions.touch(("acme", "eve"), _T0 + 3)
    assert len(sessions) == 2
    assert sessions.touch(("acme", "ann"), _T0 + 4)[0] == first
    assert sessions.touch(("acme", "ben"), _T0 + 5)[0] != second


def test_a_clock_set_back_and_a_backfilled_event_leave_the_open_session_alone() -> None:
    sessions = Sessions()
    current = sessions.touch("acme", _T0)[0]
    assert sessions.touch("acme", _T0 - _MINUTE) == (current, 0)
    past = sessions.touch("acme", _T0 - 600 * _MINUTE)[0]
    assert past != current
    assert sessions.touch("acme", _T0 + _MINUTE) == (current, 60_000)
