"""Days in a time zone: what a period's first and last instants are, and which interval an instant is in.

The clock's changes are read from Python's time zones and written into the statement, so that the engine's own (maybe
of another year) never say something else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec.structs import replace

from milepost.analytics.asking import Interval, Period, Range, WeekStart
from milepost.analytics.ranges import days_of, is_running, week_begins
from milepost.columns.reading import Value
from milepost.errors import InvalidRequest

#: Binds a value and answers how the statement calls it.
Bind = Callable[[Value, str], str]
Bucket = date | datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MICRO = timedelta(microseconds=1)
#: The engine's days end in 2149, and no event is older than 2000.
_EARLIEST, _LATEST = date(1990, 1, 1), date(2140, 12, 31)
_MOST_DAYS, _MOST_HOUR_DAYS = 3660, 93


class Window(msgspec.Struct, frozen=True, dict=True):
    """Whole local days, `first` to `last`, both included; as instants `start <= ts < end`, in UTC."""

    first: date
    last: date
    today: date
    zone: ZoneInfo
    week_start: WeekStart = "monday"
    #: Both days were asked for by name: it is not a number of days.
    fixed: bool = False
    #: The part of the calendar that it is, and goes on to be.
    running: Range | None = None

    @classmethod
    def of(cls, period: Period, now: datetime) -> Window:
        """Raises InvalidRequest for a time zone that is not there, or days that cannot be."""
        if period.timezone not in _zones():
            raise InvalidRequest(
                f"There is no time zone {period.timezone!r}. Give an IANA name such as Europe/Berlin, or UTC.",
                field="period.timezone",
            )
        zone = ZoneInfo(period.timezone)
        today = now.astimezone(zone).date()
        if period.range is not None:
            if period.first or period.last:
                raise InvalidRequest("A period is either a range, or from first to last.", field="period.range")
            first, last = days_of(period.range, today, period.week_start)
            running = period.range if is_running(period.range) else None
            return cls(first, last, today, zone, period.week_start, fixed=running is None, running=running)
        last = period.last or today
        if not _EARLIEST <= last <= _LATEST:
            raise InvalidRequest(f"last takes a day from {_EARLIEST} to {_LATEST}.", field="period.last")
        first = period.first or last - (period.days - 1) * _DAY
        if first > last:
            raise InvalidRequest("first is after last: a period runs from first to last.", field="period.first")
        if (last - first).days >= _MOST_DAYS:
            raise InvalidRequest(f"A period has at most {_MOST_DAYS} days. Ask for fewer.", field="period")
        fixed = period.first is not None and period.last is not None
        return cls(first, last, today, zone, period.week_start, fixed)

    @cached_property
    def start(self) -> datetime:
        return self.begin(self.first)

    @cached_property
    def end(self) -> datetime:
        """The first instant that is not in it."""
        return self.begin(self.last + _DAY)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def begin(self, day: date) -> datetime:
        """A local day's first instant: that of 00:00, also where the clock is put forward at that moment."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def widened(self, interval: Interval) -> Window:
        """The same with the whole of the interval before the one that `first` is in."""
        return replace(self, first=self.moved(self.named(self.first, interval), interval, -1))

    def named(self, day: date, interval: Interval) -> date:
        """The first day of the interval that a day is in."""
        if interval == "week":
            return week_begins(day, self.week_start)
        return day.replace(day=1) if interval == "month" else day

    def moved(self, first: date, interval: Interval, count: int) -> date:
        """The first day of the interval `count` later than the one named `first`."""
        if interval == "month":
            months = first.year * 12 + first.month - 1 + count
            return date(months // 12, months % 12 + 1, 1)
        return first + count * (7 if interval == "week" else 1) * _DAY

    def buckets(self, interval: Interval) -> list[Bucket]:
        """The names of the period's intervals: first days, or hours' first instants with the zone's offset.

        Raises InvalidRequest for the hours of more than 93 days.
        """
        if interval == "hour" and self.days > _MOST_HOUR_DAYS:
            raise InvalidRequest(
                f"Hours are shown for at most {_MOST_HOUR_DAYS} days. Ask for fewer, or for days.", field="interval"
            )
        if interval == "hour":
            return [at.astimezone(self.zone) for at in self._hours]
        return [*self.dates(interval)]

    def count(self, interval: Interval) -> int:
        """How many intervals it has: of one that another is compared with, which may be a little longer."""
        return len(self._hours if interval == "hour" else self.dates(interval))

    def dates(self, interval: Interval) -> list[date]:
        """The first days of the period's days, weeks or months."""
        found: list[date] = []
        day = self.named(self.first, interval)
        while day <= self.last:
            found.append(day)
            day = self.moved(day, interval, 1)
        return found

    def span(self, interval: Interval, place: int) -> tuple[datetime, datetime]:
        """First instant, and first instant after, of an interval by its place in `buckets`; only what is in the period.

        Raises InvalidRequest for a place that is not there.
        """
        names = self.buckets(interval)
        if not 0 <= place < len(names):
            raise InvalidRequest(f"The answer has buckets 0 to {len(names) - 1}, not {place}.", field="place.bucket")
        starts = [name if isinstance(name, datetime) else self.begin(name) for name in names[place : place + 2]]
        end = starts[1] if len(starts) > 1 else self.end
        return max(self.start, starts[0].astimezone(UTC)), min(self.end, end.astimezone(UTC))

    def during(self, bind: Bind) -> str:
        """The condition that an event lies in the period."""
        return between(bind, self.start, self.end)

    def place(self, interval: Interval, bind: Bind) -> str:
        """An expression of `ts`: the place of its interval in `buckets`, as an Int32 (outside the period also < 0)."""
        if interval == "hour":
            return self._hour_place(bind)
        day = f"intDiv({self._local(bind)}, 86400000000)"
        if interval == "month":
            origin = self.first.year * 12 + self.first.month
            return f"toInt32(toRelativeMonthNum(toDate(toUInt16({day}))) - {origin})"
        origin = (self.named(self.first, interval) - _EPOCH.date()).days
        if interval == "day":
            return f"toInt32({day} - {origin})"
        # Far enough back for every event to count forwards: intDiv rounds towards 0.
        return f"toInt32(intDiv({day} - {origin - 7 * 10_000}, 7) - 10000)"

    def _local(self, bind: Bind) -> str:
        """Microseconds of the local clock."""
        changes = self._changes
        offsets = [bind(int(offset / _MICRO), "Int64") for _, offset in changes]
        if len(changes) == 1:
            return f"toUnixTimestamp64Micro(ts) + {offsets[0]}"
        cases = ", ".join(
            f"ts < {instant(bind, following)}, {offset}"
            for offset, (following, _) in zip(offsets, changes[1:], strict=False)
        )
        return f"toUnixTimestamp64Micro(ts) + multiIf({cases}, {offsets[-1]})"

    @cached_property
    def _changes(self) -> list[tuple[datetime, timedelta]]:
        """The offsets from UTC that hold in the period, each with the instant it begins at."""
        at = self.start
        found = [(at, self._offset(at))]
        while at < self.end:
            following = at + _DAY
            if self._offset(following) != found[-1][1]:
                low, high = at, following
                while high - low > _MICRO:
                    middle = low + (high - low) // 2
                    low, high = (middle, high) if self._offset(middle) == found[-1][1] else (low, middle)
                found.append((high, self._offset(high)))
            at = following
        return found

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta()

    @cached_property
    def _hours(self) -> list[datetime]:
        """First instants of the local clock's hours: a change of the clock begins a new one."""
        found: list[datetime] = []
        ends = [*(begin for begin, _ in self._changes[1:]), self.end]
        for (begin, offset), end in zip(self._changes, ends, strict=True):
            at = begin
            while at < min(end, self.end):
                found.append(at)
                at += timedelta(hours=1) - (at - _EPOCH + offset) % timedelta(hours=1)
        return found

    def _hour_place(self, bind: Bind) -> str:
        seconds = [int((at - _EPOCH).total_seconds()) for at in self._hours]
        if not seconds:  # a day that a zone left out, as Samoa did 30 December 2011
            return "toInt32(-1)"
        even = all(later - earlier == 3600 for earlier, later in pairwise(seconds))
        if even:
            return f"toInt32(intDiv(toUnixTimestamp64Second(ts) - {seconds[0]}, 3600))"
        starts = bind(seconds, "Array(Int64)")
        return f"toInt32(indexOf({starts}, roundDown(toUnixTimestamp64Second(ts), {starts})) - 1)"


@cache
def _zones() -> set[str]:
    # They are looked for in folders, which takes its time.
    return available_timezones()


def instant(bind: Bind, at: datetime) -> str:
    """A time as the engine reads it."""
    return bind(at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"), "DateTime64(6, 'UTC')")


def between(bind: Bind, start: datetime, end: datetime) -> str:
    """The condition `start <= ts < end`, which the engine reads only the months of."""
    return f"ts >= {instant(bind, start)} and ts < {instant(bind, end)}"
