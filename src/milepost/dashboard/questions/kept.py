"""Saved reports (a question with a name) and dashboards (cards of them, in an order), in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from milepost.dashboard.questions.asked import NAMES, Name, PageQuestion
from milepost.errors import InvalidRequest, NotFound
from milepost.store.database import Database, Row
from milepost.store.queries import load
from milepost.vocabulary import MAX_NAME_LENGTH

MOST_CARDS = 24
_SQL = load("milepost.dashboard.questions", "kept.sql")


class Look(msgspec.Struct, frozen=True):
    """How a report is shown: on which page, and the query of its address."""

    page: str = ""
    address: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    report_id: UUID
    name: str
    shown: Look
    created_by: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def question(self) -> Name:
        return next(name for name in NAMES if name == self.shown.page)

    @property
    def url(self) -> str:
        return f"/{self.question}?{self.shown.address}" if self.shown.address else f"/{self.question}"


#: In sixths of the page: a third, a half, all of it.
Width = Literal[2, 3, 6]
#: The narrowest first.
WIDTHS: Final[tuple[Width, ...]] = get_args(Width)


class Card(msgspec.Struct, frozen=True):
    """`width`: how much of the page it takes."""

    report_id: UUID
    width: Width = 3

    @property
    def size(self) -> str:
        return {2: "third", 3: "half", 6: "whole"}[self.width]


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    dashboard_id: UUID
    name: str
    cards: tuple[Card, ...]
    #: The days, the comparison and the segment of all its cards, as an address says them; "": each its own.
    frame: str
    created_by: str | None
    created_at: datetime
    updated_at: datetime


async def reports(database: Database) -> list[Report]:
    """By name. One that no page here shows was saved by a program or another version: it is left out."""
    async with database.transaction() as connection:
        rows = await (await connection.execute(_SQL["reports"])).fetchall()
    return [found for row in rows if (found := report_of(row)) is not None]


async def report(database: Database, report_id: UUID) -> Report:
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["report"], {"report_id": report_id})).fetchone()
    found = None if row is None else report_of(row)
    if found is None:
        raise NotFound("There is no such report; it may have been deleted.")
    return found


async def save_report(database: Database, name: str, asked: PageQuestion, *, by: str | None) -> UUID:
    """Keeps the question itself, for programs, and the address of its page, for people."""
    values = {
        "name": named(name),
        "question": Jsonb(msgspec.to_builtins(asked.questions[0])),
        "shown": Jsonb({"page": asked.name, "address": asked.query}),
        "by": by,
    }
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["save_report"], values)).fetchone()
    return UUID(str(row["report_id"] if row else ""))


async def rename_report(database: Database, report_id: UUID, name: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(_SQL["rename_report"], {"report_id": report_id, "name": named(name)})


async def delete_report(database: Database, report_id: UUID) -> None:
    """Cards of it show nothing from now on, and are left out when their dashboard is arranged next."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["delete_report"], {"report_id": report_id})


async def dashboards(database: Database) -> list[Dashboard]:
    async with database.transaction() as connection:
        rows = await (await connection.execute(_SQL["dashboards"])).fetchall()
    return msgspec.convert(rows, list[Dashboard])


async def dashboard(database: Database, dashboard_id: UUID) -> Dashboard:
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL["dashboard"], {"dashboard_id": dashboard_id})).fetchone()
    if row is None:
        raise NotFound("There is no such dashboard; it may have been deleted.")
    return msgspec.convert(row, Dashboard)


async def make_dashboard(database: Database, name: str, *, by: str | None) -> UUID:
    async with database.transaction() as connection:
        made = await connection.execute(_SQL["make_dashboard"], {"name": named(name), "by": by})
        row = await made.fetchone()
    return UUID(str(row["dashboard_id"] if row else ""))


async def rename_dashboard(database: Database, dashboard_id: UUID, name: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(_SQL["rename_dashboard"], {"dashboard_id": dashboard_id, "name": named(name)})


async def set_frame(database: Database, dashboard_id: UUID, frame: str) -> None:
    """Keeps what holds for all its cards, as an address says it (frame.py)."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["set_frame"], {"dashboard_id": dashboard_id, "frame": frame})


async def arrange(
    database: Database, dashboard_id: UUID, change: Callable[[tuple[Card, ...]], tuple[Card, ...]]
) -> Dashboard:
    """The dashboard after a change of its cards; others who arrange it wait their turn."""
    async with database.transaction() as connection:
        found = await connection.execute(_SQL["dashboard_to_change"], {"dashboard_id": dashboard_id})
        row = await found.fetchone()
        if row is None:
            raise NotFound("There is no such dashboard; it may have been deleted.")
        before = msgspec.convert(row, Dashboard)
        cards = change(before.cards)[:MOST_CARDS]
        values = {"dashboard_id": dashboard_id, "cards": Jsonb(msgspec.to_builtins(cards))}
        await connection.execute(_SQL["lay_out"], values)
    return msgspec.structs.replace(before, cards=cards)


async def delete_dashboard(database: Database, dashboard_id: UUID) -> None:
    async with database.transaction() as connection:
        await connection.execute(_SQL["delete_dashboard"], {"dashboard_id": dashboard_id})


def report_of(row: Row) -> Report | None:
    """None where no page here shows it: a program saved it, or another version."""
    try:
        found = msgspec.convert(row, Report)
    except msgspec.ValidationError:
        return None
    return found if found.shown.page in NAMES else None


def named(name: str) -> str:
    """Raises InvalidRequest for a name nobody can see, or one that is too long."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise InvalidRequest(f"Give it a name of 1 to {MAX_NAME_LENGTH} characters.", field="name")
    return name
