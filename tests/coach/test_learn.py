"""What is learned is what a plain reading of the same days says; what it recommends shows its numbers."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.rows import dict_row

from milepost.coach.intervals import newcombe
from milepost.coach.learn import judge, learn
from milepost.coach.said import percentage_points
from milepost.plan import load_plan
from milepost.plan.coach import Learned
from tests.coach.people import NOON, QUIET, apply, days, event, plan_with, settle, store, stored
from tests.support.postgres import Cluster

_PLAN = plan_with(coach=msgspec.structs.replace(QUIET, learned=Learned(at_least=10)), history=400)
_NEWEST = NOON.date() - timedelta(days=1)
_CUSTOMERS = 160
_KINDS = {
    "do:export_action": "exports",
    "do:resource_generation": "resources_created",
    "do:resource_share": "resources_shared",
    "do:competency_milestone": "milestones",
}


@pytest.fixture(scope="module")
def learned(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Half a year of 160 customers; whoever shares something works more from two months later on."""
    chance = random.Random(7)
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        apply(connection, _PLAN)
        events = []
        for number in range(_CUSTOMERS):
            customer, since = f"c{number:03}", chance.randint(100, 200)
            shares = number % 2 == 0
            for _ in range(chance.randint(20, 40)):
                ago = chance.uniform(0.6, since)
                tool = chance.choice(["icp-analysis", "icp-analysis", "cost-calculator"])
                kind = "export_action" if chance.random() < 0.1 else "tool_usage"
                events.append(event(customer, NOON - days(ago), kind, tool_id=tool, competency_area="sales_execution"))
            if shares:
                events.append(event(customer, NOON - days(40), "resource_share", competency_area="sales_execution"))
                later = [NOON - days(chance.uniform(1.6, 27)) for _ in range(14)]
                events += [event(customer, at, competency_area="sales_execution") for at in later]
        store(connection, events)
        settle(connection)
        learn(connection, now=NOON)
        settle(connection, NOON + days(1))
        yield connection


def _rows(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def modelled(connection: psycopg.Connection) -> dict[tuple[int, str, str], tuple[int, int, int, int]]:
    """docs/coach.md in plain Python, from the days and the history of insights as they stand."""
    by_day: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(connection, "select * from milepost.customer_days"):
        by_day[row["customer_id"]].append(row)
    firsts = {r["customer_id"]: r["d"] for r in _rows(
        connection, "select customer_id, (first_event_at at time zone 'UTC')::date as d from milepost.standing"
    )}  # fmt: skip
    anchors = [_NEWEST - timedelta(days=28 * block) for block in range(2, 13)]
    with connection.cursor(row_factory=dict_row) as cursor:
        remembered = cursor.execute(
            "select n.customer_id, d.day, d.score as current_scaling_score, i.competencies as competency_scores"
            " from milepost.insight_days d join milepost.snapshots n on n.number = d.customer"
            " cross join lateral milepost.insights_on(n.customer_id, d.day) as i where d.day = any (%s)",
            (anchors,),
        ).fetchall()
    history = {(r["customer_id"], r["day"]): r for r in remembered}
    tools = list(load_plan().tool_names())
    counts: Counter[tuple[int, str, str, bool, bool, tuple[int, int]]] = Counter()
    for customer, rows in by_day.items():
        seen = set()
        for block in range(2, 13):
            anchor = _NEWEST - timedelta(days=28 * block)
            insight = history.get((customer, anchor))
            if insight is None or insight["current_scaling_score"] is None or firsts[customer] > anchor - days(27):
                continue
            scores = insight["competency_scores"]
            weakest = min(scores, key=lambda name: (scores[name], name))
            situation = min(int(insight["current_scaling_score"] // 20), 4), weakest
            if situation in seen or not any(scores.values()):
                continue
            seen.add(situation)
            before, then, later = (_between(rows, anchor + timedelta(days=28 * n)) for n in (0, 1, 2))
            old, new = (sum(row["points"] for row in some) for some in (before, later))
            moved = new > old * 1.1 and new - old >= 5
            alike = block, int(old).bit_length()  # 1, 2 to 3, 4 to 7, ...
            for step in [f"tool:{tool}" for tool in tools] + list(_KINDS):
                if not _did(before, step):
                    counts[*situation, step, _did(then, step), moved, alike] += 1
    found: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for band, weakest, step, alike in {(*key[:3], key[5]) for key in counts}:
        did, did_not = (
            [counts[band, weakest, step, next_, moved, alike] for moved in (True, False)] for next_ in (True, False)
        )
        if any(did) and any(did_not):
            more = (sum(did), did[0], sum(did_not), did_not[0])
            found[band, weakest, step] = [a + b for a, b in zip(found[band, weakest, step], more, strict=True)]
    return {key: (a, b, c, d) for key, (a, b, c, d) in found.items() if a >= 10 and c >= 10}


def _between(rows: list[dict[str, Any]], last: date) -> list[dict[str, Any]]:
    return [row for row in rows if last - timedelta(days=28) < row["day"] <= last]


def _did(rows: list[dict[str, Any]], step: str) -> bool:
    if step in _KINDS:
        return any(row[_KINDS[step]] for row in rows)
    return any(step.removeprefix("tool:") in row["tools"] for row in rows)


def test_it_learns_what_the_days_say(learned: psycopg.Connection) -> None:
    wanted = modelled(learned)
    found = {
        (row["band"], row["competency"], row["step"]): (
            row["did"],
            row["did_moved_up"],
            row["did_not"],
            row["did_not_moved_up"],
        )
        for row in _rows(learned, "select * from milepost.coach_learned")
    }
    assert len(wanted) >= 3
    assert found == wanted


def test_what_went_together_is_recommended_with_its_numbers(learned: psycopg.Connection) -> None:
    lessons = _rows(learned, "select * from milepost.coach_learned where low > 0")
    assert {row["step"] for row in lessons} == {"do:resource_share"}
    made = stored(learned, "source = 'learned'")
    assert made
    for row in made:
        assert (row["action"], row["done_type"], row["asks_for"]) == (
            "Share a resource with a decision-maker",
            "resource_share",
            "do:resource_share",
        )
        lesson = next(one for one in lessons if str(one["did"]) in row["reason"])
        assert row["reason"] == (
            f"Of {lesson['did']} customers in your situation who shared a resource next, "
            f"{100 * lesson['did_moved_up'] / lesson['did']:.0f}% moved up in the month after; of "
            f"{lesson['did_not']} who did not, {100 * lesson['did_not_moved_up'] / lesson['did_not']:.0f}%. "
            f"Compared like with like: {percentage_points(lesson['difference'])} percentage points."
        )
        assert [one["label"] for one in row["evidence"]] == ["Your situation", "Difference", "95% interval"]


def test_nobody_gets_it_who_did_it_lately(learned: psycopg.Connection) -> None:
    learned.execute("delete from milepost.recommendations")
    lately = [f"c{number:03}" for number in range(0, _CUSTOMERS, 3)]
    store(learned, [event(customer, NOON, "resource_share") for customer in lately])
    settle(learned, NOON + days(2))
    got = {row["customer_id"] for row in stored(learned, "source = 'learned'")}
    assert got
    assert not got & set(lately)


#: Of one situation and step, by where they stood before: how many took the step, how many did not, how many of both
#: moved up. Whoever stood low takes it more often, and moves up more often anyway.
_STOOD = ((60, 40, 60), (40, 80, 36), (20, 90, 12), (1, 30, 29), (30, 200, 4))


def _shuffled(chance: random.Random) -> dict[str, Any]:
    """Outcomes dealt anew among customers who stood alike."""
    strata = []
    for did, did_not, moved in _STOOD:
        moved_up = sum(place < did for place in chance.sample(range(did + did_not), moved))
        strata.append((moved_up, did, moved - moved_up, did_not))
    return {"strata": strata}


def test_where_outcomes_are_shuffled_nothing_is_learned() -> None:
    """Twenty-five comparisons a night: in one of twenty shuffles at most any of them is clear of zero. A comparison
    that forgets where customers stood finds something in nearly every one."""
    chance, wrong, naive = random.Random(3), 0, 0
    for _ in range(200):
        rows = [_shuffled(chance) for _ in range(25)]
        wrong += any(not row["low"] <= 0 <= row["high"] for row in judge(rows))
        crude = [[sum(counts) for counts in zip(*row["strata"], strict=True)] for row in rows]
        naive += any(newcombe(*counts).low > 0 for counts in crude)
    assert wrong <= 0.05 * 200
    assert naive > 0.9 * 200


def test_what_helps_is_found_among_those_who_stood_alike() -> None:
    rows = [_shuffled(random.Random(seed)) for seed in range(24)]
    strata = [(round(0.75 * n), n, round(0.45 * other), other) for n, other, _ in _STOOD]
    assert [row["low"] > 0 for row in judge([*rows, {"strata": strata}])] == [False] * 24 + [True]
