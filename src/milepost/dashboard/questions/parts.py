"""What the readers of several pages share: the parts of an address, and the page that is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from milepost.analytics.asking import Interval, Question
from milepost.dashboard.questions import address as a
from milepost.dashboard.questions.asked import Common, Name, PageQuestion


def page_of(
    name: Name,
    common: Common,
    questions: tuple[Question, ...],
    parts: Mapping[str, object],
    pairs: a.Pairs,
    focus: str = "",
) -> PageQuestion:
    window = common.window
    return PageQuestion(
        name, common.period, common.unit, common.filters, questions, parts, pairs, window.first, window.last,
        focus=focus or common.focus, traits=common.traits, compare=common.compare,
    )  # fmt: skip


def read_kinds(
    address: a.Address,
    prefix: str,
    *,
    least: int,
    most: int,
    default: tuple[a.KindRow, ...],
    measures: Sequence[str] = (),
) -> tuple[tuple[a.KindRow, ...], str]:
    """The rows after a button, and the element that has the focus then."""
    rows = address.kinds(prefix, measures)[:most] or default
    rows += (a.KindRow(),) * (least - len(rows))
    command = address.text("do")
    if not command or "filter" in command:
        # A kind of event that was chosen to be one more.
        more = a.KindRow(*a.chosen_event(address.text("add-event"), ""))
        return (rows, "") if more.empty or len(rows) >= most else ((*rows, more), f"step-{len(rows)}-event")
    after, at = a.moved(rows, command, most, least)
    word = command.partition(":")[0]
    return after, "" if at is None else f"step-{at}-{word if word in ('up', 'down') else 'event'}"


def read_kind(address: a.Address, prefix: str) -> a.KindRow:
    return next(iter(address.kinds(prefix)), a.KindRow())


def read_field(address: a.Address, default: str | None = None, name: str = "by") -> tuple[str | None, a.Pairs]:
    """A field, such as what something is broken down by: a column, a key of the metadata, or a trait."""
    chosen = a.event_field(address.text(name), address.text(f"{name}_key"))
    if chosen.field in a.KEYED and chosen.name:
        return chosen.name, [(name, chosen.field), (f"{name}_key", chosen.key)]
    if chosen.name.startswith(f"{a.SEGMENT}."):
        return chosen.name, [(name, chosen.name)]
    column = (chosen.name or None) or default
    return column, [(name, column)] if column and column != default else []


def usual_interval(days: int) -> Interval:
    """What reads well of so many days where nobody chose: about thirty points."""
    return "hour" if days <= 2 else "day" if days <= 62 else "week" if days <= 400 else "month"
