"""The plan's game: at how many points a level is reached, and what earns a badge."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

import msgspec

from milepost.plan.ids import id_faults
from milepost.vocabulary import MAX_WORD_LENGTH

#: What a badge counts. Each only ever rises with a customer's days, so that a badge has one day on which it was earned.
Metric = Literal[
    "points",  # of all events
    "active_days",
    "active_weeks",
    "streak_weeks",  # the longest streak
    "exports",
    "resources_created",
    "resources_shared",
    "milestones",
    "tools",  # different tools of the plan
    "tool_days",  # days with the badge's `tool`
    "competency_points",  # of the badge's `competency`
    "level",  # in the badge's `competency`; without one, the highest in any
    "competencies_at_level",  # competencies that have reached the badge's `level`
    "outcomes",  # offline actions that were outcomes
]
#: Metrics whose number may be left out: then it is all the plan's tools, or all its competencies.
_ALL: Final = frozenset({"tools", "competencies_at_level"})
_MOST_LEVELS: Final = 50
_MOST_BADGES: Final = 200
_MOST_POINTS: Final = 1_000_000_000


class Game(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Levels of a competency: level n is reached at `level_points[n - 1]` points, and has `level_names[n]`."""

    level_points: tuple[int, ...] = (25, 75, 150, 300, 600)
    level_names: tuple[str, ...] = ("Newcomer", "Explorer", "Practitioner", "Adept", "Expert", "Authority")


class Badge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Earned on the day at whose end `metric` is `at_least` so much; docs/game.md has every metric."""

    id: str
    name: str
    metric: Metric
    description: str = ""
    at_least: int | None = None
    competency: str | None = None
    tool: str | None = None
    level: int | None = None


#: What a plan has that says nothing of badges; default.toml spells the same ones out.
DEFAULT_BADGES: Final[tuple[Badge, ...]] = (
    Badge("first-export", "First export", "exports", "Took a first result out of the product.", 1),
    Badge("ten-exports", "Well travelled", "exports", "Exported ten results for others to read.", 10),
    Badge("maker", "Maker", "resources_created", "Created five resources.", 5),
    Badge("good-neighbour", "Good neighbour", "resources_shared", "Shared five resources.", 5),
    Badge("every-tool", "Every tool", "tools", "Used every tool there is."),
    Badge("first-milestone", "First milestone", "milestones", "Reached a first milestone in a competency.", 1),
    Badge("four-week-rhythm", "Four-week rhythm", "streak_weeks", "Active four weeks in a row.", 4),
    Badge("eight-week-rhythm", "Eight-week rhythm", "streak_weeks", "Active eight weeks in a row.", 8),
    Badge("half-a-year", "Half a year of practice", "active_weeks", "Active in 26 different weeks.", 26),
    Badge("thousand-points", "A thousand points", "points", "Earned a thousand points.", 1000),
    Badge(
        "well-rounded",
        "Well rounded",
        "competencies_at_level",
        "Reached level 2 in every competency.",
        level=2,
    ),
    Badge("deep-expertise", "Deep expertise", "level", "Reached level 4 in a competency.", 4),
    Badge("real-result", "A real result", "outcomes", "Had a first result outside the product, such as a deal.", 1),
)


def faults(
    game: Game, badges: tuple[Badge, ...], competencies: Collection[str], tools: Collection[str]
) -> list[tuple[str, str]]:
    """Every rule the types cannot say, as (path, what is wrong and how to mend it)."""
    found = _level_faults(game)
    if badges is DEFAULT_BADGES:  # nobody wrote them; one that does not fit the plan's levels is just never earned
        return found
    if len(badges) > _MOST_BADGES:
        found.append(("badges", f"there are {len(badges)}; a plan has at most {_MOST_BADGES}"))
    found += id_faults("badges", [badge.id for badge in badges])
    for index, badge in enumerate(badges):
        where = f"badges[{index}]"
        if not _is_text(badge.name):
            found.append((f"{where}.name", "is empty or too long; give it 1 to 200 characters"))
        found += [(f"{where}.{key}", message) for key, message in _badge_faults(badge, game, competencies, tools)]
    return found


def _level_faults(game: Game) -> list[tuple[str, str]]:
    found = []
    points = game.level_points
    if len(points) > _MOST_LEVELS:
        found.append(("game.level_points", f"there are {len(points)} levels; at most {_MOST_LEVELS} make sense"))
    if any(not 1 <= number <= _MOST_POINTS for number in points) or list(points) != sorted(set(points)):
        found.append(
            ("game.level_points", f"{list(points)} must rise from level to level, starting with 1 point or more")
        )
    if len(game.level_names) != len(points) + 1:
        wanted = len(points) + 1
        found.append((
            "game.level_names",
            f"there are {len(game.level_names)} names; give {wanted}: one before the first level, one for each level",
        ))  # fmt: skip
    if not all(_is_text(name) for name in game.level_names):
        found.append(("game.level_names", "a name is empty or too long; give each 1 to 200 characters"))
    return found


def _badge_faults(
    badge: Badge, game: Game, competencies: Collection[str], tools: Collection[str]
) -> list[tuple[str, str]]:
    found = []
    metric, top = badge.metric, len(game.level_points)
    takes = {
        "tool": metric == "tool_days",
        "competency": metric in ("competency_points", "level"),
        "level": metric == "competencies_at_level",
    }
    found += [
        (key, f"{metric} takes none; remove it")
        for key, taken in takes.items()
        if not taken and getattr(badge, key) is not None
    ]
    if metric == "tool_days" and badge.tool not in tools:
        found.append(("tool", f"{badge.tool!r} is not a tool of this plan; the known ones are {', '.join(tools)}"))
    needed = metric == "competency_points" or (metric == "level" and badge.competency is not None)
    if needed and badge.competency not in competencies:
        known = ", ".join(competencies)
        found.append(
            ("competency", f"{badge.competency!r} is not a competency of this plan; the known ones are {known}")
        )
    if metric == "competencies_at_level" and not 1 <= (badge.level or 0) <= top:
        found.append(("level", f"is {badge.level}; this plan has levels 1 to {top}"))
    most = {"level": top, "tools": len(tools), "competencies_at_level": len(competencies)}.get(metric, _MOST_POINTS)
    if badge.at_least is None:
        if metric not in _ALL:
            found.append(("at_least", f"is missing; say how many {metric} the badge takes"))
    elif not 1 <= badge.at_least <= most:
        found.append(("at_least", f"is {badge.at_least}; for {metric} it takes 1 to {most} in this plan"))
    return found


def _is_text(text: str) -> bool:
    return text.strip() != "" and len(text) <= MAX_WORD_LENGTH
