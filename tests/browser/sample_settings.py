"""The sample data of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from milepost.access.members import Session
from milepost.access.team import Invitation, Owned, TeamMember
from milepost.analytics.asking import Filter
from milepost.dashboard import views as v
from milepost.dashboard.settings import health
from milepost.dashboard.settings.exports import ExportPage
from milepost.dashboard.settings.profile import Profile
from milepost.dashboard.settings.server import About, Data, Rules
from milepost.dashboard.settings.team import Removal, Team
from milepost.export.schedules import RecentRun, Schedule

from . import sample_plan
from .sample import ABSURD_NAMES, EVIL, NOW, Scenario

_ME: Final = "dana@example.com"
#: The longest address there is, without a place to break it.
LONGEST: Final = "x" * 308 + "@example.com"
_FULL: Final = (("dana@example.com", "Dana Okafor"), ("lee@example.com", "Lee Chen"), ("sam@example.com", None))


def settings(scenario: Scenario) -> Iterator[tuple[str, str, v.Section, object]]:
    """(name, template, section, view) of each page."""
    yield "profile", "settings/profile.html", "profile", _profile(scenario)
    yield "team", "settings/team.html", "team", _team(scenario)
    yield "team-remove", "settings/remove.html", "team", _removal(scenario)
    yield "game-rules", "settings/game.html", "game-rules", _rules(scenario)
    yield "appearance", "settings/appearance.html", "appearance", None
    yield "plan-tools", "settings/tools.html", "plan-tools", sample_plan.tools(scenario)
    yield "scoring", "settings/scoring.html", "scoring", sample_plan.scoring(scenario)
    yield "plan", "settings/plan.html", "plan", sample_plan.plan(scenario)
    yield "plan-changes", "settings/plan_changes.html", "plan", sample_plan.changes(scenario)
    yield "data", "settings/data.html", "data", _data(scenario)
    yield "export", "settings/export.html", "export", _export(scenario)
    yield "about", "settings/about.html", "about", _about(scenario)


def names(scenario: Scenario) -> dict[str, str]:
    """What the team is called."""
    if scenario == "absurd":
        return {_ME: "W" * 100, LONGEST: EVIL}
    return {email: name for email, name in _FULL if name} if scenario == "full" else {}


def _profile(scenario: Scenario) -> Profile:
    if scenario == "empty":
        return Profile(_ME, "", "", ())
    if scenario == "absurd":
        many = tuple(Session(datetime(1, 1, 1, tzinfo=UTC), "Mobile Safari UI/WKWebView " * 7) for _ in range(60))
        return Profile(LONGEST, EVIL * 3, "America/Argentina/ComodRivadavia", many, EVIL, "password", EVIL * 3)
    sessions = (Session(NOW - timedelta(hours=3), "Firefox on Linux"), Session(NOW - timedelta(days=12), None))
    return Profile(_ME, "Dana Okafor", "Europe/Berlin", sessions, done="Your name is saved.")


def _member(k: int, email: str, name: str | None) -> TeamMember:
    seen = None if k % 7 == 5 else NOW - timedelta(hours=5 * k * k)
    return TeamMember(UUID(int=k), email, name, seen, NOW - timedelta(days=400 - k))


def _people(scenario: Scenario) -> tuple[TeamMember, ...]:
    if scenario == "empty":
        return (_member(0, _ME, None),)
    if scenario == "full":
        return tuple(_member(k, email, name) for k, (email, name) in enumerate(_FULL))
    told = [(LONGEST, ABSURD_NAMES[k % len(ABSURD_NAMES)][:100] if k % 3 else None) for k in range(59)]
    return tuple(_member(k, email, name) for k, (email, name) in enumerate([(_ME, "W" * 100), *told]))


def _team(scenario: Scenario) -> Team:
    people = _people(scenario)
    if scenario == "empty":
        return Team(_ME, people, ())
    email = "kim@example.com" if scenario == "full" else LONGEST
    count = 2 if scenario == "full" else 40
    by = (_ME, None) if scenario == "full" else (LONGEST, LONGEST)
    open_ones = tuple(
        Invitation(UUID(int=k), email, NOW - timedelta(days=k % 7), NOW + timedelta(days=7 - k % 7), by[k % 2])
        for k in range(count)
    )
    link = f"https://milepost.example.com/welcome/{'k' * 32}"
    problem = "" if scenario == "full" else EVIL
    return Team(_ME, people, open_ones, link, email, typed=problem and LONGEST, problem=problem)


def _removal(scenario: Scenario) -> Removal:
    people = _people("full" if scenario == "empty" else scenario)
    if scenario == "empty":
        return Removal(people[2], Owned(0, 0), people[:2], me=False)
    if scenario == "absurd":
        return Removal(people[1], Owned(10**12, 10**12), people[2:], me=True, problem=EVIL * 3)
    return Removal(people[1], Owned(12, 3), (people[0], people[2]), me=False)


def _rules(scenario: Scenario) -> Rules:
    if scenario == "empty":
        return Rules((("Newcomer", 0),), (), "")
    if scenario == "absurd":
        levels = tuple((name, 10**9 * k) for k, name in enumerate(ABSURD_NAMES))
        return Rules(levels, tuple((name, EVIL * 3) for name in ABSURD_NAMES), "/" + "p" * 200)
    badges = (("First export", "Took a first result out of the product."), ("Maker", ""))
    return Rules((("Newcomer", 0), ("Explorer", 25), ("Practitioner", 75)), badges, "/etc/milepost/milepost.toml")


def _data(scenario: Scenario) -> Data:
    bad = scenario == "absurd"
    failing = [health.Failing("settling", 10**6, 10.0**7), health.Failing("webhook" * 9, 1, 0.2)] if bad else []
    checks = (
        health.database_check(EVIL * 3 if bad else None, writes=True),
        health.columns_check(None if scenario == "empty" else 3.0, EVIL if bad else "", on=True),
        health.tasks_check(failing),
        health.aside_check(10**12 if bad else 0),
        health.messages_check([]),
        health.exports_check([("s3://" + "b" * 200, EVIL * 3)] if bad else []),
    )
    stored = health.Stored("18.1", 10**15 if bad else 734_003_200, -1 if scenario == "empty" else 1_204_000)
    folder = "" if scenario == "empty" else "/" + "d" * 200 if bad else "/var/lib/milepost/data/postgres"
    plan = "/" + "p" * 200 if bad else ""
    return Data(checks, stored, 730, 400, 60, plan, folder)


def _export(scenario: Scenario) -> ExportPage:
    if scenario == "empty":
        return ExportPage(schedules=(), runs=(), segments=(), cohorts=(), folder="/var/lib/milepost/data/exports")
    bad = scenario == "absurd"
    count = 20 if bad else 2
    targets = ["s3://" + "b" * 300 + "/x"] * count if bad else ["s3://warehouse/milepost", "nightly"]
    why = EVIL * 5 if bad else "s3://warehouse/milepost/events: Could not connect to server"
    schedules = tuple(
        Schedule(
            schedule_id=UUID(int=k), target=target, format="parquet",
            data_sets=["events", "customers"] * (8 if bad else 1),
            filters=(Filter(field="segment", values=("s1" if not bad else LONGEST,)),) * (20 if bad else k),
            every_hours=168 if bad else 24, anew_days=30, due_at=NOW, created_at=NOW,
            created_by=LONGEST if bad else _ME, state="failed" if k == 0 or bad else "done", begun_at=NOW,
            finished_at=NOW, problem=why if k == 0 or bad else None, last_done_at=NOW - timedelta(hours=25),
        )
        for k, target in enumerate(targets)
    )  # fmt: skip
    runs = tuple(
        RecentRun(
            run_id=k, target=targets[k % count], state="running" if k == 9 else "failed" if k % 4 == 0 else "done",
            begun_at=NOW - timedelta(hours=k), finished_at=None, data_set="events", rows=10**15 if bad else 120_000 * k,
            bytes=10**17 if bad else 9_400_000 * k, files=k, problem=why if k % 4 == 0 else None,
        )
        for k in range(20 if bad else 6)
    )  # fmt: skip
    segments = tuple((f"s{k}", EVIL if bad else f"Segment {k}") for k in range(60 if bad else 3))
    return ExportPage(
        schedules=schedules,
        runs=runs,
        segments=segments,
        cohorts=tuple((str(UUID(int=k)), EVIL if bad else f"Cohort {k}") for k in range(60 if bad else 2)),
        names={"segment": dict(segments)},
        folder="/" + "d" * (200 if bad else 9),
        form="schedule" if bad else "",
        problem=EVIL * 3 if bad else "",
        done="" if bad else "It runs within a minute.",
    )


def _about(scenario: Scenario) -> About:
    url = "https://" + "u" * 200 if scenario == "absurd" else "https://milepost.example.com"
    columns = "embedded (chDB), in the data folder" if scenario == "full" else "switched off"
    return About("0.1.0", "3.13.1", "18.1 (Debian 18.1-1.pgdg13+2)", scenario == "full", columns, url, "")
