"""Activity as the overview shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from itertools import islice

from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.describe import telling
from milepost.insights.overview import Activity, Reached, Week
from milepost.plan import Plan


def overview_view(activity: Activity, plan: Plan, zone: tzinfo) -> v.Overview:
    """`zone` is the reader's: where it is not UTC, the charts say that their days are."""
    tools, competencies = plan.tool_names(), competency_names(plan)
    days = "" if _is_utc(zone, activity.as_of) else " (UTC)"
    return v.Overview(
        active=activity.active.now,
        active_before=activity.active.before,
        figures=(
            _figure("Events", activity.events),
            _figure("Sessions", activity.sessions),
            _figure("Exports", activity.exports),
            _figure("Resources made", activity.resources),
        ),
        events=v.DaySeries(
            f"Events per day{days}", "event", "events", tuple(v.DayCount(d.day, d.events) for d in activity.days)
        ),
        customers=v.DaySeries(
            f"Active customers per day{days}",
            "customer",
            "customers",
            tuple(v.DayCount(d.day, d.customers) for d in activity.days),
            kind="line",
            distinct=True,
        ),
        tools=tuple(
            v.ToolUse(t.tool_id, tools.get(t.tool_id) or fmt.words(t.tool_id), t.events, t.customers)
            for t in activity.tools
        ),
        milestones=tuple(_milestone(m, tools, competencies) for m in islice(activity.milestones, 6)),
        quiet=tuple(v.QuietCustomer(q.customer_id, q.name, q.last_seen, q.events, q.score) for q in activity.quiet),
        quiet_total=activity.quiet_total,
        last_event_at=activity.last_event_at,
        counted_at=activity.as_of,
    )


def competency_names(plan: Plan) -> dict[str, str]:
    """Competency ids with the names people read."""
    return {c.id: c.name or fmt.words(c.id) for c in plan.competencies}


def _figure(label: str, week: Week) -> v.Figure:
    return v.Figure(label, week.now, week.before)


def _milestone(reached: Reached, tools: Mapping[str, str], competencies: Mapping[str, str]) -> v.Milestone:
    points = reached.metadata.get("professional_credibility")
    tool = tools.get(reached.tool_id, fmt.words(reached.tool_id)) if reached.tool_id else ""
    described = telling(reached.metadata)
    area = reached.competency
    return v.Milestone(
        reached.customer_id,
        reached.name,
        reached.at,
        ": ".join(filter(None, (tool, described))) or "Reached a milestone",
        competencies.get(area, area) if area else None,
        float(points)
        if isinstance(points, int | float) and not isinstance(points, bool) and 0 < points < 1e6
        else None,
    )


def _is_utc(zone: tzinfo, now: datetime) -> bool:
    return not now.astimezone(zone).utcoffset()
