"""Who of the team recorded an offline action by hand, and who changed it last. Customers never see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.dashboard.offline", "actions.sql")


class Authors(msgspec.Struct, frozen=True, kw_only=True):
    """E-mail addresses as they were then; None where nobody did, or nobody was signed in."""

    recorded_by: str | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None

    def named(self, names: Mapping[str, str]) -> Authors:
        """By what members are called, where their address has a name."""
        who = (by and names.get(by, by) for by in (self.recorded_by, self.changed_by))
        return Authors(recorded_by=next(who), changed_by=next(who), changed_at=self.changed_at)

    @property
    def in_words(self) -> str:
        """Empty where nobody is known."""
        if not self.changed_by or self.changed_by == self.recorded_by:
            return f"by {self.recorded_by}" if self.recorded_by else ""
        return (
            f"by {self.recorded_by}, changed by {self.changed_by}"
            if self.recorded_by
            else f"changed by {self.changed_by}"
        )


NOBODY: Final = Authors()


async def note_changer(connection: DictConnection, action_id: UUID, by: str | None, *, now: datetime) -> None:
    """Keeps who changed it; a page that nobody signed in to says nothing."""
    if by:
        await connection.execute(_SQL["note_changer"], {"action_id": action_id, "by": by, "now": now})


async def read_authors(connection: DictConnection, action_ids: Sequence[UUID]) -> dict[UUID, Authors]:
    """Of those that have any."""
    cursor = await connection.execute(_SQL["authors"], {"action_ids": list(action_ids)})
    return {UUID(str(row.pop("action_id"))): msgspec.convert(row, Authors) for row in await cursor.fetchall()}
