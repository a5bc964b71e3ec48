"""What the team does about a recommendation: gives it to somebody, lets it wait, ends it, takes that back. What the
customer says of it is another matter (marks.py): neither is ever taken for the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import UNSET

from milepost.coach.life import DERIVE, asked
from milepost.coach.queue import read_queued
from milepost.coach.said import Act, Acted, Queued
from milepost.errors import InvalidRequest
from milepost.plan import Plan
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.coach", "acts.sql")
_LIFE = load("milepost.coach", "life.sql")
#: The furthest that one may wait.
MOST_SNOOZED: Final = timedelta(days=366)
#: How long one that waited past its end is there when it comes back.
_STAYS: Final = timedelta(days=7)
#: The fields that go with an act, and whether it needs them.
_FIELDS: Final[dict[str, dict[Act, bool]]] = {
    "assignee": {"assign": True},
    "until": {"snooze": True},
    "why": {"dismiss": True},
    "note": {"done": False, "dismiss": False},
}


def check_act(said: Acted, today: date) -> None:
    """Raises InvalidRequest for what is missing or does not belong to the act, and for a day that will not do. `today`:
    of whoever says so."""
    for field, acts in _FIELDS.items():
        sent = getattr(said, field) not in ((UNSET,) if field == "assignee" else (None,))
        if acts.get(said.act, False) and not sent:
            raise InvalidRequest(f"{field} is missing: {said.act} needs it.", field=field)
        if sent and said.act not in acts:
            raise InvalidRequest(
                f"{field} goes with {' or '.join(acts)}, not with {said.act}. Leave it out.", field=field
            )
    if said.until is not None and not today < said.until <= today + MOST_SNOOZED:
        raise InvalidRequest(
            f"until is {said.until}; it takes a day from {today + timedelta(days=1)} to {today + MOST_SNOOZED}.",
            field="until",
        )


async def act(
    connection: DictConnection,
    plan: Plan,
    customer_id: str,
    recommendation_id: UUID,
    said: Acted,
    *,
    now: datetime,
    today: date,
    by: str | None,
) -> Queued:
    """Does it, notes who and when, and answers the recommendation as it is then. One that is over stays as it is, but
    for what the team itself ended, which it may open again. `said`: checked, its assignee a member's address as it is
    kept. `by`: a member's address; None: a secret key. Raises NotFound."""
    values: dict[str, Any] = {
        "customer_id": customer_id,
        "recommendation_id": recommendation_id,
        "now": now,
        "by": by,
        "act": said.act,
        "whom": said.assignee or None,
        "until": said.until,
        "why": said.why,
        "note": said.note,
        "member_id": None,
        "ended": {"done": "done", "dismiss": "dismissed"}.get(said.act),
    }
    await read_queued(connection, customer_id, recommendation_id, now=now, today=today)
    await connection.execute(_LIFE["still_there"], values)
    row = await (await connection.execute(_SQL["held"], values)).fetchone()
    if row is not None and await _do(connection, said.act, dict(row), values, today):
        await connection.execute(_SQL["note"], values)
        if said.act in ("dismiss", "reopen"):
            # Its customer has it no longer, or again.
            await connection.execute(DERIVE, asked([customer_id], plan.coach, now))
            await connection.execute(_LIFE["unsettle"], values)
    return await read_queued(connection, customer_id, recommendation_id, now=now, today=today)


async def _do(connection: DictConnection, what: Act, row: dict[str, Any], values: dict[str, Any], today: date) -> bool:
    """Whether that changed anything."""
    if what == "reopen":
        return (await connection.execute(_SQL["reopen"], values)).rowcount > 0
    if row["ended"] is not None or not row["open"]:
        return False
    if what == "wake" and (row["snoozed_until"] is None or row["snoozed_until"] <= today):
        return False
    if what == "assign" and values["whom"]:
        member = await (await connection.execute(_SQL["member"], values)).fetchone()
        if member is None:
            raise InvalidRequest(
                f"{values['whom']!r} was just removed from the team. Choose another.", field="assignee"
            )
        values["member_id"] = member["member_id"]
    await connection.execute(_SQL["begin"], values)
    statement = {"assign": "assign", "snooze": "snooze", "wake": "snooze", "done": "end", "dismiss": "end"}[what]
    changed = (await connection.execute(_SQL[statement], values)).rowcount > 0
    if what == "snooze" and changed:
        stays = datetime.combine(values["until"], time(), UTC) + _STAYS
        await connection.execute(_SQL["last_until"], values | {"stays": stays})
    return changed
