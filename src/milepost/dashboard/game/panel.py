"""Levels, badges, streak and leaderboard state on a customer's page."""

from __future__ import annotations

from datetime import date

import msgspec
from markupsafe import Markup

from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard import views as v
from milepost.dashboard.game.views import shown_as
from milepost.game.customer import Badge, Game, Level, Streak
from milepost.plan import Plan


class LevelBar(msgspec.Struct, frozen=True):
    """A competency's level; `progress` 0-100 towards the next, None at the highest."""

    name: str
    level: int
    title: str
    progress: float | None
    rest: str


class EarnedBadge(msgspec.Struct, frozen=True):
    name: str
    description: str
    on: date


class OpenBadge(msgspec.Struct, frozen=True):
    """A badge still to earn, with how far the customer is: `progress` 0-100."""

    name: str
    description: str
    value: int
    at_least: int
    progress: float


class ProfileForm(msgspec.Struct, frozen=True):
    """game/_profile.html: the leaderboard's form as it was typed; `problem` says what to mend."""

    leaderboard: str
    display_name: str
    url: str
    problem: str = ""
    field: str = ""


class GamePanel(msgspec.Struct, frozen=True):
    """game/_customer.html. `saved`: the leaderboard's form was just stored."""

    points: int
    levels: tuple[LevelBar, ...]
    earned: tuple[EarnedBadge, ...]
    next_badge: OpenBadge | None
    others: tuple[OpenBadge, ...]
    streak: Markup
    streak_state: str
    longest: int
    shown_as: str
    form: ProfileForm
    saved: bool


def game_panel(game: Game, plan: Plan, *, saved: bool = False) -> GamePanel:
    """The newest badges first."""
    earned = sorted((b for b in game.badges if b.earned_on), key=lambda b: b.earned_on or date.min, reverse=True)
    return GamePanel(
        points=game.points,
        levels=tuple(_level(level, plan) for level in game.levels),
        earned=tuple(EarnedBadge(b.name, b.description, b.earned_on) for b in earned if b.earned_on),
        next_badge=next((_open(b) for b in game.badges if b.badge_id == game.next_badge), None),
        others=tuple(
            _open(b)
            for b in sorted(game.badges, key=lambda b: -b.progress)
            if not b.earned_on and b.badge_id != game.next_badge
        ),
        streak=streak_words(game.streak),
        streak_state=game.streak.state,
        longest=game.streak.longest,
        shown_as=shown_as(game.leaderboard, game.display_name),
        form=ProfileForm(game.leaderboard, game.display_name or "", profile_url(game.customer_id)),
        saved=saved,
    )


def profile_url(customer_id: str) -> str:
    """Where the leaderboard's form goes."""
    return f"{v.customer_url(customer_id)}/leaderboard"


def streak_words(streak: Streak) -> Markup:
    """The streak in a sentence, with what it takes to keep it."""
    weeks = Markup("{} {} in a row").format(markup.number(streak.weeks), fmt.plural(streak.weeks, "week"))
    if streak.weeks == 1:
        weeks = Markup("One week so far")
    best = Markup("")
    if streak.longest > streak.weeks:
        best = Markup(" The longest was {}.").format(_weeks(streak.longest))
    if streak.state == "none" or streak.keep_by is None:
        if streak.state == "active":
            return Markup("{}, this one included.{}").format(weeks, best)
        return Markup("No streak right now.{}").format(best) if streak.longest else Markup("No streak yet.")
    by = markup.day(streak.keep_by, "heading")
    if streak.state == "due":
        return Markup(
            "{}; this week does not count yet. One week off is forgiven: it lasts until Sunday, {}.{}"
        ).format(weeks, by, best)
    return Markup("{}; it ends on Sunday, {}, unless something happens before.{}").format(weeks, by, best)


def _weeks(count: int) -> Markup:
    return Markup("{} {}").format(markup.number(count), fmt.plural(count, "week"))


def _level(level: Level, plan: Plan) -> LevelBar:
    points = f"{fmt.integer(level.points)} {fmt.plural(level.points, 'point')}"
    if level.next_at is None:
        rest = f"{points}, the highest level" if plan.game.level_points else points
        return LevelBar(level.name, level.level, level.title, None, rest)
    lacking = fmt.integer(max(level.next_at - level.points, 0))
    rest = f"{points}, {lacking} to level {level.level + 1}"
    return LevelBar(level.name, level.level, level.title, 100 * (level.progress or 0), rest)


def _open(badge: Badge) -> OpenBadge:
    return OpenBadge(badge.name, badge.description, badge.value, badge.at_least, 100 * badge.progress)
