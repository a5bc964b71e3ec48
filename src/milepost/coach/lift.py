"""What recommending changes: each playbook's customers against those it was held back from at random. However often it
is looked at, it claims what is not so in one case of twenty at most (sequential.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from milepost.coach.intervals import Stratum, Summary, newcombe, stratified, welch
from milepost.coach.lessons import lesson
from milepost.coach.power import AT_LEAST, BASE, in_words, smallest_found
from milepost.coach.said import LEARNED, Arm, Coaching, KindReport, Lift, PlaybookReport
from milepost.coach.sequential import LEVEL, multiplier
from milepost.plan import Plan
from milepost.plan.coach import Coach, hold_out_of
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.coach", "lift.sql")
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
    reports = reports_of(by_arm, plan)
    counted = [row["counted_at"] for row in by_arm.values()]
    return Coaching(
        playbooks=reports,
        kinds=kinds_of(reports, plan.coach),
        compared=len(_compared(by_arm)),
        learned=[lesson(row, plan) for row in learned],
        counted_at=max(counted) if counted else None,
        learned_at=about["learned_at"],  # type: ignore[arg-type]  # a timestamptz
    )


def reports_of(by_arm: Mapping[tuple[str, bool], Mapping[str, Any]], plan: Plan) -> list[PlaybookReport]:
    """Every playbook by its tallies, those by playbook and whether they are of who was held out."""
    known, coach = {playbook.id: playbook for playbook in plan.playbooks}, plan.coach
    past = sorted({playbook for playbook, _ in by_arm} - known.keys() - {LEARNED})
    compared, base = _compared(by_arm), _base(by_arm)
    reports = []
    for playbook in [*sorted(known, key=lambda p: -known[p].priority), LEARNED, *past]:
        book = known.get(playbook)
        in_plan = book is not None or (playbook == LEARNED and coach.learned.active)
        hold_out = hold_out_of(book, coach) if in_plan else None
        shown, held = by_arm.get((playbook, False), _NOBODY), by_arm.get((playbook, True), _NOBODY)
        # As it is judged once it is measured beside those that are.
        level = LEVEL / len(compared | {playbook})
        power = coach.expected_customers, hold_out or 0, base, level
        reports.append(
            PlaybookReport(
                playbook=playbook,
                name=(book.name or playbook) if book else _past_name(playbook),
                kind=book.kind if book else None,
                segment=book.segment if book else None,
                in_plan=in_plan,
                active=book.active if book else in_plan,
                priority=book.priority if book else coach.learned.priority if playbook == LEARNED else None,
                open=shown["open"],
                made=shown["made"],
                shown=shown["shown"],
                accepted=shown["accepted"],
                dismissed=shown["dismissed"],
                done=shown["done"],
                held_out=held["made"],
                hold_out=hold_out,
                finds=smallest_found(*power) if hold_out else None,
                finds_says=in_words(*power) if in_plan else None,
                lift=lift_of(
                    shown, held, coach.measure_days / 7, expected=coach.expected_customers, compared=len(compared)
                ),
            )
        )
    return reports


def kinds_of(reports: Sequence[PlaybookReport], coach: Coach) -> list[KindReport]:
    """What playbooks of one kind change together, where at least two of it have a lift.

    A fixed effect: the differences weigh as much as they know (`stratified`), so this is their mean over the customers
    that were measured, not what a playbook to come would change; two or three say too little of how they vary. Who is
    held out of one is independent of who is of another, so the same customer may be in several.
    """
    by_kind: dict[str, list[PlaybookReport]] = defaultdict(list)
    for report in reports:
        if report.kind is not None and report.lift.enough:
            by_kind[report.kind].append(report)
    several = {kind: found for kind, found in sorted(by_kind.items()) if len(found) > 1}
    kinds = []
    for kind, found in several.items():
        arms = [(report.lift.recommended, report.lift.held_out) for report in found]
        customers = sum(one.customers + other.customers for one, other in arms)
        z = multiplier(customers / (coach.expected_customers * len(found)), LEVEL / len(several))
        strata = [Stratum(one.moved_up, one.customers, other.moved_up, other.customers) for one, other in arms]
        together = stratified(strata, z)
        assert together is not None  # both groups have customers
        estimate, low, high = together.in_percentage_points()
        kinds.append(
            KindReport(
                kind=kind,
                playbooks=[report.playbook for report in found],
                names=[report.name for report in found],
                customers=customers,
                moved_up=together,
                says=f"{len(found)} playbooks, {customers:,} customers measured: "
                f"{_meaning(together.low, together.high, len(found))} "
                f"({estimate} percentage points, 95% interval {low} to {high}).",
            )
        )
    return kinds


def _compared(by_arm: Mapping[tuple[str, bool], Mapping[str, Any]]) -> set[str]:
    """The playbooks whose comparison is under way. That they are does not depend on how anybody did."""
    return {playbook for playbook, held_out in by_arm if held_out}


def _base(by_arm: Mapping[tuple[str, bool], Mapping[str, Any]]) -> float:
    """The share that moves up without being told anything, of all who were held out; `BASE` while they are few."""
    held = [arm for (_, held_out), arm in by_arm.items() if held_out]
    measured = sum(int(arm["measured"]) for arm in held)
    return min(sum(int(arm["moved_up"]) for arm in held) / measured, 0.9) if measured >= AT_LEAST else BASE


def _past_name(playbook: str) -> str:
    return "Learned from other customers" if playbook == LEARNED else playbook


def lift_of(
    shown: Mapping[str, Any], held: Mapping[str, Any], weeks: float, *, expected: int = 1000, compared: int = 1
) -> Lift:
    """Both arms of a playbook as the tallies have them; `weeks` is how long an outcome is. `expected`: how many
    customers the plan expects it to be measured by; `compared`: among how many playbooks it is one, which share the
    error."""
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
    z = multiplier((shown["measured"] + held["measured"]) / expected, LEVEL / max(compared, 1))
    share = newcombe(shown["moved_up"], shown["measured"], held["moved_up"], held["measured"], z)
    points = welch(_sample(shown, weeks), _sample(held, weeks), z)
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


def _meaning(low: float, high: float, playbooks: int = 1) -> str:
    if low > 0:
        return "it helps" if playbooks == 1 else "they help"
    harm = "it seems to do harm" if playbooks == 1 else "they seem to do harm"
    return harm if high < 0 else "no difference beyond what chance can make"


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
