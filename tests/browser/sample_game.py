"""The game's page, and the section on a customer's, with full, empty and absurd data."""

from __future__ import annotations

from datetime import UTC, date, timedelta

from msgspec.structs import replace

from milepost.dashboard.game.panel import GamePanel, game_panel
from milepost.dashboard.game.views import GamePage, game_page
from milepost.game.board import TeamLeaderboard, TeamPlace
from milepost.game.customer import Badge, Game, Level, Shown, Streak, StreakState
from milepost.game.team import Award, LongStreak, Running, TeamTotals
from milepost.plan import Plan, load_plan

from .sample import EVIL, NOW, Scenario

_TODAY = NOW.astimezone(UTC).date()
_NAMES = ("Øresund Maritime", "Fabrikam", "Northwind Traders", "Contoso", "شركة النور", "Tailspin Toys", "Litware")
_EMPTY = TeamTotals(
    customers=0,
    with_badge=0,
    with_streak=0,
    longest_running=0,
    awards_7=0,
    awards_7_before=0,
    badges={},
    streaks=(),
    levels={},
    counted_at=NOW,
)


def page(scenario: Scenario) -> GamePage:
    plan = _plan(scenario)
    if scenario == "empty":
        board = TeamLeaderboard(days=28, items=[], me=None, customers=0)
        return game_page(
            _EMPTY, plan, (), (), board, on_board=0, badge=None, more=None, first=True, board_kind="everyone"
        )
    absurd = scenario == "absurd"
    customers = 9_999_999 if absurd else 412
    names = (EVIL * 4,) * 7 if absurd else _NAMES
    totals = TeamTotals(
        customers=customers,
        with_badge=customers if absurd else 318,
        with_streak=customers if absurd else 204,
        longest_running=3_000 if absurd else 31,
        awards_7=10**8 if absurd else 42,
        awards_7_before=1 if absurd else 37,
        badges={badge.id: max(customers * (13 - n) ** 2 // 220, 1) for n, badge in enumerate(plan.badges)},
        streaks=tuple(
            Running(weeks, at_risk, max(customers // (weeks * (12 if at_risk else 4)), 1))
            for weeks in (1, 2, 3, 5, 8, 14, 31)
            for at_risk in (False, True)
        ),
        levels={
            competency.id: {level: customers // (level * 4 + n) for level in range(1, len(plan.game.level_points) + 1)}
            for n, competency in enumerate(plan.competencies)
        },
        counted_at=NOW - timedelta(seconds=4),
    )
    awards = [
        Award(
            customer_id=f"c-{n}",
            name=name,
            badge_id=plan.badges[n % len(plan.badges)].id,
            earned_on=_TODAY - timedelta(days=n // 2),
            awarded_at=NOW,
        )
        for n, name in enumerate(names)
    ]
    states: tuple[StreakState, ...] = ("active", "due", "grace", "active", "due", "active", "grace")
    longest = [
        LongStreak(customer_id=f"c-{n}", name=name, weeks=(31 - 3 * n) * (97 if absurd else 1), state=states[n])
        for n, name in enumerate(names)
    ]
    return game_page(
        totals,
        plan,
        awards,
        longest,
        _board(names, customers, absurd=absurd),
        on_board=customers if absurd else 7,
        badge=plan.badges[0].id if absurd else None,
        more="abc",
        first=not absurd,
        board_kind="opted-in",
    )


def panel(scenario: Scenario) -> GamePanel:
    plan = _plan(scenario)
    empty, absurd = scenario == "empty", scenario == "absurd"
    steps = (0, *plan.game.level_points)
    levels = []
    for n, competency in enumerate(plan.competencies):
        level = 0 if empty else len(steps) - 1 if absurd else min(n + 1, len(steps) - 1)
        next_at = steps[level + 1] if level + 1 < len(steps) else None
        points = 10**15 if absurd else 0 if empty else steps[level] + 11
        levels.append(
            Level(
                competency=competency.id,
                name=competency.name,
                level=level,
                title=plan.game.level_names[level],
                points=points,
                next_at=next_at,
                progress=None if next_at is None else 0.3 * (not empty),
            )
        )
    badges = [_badge(n, plan, earned=not empty and n < 5) for n in range(len(plan.badges))]
    streak = Streak(weeks=5, longest=9, state="grace", keep_by=_TODAY + timedelta(days=6 - _TODAY.weekday()))
    found = Game(
        customer_id="c-000",
        as_of=NOW,
        points=sum(level.points for level in levels),
        levels=levels,
        badges=badges,
        next_badge=badges[5].badge_id,
        streak=Streak(weeks=0, longest=0, state="none", keep_by=None) if empty else streak,
        leaderboard="off" if empty else "named",
        display_name=None if empty else EVIL[:60] if absurd else "Øresund",
    )
    return game_panel(found, plan, saved=scenario == "full")


def _plan(scenario: Scenario) -> Plan:
    plan = load_plan()
    if scenario != "absurd":
        return plan
    return replace(
        plan,
        competencies=tuple(replace(competency, name=EVIL * 3) for competency in plan.competencies),
        badges=tuple(replace(badge, name=EVIL * 3, description=EVIL * 4) for badge in plan.badges),
        game=replace(plan.game, level_names=(EVIL[:200],) * len(plan.game.level_names)),
    )


def _badge(number: int, plan: Plan, *, earned: bool) -> Badge:
    rule = plan.badges[number]
    return Badge(
        badge_id=rule.id,
        name=rule.name,
        description=rule.description,
        earned_on=date(2026, 3, 1) + timedelta(days=9 * number) if earned else None,
        progress=1 if earned else 0.6 / (number + 1),
        value=(rule.at_least or 4) if earned else 1,
        at_least=rule.at_least or 4,
    )


def _board(names: tuple[str, ...], customers: int, *, absurd: bool) -> TeamLeaderboard:
    shown: tuple[Shown, ...] = ("named", "anonymous", "named", "anonymous", "named", "named", "anonymous")
    places = [
        TeamPlace(
            rank=min(n, 4) + 1,
            customer_id=f"c-{n}",
            name=name,
            points=(400 - 60 * min(n, 4)) * (10**13 if absurd else 1),
            leaderboard=shown[n],
            display_name=name[:60] if shown[n] == "named" else None,
        )
        for n, name in enumerate(names)
    ]
    return TeamLeaderboard(days=28, items=places, me=None, customers=customers if absurd else 7)
