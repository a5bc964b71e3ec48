"""How the server does, as `/ready` and `/health` tell insiders: what works and what does not, in sentences."""

from __future__ import annotations

from typing import Final

import msgspec

from milepost.access.services import AnyRequest, Services, services
from milepost.dashboard import format as fmt
from milepost.export.schedules import failing_exports
from milepost.messages.destinations import Destination, list_destinations
from milepost.store.queries import load

_SQL = load("milepost.dashboard.settings", "server.sql")
#: As docs/running.md says: up to here is usual, as it is looked at every 5 s.
_USUAL_SECONDS: Final = 10


class Stored(msgspec.Struct, frozen=True):
    """The database: its version, its bytes, and about how many events it has; below 0 where it has not looked yet."""

    version: str
    bytes: int
    events: int


class Check(msgspec.Struct, frozen=True):
    """One thing that works, or does not (`ok`), and how."""

    label: str
    said: str
    ok: bool = True


class Failing(msgspec.Struct, frozen=True):
    """Background work that fails, so often in a row, for so many seconds."""

    task: str
    failures: int
    seconds: float


async def read_stored(request: AnyRequest) -> Stored:
    """What there is. Raises DatabaseUnavailable."""
    async with services(request).database.transaction() as connection:
        row = await (await connection.execute(_SQL["database"])).fetchone()
    return msgspec.convert(row, Stored)


async def read_health(request: AnyRequest) -> tuple[Check, ...]:
    """Every check, in a fixed order. Raises DatabaseUnavailable."""
    served = services(request)
    async with served.database.transaction() as connection:
        destinations = await list_destinations(connection, now=served.now())
        exports = [(one.target, one.problem) for one in await failing_exports(connection)]
    failing = [Failing(task.task, task.failures, task.seconds) for task in served.supervisor.failing()]
    watch = served.columns_watch
    return (
        database_check(served.database.room.lacking or served.not_ready, writes=served.writer.available),
        columns_check(watch.seconds_behind, watch.trouble, on=served.settings.columns),
        tasks_check(failing),
        aside_check(_aside(served)),
        messages_check(destinations),
        exports_check(exports),
    )


def database_check(lacking: str | None, *, writes: bool) -> Check:
    if lacking:
        return Check("Database", lacking, ok=False)
    if not writes:
        return Check("Database", "The event writer has no connection to it.", ok=False)
    return Check("Database", "It answers, has room, and takes events.")


def columns_check(behind: float | None, trouble: str, *, on: bool) -> Check:
    label = "Column store"
    if not on:
        return Check(label, "Switched off (MILEPOST_COLUMNS): questions over all events are not answered.")
    if trouble:
        return Check(label, trouble, ok=False)
    if behind is None:
        return Check(label, "Starting: how far it has come is not known yet.")
    if behind <= _USUAL_SECONDS:
        return Check(label, "It has everything up to a few seconds ago.")
    return Check(label, f"It has everything up to {_long(behind)} ago.")


def tasks_check(failing: list[Failing]) -> Check:
    if not failing:
        return Check("Background work", "Every task works.")
    said = ", ".join(f"{one.task} ({_times(one.failures)} in a row, for {_long(one.seconds)})" for one in failing)
    return Check("Background work", f"Fails and is tried again, the log says why: {said}.", ok=False)


def aside_check(count: int) -> Check:
    if not count:
        return Check("Customers’ figures", "Every customer’s are up to date.")
    customers = fmt.plural(count, "customer")
    said = f"Those of {fmt.integer(count)} {customers} cannot be brought up to date; the log names them."
    return Check("Customers’ figures", said, ok=False)


def messages_check(destinations: list[Destination]) -> Check:
    label, on = "Messages", [one for one in destinations if one.disabled_at is None]
    if not destinations:
        return Check(label, "They go nowhere: no destination is set up under Messages.")
    delivered, waiting, gave_up = (sum(column) for column in zip(*map(_fared, destinations), strict=True))
    said = (
        f"In 7 days {fmt.integer(delivered)} accepted, {fmt.integer(waiting)} waiting, {fmt.integer(gave_up)} given up."
    )
    failing = [one.name for one in on if one.failing_since is not None]
    if failing:
        said += f" Every try fails: {', '.join(failing)}."
    if off := len(destinations) - len(on):
        said += f" {fmt.integer(off)} {fmt.plural(off, 'destination is', 'destinations are')} switched off."
    return Check(label, said, ok=not gave_up and not failing)


def _fared(one: Destination) -> tuple[int, int, int]:
    return one.delivered, one.waiting, one.gave_up


def exports_check(failing: list[tuple[str, str]]) -> Check:
    """`failing`: where to, and why not."""
    if not failing:
        return Check("Exports", "None that is scheduled fails.")
    said = " ".join(f"To {target}: {problem}" for target, problem in failing)
    return Check("Exports", f"Fail, and are tried again every quarter of an hour. {said}", ok=False)


def _aside(served: Services) -> int:
    return len(served.aside)


def _long(seconds: float) -> str:
    return fmt.duration(round(seconds * 1000))


def _times(count: int) -> str:
    return f"{fmt.integer(count)} {fmt.plural(count, 'time')}"
