"""What is known of a customer as its page shows it: score and why, sessions, timeline, single events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.describe import action_in_words, event_in_words
from milepost.dashboard.overview import competency_names
from milepost.insights.customer import Component, Customer, Insights, Session
from milepost.insights.history import InsightsDay
from milepost.insights.timeline import Happening
from milepost.plan import Plan
from milepost.store.database import Row
from milepost.vocabulary import SESSION_IDLE_SECONDS

_PARTS: Final = {
    "competencies": "Competencies",
    "breadth": "Tools in use",
    "consistency": "Active weeks",
    "recency": "How recent",
    "momentum": "Momentum",
    "outcomes": "Outcomes",
}
#: Columns that say nothing to a reader, or that the metadata block has.
_LEFT_OUT: Final = frozenset(
    {
        *("event_metadata", "deleted_at", "expires_on", "anonymized", "is_bot"),
        *("customer_source", "user_source", "sent_user_id"),
    }
)
#: The longest metadata that is laid out; an event may have 32 KB.
_LONGEST: Final = 40_000


def customer_view(
    customer: Customer,
    sessions: Sequence[Session],
    timeline: v.Timeline,
    plan: Plan,
    *,
    now: datetime,
    days: Sequence[InsightsDay] = (),
) -> v.Customer:
    """`sessions`: the newest, newest first. `days`: the score's history, oldest first."""
    known = customer.insights
    tools = plan.tool_names()
    return v.Customer(
        customer_id=customer.customer_id,
        name=customer.name or customer.customer_id,
        first_seen=known.first_event_at,
        last_seen=known.last_activity_timestamp,
        counters=_counters(known),
        insight=v.Insight(
            score=known.current_scaling_score,
            coverage=known.score_coverage,
            trend=known.professional_credibility_trend,
            rate=known.systematic_progression_rate if known.total_events else None,
            competencies=_competencies(known, competency_names(plan)),
            parts=_parts(known.score_components or []) if known.current_scaling_score is not None else (),
            risks=risks(known, plan),
            # Today's row is settled a moment after a change; what is read is true now.
            history=(
                *((d.day, d.current_scaling_score) for d in days if d.day < now.date()),
                (now.date(), known.current_scaling_score),
            )
            if days
            else (),
            versions=f"Formulas of version {known.score_version}, plan of version {known.plan_version}.",
        ),
        sessions=tuple(_session(s, tools, now) for s in sessions),
        sessions_total=known.total_sessions,
        timeline=timeline,
        current_arr=known.current_arr,
        target_arr=known.target_arr,
        growth_stage=known.growth_stage,
    )


def risks(known: Insights, plan: Plan) -> tuple[str, ...]:
    """The risk factors as sentences, each with the figures behind it."""
    said = []
    if known.inconsistent_system_usage:
        weeks = fmt.plural(known.active_weeks, "week")
        said.append(
            f"Irregular use: active in {known.active_weeks} {weeks} of the last 8; "
            f"the plan expects {plan.risk.active_weeks}."
        )
    if known.low_business_impact_actions and known.low_impact_share is not None:
        said.append(
            f"Little business impact: {fmt.percent(known.low_impact_share)} of the events of the last 28 days had a "
            f"low one; the plan's limit is {fmt.percent(plan.risk.low_impact_share)}."
        )
    return tuple(said)


def timeline_view(
    happenings: Sequence[Happening],
    customer_id: str,
    plan: Plan,
    zone: tzinfo,
    *,
    following: str | None,
    shown: date | None = None,
) -> v.Timeline:
    """`following` is the cursor of the next page, `shown` the last day already on the page."""
    tools, url = plan.tool_names(), v.customer_url(customer_id)
    entries = [_entry(happening, url, tools) for happening in happenings]
    more = f"{url}/timeline?before={following}" if following else None
    return v.make_timeline(entries, zone, more_url=more, shown=shown)


def event_view(event: Row) -> v.EventDetail:
    """Every stored field that has a value."""
    metadata = event["event_metadata"]
    fields = [
        (name, value.isoformat() if isinstance(value, datetime) else str(value))
        for name, value in event.items()
        if value is not None and name not in _LEFT_OUT
    ]
    fields += [(name, "yes") for name in ("is_bot", "anonymized") if event[name]]
    text = json.dumps(metadata, indent=2, ensure_ascii=False) if metadata else ""
    return v.EventDetail(tuple(fields), text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _counters(known: Insights) -> tuple[v.Figure, ...]:
    actions = (v.Figure("Offline actions", known.total_actions),) if known.total_actions else ()
    credibility = (
        (v.Figure("Credibility", known.professional_credibility, hint="points"),)
        if known.professional_credibility
        else ()
    )
    return (
        v.Figure("Events", known.total_events),
        v.Figure("Sessions", known.total_sessions),
        v.Figure("Exports", known.total_exports_generated),
        v.Figure("Resources made", known.total_resources_created),
        v.Figure("Milestones", known.total_milestones),
        v.Figure("Points in 14 days", known.points_last_14_days, known.points_14_days_before),
        *actions,
        *credibility,
    )


def _competencies(known: Insights, names: Mapping[str, str]) -> tuple[v.Bar, ...]:
    if not any(c.points for c in known.competencies):
        return ()
    return tuple(
        v.Bar(names.get(c.competency, c.competency), c.score if c.points else None) for c in known.competencies
    )


def _parts(components: Sequence[Component]) -> tuple[v.ScorePart, ...]:
    """What had no data gave its weight to the others."""
    whole = sum(c.weight for c in components if c.value is not None)
    return tuple(
        v.ScorePart(
            _PARTS.get(c.name, fmt.words(c.name)),
            c.value,
            c.weight / whole if c.value is not None and whole else None,
            c.contribution,
        )
        for c in components
    )


def _session(session: Session, tools: Mapping[str, str], now: datetime) -> v.SessionRow:
    running = now - session.ended_at < timedelta(seconds=SESSION_IDLE_SECONDS)
    device = session.device_type if session.device_type != "other" else None
    return v.SessionRow(
        session.session_id,
        session.started_at,
        None if running else session.session_duration,
        session.events_count,
        tuple(tools.get(tool) or fmt.words(tool) for tool in session.tools_accessed),
        session.exports_generated,
        ", ".join(filter(None, (device.capitalize() if device else "", session.browser))) or None,
        session.referrer_source,
    )


def _entry(happening: Happening, url: str, tools: Mapping[str, str]) -> v.TimelineEntry:
    if happening.kind == "action":
        words = action_in_words(
            happening.what, happening.description, happening.value, happening.currency, happening.metadata
        )
    else:
        words = event_in_words(
            happening.what,
            happening.tool_id,
            happening.tool_section,
            happening.metadata,
            happening.page_url,
            tools,
        )
    bot = "By a bot, so it counts for nothing" if happening.is_bot else ""
    return v.TimelineEntry(
        str(happening.id),
        happening.at,
        words.title,
        ". ".join(filter(None, (words.detail, bot))),
        words.where,
        happening.business_impact,
        happening.role,
        happening.user_id,
        f"{url}/events/{happening.id}" if happening.kind == "event" else None,
    )
