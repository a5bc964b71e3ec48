"""The demo's offline actions: what came of the students' work is real (their marks), what was done for them is not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import psycopg
import pyarrow.parquet as pq

from milepost.demo.data import LAST_DAYS, data_files
from milepost.demo.place import store_actions
from milepost.plan import Plan
from milepost.vocabulary import Impact

#: An action as `POST /v1/actions` takes it.
Action = dict[str, Any]
#: From this mark on an assignment is passed, and is an outcome of this impact.
_PASSED: Final[tuple[tuple[int, Impact], ...]] = ((80, "high"), (60, "medium"), (40, "low"))
_ASSIGNMENTS: Final = {
    "submit_TMA": ("tutor_marked_assignment", "sales_execution"),
    "submit_CMA": ("computer_marked_assignment", "systematic_optimization"),
}
#: Made up: days before the first start on which a course had a workshop, and the shares of students who got what.
_WORKSHOPS: Final = (75, 38)
_AT_WORKSHOP: Final = 0.3
_CALLED: Final = 0.35
_LIVE: Final = (
    ("tutor_call", "intervention", "medium"),
    ("study_group", "intervention", "low"),
    ("goal_reached", "outcome", "medium"),
)
_SEED: Final = 20


def offline_actions(today: date, started: date, *, everyone: bool = False) -> Iterator[Action]:
    """Every action up to yesterday. The same days give the same ids, so that storing them again adds nothing."""
    origins = {course: started - timedelta(days=1 + last) for course, last in LAST_DAYS.items()}
    for file in data_files(everyone=everyone):
        table = pq.read_table(
            file, columns=["id_student", "pres", "date", "activity_type", "id_site", "sum_click", "kind"]
        )
        students: dict[int, str] = {}
        for row in table.to_pylist():
            students.setdefault(row["id_student"], row["pres"])
            day = origins[row["pres"]] + timedelta(days=row["date"])
            if row["kind"] == "submission" and day < today and (action := _mark(row, day)):
                yield action
        for student, course in sorted(students.items()):
            for action in _done_for(student, course, started):
                if action["timestamp"].date() < today:
                    yield action


def store_offline(dsn: str, plan: Plan, *, now: datetime, started: date, everyone: bool) -> int:
    """Stores them; answers how many were new."""
    return store_actions(dsn, plan, offline_actions(now.date(), started, everyone=everyone), now)


def live_action(rng: random.Random, customer: str) -> Action:
    """One of today, for the simulator."""
    kind, role, impact = rng.choice(_LIVE)
    return {
        "customer_id": customer,
        "action_type": kind,
        "role": role,
        "business_impact": impact,
        "competency_area": rng.choice(("customer_intelligence", "value_communication", "systematic_optimization")),
        "source": "demo",
        "metadata": {"simulated": True},
    }


def recorder(dsn: str, plan: Plan, now: Callable[[], datetime]) -> Callable[[Action], None]:
    """Stores an action of the simulator's. While the database is away none are: they are only a demo's."""

    def record(action: Action) -> None:
        try:
            store_actions(dsn, plan, [action], now())
        except psycopg.Error:
            return

    return record


def _mark(row: dict[str, Any], day: date) -> Action | None:
    """A passed assignment, on the day it was handed in: the data does not say when it was marked."""
    mark = row["sum_click"]
    impact = next((impact for least, impact in _PASSED if mark is not None and mark >= least), None)
    if impact is None:
        return None
    kind, competency = _ASSIGNMENTS[row["activity_type"]]
    return {
        "action_id": f"oulad-{row['id_student']}-{row['pres']}-{row['id_site']}",
        "customer_id": str(row["id_student"]),
        "action_type": kind,
        "role": "outcome",
        "business_impact": impact,
        "competency_area": competency,
        "description": f"Mark {mark} of 100",
        "timestamp": _noon(day),
        "source": "oulad",
        "metadata": {"mark": mark, "course": row["pres"]},
    }


def _done_for(student: int, course: str, started: date) -> Iterator[Action]:
    """Workshops and calls, made up by a fixed seed."""
    rng = random.Random(f"{_SEED} {student} {course}")  # noqa: S311 -- made up, no secret
    done: list[tuple[str, str, str, int]] = [
        ("study_workshop", "high", "customer_intelligence", days) for days in _WORKSHOPS if rng.random() < _AT_WORKSHOP
    ]
    if rng.random() < _CALLED:
        done.append(("tutor_call", "medium", "value_communication", rng.randint(2, 120)))
    for kind, impact, competency, days in done:
        yield {
            "action_id": f"demo-{student}-{kind}-{days}",
            "customer_id": str(student),
            "action_type": kind,
            "role": "intervention",
            "business_impact": impact,
            "competency_area": competency,
            "timestamp": _noon(started - timedelta(days=days)),
            "source": "demo",
            "metadata": {"simulated": True},
        }


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
