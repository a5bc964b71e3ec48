"""What the stored standing must be, worked out in plain Python from the events as they stand in the table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
Tables = dict[str, dict[tuple[Any, ...], Row]]

_KEYS = {
    "milepost.standing": ("customer_id",),
    "milepost.customer_days": ("customer_id", "day"),
    "milepost.competency_days": ("customer_id", "competency", "day"),
    "milepost.sessions": ("customer_id", "session_id"),
    "public.behavior_sessions": ("customer_id", "session_id"),
}
#: What is kept of a session, and what the view calls it.
_SUMMED = {
    "customer_id": "customer_id",
    "session_id": "session_id",
    "started_at": "started_at",
    "ended_at": "ended_at",
    "events": "events_count",
    "exports": "exports_generated",
    "points": "competency_points_earned",
    "tools": "tools_accessed",
}
#: Marks for settling, which tests/insights/test_settle.py holds to account.
_MARKS = {"plan_version", "unsettled", "changes", "changed_from"}


def stored(connection: psycopg.Connection) -> Tables:
    """The tables, and the view of sessions, as they are, by their keys."""
    found: Tables = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for table, key in _KEYS.items():
            rows = cursor.execute(f"select * from {table}").fetchall()
            for row in rows:
                for mark in _MARKS & row.keys():
                    del row[mark]
            found[table] = {tuple(row[part] for part in key): row for row in rows}
    return found


def expected(connection: psycopg.Connection) -> Tables:
    """Them as they must be: every line of this is an independent reading of docs/scores.md."""
    with connection.cursor(row_factory=dict_row) as cursor:
        events = cursor.execute("select * from public.behavior_events").fetchall()
        actions = cursor.execute("select * from public.customer_actions where deleted_at is null").fetchall()
        points = {
            (p["plan_version"], p["event_type"], p["impact"]): p["points"]
            for p in cursor.execute("select * from milepost.plan_points")
        }
        versions = {
            p["customer_id"]: p["plan_version"]
            for p in cursor.execute("select customer_id, plan_version from milepost.standing")
        }
        pinned = {p["customer_id"] for p in cursor.execute("select customer_id from milepost.standing where pinned")}
    counted = [event for event in events if not event["is_bot"] and event["deleted_at"] is None]
    for event in counted:
        version = versions.get(event["customer_id"])
        event["points"] = points.get((version, event["event_type"], event["business_impact"]), 0)
        event["day"] = event["timestamp"].astimezone(UTC).date()
    sessions = {
        key: _session(key, group) for key, group in _grouped(counted, "customer_id", "session_id").items() if key[1]
    }
    tables: Tables = {table: {} for table in _KEYS}
    tables["public.behavior_sessions"] = sessions
    tables["milepost.sessions"] = {
        key: {ours: session[theirs] for ours, theirs in _SUMMED.items()} for key, session in sessions.items()
    }
    for key, group in _grouped(counted, "customer_id", "day").items():
        tables["milepost.customer_days"][key] = _day(key, group)
    with_points = [event for event in counted if event["points"] > 0 and event["competency_area"] is not None]
    for (customer, competency, day), group in _grouped(with_points, "customer_id", "competency_area", "day").items():
        row = {"customer_id": customer, "competency": competency, "day": day, "points": sum(e["points"] for e in group)}
        tables["milepost.competency_days"][customer, competency, day] = row
    by_customer = _grouped(counted, "customer_id")
    acted = _grouped(actions, "customer_id")
    for customer in {key[0] for key in by_customer} | {key[0] for key in acted} | pinned:
        row = _standing(customer, by_customer.get((customer,), []), acted.get((customer,), []))
        own = [session for key, session in sessions.items() if key[0] == customer]
        row["total_sessions"] = len(own)
        row["total_tool_sessions"] = sum(bool(session["tools_accessed"]) for session in own)
        row["pinned"] = customer in pinned
        tables["milepost.standing"][customer,] = row
    return tables


def _grouped(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return groups


def _counts(events: list[Row]) -> Row:
    kinds = Counter(event["event_type"] for event in events)
    impacts = Counter(event["business_impact"] for event in events)
    return {
        "exports": kinds["export_action"],
        "resources_created": sum(
            event["event_type"] == "resource_generation" and event["event_metadata"].get("success") is not False
            for event in events
        ),
        "resources_shared": kinds["resource_share"],
        "milestones": kinds["competency_milestone"],
        "high": impacts["high"],
        "medium": impacts["medium"],
        "low": impacts["low"],
        "points": sum(event["points"] for event in events),
        "credibility": sum(_credibility(event) for event in events),
    }


def _credibility(event: Row) -> int:
    value = event["event_metadata"].get("professional_credibility")
    if event["event_type"] != "competency_milestone" or isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    # Half a point counts as a whole one, as people round.
    return min(max(int(value + 0.5) if value > 0 else 0, 0), 1000)


def _newest(events: list[Row], field: str) -> str | None:
    told = [event for event in events if event[field] is not None]
    if not told:
        return None
    newest = max(told, key=lambda event: (event["timestamp"], str(event["event_id"])))
    recency = newest["timestamp"].astimezone(UTC).strftime("%Y%m%d%H%M%S%f")
    return f"{recency}{newest['event_id']}{newest[field]}"


def _latest(events: list[Row]) -> Row:
    return {f"{field}_latest": _newest(events, field) for field in ("current_arr", "target_arr", "growth_stage")}


def _last_session(events: list[Row]) -> datetime | None:
    return max((event["timestamp"] for event in events if event["session_id"] is not None), default=None)


def _day(key: tuple[Any, ...], events: list[Row]) -> Row:
    counts = _counts(events)
    return {
        "customer_id": key[0],
        "day": key[1],
        "first_event_at": min(event["timestamp"] for event in events),
        "last_event_at": max(event["timestamp"] for event in events),
        "last_session_at": _last_session(events),
        "events": len(events),
        **{name: counts[name] for name in ("exports", "resources_created", "resources_shared", "milestones")},
        **{f"{impact}_impact": counts[impact] for impact in ("high", "medium", "low")},
        "points": counts["points"],
        "credibility": counts["credibility"],
        "tools": sorted({event["tool_id"] for event in events if event["tool_id"] is not None}),
        **_latest(events),
    }


def _session(key: tuple[Any, ...], events: list[Row]) -> Row:
    in_order = sorted(events, key=lambda event: event["event_id"].int)
    tools = Counter(event["tool_id"] for event in events if event["tool_id"] is not None)
    landing = next((e for e in in_order if e["device_type"] or e["browser"] or e["referrer"]), None)
    person = next((event for event in in_order if event["user_id"] is not None), None)
    started, ended = min(e["timestamp"] for e in events), max(e["timestamp"] for e in events)
    return {
        "customer_id": key[0],
        "session_id": key[1],
        "user_id": person and person["user_id"],
        "started_at": started,
        "ended_at": ended,
        "session_duration": ((ended - started) // timedelta(microseconds=1) + 500) // 1000,
        "events_count": len(events),
        "tools_accessed": sorted(tools),
        "primary_tool": min(tools, key=lambda tool: (-tools[tool], tool)) if tools else None,
        "exports_generated": sum(event["event_type"] == "export_action" for event in events),
        "competency_points_earned": sum(event["points"] for event in events),
        "device_type": landing and landing["device_type"],
        "browser": landing and landing["browser"],
        "referrer_source": landing and _source(landing["referrer"]),
    }


def _source(referrer: str | None) -> str | None:
    host = urlsplit(referrer).hostname if referrer else None
    return host.removeprefix("www.") if host else None


def _standing(customer: str, events: list[Row], actions: list[Row]) -> Row:
    counts = _counts(events)
    return {
        "customer_id": customer,
        "first_event_at": min((event["timestamp"] for event in events), default=None),
        "last_event_at": max((event["timestamp"] for event in events), default=None),
        "last_session_at": _last_session(events),
        "total_events": len(events),
        "total_exports_generated": counts["exports"],
        "total_resources_created": counts["resources_created"],
        "total_resources_shared": counts["resources_shared"],
        "total_milestones": counts["milestones"],
        **{f"{impact}_impact_events": counts[impact] for impact in ("high", "medium", "low")},
        "total_points": counts["points"],
        "professional_credibility": counts["credibility"],
        **_latest(events),
        "total_actions": len(actions),
        "last_action_at": max((action["timestamp"] for action in actions), default=None),
    }
