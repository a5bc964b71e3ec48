"""Sessions, by the book."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from milepost.analytics.asking import Unit
from milepost.analytics.sessions import SessionFigures, Sessions, SessionsAnswer
from tests.analytics.reference.events import Event, World, unit_of, value_of
from tests.analytics.reference.figures import largest, percentile
from tests.analytics.reference.matching import Scope

#: A session's events, in order.
Session = list[Event]


def sessions(world: World, question: Sessions) -> SessionsAnswer:
    scope = Scope(world, question)
    days = scope.days
    by_id: dict[tuple[str, str], Session] = defaultdict(list)
    for event in scope.events:
        if event.session_id:
            by_id[event.customer_id, event.session_id].append(event)
    found = list(by_id.values())
    by_bucket: dict[date, list[Session]] = {bucket: [] for bucket in days.dates(question.interval)}
    by_value: dict[str, list[Session]] = defaultdict(list)
    for session in found:
        by_bucket[days.named(days.day(session[0].at), question.interval)].append(session)
        if question.breakdown is not None:
            by_value[_value(session, question.breakdown)].append(session)

    shown = largest({value: len(of) for value, of in by_value.items()}, question.top)
    groups = [_figures(by_value[value], question.unit, value) for value in shown]
    if others := [session for value, of in by_value.items() if value not in shown for session in of]:
        groups.append(_figures(others, question.unit, None))
    return SessionsAnswer(
        unit=question.unit,
        first=days.first,
        last=days.last,
        timezone=question.period.timezone,
        interval=question.interval,
        buckets=list(by_bucket),
        counts=[len(of) for of in by_bucket.values()],
        median_seconds=[percentile(map(_seconds, of), 0.5) for of in by_bucket.values()],
        total=_figures(found, question.unit, None),
        groups=groups,
    )


def _value(session: Session, breakdown: str) -> str:
    if breakdown == "primary_tool":
        used = Counter(event.tool_id for event in session if event.tool_id)
        return largest(used, 1)[0] if used else ""
    if breakdown == "landing_page":
        return next((event.page_url for event in session if event.page_url), "")
    return value_of(session[0], breakdown) or ""


def _seconds(session: Session) -> float:
    return (session[-1].at - session[0].at).total_seconds()


def _figures(found: list[Session], unit: Unit, value: str | None) -> SessionFigures:
    seconds = [_seconds(session) for session in found]
    return SessionFigures(
        value=value,
        sessions=len(found),
        units=len({whom for session in found for event in session if (whom := unit_of(event, unit)) is not None}),
        median_seconds=percentile(seconds, 0.5),
        p90_seconds=percentile(seconds, 0.9),
        median_events=percentile([len(session) for session in found], 0.5),
        single=sum(len(session) == 1 for session in found),
        with_export=sum(any(event.event_type == "export_action" for event in session) for session in found),
    )
