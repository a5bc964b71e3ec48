"""What recommending changes: each playbook's customers against those it was held back from at random."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from milepost.coach.intervals import Summary, newcombe, welch
from milepost.coach.lessons import lesson
from milepost.coach.said import LEARNED, Arm, Coaching, Lift, PlaybookReport
from milepost.plan import Plan
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.coach", "lift.sql")
#: Measured customers either arm needs before anything is said of a difference.
AT_LEAST: Final = 20
#: More recommendations than are counted in no time.
_MANY: Final = 100_000
_NOBODY: Final[Mapping[str, Any]] = dict.fromkeys(
    ("made", "shown", "accepted", "dismissed", "done", "open", "measured", "moved_up", "points_sum", "points_squares"),
    0,
)


def tally(connection: psycopg.Connection, *, now: datetime, at_most_every: timedelta = timedelta(0)) -> None:
    """Counts all playbooks anew, for `read_coaching`: there may be too many recommendations to count for each page.
    Where there are, they are counted `at_most_every` so long."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('milepost.coach.tally'))")
        counted, made = connection.execute(_SQL["tallied"]).fetchone() or (None, 0)
        if made > _MANY and counted > now - at_most_every:
            return
        connection.execute(_SQL["tally"], {"now": now})
        connection.execute(_SQL["forget_tallies"], {"now": now})


async def read_coaching(connection: DictConnection, plan: Plan) -> Coaching:
    """Every playbook of the plan or of the past, and what was learned."""
    rows = await (await connection.execute(_SQL["tallies"])).fetchall()
    learned = await (await connection.execute(_SQL["learned"])).fetchall()
    about = await (await connection.execute(_SQL["learned_at"])).fetchone() or {"learned_at": None}
    by_arm: dict[tuple[str, bool], Mapping[str, Any]] = {(str(r["playbook"]), bool(r["held_out"])): r for r in rows}
    known = {playbook.id: playbook for playbook in plan.playbooks}
    past = sorted({playbook for playbook, _ in by_arm} - known.keys() - {LEARNED})
    reports = [
        _report(
            playbook,
            known[playbook].name or playbook if playbook in known else _past_name(playbook),
            known[playbook].priority
            if playbook in known
            else plan.coach.learned.priority
            if playbook == LEARNED
            else None,
            in_plan=playbook in known or (playbook == LEARNED and plan.coach.learned.active),
            shown=by_arm.get((playbook, False), _NOBODY),
            held=by_arm.get((playbook, True), _NOBODY),
            weeks=plan.coach.measure_days / 7,
        )
        for playbook in [*sorted(known, key=lambda p: -known[p].priority), LEARNED, *past]
    ]
    counted = [row["counted_at"] for row in by_arm.values()]
    return Coaching(
        playbooks=reports,
        learned=[lesson(row, plan) for row in learned],
        counted_at=max(counted) if counted else None,
        learned_at=about["learned_at"],  # type: ignore[arg-type]  # a timestamptz
    )


def _past_name(playbook: str) -> str:
    return "Learned from other customers" if playbook == LEARNED else playbook


def _report(
    playbook: str,
    name: str,
    priority: int | None,
    *,
    in_plan: bool,
    shown: Mapping[str, Any],
    held: Mapping[str, Any],
    weeks: float,
) -> PlaybookReport:
    return PlaybookReport(
        playbook=playbook,
        name=name,
        in_plan=in_plan,
        priority=priority,
        open=shown["open"],
        made=shown["made"],
        shown=shown["shown"],
        accepted=shown["accepted"],
        dismissed=shown["dismissed"],
        done=shown["done"],
        held_out=held["made"],
        lift=lift_of(shown, held, weeks),
    )


def lift_of(shown: Mapping[str, Any], held: Mapping[str, Any], weeks: float) -> Lift:
    """Both arms of a playbook as the tallies have them; `weeks` is how long an outcome is."""
    missing, held_missing = (max(AT_LEAST - int(arm["measured"]), 0) for arm in (shown, held))
    if missing or held_missing:
        return Lift(
            enough=False,
            recommended=_arm(shown, weeks),
            held_out=_arm(held, weeks),
            moved_up=None,
            points_a_week=None,
            missing_recommended=missing,
            missing_held_out=held_missing,
            says=_not_enough(missing, held_missing),
        )
    share = newcombe(shown["moved_up"], shown["measured"], held["moved_up"], held["measured"])
    points = welch(_sample(shown, weeks), _sample(held, weeks))
    one, other = _arm(shown, weeks), _arm(held, weeks)
    estimate, low, high = share.in_percentage_points()
    return Lift(
        enough=True,
        recommended=one,
        held_out=other,
        moved_up=share,
        points_a_week=points,
        missing_recommended=0,
        missing_held_out=0,
        says=(
            f"{_percent(one.share)} of {one.customers:,} moved up, against {_percent(other.share)} of "
            f"{other.customers:,} who did not get it: {_meaning(share.low, share.high)} "
            f"({estimate} percentage points, 95% interval {low} to {high})."
        ),
    )


def _meaning(low: float, high: float) -> str:
    if low > 0:
        return "it helps"
    return "it seems to do harm" if high < 0 else "no difference beyond what chance can make"


def _not_enough(missing: int, held_missing: int) -> str:
    parts = [
        f"{count} more {'customer' if count == 1 else 'customers'} {who}"
        for count, who in ((missing, "it was made for"), (held_missing, "held out"))
        if count
    ]
    return f"Not enough data yet: {' and '.join(parts)} to be measured."


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f}%"


def _sample(arm: Mapping[str, Any], weeks: float) -> Summary:
    return Summary(int(arm["measured"]), arm["points_sum"] / weeks, arm["points_squares"] / weeks**2)


def _arm(arm: Mapping[str, Any], weeks: float) -> Arm:
    n = int(arm["measured"])
    return Arm(
        customers=n,
        moved_up=int(arm["moved_up"]),
        share=arm["moved_up"] / n if n else None,
        points_a_week=arm["points_sum"] / n / weeks if n else None,
    )
