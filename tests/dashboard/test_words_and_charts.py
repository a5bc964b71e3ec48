"""Numbers, dates, answers and chart geometry: pure functions, held to what they promise for any input."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from milepost.dashboard import charts, markup
from milepost.dashboard import format as fmt
from milepost.dashboard.customers.listing import Customers
from milepost.dashboard.customers.state import CUSTOMER_SORTS, SHOWS, ListState
from milepost.dashboard.customers.timeline import TimelineEntry, make_timeline
from milepost.dashboard.static_files import STATIC_DIR, static
from milepost.dashboard.views import customer_url
from milepost.vocabulary import EVENT_TYPES

NOW = datetime(2026, 11, 23, 15, 57, tzinfo=UTC)
SPACE = "\N{NO-BREAK SPACE}"


def _text(html: Markup) -> str:
    return html.striptags().replace(SPACE, " ")


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10K"),
        (24_310, "24.3K"),
        (999_960, "1M"),
        (10**12, "1T"),
        (-12_345, "−12.3K"),
    ],
)
def test_compact(value: int, short: str) -> None:
    assert fmt.compact(value) == short


@given(st.integers(-(10**17), 10**17))
def test_compact_stays_short(value: int) -> None:
    assert len(fmt.compact(value)) <= 7


@pytest.mark.parametrize(
    ("ms", "text"),
    [(None, ""), (0, "0 s"), (59_999, "59 s"), (252_000, "4 min 12 s"), (3_600_000, "1 h"), (10**10, "115 days")],
)
def test_duration(ms: int | None, text: str) -> None:
    assert fmt.duration(ms).replace(SPACE, " ") == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=14), "14 days ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=-1), "tomorrow"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_relative(ago: timedelta, text: str) -> None:
    assert fmt.relative(NOW - ago, NOW) == text


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_any_moment_can_be_written(moment: datetime) -> None:
    for zone in (UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))):
        assert fmt.date_time(moment, zone)
        assert markup.ago(moment, NOW, zone)


def test_words() -> None:
    assert fmt.words("icp-analysis") == "ICP analysis"
    assert fmt.words("Our own Tool") == "Our own Tool"
    assert all(fmt.event_words(kind) != fmt.words(kind) for kind in EVENT_TYPES)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_name_can_always_be_seen(name: str, fallback: str) -> None:
    assert fmt.visible_name(name, fallback).strip()


@given(st.text(), st.integers(0, 10**13), st.sampled_from(SHOWS))
def test_a_query_is_never_markup(query: str, total: int, show: str) -> None:
    html = str(markup.customers_answer(total, 10**13, query, show))
    assert set(re.findall(r"<(/?\w+)", html)) <= {"data", "/data", "bdi", "/bdi"}


@given(st.integers(0, 10**18))
def test_axis_tops_are_round_and_near(value: int) -> None:
    top, step = charts.nice_ceiling(value)
    assert top >= value
    assert top % step == 0
    assert top // step <= 6
    assert value <= 4 or top <= value * 2


@given(st.lists(st.integers(0, 10**15), max_size=60))
def test_day_chart_stays_in_its_plot(values: list[int]) -> None:
    first = date(2026, 1, 1)
    chart = charts.day_chart([(first + timedelta(days=i), value) for i, value in enumerate(values)])
    for column, value in zip(chart.columns, values, strict=True):
        assert 0 <= column.y <= 100.001
        assert 0 <= column.x <= 100
        assert (column.height > 0) == (value > 0)
    assert len(chart.labels) <= 12


@given(st.lists(st.integers(0, 10**15), max_size=12))
def test_sparkline(values: list[int]) -> None:
    line = charts.sparkline(values)
    assert (line is None) == (len(values) < 2 or not any(values))
    if line:
        assert 0 <= line.end_y <= line.HEIGHT
        assert line.direction in ("rising", "level", "falling")


@given(st.text(min_size=1, max_size=200).filter(lambda text: "\0" not in text))
def test_any_customer_id_is_one_path_segment(customer_id: str) -> None:
    assert re.fullmatch(r"/customers/[A-Za-z0-9_.~%-]+", customer_url(customer_id.encode("utf-8", "replace").decode()))


def test_the_address_is_the_state() -> None:
    page = Customers((), 0, 0, state=ListState.of("q=a+b&sort=events"))
    assert page.url() == "/customers?q=a+b&sort=events"
    assert page.sort_url("events") == "/customers?q=a+b&sort=events&dir=asc"
    assert page.sort_url("name") == "/customers?q=a+b&sort=name"
    assert page.url(after="x&y") == "/customers?q=a+b&sort=events&after=x%26y"
    assert {page.aria_sort(column) for column in CUSTOMER_SORTS} == {"none", "descending"}


def test_timeline_groups_by_the_readers_day() -> None:
    entries = [TimelineEntry(str(h), datetime(2026, 11, 23, h, tzinfo=UTC), "x") for h in (4, 2, 0)]
    berlin = make_timeline(entries, timezone(timedelta(hours=1)), more_url="/t?before=c")
    assert [len(group.entries) for group in berlin.days] == [3]
    west = make_timeline(entries, timezone(timedelta(hours=-3)), shown=date(2026, 11, 23))
    assert [(group.day.day, group.continued) for group in west.days] == [(23, True), (22, False)]
    assert berlin.more_url == "/t?before=c&day=2026-11-23"
    assert make_timeline([], UTC).days == ()


def test_static_addresses_follow_the_content() -> None:
    assert re.fullmatch(r"/static/css/base\.css\?v=[0-9a-f]{10}", static("css/base.css"))
    with pytest.raises(FileNotFoundError):
        static("css/nothing.css")


def test_styles_keep_to_the_scales() -> None:
    """One type scale, and nothing loaded from elsewhere."""
    for sheet in (STATIC_DIR / "css").glob("*.css"):
        text = sheet.read_text()
        sizes = set(re.findall(r"font-size:\s*([\d.]+\w+)", text))
        assert sizes <= {"12px", "14px", "16px", "20px", "28px"}, sheet.name
        assert "//" not in re.sub(r"/\*.*?\*/", "", text, flags=re.S), sheet.name
