"""A period's days and intervals in a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from milepost.analytics.asking import Period, WeekStart

#: What an interval is named by: its first day, or an hour's first instant (in UTC: the two hours that have the same
#: local time where the clock is put back would be equal).
Bucket = date | datetime
_DAY = timedelta(days=1)
_WEEK_STARTS: dict[WeekStart, int] = {"monday": 0, "saturday": 5, "sunday": 6}
#: No zone's clock is at a place between two of these in a year that we test.
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Days:
    """Whole local days from `first` to `last`, both included."""

    first: date
    last: date
    today: date
    zone: ZoneInfo
    week_start: WeekStart

    @classmethod
    def of(cls, period: Period, now: datetime) -> Days:
        zone = ZoneInfo(period.timezone)
        today = now.astimezone(zone).date()
        if period.range is not None:
            first, last = _named(period.range, today, period.week_start)
            return cls(first, last, today, zone, period.week_start)
        last = period.last or today
        first = period.first or last - (period.days - 1) * _DAY
        return cls(first, last, today, zone, period.week_start)

    @property
    def start(self) -> datetime:
        return self.begin(self.first)

    @property
    def end(self) -> datetime:
        """The first instant that is not in it."""
        return self.begin(self.last + _DAY)

    def begin(self, day: date) -> datetime:
        """A day's first instant: that of 00:00, also where the clock is put forward at that moment."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def hold(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def compared(self, period: Period, to: str) -> Days:
        """The days that these are compared with."""
        months = {"month_ago": 1, "year_ago": 12}.get(to, 0)
        so_far = {"this_month": 1, "this_quarter": 3, "this_year": 12}.get(period.range or "")
        if not months and so_far:
            return self._between(_months_before(self.first, so_far), _months_before(self.last, so_far))
        if not months and period.range == "this_week":
            return self._between(self.first - 7 * _DAY, self.last - 7 * _DAY)
        whole = period.range is not None and period.range.startswith("last")
        after = self.last + _DAY
        if (whole or (period.first and period.last)) and self.first.day == after.day == 1:
            # Calendar months, taken as such.
            if not months:
                at = self.first
                while at < after:
                    at, months = _month_later(at), months + 1
            return self._between(_months_before(self.first, months), _months_before(after, months) - _DAY)
        if months:
            return self._between(_months_before(self.first, months), _months_before(self.last, months))
        return self._between(self.first - (after - self.first), self.first - _DAY)

    def _between(self, first: date, last: date) -> Days:
        return Days(first, last, self.today, self.zone, self.week_start)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def bucket(self, at: datetime, interval: str) -> Bucket:
        return self._hour(at) if interval == "hour" else self.named(self.day(at), interval)

    def named(self, day: date, interval: str) -> date:
        """The first day of the interval that a day is in."""
        if interval == "week":
            return day - (day.weekday() - _WEEK_STARTS[self.week_start]) % 7 * _DAY
        return day.replace(day=1) if interval == "month" else day

    def moved(self, first: date, interval: str, count: int) -> date:
        """The interval `count` later than the one named `first`."""
        if interval == "month":
            months = first.year * 12 + first.month - 1 + count
            return date(months // 12, months % 12 + 1, 1)
        return first + count * (7 if interval == "week" else 1) * _DAY

    def dates(self, interval: str) -> list[date]:
        """The period's intervals of days, weeks or months."""
        found = [self.named(self.first, interval)]
        while (following := self.moved(found[-1], interval, 1)) <= self.last:
            found.append(following)
        return found

    def buckets(self, interval: str) -> list[Bucket]:
        if interval != "hour":
            return list(self.dates(interval))
        found: list[Bucket] = []
        at = self.start
        while at < self.end:
            hour = self._hour(at)
            if not found or found[-1] != hour:
                found.append(hour)
            at += _QUARTER
        return found

    def shown(self, bucket: Bucket) -> Bucket:
        """A bucket as people read it: hours with their zone's offset."""
        return bucket.astimezone(self.zone) if isinstance(bucket, datetime) else bucket

    def _hour(self, at: datetime) -> datetime:
        """The first instant with this hour on the clock and no change of the clock since."""
        local = at.astimezone(self.zone)
        full = at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        while full.astimezone(self.zone).utcoffset() != local.utcoffset():
            full += _QUARTER
        return full


def _month_later(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _months_before(day: date, count: int) -> date:
    """The same day of an earlier month, or that month's last."""
    found = day.replace(day=1)
    for _ in range(count):
        found = (found - _DAY).replace(day=1)
    last = _month_later(found) - _DAY
    return found.replace(day=min(day.day, last.day))


def _named(named: str, today: date, week_start: WeekStart) -> tuple[date, date]:
    """A range of the calendar: walks back from today to where it begins."""
    if named == "today":
        return today, today
    if named == "yesterday":
        return today - _DAY, today - _DAY
    whose, span = named.split("_")
    last = today
    if whose == "last":
        while not _begins(span, last, week_start):
            last -= _DAY
        last -= _DAY
    first = last
    while not _begins(span, first, week_start):
        first -= _DAY
    return first, last


def _begins(span: str, day: date, week_start: WeekStart) -> bool:
    if span == "week":
        return day.weekday() == _WEEK_STARTS[week_start]
    return day.day == 1 and (span == "month" or day.month in {"quarter": (1, 4, 7, 10), "year": (1,)}[span])
