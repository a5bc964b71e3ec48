"""A column store of a test's own, filled by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import msgspec

from milepost.columns import ddl
from milepost.columns.engine import Engine
from milepost.columns.reading import QueryResult, Value

_COLUMNS = [
    "event_id", "customer", "user", "event_type", "event_name", "actor_type", "tool_id", "ts", "is_bot", "ver",
    "metadata",
]  # fmt: skip


class Act(NamedTuple):
    """One event."""

    customer: int
    user: int
    actor: str
    tool: str
    name: str
    when: datetime
    bot: bool = False
    metadata: Mapping[str, str] = MappingProxyType({})


class Store:
    """A column store of its own."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(folder)
        self._next = 0
        self.engine.command(ddl.create_events())
        self.engine.command(ddl.create_traits())

    def add(self, acts: list[Act]) -> None:
        lines = []
        for act in acts:
            self._next += 1
            metadata = msgspec.json.encode(dict(act.metadata)).decode()
            values = (
                UUID(int=self._next), act.customer, act.user, "tool_usage", act.name, act.actor, act.tool,
                act.when.strftime("%Y-%m-%d %H:%M:%S"), int(act.bot), 1, metadata,
            )  # fmt: skip
            lines.append("\t".join(map(str, values)) + "\n")
        self.engine.insert("events", _COLUMNS, "".join(lines).encode())

    def tell(self, trait: str, number: int, since: str, text: str, figure: float = float("nan")) -> None:
        line = f"{trait}\t{number}\t{since} 00:00:00\t2200-01-01 00:00:00\t{text}\t{figure}\t1\n"
        self.engine.insert("traits", ["name", "number", "since", "until", "text", "figure", "ver"], line.encode())

    async def ask(self, sql: str, parameters: dict[str, Value]) -> QueryResult:
        return self.engine.query(sql, parameters)
