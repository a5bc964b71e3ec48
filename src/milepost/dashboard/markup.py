"""Numbers, times and answers as HTML. Each number and date carries its exact value, so that `locale.js`
can write it again in the reader's locale and a CSV can take it unrounded. Registered in `pages_environment`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from milepost.dashboard import format as fmt
from milepost.dashboard.static_files import static


def number(value: float | None, *, short: bool = False, digits: int = 0) -> Markup:
    """A number as `<data>`; `short` writes 1.2M and keeps the exact one in the title; None is a dash."""
    if value is None:
        return Markup('<span class="none" title="Not enough data">–</span>')
    if short:
        return Markup('<data value="{0}" data-number="compact" title="{1}">{2}</data>').format(
            value, fmt.integer(round(value)), fmt.compact(round(value))
        )
    if digits:
        return Markup('<data value="{}" data-number="{}">{}</data>').format(value, digits, fmt.decimal(value, digits))
    return Markup('<data value="{}" data-number>{}</data>').format(round(value), fmt.integer(round(value)))


def amount(value: float) -> Markup:
    """A number that somebody told us, such as an ARR: whole, or with two decimals where it has cents."""
    if round(value, 2) == round(value):
        return number(value)
    text = f"{value:,.2f}".replace("-", "\N{MINUS SIGN}")
    return Markup('<data value="{}" data-number="fixed">{}</data>').format(value, text)


def share(value: float | None) -> Markup:
    """A share of one (0.08) as a percentage."""
    if value is None:
        return number(None)
    return Markup('<data value="{}" data-number="percent">{}</data>').format(round(value, 6), fmt.percent(value))


def ago(moment: datetime | None, now: datetime, zone: tzinfo = UTC) -> Markup:
    """How long ago, with the full date in the title; None is a dash ('never')."""
    if moment is None:
        return Markup('<span class="none">never</span>')
    return Markup('<time datetime="{}" data-time="ago" title="{}">{}</time>').format(
        moment.isoformat(), fmt.date_time(moment, zone), fmt.relative(moment, now)
    )


def moment(value: datetime | None, zone: tzinfo = UTC, style: str = "full") -> Markup:
    """A point in time: `style` is 'full' (date and time), 'date', 'clock' or 'seconds' (clock with them)."""
    if value is None:
        return Markup('<span class="none">–</span>')
    text = {
        "full": fmt.date_time(value, zone),
        "clock": fmt.clock(value, zone),
        "seconds": fmt.clock(value, zone, seconds=True),
        "date": fmt.short_date(fmt.in_zone(value, zone)),
    }[style]
    return Markup('<time datetime="{}" data-time="{}">{}</time>').format(value.isoformat(), style, text)


def day(value: date, style: str = "day") -> Markup:
    """A calendar day, which no time zone moves: `style` is 'day' (Tue 3 Nov), 'dated' (3 Nov 2026) or 'heading'."""
    return Markup('<time datetime="{}" data-time="{}">{}</time>').format(
        value.isoformat(), style, fmt.chart_day(value) if style == "day" else fmt.short_date(value)
    )


def change(value: float | None, before: float | None) -> Markup:
    """Better or worse than before: an arrow, a colour and words, so that none of them stands alone."""
    if value is None or before is None:
        return Markup("")
    if before == 0:
        return Markup('<span class="change">none before</span>') if value else Markup("")
    relative = value / before - 1
    if relative >= 10:  # a percentage beyond this says nothing to anyone
        return Markup('<span class="change better"><span aria-hidden="true">↑</span> from {}</span>').format(
            number(before, short=True)
        )
    if abs(relative) < 0.005:
        return Markup('<span class="change">as before</span>')
    kind, arrow, word = ("better", "↑", "more") if relative > 0 else ("worse", "↓", "fewer")
    return Markup(
        '<span class="change {}"><span aria-hidden="true">{}</span> {}'
        '<span class="sr-only"> {} than before</span></span>'
    ).format(kind, arrow, share(abs(relative)), word)


def series_answer(counts: list[tuple[date, int]], one: str, many: str) -> Markup:
    """What a chart of days shows: the total and the busiest day."""
    total = sum(count for _, count in counts)
    if not counts or total == 0:
        return Markup("No {} in these {} days.").format(many, len(counts))
    best_day, best = max(counts, key=lambda pair: pair[1])
    return Markup("{} {} in {} days; the busiest was {} with {}.").format(
        number(total), one if total == 1 else many, len(counts), day(best_day), number(best)
    )


def peak_answer(counts: list[tuple[date, int]], one: str, many: str) -> Markup:
    """As `series_answer`, for counts that cannot be added up over days, such as distinct customers."""
    if not counts or not any(count for _, count in counts):
        return Markup("No {} in these {} days.").format(many, len(counts))
    best_day, best = max(counts, key=lambda pair: pair[1])
    typical = sorted(count for _, count in counts)[len(counts) // 2]
    return Markup("{} {} on a typical day; the most was {} on {}.").format(
        number(typical), one if typical == 1 else many, number(best), day(best_day)
    )


def score_answer(score: float | None, trend: str | None, rate: float | None, reason: str = "") -> Markup:
    """A customer's answer: how far, in which direction (by sign, colour and word), how fast; or why none is known."""
    if score is None:
        return Markup("{}").format(reason or "Not enough data to work out health yet.")
    text = Markup("Health {} of 100").format(number(score))
    if trend is not None:
        kind, sign = {"improving": ("better", "↗"), "declining": ("worse", "↘")}.get(trend, ("", "→"))
        text += Markup(', <span class="{}"><span aria-hidden="true">{}</span> {}</span>').format(kind, sign, trend)
    if rate is not None:
        text += Markup(", {} {} a week").format(number(rate, digits=1), "point" if rate == 1 else "points")
    return text + "."


_SHOWN: Final[Mapping[str, tuple[str, str]]] = {
    "active": ("is active", "are active"),
    "quiet": ("went quiet", "went quiet"),
    "improving": ("is improving", "are improving"),
    "declining": ("is declining", "are declining"),
    "at_risk": ("is at risk", "are at risk"),
}
#: What a list that is empty says, by what it was to show.
NOBODY: Final[Mapping[str, tuple[str, str]]] = {
    "all": ("Nobody here", "A customer appears here with their first event."),
    "active": ("Nobody is active right now", "Active means: seen in the last 7 days."),
    "quiet": ("Nobody went quiet", "Quiet means: active before, and nothing for 14 days."),
    "improving": (
        "Nobody is improving right now",
        "Improving means: active on more of the last 28 days than chance makes of the 84 before.",
    ),
    "declining": (
        "Nobody is declining",
        "Declining means: active on fewer of the last 28 days than chance makes of the 84 before.",
    ),
    "at_risk": (
        "Nobody is at risk",
        "At risk means: active on at most half as many of the last 28 days as is usual for the customer.",
    ),
}


def customers_answer(total: int, everyone: int, query: str, show: str) -> Markup:
    """How many customers the list holds, out of how many, and why those."""
    if everyone == 0:
        return Markup("No customers yet.")
    noun = fmt.plural(total, "customer")
    if query:
        what = f" {fmt.words(show).lower()}" if show != "all" else ""
        verb = "matches" if total == 1 else "match"
        return Markup("{}{} {} {} “<bdi>{}</bdi>”.").format(number(total), what, noun, verb, query)
    if show in _SHOWN:
        verb = _SHOWN[show][total != 1]
        return Markup("{} of {} {} {}.").format(number(total), number(everyone), fmt.plural(everyone, "customer"), verb)
    return Markup("{} {}").format(number(total), noun)


def to_rename(tool_id: str, name: str) -> Markup:
    """A pencil that leads to where a tool is renamed. It has no text of its own: a CSV has the name alone."""
    return Markup(
        ' <a class="rename" href="/settings/tools?{}" aria-label="Rename {}"><svg class="icon" aria-hidden="true">'
        '<use href="{}#pencil"/></svg></a>'
    ).format(urlencode({"tool": tool_id}), name, static("icons.svg"))
