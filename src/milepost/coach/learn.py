"""Learns from what customers in the same situation did next: who took a step, who did not, and who moved up after. Like
is compared with like (strata of where they stood and when), and many comparisons share one error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from milepost.coach.intervals import Stratum, stratified
from milepost.coach.lessons import BAND_WIDTH, TOP_BAND
from milepost.coach.sequential import LEVEL
from milepost.insights.settle import read_plan
from milepost.plan.coach import Coach
from milepost.store.queries import load

_SQL = load("milepost.coach", "learn.sql")
#: Thirteen blocks of 28 days are a year.
_BLOCKS: Final = 13
#: The counted kinds, in the order of their bits; tools follow, as many of the plan's as there is room for.
_KINDS: Final = ("do:export_action", "do:resource_generation", "do:resource_share", "do:competency_milestone")
_MOST_TOOLS: Final = 58


def learn(connection: psycopg.Connection, *, now: datetime) -> int:
    """Learns anew; answers how many comparisons had enough customers. Raises psycopg.Error; then nothing was changed.

    One set-based pass over the year's days, in one transaction that readers and ingest do not notice.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('milepost.coach.learn'))")
        plan = read_plan(connection)
        if plan is None:
            return 0
        rows = _compare(connection, plan[0].coach, list(plan[0].tool_names()), plan[1], now)
        connection.execute(_SQL["forget"])
        with connection.cursor() as cursor:
            cursor.executemany(_SQL["keep"], [row | {"now": now} for row in judge(rows)])
        connection.execute(_SQL["note"], {"now": now})
        return len(rows)


def _compare(
    connection: psycopg.Connection, coach: Coach, tools: list[str], plan_version: int, now: datetime
) -> list[dict[str, Any]]:
    asked = {
        # Yesterday is the last whole day.
        "newest": now.astimezone(UTC).date() - timedelta(days=1),
        "blocks": _BLOCKS,
        "tools": tools[:_MOST_TOOLS],
        # In the order of their bits.
        "steps": [*_KINDS, *(f"tool:{tool}" for tool in tools[:_MOST_TOOLS])],
        "plan_version": plan_version,
        "width": BAND_WIDTH,
        "top": TOP_BAND,
        "moved_up_share": coach.moved_up.share,
        "moved_up_points": coach.moved_up.points,
        "at_least": coach.learned.at_least,
    }
    connection.execute("set local work_mem = '64MB'")
    for name in ("masks", "blocks", "situations", "analyze"):
        connection.execute(_SQL[name], asked)
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["compare"], asked).fetchall()


def judge(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each comparison with its `difference`, `low` and `high`: of all intervals together 95 % hold, by Bonferroni.

    A row has `strata` (of four counts each: did and moved up, did, did not and moved up, did not), each with both
    groups."""
    z = NormalDist().inv_cdf(1 - LEVEL / (2 * max(len(rows), 1)))
    judged = []
    for row in rows:
        found = stratified([Stratum(*counts) for counts in row["strata"]], z)
        assert found is not None
        judged.append(row | {"difference": found.estimate, "low": found.low, "high": found.high})
    return judged
