"""What the game's page takes, and how it is made of what was read. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup

from milepost.dashboard import charts, markup
from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.game.board import TeamLeaderboard
from milepost.game.customer import Shown
from milepost.game.team import Award, LongStreak, Running, TeamTotals
from milepost.plan import Plan
from milepost.plan.game import Badge

Board = Literal["opted-in", "everyone"]
#: Weeks of the histogram's columns: each as (from, to); the last has no end.
_WEEKS: Final = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 7), (8, 11), (12, 25), (26, None))
#: Shades there are for levels; more levels than these share them.
SHADES: Final = 5


class BadgeRow(msgspec.Struct, frozen=True):
    """A badge of the plan and how many customers have it, `share` of all; None: there are no customers."""

    badge_id: str
    name: str
    description: str
    customers: int
    share: float | None


class AwardRow(msgspec.Struct, frozen=True):
    customer_id: str
    name: str
    badge: str
    earned_on: date


class StreakColumn(msgspec.Struct, frozen=True):
    """A column of the histogram, in percent of the plot; `risk` is the upper part of it, of streaks about to end."""

    label: str
    customers: int
    at_risk: int
    x: float
    width: float
    y: float
    height: float
    risk_height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


class LevelPart(msgspec.Struct, frozen=True):
    """Customers at one level of a competency; `x` and `width` in percent of the row, `shade` from 0 (no level)."""

    level: int
    title: str
    customers: int
    share: float | None
    x: float
    width: float
    shade: int


class LevelRow(msgspec.Struct, frozen=True):
    competency: str
    name: str
    parts: tuple[LevelPart, ...]


class BoardRow(msgspec.Struct, frozen=True):
    rank: int
    customer_id: str
    name: str
    points: int
    width: float
    shown_as: str
    leaderboard: Shown


class GamePage(msgspec.Struct, frozen=True):
    """game/game.html. `badge` is the one the list of awards is narrowed to; `more` the cursor behind it."""

    totals: TeamTotals
    answer: Markup
    figures: tuple[v.Figure, ...]
    badges: tuple[BadgeRow, ...]
    awards: tuple[AwardRow, ...]
    badge: BadgeRow | None
    more: str | None
    first: bool
    streaks: tuple[StreakColumn, ...]
    ticks: tuple[charts.Tick, ...]
    streak_answer: Markup
    longest: tuple[LongStreak, ...]
    levels: tuple[LevelRow, ...]
    titles: tuple[tuple[int, str, int], ...]
    board: tuple[BoardRow, ...]
    board_kind: Board
    board_customers: int
    board_days: int
    on_board: int

    def url(self, *, badge: str | None = None, board: Board | None = None, after: str | None = None) -> str:
        """The page's address with something else chosen; '' for `badge` is all of them."""
        chosen = {
            "badge": (self.badge.badge_id if self.badge else "") if badge is None else badge,
            "board": self.board_kind if board is None else board,
            "after": after or "",
        }
        wanted = {key: value for key, value in chosen.items() if value and (key, value) != ("board", self._usual)}
        return f"/game?{urlencode(wanted)}" if wanted else "/game"

    @property
    def _usual(self) -> Board:
        return usual_board(self.on_board)


def usual_board(on_board: int) -> Board:
    """The board that customers see, as soon as there is anybody on it."""
    return "opted-in" if on_board else "everyone"


def game_page(
    totals: TeamTotals,
    plan: Plan,
    awards: Sequence[Award],
    longest: Sequence[LongStreak],
    board: TeamLeaderboard,
    *,
    on_board: int,
    badge: str | None,
    more: str | None,
    first: bool,
    board_kind: Board,
) -> GamePage:
    """Everything in the words and measures of the page."""
    badges = tuple(_badge_row(rule, totals) for rule in plan.badges)
    names = {row.badge_id: row.name for row in badges}
    streaks, ticks = _streaks(totals.streaks)
    most = max((place.points for place in board.items), default=0)
    return GamePage(
        totals=totals,
        answer=_answer(totals),
        figures=_figures(totals, on_board),
        badges=tuple(sorted(badges, key=lambda row: -row.customers)),
        awards=tuple(AwardRow(a.customer_id, a.name, names.get(a.badge_id, a.badge_id), a.earned_on) for a in awards),
        badge=next((row for row in badges if row.badge_id == badge), None),
        more=more,
        first=first,
        streaks=streaks,
        ticks=ticks,
        streak_answer=_streak_answer(totals),
        longest=tuple(longest),
        levels=_levels(totals, plan),
        titles=_titles(plan),
        board=tuple(
            BoardRow(
                place.rank,
                place.customer_id,
                place.name,
                place.points,
                100 * place.points / most if most else 0,
                shown_as(place.leaderboard, place.display_name),
                place.leaderboard,
            )
            for place in board.items
        ),
        board_kind=board_kind,
        board_customers=board.customers,
        board_days=board.days,
        on_board=on_board,
    )


def shown_as(leaderboard: Shown, display_name: str | None) -> str:
    """Under which name other customers see this one; empty: not at all."""
    return {"off": "", "anonymous": "Somebody", "named": display_name or ""}[leaderboard]


def _badge_row(rule: Badge, totals: TeamTotals) -> BadgeRow:
    customers = totals.badges.get(rule.id, 0)
    share = customers / totals.customers if totals.customers else None
    return BadgeRow(rule.id, rule.name, rule.description, customers, share)


def _answer(totals: TeamTotals) -> Markup:
    if not totals.with_badge:
        return Markup("No customer has a badge yet.")
    now, before = totals.awards_7, totals.awards_7_before
    if not now:
        return Markup("No badge was earned this week{}.").format(
            Markup("; {} {} the week before").format(markup.number(before), "were" if before > 1 else "was")
            if before
            else ""
        )
    said = Markup("{} {} {} earned this week").format(
        markup.number(now), fmt.plural(now, "badge"), "was" if now == 1 else "were"
    )
    if not before:
        return Markup("{}.").format(said)
    if now == before:
        return Markup("{}, as many as the week before.").format(said)
    return Markup("{}, {} the week before.").format(said, markup.number(before))


def _figures(totals: TeamTotals, on_board: int) -> tuple[v.Figure, ...]:
    of = f"of {fmt.integer(totals.customers)} {fmt.plural(totals.customers, 'customer')}"
    return (
        v.Figure("Customers with a badge", totals.with_badge, hint=of),
        v.Figure("Streaks running", totals.with_streak, hint=of),
        v.Figure(
            "Longest of them",
            totals.longest_running or None,
            hint=fmt.plural(totals.longest_running, "week") if totals.longest_running else "",
        ),
        v.Figure("On the leaderboard", on_board, hint="opted in"),
    )


def _streaks(running: Sequence[Running]) -> tuple[tuple[StreakColumn, ...], tuple[charts.Tick, ...]]:
    counted = []
    for low, high in _WEEKS:
        held = [one for one in running if one.weeks >= low and (high is None or one.weeks <= high)]
        label = f"{low}+" if high is None else str(low) if low == high else f"{low}\N{EN DASH}{high}"
        counted.append((label, sum(o.customers for o in held), sum(o.customers for o in held if o.at_risk)))
    top, step = charts.nice_ceiling(max(customers for _, customers, _ in counted))
    slot = 100 / len(counted)
    columns = tuple(
        StreakColumn(
            label=label,
            customers=customers,
            at_risk=at_risk,
            x=round(index * slot + slot * 0.14, 3),
            width=round(slot * 0.72, 3),
            y=round(100 - 100 * customers / top, 3),
            height=round(100 * customers / top, 3),
            risk_height=round(100 * at_risk / top, 3),
        )
        for index, (label, customers, at_risk) in enumerate(counted)
    )
    ticks = tuple(charts.Tick(y=round(100 - 100 * value / top, 3), value=value) for value in range(0, top + 1, step))
    return columns, ticks


def _streak_answer(totals: TeamTotals) -> Markup:
    if not totals.with_streak:
        return Markup("No streak is running: nobody was active in these three weeks.")
    at_risk = sum(one.customers for one in totals.streaks if one.at_risk)
    held = Markup("{} {} {} a streak").format(
        markup.number(totals.with_streak),
        fmt.plural(totals.with_streak, "customer"),
        "keeps" if totals.with_streak == 1 else "keep",
    )
    if not at_risk:
        return Markup("{}; none is about to end.").format(held)
    return Markup("{}; {} {} with this week unless something happens.").format(
        held, markup.number(at_risk), "ends" if at_risk == 1 else "end"
    )


def _titles(plan: Plan) -> tuple[tuple[int, str, int], ...]:
    """Levels with their names and shades."""
    return tuple((level, name, shade(level, plan)) for level, name in enumerate(plan.game.level_names))


def shade(level: int, plan: Plan) -> int:
    """Which of the shades a level has: 0 for none, the darkest for the highest."""
    top = len(plan.game.level_points)
    return 0 if not level else SHADES if top <= 1 else 1 + round((level - 1) * (SHADES - 1) / (top - 1))


def _levels(totals: TeamTotals, plan: Plan) -> tuple[LevelRow, ...]:
    rows = []
    for competency in plan.competencies:
        reached: Mapping[int, int] = totals.levels.get(competency.id, {})
        at_none = max(totals.customers - sum(reached.values()), 0)
        parts, x = [], 0.0
        for level, title in enumerate(plan.game.level_names):
            customers = reached.get(level, 0) if level else at_none
            share = customers / totals.customers if totals.customers else None
            width = min(100 * (share or 0.0), 100 - x)
            parts.append(LevelPart(level, title, customers, share, round(x, 3), round(width, 3), shade(level, plan)))
            x += width
        rows.append(LevelRow(competency.id, competency.name or competency.id, tuple(parts)))
    return tuple(rows)
