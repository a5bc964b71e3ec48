"""What settling makes of the plan's playbooks: what is due, once, within every limit, and who may read it."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import pytest

from milepost.coach.settle import settle_coach
from milepost.insights.settle import Settling, read_plan
from tests.coach.people import NOON, QUIET, apply, days, event, plan_with, settle, store, stored
from tests.messages.sending import listen

_ANY = {"fact": "total_events", "at_least": 1}


def test_made_once_announced_once_and_read_in_the_insights(connection: psycopg.Connection) -> None:
    now = _now(connection)
    apply(connection, plan_with({"id": "p", "name": "P", "tool": "business-case", "when": [_ANY], "url": "/go"}))
    store(connection, [event("acme", now - days(1)), event("zebra", now - days(1))])
    settle(connection, now)
    settle(connection, now)
    for customer in ("acme", "zebra"):
        (made,) = stored(connection, f"customer_id = '{customer}'")
        assert (made["state"], made["expires_at"] - made["made_at"], made["url"]) == ("made", days(30), "/go")
        ((actions,),) = connection.execute(
            "select next_recommended_actions from public.behavior_insights where customer_id = %s", (customer,)
        ).fetchall()
        assert [one["recommendation_id"] for one in actions] == [str(made["recommendation_id"])]
    assert connection.execute(
        "select customer_id, body ->> 'title' from milepost.announcements where kind = 'recommendation' order by 1"
    ).fetchall() == [("acme", "P"), ("zebra", "P")]


def _now(connection: psycopg.Connection) -> Any:
    """The clock of the database, which the view goes by."""
    ((now,),) = connection.execute("select now()").fetchall()
    return now


def test_the_step_is_idempotent(connection: psycopg.Connection) -> None:
    apply(
        connection,
        plan_with(
            *({"id": f"p{n}", "when": [_ANY]} for n in range(5)), coach=msgspec.structs.replace(QUIET, hold_out=0.5)
        ),
    )
    store(connection, [event(f"c{n}", NOON - days(1)) for n in range(40)])
    settle(connection)
    before = stored(connection)
    plan = read_plan(connection)
    assert plan is not None
    with connection.transaction():
        everybody = [f"c{n}" for n in range(40)]
        settle_coach(connection, Settling(everybody, NOON, *plan, slow=everybody))
    assert stored(connection) == before


def test_done_closes_it_and_the_cool_down_keeps_it_away(connection: psycopg.Connection) -> None:
    apply(connection, plan_with({"id": "p", "tool": "business-case", "cool_down_days": 10, "when": [_ANY]}))
    store(connection, [event("acme", NOON - days(1))])
    settle(connection)
    used = event("acme", NOON + days(2), tool_id="business-case")
    store(connection, [used])
    settle(connection, NOON + days(2.1))
    (made,) = stored(connection)
    assert (made["state"], made["done_at"], str(made["done_by"])) == ("done", NOON + days(2), used["event_id"])
    settle(connection, NOON + days(9))
    assert len(stored(connection)) == 1
    settle(connection, NOON + days(11))
    assert [row["is_first"] for row in stored(connection)] == [True, False]
    # The event is erased: the first was never done, and had run out by now.
    connection.execute("delete from public.behavior_events where event_id = %s", (used["event_id"],))
    settle(connection, NOON + days(31))
    assert stored(connection)[0]["state"] == "expired"


def test_the_team_reads_what_is_usual_and_the_customer_its_own_text(connection: psycopg.Connection) -> None:
    """Active on 11 days in each 28 before, on 2 of the last 28; without a past of 28 days nothing is usual."""
    team = {
        "action": "Ask them",
        "reason": "Active on {active_days_28} days in the last 28, usually {usual_active_days}.",
    }
    apply(
        connection,
        plan_with({"id": "p", "action": "Come back", "reason": "You were away", "team": team, "when": [_ANY]}),
    )
    store(connection, [event("acme", NOON - days(28 * n + k + 1)) for n in (1, 2, 3) for k in range(11)])
    store(connection, [event("acme", NOON - days(k)) for k in (3, 9, 120)] + [event("new", NOON - days(1))])
    settle(connection)
    read = "select w.action, w.reason, w.words from milepost.recommendation_work w join milepost.recommendations r"
    read += " using (recommendation_id) order by r.customer_id"
    assert connection.execute(read).fetchall() == [
        ("Ask them", "Active on 2 days in the last 28, usually 11.", "You were away. Come back."),
        ("Ask them", "1 event in all.", "You were away. Come back."),
    ]


def test_a_prediction_picks_whom_it_says_and_no_customer_reads_that_it_did(connection: psycopg.Connection) -> None:
    now = _now(connection)
    likely = {"fact": "prediction.goes_quiet", "at_least": 0.5}
    team = {"reason": "Likely to go quiet: {prediction.goes_quiet}."}
    apply(connection, plan_with({"id": "p", "title": "A hint", "team": team, "when": [_ANY, likely]}))
    everybody = {"likely": (0.674, 0), "unlikely": (0.2, 0), "last-week": (0.9, 9)}
    store(connection, [event(name, now - days(1)) for name in (*everybody, "not-predicted")])
    connection.execute(
        "insert into milepost.prediction_models (target, trained_at, first_day, last_day, report, holds)"
        " values ('goes_quiet', %s, '2026-01-01', '2026-01-02', '{}', true)", (now,),
    )  # fmt: skip
    for name, (probability, ago) in everybody.items():
        connection.execute(
            "insert into milepost.predictions (customer_id, target, model_id, as_of, probability, reasons)"
            " select %s, 'goes_quiet', max(model_id), %s, %s, '[]' from milepost.prediction_models",
            (name, (now - days(ago)).date(), probability),
        )
    settle(connection, now)
    (made,) = stored(connection)
    assert (made["customer_id"], made["title"], len(made["evidence"])) == ("likely", "A hint", 1)
    assert connection.execute("select reason from milepost.recommendation_work").fetchall() == [
        ("Likely to go quiet: 67%.",)
    ]
    ((read,),) = connection.execute(
        "select next_recommended_actions::text from public.behavior_insights where customer_id = 'likely'"
    ).fetchall()
    assert "A hint" in read
    assert not any(word in read.lower() for word in ("67%", "0.67", "quiet", "predict", "likely:"))


@pytest.mark.parametrize(("said", "state"), [(None, "expired"), ("shown", "expired"), ("accepted", "accepted")])
def test_what_no_longer_applies_runs_out_unless_it_was_accepted(
    connection: psycopg.Connection, said: str | None, state: str
) -> None:
    quiet = {"fact": "days_since_last_activity", "at_least": 14}
    apply(connection, plan_with({"id": "quiet", "title": "Come back", "name": "Went quiet", "when": [quiet]}))
    store(connection, [event("acme", NOON - days(20))])
    settle(connection)
    (made,) = stored(connection)
    assert (made["state"], made["title"]) == ("made", "Come back")
    if said is not None:
        answer = {"recommendation_id": str(made["recommendation_id"]), "recommendation": said}
        store(connection, [event("acme", NOON + days(1), "professional_action", event_metadata=answer)])
    else:
        store(connection, [event("acme", NOON + days(1))])
    settle(connection, NOON + days(1.5))
    settle(connection, NOON + days(2))
    (after,) = stored(connection)
    assert after["state"] == state
    assert after["closed_at"] == (NOON + days(1.5) if state == "expired" else None)


def test_a_playbook_s_own_share_is_held_out_and_what_is_switched_off_runs_out(connection: psycopg.Connection) -> None:
    books: list[dict[str, Any]] = [{"id": "half", "hold_out": 0.5, "when": [_ANY]}, {"id": "all", "when": [_ANY]}]
    apply(connection, plan_with(*books, {"id": "off", "active": False, "when": [_ANY]}))
    store(connection, [event(f"c{n:02}", NOON - days(1)) for n in range(40)])
    settle(connection)
    assert {row["playbook"] for row in stored(connection)} == {"half", "all"}
    assert 8 < len(stored(connection, "playbook = 'half' and held_out")) < 32
    assert stored(connection, "playbook = 'all' and held_out") == []
    apply(connection, plan_with(*(book | {"active": False} for book in books)))
    settle(connection, NOON + days(1))
    assert {row["state"] for row in stored(connection)} == {"expired"}


def test_a_day_s_limit_counts_all_customers(connection: psycopg.Connection) -> None:
    apply(connection, plan_with({"id": "p", "most_a_day": 7, "when": [_ANY]}))
    store(connection, [event(f"c{n:02}", NOON - days(1)) for n in range(30)])
    for passed in range(3):
        settle(connection, NOON + days(passed))
        assert len(stored(connection)) == 7 * (passed + 1)


def test_conditions_on_events_are_counted_in_their_window(connection: psycopg.Connection) -> None:
    exports = {"event_type": "export_action", "tool": "business-case", "last_days": 7}
    apply(
        connection,
        plan_with(
            {"id": "some", "when": [{"events": exports | {"at_least": 2}}]},
            {"id": "few", "when": [{"events": exports | {"at_most": 1}}]},
        ),
    )
    store(connection, [event("acme", NOON - days(ago), "export_action", tool_id="business-case") for ago in (0, 6)])
    store(connection, [event("zebra", NOON - days(ago), "export_action", tool_id="business-case") for ago in (0, 7, 7)])
    settle(connection)
    assert {(row["customer_id"], row["playbook"]) for row in stored(connection)} == {("acme", "some"), ("zebra", "few")}


def test_who_is_held_out_sees_nothing_of_it(connection: psycopg.Connection) -> None:
    plan = plan_with({"id": "p", "when": [_ANY]}, coach=msgspec.structs.replace(QUIET, hold_out=0.5))
    apply(connection, plan)
    now = _now(connection)
    store(connection, [event(f"c{n}", now - days(1)) for n in range(60)])
    settle(connection, now)
    held = {row["customer_id"] for row in stored(connection, "held_out")}
    shown = {row["customer_id"] for row in stored(connection, "not held_out")}
    assert len(held) + len(shown) == 60
    assert 15 < len(held) < 45
    told: dict[str, list[object]] = dict(
        connection.execute("select customer_id, next_recommended_actions from public.behavior_insights").fetchall()
    )
    assert {customer for customer, actions in told.items() if actions} == shown
    announced = connection.execute("select customer_id from milepost.announcements").fetchall()
    assert {customer for (customer,) in announced} == shown


@pytest.mark.parametrize("held_out", [False, True])
def test_a_customer_reads_its_own_alone_and_no_held_out_one(connection: psycopg.Connection, held_out: bool) -> None:
    apply(connection, plan_with({"id": "p", "when": [_ANY]}))
    store(connection, [event(customer, NOON - days(1)) for customer in ("acme", "zebra")])
    settle(connection)
    connection.execute("update milepost.recommendations set held_out = %s", (held_out,))
    with connection.transaction():
        connection.execute("set local role milepost_reader")
        connection.execute("set local milepost.customer_id = 'acme'")
        seen = connection.execute("select customer_id from milepost.recommendations").fetchall()
        assert seen == ([] if held_out else [("acme",)])
    hidden = (
        "recommendation_work",
        "recommendation_acts",
        "recommendation_marks",
        "coach_learned",
        "coach",
        "coach_tallies",
        "destinations",
        "messages",
        "deliveries",
    )
    for forbidden in [f"select * from milepost.{table}" for table in hidden] + [
        "update milepost.recommendations set state = 'done'"
    ]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"begin; set local role milepost_reader; {forbidden}")
        connection.execute("rollback")


def test_a_customer_that_is_gone_leaves_nothing(connection: psycopg.Connection) -> None:
    apply(connection, plan_with({"id": "p", "when": [_ANY]}))
    listen(connection, NOON)
    store(connection, [event("acme", NOON - days(1))])
    settle(connection)
    connection.execute("delete from public.behavior_events")
    for table in ("recommendations", "recommendation_work", "messages", "deliveries"):
        assert connection.execute(f"select count(*) from milepost.{table}").fetchone() == (0,)
