"""What a member's weekly mail says, and when such mails are due: on Mondays at seven by each one's own clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, cast
from uuid import UUID

import msgspec
from psycopg import sql

from milepost.digests.digest import Digest, Line, Section
from milepost.errors import DatabaseUnavailable
from milepost.insights.at_risk import against_own_past, first_at_risk
from milepost.insights.by_owner import owned_by
from milepost.links import customer_url
from milepost.store.database import Database, DictConnection, Row
from milepost.store.queries import load
from milepost.supervisor import Supervisor, Task

_SQL = load("milepost.digests", "digests.sql")
_NEEDED: Final = 5
_MOVED: Final = 3
_TASKS: Final = 10
#: Seconds between two looks for mails that are due.
_TICK: Final = 60.0


#: Makes the weekly mail of a dashboard, by a clock (an IANA name); None: it cannot be made now, and waits.
OfDashboard = Callable[[UUID, str], Awaitable[Digest | None]]


async def compose(connection: DictConnection, email: str, *, now: datetime) -> Digest:
    """The seven UTC days up to yesterday. Raises DatabaseUnavailable."""
    today = now.astimezone(UTC).date()
    first, last = today - timedelta(days=7), today - timedelta(days=1)
    owner = email.lower()
    owned = owned_by(owner)
    figures = await _one(connection, sql.SQL(_SQL["figures"]).format(owned=owned), owner=owner, first=first, last=today)
    owns, active, before = (int(str(figures[name])) for name in ("owned", "active", "before"))
    needs = await first_at_risk(connection, now=now, limit=_NEEDED, owner=owner, theirs=True)
    sections = [
        Section(
            "Who needs you",
            tuple(Line(one.name, one.reason, customer_url(one.customer_id)) for one in needs.first),
            "None of your accounts is at risk.",
            needs.total - len(needs.first),
            "/customers?status=at_risk&sort=-risk",
        ),
        Section("Who moved up", await _moved(connection, owned, owner), "None stands out against their own past."),
        Section("Your tasks", await _tasks(connection, email, today), "Nothing is due this week.", path="/tasks"),
        Section("What was done", await _done(connection, owned, owner, first), "Nothing was noted for your accounts."),
    ]
    if not owns:
        title = "Your week: no account has you as its owner yet"
    else:
        title = f"Your week: {active} of {owns} accounts active, {_than(active, before)}"
    return Digest(title, f"{_day(first)} to {_day(last)}.", tuple(sections))


class Digests:
    """The background task that has the mails sent."""

    def __init__(
        self, database: Database, of_dashboard: OfDashboard, *, now: Callable[[], datetime], tick: float = _TICK
    ) -> None:
        self._database = database
        self._of_dashboard = of_dashboard
        self._now = now
        self._tick = tick

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database."""
        supervisor.start("digests", self._run)

    async def _run(self, task: Task) -> None:
        task.works()
        while True:
            await asyncio.sleep(self._tick)
            await tell_due(self._database, self._of_dashboard, now=self._now())
            task.works()


async def tell_due(database: Database, of_dashboard: OfDashboard, *, now: datetime) -> int:
    """Puts the mails that are due into the outbox, each once, whichever server looks and wherever it is cut short;
    answers how many. One that cannot be made now is due at the next look. Raises DatabaseUnavailable, and
    what went wrong with one when the others are told."""
    async with database.transaction() as connection:
        rows = await (await connection.execute(_SQL["due"], {"now": now})).fetchall()
    told, failed, made = 0, list[Exception](), dict[tuple[UUID, str], Digest | None]()
    for row in rows:
        try:
            digest = await _made(database, of_dashboard, row, made, now)
            told += 0 if digest is None else await _tell(database, row, digest, now)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 -- raised below: no mail keeps the others from going out
            failed.append(error)
    if failed:
        raise failed[0]
    return told


async def _made(
    database: Database,
    of_dashboard: OfDashboard,
    due: Row,
    made: dict[tuple[UUID, str], Digest | None],
    now: datetime,
) -> Digest | None:
    if due["dashboard_id"] is None:
        async with database.transaction() as connection:
            return await compose(connection, str(due["email"]), now=now)
    # Of everybody whose clock is the same a dashboard says the same.
    key = cast(UUID, due["dashboard_id"]), str(due["time_zone"])
    if key not in made:
        made[key] = await of_dashboard(*key)
    return made[key]


async def _tell(database: Database, due: Row, digest: Digest, now: datetime) -> int:
    values = {
        "destination_id": due["destination_id"],
        "week": due["week"],
        "data": msgspec.json.encode(digest).decode(),
        "now": now,
    }
    async with database.transaction() as connection:
        await connection.execute(_SQL["in_turn"])
        return (await connection.execute(_SQL["tell"], values)).rowcount


async def _moved(connection: DictConnection, owned: sql.Composable, owner: str) -> tuple[Line, ...]:
    query = sql.SQL(_SQL["moved"]).format(owned=owned)
    rows = await (await connection.execute(query, {"owner": owner, "limit": _MOVED})).fetchall()
    return tuple(
        Line(_name(row), against_own_past(int(str(row["active_days"])), float(str(row["usual_days"]))), _path_of(row))
        for row in rows
    )


async def _tasks(connection: DictConnection, email: str, today: date) -> tuple[Line, ...]:
    values = {"email": email, "last": today, "limit": _TASKS}
    rows = await (await connection.execute(_SQL["tasks"], values)).fetchall()
    return tuple(
        Line(str(row["title"]), f"{_name(row)}, {_due(cast(date, row['due']), today)}", _path_of(row)) for row in rows
    )


async def _done(connection: DictConnection, owned: sql.Composable, owner: str, first: date) -> tuple[Line, ...]:
    ids = sql.SQL(_SQL["ids"]).format(owned=owned)
    since = datetime.combine(first, time(), UTC)
    counts = await _one(connection, sql.SQL(_SQL["done"]).format(ids=ids), owner=owner, since=since)
    words = (
        ("notes", "note", "notes"),
        ("tasks", "task done", "tasks done"),
        ("actions", "call, workshop or other offline action", "calls, workshops and other offline actions"),
        ("followed", "recommendation followed", "recommendations followed"),
    )
    return tuple(
        Line(f"{count} {one if count == 1 else many}", "", "")
        for name, one, many in words
        if (count := int(str(counts[name])))
    )


async def _one(connection: DictConnection, query: sql.Composed, **values: object) -> Row:
    row = await (await connection.execute(query, values)).fetchone()
    assert row is not None
    return row


def _than(active: int, before: int) -> str:
    if active == before:
        return "as many as the week before"
    return f"{abs(active - before)} {'more' if active > before else 'fewer'} than the week before"


def _due(due: date, today: date) -> str:
    days = (due - today).days
    if days < 0:
        return f"{-days} {'day' if days == -1 else 'days'} late"
    return {0: "due today", 1: "due tomorrow"}.get(days, f"due in {days} days")


def _day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def _name(row: Row) -> str:
    return str(row["name"] or row["customer_id"])


def _path_of(row: Row) -> str:
    return customer_url(str(row["customer_id"]))
