"""Days, hours and intervals in time zones: as Python's own calendar has them, in the engine too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from milepost.analytics.asking import Interval, Period, Range, WeekStart
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.earlier import Comparison, earlier
from milepost.analytics.period import Window
from milepost.errors import InvalidRequest
from tests.analytics.conftest import Asking
from tests.support.examples import examples

_ZONES = (
    "UTC", "America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
    "America/Havana", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Kiritimati",
)  # fmt: skip
_NOW = datetime(2018, 11, 20, 12, tzinfo=UTC)
_STARTS: dict[WeekStart, int] = {"monday": 0, "saturday": 5, "sunday": 6}
_windows = st.builds(
    lambda zone, first, length, start: Window.of(
        Period(first=first, last=first + timedelta(days=length), timezone=zone, week_start=start), _NOW
    ),
    st.sampled_from(_ZONES),
    st.dates(date(2009, 1, 1), date(2030, 1, 1)),
    st.integers(0, 12),
    st.sampled_from(list(_STARTS)),
)


@given(_windows)
def test_a_period_is_whole_local_days(window: Window) -> None:
    """Its first instant is the first of its day, and no instant is in two periods or between them."""
    for at, day in ((window.start, window.first), (window.end, window.last + timedelta(days=1))):
        local = at.astimezone(window.zone)
        # Where a day is left out (Apia, December 30, 2011), the next one begins instead.
        assert local.date() >= day
        assert (at - timedelta(microseconds=1)).astimezone(window.zone).date() < local.date()
    before = earlier(replace(window, fixed=False), "previous")
    assert before.end == window.start
    assert before.days == window.days


@pytest.mark.parametrize(
    ("named", "today", "days", "before"),
    [
        ("today", "2026-03-01", "2026-03-01 2026-03-01", "2026-02-28 2026-02-28"),
        ("yesterday", "2026-03-01", "2026-02-28 2026-02-28", "2026-02-27 2026-02-27"),
        ("this_week", "2026-11-29", "2026-11-23 2026-11-29", "2026-11-16 2026-11-22"),
        ("this_week", "2026-11-25", "2026-11-23 2026-11-25", "2026-11-16 2026-11-18"),
        ("last_week", "2026-11-29", "2026-11-16 2026-11-22", "2026-11-09 2026-11-15"),
        ("this_month", "2026-03-31", "2026-03-01 2026-03-31", "2026-02-01 2026-02-28"),
        ("this_month", "2026-11-30", "2026-11-01 2026-11-30", "2026-10-01 2026-10-30"),
        ("last_month", "2026-03-31", "2026-02-01 2026-02-28", "2026-01-01 2026-01-31"),
        ("this_quarter", "2026-05-31", "2026-04-01 2026-05-31", "2026-01-01 2026-02-28"),
        ("last_quarter", "2026-01-01", "2025-10-01 2025-12-31", "2025-07-01 2025-09-30"),
        ("this_year", "2024-02-29", "2024-01-01 2024-02-29", "2023-01-01 2023-02-28"),
        ("last_year", "2025-06-01", "2024-01-01 2024-12-31", "2023-01-01 2023-12-31"),
    ],
)
def test_ranges_of_the_calendar(named: Range, today: str, days: str, before: str) -> None:
    now = datetime.fromisoformat(today).replace(hour=12, tzinfo=UTC)
    window = Window.of(Period(range=named), now)
    compared = earlier(window, "previous")
    assert (f"{window.first} {window.last}", f"{compared.first} {compared.last}") == (days, before)


def test_weeks_begin_where_the_question_says() -> None:
    window = Window.of(Period(range="this_week", week_start="sunday"), datetime(2026, 11, 29, 12, tzinfo=UTC))
    assert (window.first, window.last) == (date(2026, 11, 29), date(2026, 11, 29))


def test_a_range_is_not_told_twice() -> None:
    with pytest.raises(InvalidRequest, match="either a range") as caught:
        Window.of(Period(range="today", first=date(2026, 1, 1)), _NOW)
    assert caught.value.field == "period.range"


@pytest.mark.parametrize(
    ("first", "last", "to", "then"),
    [
        # Whole months: as many whole months, be they longer or shorter.
        ("2026-02-01", "2026-02-28", "previous", "2026-01-01 2026-01-31"),
        ("2026-03-01", "2026-03-31", "previous", "2026-02-01 2026-02-28"),
        ("2024-03-01", "2024-03-31", "previous", "2024-02-01 2024-02-29"),
        ("2026-01-01", "2026-03-31", "previous", "2025-10-01 2025-12-31"),
        ("2025-01-01", "2025-12-31", "previous", "2024-01-01 2024-12-31"),
        ("2026-04-01", "2026-04-30", "month_ago", "2026-03-01 2026-03-31"),
        ("2026-01-01", "2026-03-31", "month_ago", "2025-12-01 2026-02-28"),
        ("2025-02-01", "2025-02-28", "year_ago", "2024-02-01 2024-02-29"),
        # Weeks, and days of any number: as many just before.
        ("2026-03-02", "2026-03-15", "previous", "2026-02-16 2026-03-01"),
        ("2026-03-02", "2026-03-31", "previous", "2026-01-31 2026-03-01"),
        ("2026-03-31", "2026-03-31", "previous", "2026-03-30 2026-03-30"),
        # A day that a month does not have is its last.
        ("2026-03-31", "2026-03-31", "month_ago", "2026-02-28 2026-02-28"),
        ("2024-03-31", "2024-03-31", "month_ago", "2024-02-29 2024-02-29"),
        ("2024-02-29", "2024-02-29", "year_ago", "2023-02-28 2023-02-28"),
        ("2026-01-15", "2026-03-30", "month_ago", "2025-12-15 2026-02-28"),
        ("2026-03-15", "2026-03-28", "year_ago", "2025-03-15 2025-03-28"),
    ],
)
def test_what_a_period_is_compared_with(first: str, last: str, to: Comparison, then: str) -> None:
    window = Window.of(Period(first=date.fromisoformat(first), last=date.fromisoformat(last)), _NOW)
    found = earlier(window, to)
    assert f"{found.first} {found.last}" == then


def test_the_last_days_are_compared_with_as_many_on_every_day() -> None:
    """Also on the one day a month on which they are a calendar month."""
    window = Window.of(Period(days=30), datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert (window.first, window.last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert earlier(window, "previous").days == 30


@given(_windows, st.sampled_from(["hour", "day", "week", "month"]))
def test_buckets_follow_one_another(window: Window, interval: Interval) -> None:
    buckets = window.buckets(interval)
    spans = [window.span(interval, place) for place in range(len(buckets))]
    assert spans[0][0] == window.start
    assert spans[-1][1] == window.end
    assert all(earlier[1] == later[0] for earlier, later in pairwise(spans))
    if interval == "week":
        assert all(day.weekday() == _STARTS[window.week_start] for day in buckets)
    with pytest.raises(InvalidRequest):
        window.span(interval, len(buckets))


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(
    _windows,
    st.lists(st.floats(0, 1, exclude_max=True), max_size=20),
    st.sampled_from(["hour", "day", "week", "month"]),
)
def test_the_engine_puts_every_instant_where_python_does(
    asking: Asking, window: Window, parts: list[float], interval: Interval
) -> None:
    """Also at the edges of every interval, to the microsecond, and where the clock is changed."""
    micro = timedelta(microseconds=1)
    names = window.buckets(interval)
    spans = [window.span(interval, number) for number in range(len(names))]
    edges = {at for begin, end in spans for at in (begin, end - micro)}
    times = sorted(
        at for at in {*edges, *(window.start + part * (window.end - window.start) for part in parts)}
        if window.start <= at < window.end
    )  # fmt: skip
    compiler = Compiler(Store(asking._columns, asking._database, lambda: _NOW))
    place = window.place(interval, compiler.bind)
    listed = compiler.bind([int((at - datetime(1970, 1, 1, tzinfo=UTC)) / micro) for at in times], "Array(Int64)")
    statement = f"select {place} from (select fromUnixTimestamp64Micro(arrayJoin({listed}), 'UTC') as ts) order by ts"
    rows = asking._runner.run(compiler.rows(tuple[int], statement))
    for at, (found,) in zip(times, rows, strict=True):
        local = at.astimezone(window.zone)
        if interval == "hour":
            begun = (name for name in names if isinstance(name, datetime) and name.astimezone(UTC) <= at)
            named = list(begun)[-1]
            assert (named.hour, named.utcoffset()) == (local.hour, local.utcoffset())
            assert names[found] is named
        else:
            assert names[found] == window.named(local.date(), interval), (at, window)
