"""The coach's step of settling: what became of recommendations, and which are due. Idempotent: a day's second look at
the same events makes nothing new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from milepost.coach import life
from milepost.coach.facts import Known, count_events, read_known
from milepost.coach.learned import Lessons
from milepost.coach.playbooks import Made, Past, due, facts_hold, is_held_out, offers
from milepost.coach.read import recommendation
from milepost.insights.customers import Within
from milepost.insights.settle import Settling
from milepost.plan import Plan
from milepost.plan.coach import EventsCondition, hold_out_of
from milepost.store.queries import load

_SQL = load("milepost.coach", "settle.sql")


def _no_segments() -> Mapping[str, Within]:
    return {}


def settle_coach(
    connection: psycopg.Connection,
    settling: Settling,
    segments: Callable[[], Mapping[str, Within]] = _no_segments,
) -> None:
    """Derives the lives of these customers' recommendations, then makes those that are due. `segments`: those that are
    known, by slug; a playbook for another one makes nothing, and nothing of it is withdrawn."""
    if not settling.customers:
        return
    plan = settling.plan
    connection.execute(life.DERIVE, life.asked(settling.customers, plan.coach, settling.now))
    if not settling.slow:
        return
    # Whoever answers one sees it soon; what is new has time.
    settling = settling._replace(customers=settling.slow)
    inside = _members(connection, settling, segments())
    whole = _with_segments(plan, inside.keys())
    plan = switched_on(whole)
    settling = settling._replace(plan=plan)
    lessons = Lessons(_rows(connection, "learned", {}), plan) if plan.coach.learned.active else None
    if not whole.playbooks and not lessons:
        return
    known = {
        customer: msgspec.structs.replace(
            about, segments=frozenset(s for s, those in inside.items() if customer in those)
        )
        for customer, about in read_known(connection, settling).items()
    }
    _count(connection, settling, known)
    _withdraw(connection, settling, known, whole)
    seed, wanted = _one(connection, "about")
    history = _history(connection, settling)
    left = _left(connection, settling)
    held = {playbook.id: hold_out_of(playbook, plan.coach) for playbook in plan.playbooks}
    made: list[tuple[str, Made]] = []
    for customer, about in known.items():
        possible = offers(about, plan) + (lessons.offers(about) if lessons else [])
        if not possible:
            continue

        def held_out(playbook: str, customer: str = customer) -> bool:
            return is_held_out(seed, customer, playbook, held.get(playbook, plan.coach.hold_out))

        found = due(
            possible,
            history[customer],
            most_open=plan.coach.most_open,
            now=settling.now,
            held_out=held_out,
            left=left,
        )
        made += [(customer, one) for one in found]
    if made:
        _store(connection, settling, made, wanted=wanted)


def _members(connection: psycopg.Connection, settling: Settling, segments: Mapping[str, Within]) -> dict[str, set[str]]:
    """Who of these customers is in each segment that a playbook is for."""
    named = {playbook.segment for playbook in settling.plan.playbooks if playbook.segment is not None}
    found = {}
    for slug in sorted(named & segments.keys()):
        within = segments[slug]
        query = sql.SQL(_SQL["members"]).format(within=within.condition)
        values = {**within.values, "now": settling.now, "customers": settling.customers}
        found[slug] = {str(row[0]) for row in connection.execute(query, values)}
    return found


def _with_segments(plan: Plan, known: Collection[str]) -> Plan:
    """The plan without the playbooks for a segment nothing is known of."""
    kept = tuple(one for one in plan.playbooks if one.segment is None or one.segment in known)
    return msgspec.structs.replace(plan, playbooks=kept)


def _count(connection: psycopg.Connection, settling: Settling, known: Mapping[str, Known]) -> None:
    """Counts events for the customers of whom all else that a playbook asks for is so."""
    asked: dict[EventsCondition, dict[str, Known]] = defaultdict(dict)
    for playbook in settling.plan.playbooks:
        conditions = [condition.events for condition in playbook.when if condition.events is not None]
        if conditions:
            maybe = {customer: about for customer, about in known.items() if facts_hold(playbook, about)}
            for condition in conditions:
                asked[condition] |= maybe
    for condition, customers in asked.items():
        if customers:
            count_events(connection, settling, condition, customers)


def switched_on(plan: Plan) -> Plan:
    """The plan without the playbooks that are only replayed."""
    return msgspec.structs.replace(plan, playbooks=tuple(playbook for playbook in plan.playbooks if playbook.active))


def _withdraw(connection: psycopg.Connection, settling: Settling, known: Mapping[str, Known], plan: Plan) -> None:
    """Ends what nobody has taken up and is no longer so: whoever came back did not go quiet. `plan`: the whole one."""
    holds = {customer: {offer.playbook for offer in offers(about, settling.plan)} for customer, about in known.items()}
    gone = [
        (customer, playbook.id)
        for customer, holding in holds.items()
        for playbook in plan.playbooks
        if playbook.id not in holding
    ]
    if gone:
        customers, playbooks = zip(*gone, strict=True)
        values = {"customers": list(customers), "playbooks": list(playbooks), "now": settling.now}
        connection.execute(_SQL["withdraw"], values)


def _history(connection: psycopg.Connection, settling: Settling) -> dict[str, list[Past]]:
    history: dict[str, list[Past]] = defaultdict(list)
    for customer, *row in connection.execute(_SQL["history"], {"customers": settling.customers}):
        history[customer].append(Past(*row))
    return history


def _left(connection: psycopg.Connection, settling: Settling) -> dict[str, int]:
    """How many of each limited playbook may still be made today. One settles at a time, so nobody else takes of it."""
    limits = {p.id: p.most_a_day for p in settling.plan.playbooks if p.most_a_day is not None}
    if not limits:
        return {}
    asked = {"today": settling.today, "playbooks": list(limits)}
    done: dict[str, int] = dict(connection.execute(_SQL["made_today"], asked).fetchall())
    return {playbook: limit - done.get(playbook, 0) for playbook, limit in limits.items()}


def _store(connection: psycopg.Connection, settling: Settling, made: list[tuple[str, Made]], *, wanted: bool) -> None:
    """`wanted`: somewhere messages about them go to."""
    rows = [
        msgspec.structs.asdict(one.offer)
        | {
            "customer_id": customer,
            "held_out": one.held_out,
            "is_first": one.is_first,
            "team": one.offer.team._asdict(),
        }
        for customer, one in made
    ]
    values = {
        "made": msgspec.json.encode(rows).decode(),
        "plan_version": settling.plan_version,
        "now": settling.now,
        "expires_at": life.expires_at(settling.plan.coach, settling.now),
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        stored = cursor.execute(_SQL["insert"], values).fetchall()
        if wanted and stored:
            cursor.executemany(_SQL["tell"], [_message(row, settling.now) for row in stored])


def _message(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "customer_id": row["customer_id"],
        "recommendation_id": row["recommendation_id"],
        "playbook": row["playbook"],
        "data": msgspec.json.encode(recommendation(row, now)).decode(),
        "now": now,
    }


def _rows(connection: psycopg.Connection, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], values).fetchall()


def _one(connection: psycopg.Connection, name: str) -> tuple[Any, ...]:
    row = connection.execute(_SQL[name]).fetchone()
    assert row is not None
    return row
