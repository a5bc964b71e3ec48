"""What the page of parts shows them with: plain, absurd and missing values, made up and always the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from milepost.analytics.asking import Period
from milepost.dashboard import views as v
from milepost.dashboard.overview.view import DayCount, DaySeries, Trend
from milepost.vocabulary import IMPACTS
from milepost.work.annotations import Annotation

_LAST: Final = date(2026, 11, 23)
_DAYS: Final = 14
LONG: Final = "Internationale Gesellschaft für Betriebswirtschaftslehre und angewandte Verwaltungswissenschaften"
RIGHT_TO_LEFT: Final = "شركة الأمل للتجارة الدولية المحدودة"


class Row(Struct, frozen=True):
    """A row of the page's tables; `events` None is a figure that is not known."""

    customer_id: str
    name: str
    events: int | None
    weeks: tuple[int, ...] = ()
    impact: str = ""
    badge: str = ""


ROWS: Final = (
    Row("northwind", "Northwind Traders", 1204, (3, 5, 8, 13), "high", "New"),
    Row("amal", RIGHT_TO_LEFT, 87, (13, 8, 5, 3), "medium"),
    Row("igba", LONG, 123_456_789, (5, 5, 5, 5), "low", "Gone quiet"),
    Row("x" * 60, "", None),
)


class Parts(Struct, frozen=True):
    """The page: its rows, figures, days, and the period of its form."""

    rows: tuple[Row, ...] = ROWS
    impacts: tuple[str, ...] = tuple(IMPACTS)
    figures: tuple[v.Figure, ...] = (
        v.Figure("Went up", 1204, 1100),
        v.Figure("Went down", 31, 62, hint="with a hint below"),
        v.Figure("As before", 12.34, 12.34, digits=1),
        v.Figure("Not known", None),
    )
    trends: tuple[Trend, ...] = (
        Trend("With its days", 87, 64, (3, 5, 4, 9, 12), "a day"),
        Trend("With too few days", 1, None, (1,)),
    )
    series: DaySeries = DaySeries(
        "Events",
        "event",
        "events",
        tuple(DayCount(_LAST - timedelta(days=_DAYS - 1 - n), 40 + n * n % 37 * 10) for n in range(_DAYS)),
        notes=tuple(
            Annotation(
                annotation_id=UUID(int=n),
                day=_LAST - timedelta(days=n * 3),
                text=text,
                author=None,
                created_at=datetime(2026, 11, 23, tzinfo=UTC),
                updated_at=None,
            )
            for n, text in enumerate(("New prices", LONG))
        ),
    )
    period: Period = Period(days=28, timezone="Europe/Berlin")
    first: date = _LAST - timedelta(days=27)
    last: date = _LAST
    long: str = LONG
    right_to_left: str = RIGHT_TO_LEFT
