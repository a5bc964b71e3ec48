"""Traits in the mirror: what changed since a snapshot is added, all of them are replaced, the two stores compared."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template
from typing import LiteralString

from psycopg import Connection, sql

from milepost.columns import ddl
from milepost.columns.engine import Engine
from milepost.columns.follow import TRAITS, Unnumbered
from milepost.store.queries import load

_SQL = load("milepost.columns", "traits.sql")
_BLOCK = 16 << 20
#: Without, the last digit of a number may differ from PostgreSQL's.
_EXACT = {"precise_float_parsing": 1}
#: How COPY writes a number that is none.
_NULL = b"\t\\N\t"
_SINCE: LiteralString = (
    "t.xid >= pg_snapshot_xmin({seen}::pg_snapshot) and not pg_visible_in_snapshot(t.xid, {seen}::pg_snapshot)"
)


class Traits:
    """The table of traits in one engine. Not thread-safe for writing: the loader keeps it, in its turn."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        engine.command(ddl.create_traits())

    def change(self, connection: Connection, seen: str, ver: int) -> None:
        """Adds what changed since the snapshot `seen`, as the connection's transaction sees it. `ver` and the one above
        it are this load's. Raises Unnumbered."""
        gone = [int(number) for (number,) in connection.execute(_SQL["gone"], {"seen": seen})]
        if gone:
            self._engine.command(_SQL["take_away"], {"ver": ver, "numbers": gone})
        for block in _copied(connection, ver + 1, sql.SQL(_SINCE).format(seen=sql.Literal(seen))):
            self._engine.insert("traits", list(TRAITS), block, settings=_EXACT)

    def replace(self, connection: Connection, ver: int) -> None:
        """Replaces all of them. Whoever asks meanwhile gets the old ones, then the new ones. Raises Unnumbered."""
        self._engine.command("drop table if exists traits_new")
        self._engine.command(ddl.create_traits("traits_new"))
        for block in _copied(connection, ver, sql.SQL("true")):
            self._engine.insert("traits_new", list(TRAITS), block, settings=_EXACT)
        self._engine.command("exchange tables traits and traits_new")
        self._engine.command("drop table if exists traits_new")

    def sum(self) -> tuple[int, int]:
        """How many rows there are, and a checksum of them, modulo 2^64."""
        ((rows, total),) = self._engine.query(_SQL["mirror_sum"]).rows
        return int(str(rows)), int(str(total))

    def wipe_deleted(self) -> None:
        """Takes what was erased off the disk."""
        if self._engine.query(_SQL["has_deleted"]).rows[0][0]:
            self._engine.command("optimize table traits final cleanup")


def changed(connection: Connection, seen: str) -> bool:
    """Whether any changed since the snapshot `seen`."""
    row = connection.execute(_SQL["changed"], {"seen": seen}).fetchone()
    return bool(row and row[0])


def number(connection: Connection, seen: str | None) -> None:
    """Gives numbers to whom traits that changed since `seen`, or all of them, are of."""
    connection.execute(_SQL["number"], {"seen": seen})


def sum_of(connection: Connection) -> tuple[int, int]:
    """As `Traits.sum`, of PostgreSQL's."""
    statement = Template(_SQL["sum"]).substitute(row=_SQL["row"], people=_SQL["people"])
    row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _copied(connection: Connection, ver: int, condition: sql.Composable) -> Iterator[bytes]:
    """Blocks of COPY text, cut between rows. Raises Unnumbered."""
    row = f"{_SQL['row']}, {_SQL['figure']}, {ver}, 0".replace("{", "{{").replace("}", "}}")
    statement: LiteralString = Template(_SQL["copy"]).substitute(row=row, people=_SQL["people"], changed="{}")
    parts: list[bytes] = []
    size = 0
    with connection.cursor() as cursor, cursor.copy(sql.SQL(statement).format(condition)) as copy:
        for data in map(bytes, copy):  # each ends with the end of a row
            if _NULL in data:
                raise Unnumbered
            parts.append(data)
            size += len(data)
            if size >= _BLOCK:
                yield b"".join(parts)
                parts, size = [], 0
    if parts:
        yield b"".join(parts)
