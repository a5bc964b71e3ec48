"""One SQLite database of records that wait for their receipt; shared by processes when it is a file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from milepost.client.capture import EVENT, IDENTITY, Kind


class Pending(NamedTuple):
    """A record that is to be kept until its receipt."""

    record_id: str
    kind: Kind
    rank: int
    body: bytes


class Held(NamedTuple):
    """A record that is kept, with its place."""

    seq: int
    record_id: str
    rank: int
    body: bytes


def _load(file: Path) -> dict[str, str]:
    """`-- name: x` blocks of an .sql file, by name."""
    blocks = file.read_text(encoding="utf-8").split("-- name: ")[1:]
    return {block.partition("\n")[0].strip(): block.partition("\n")[2].strip() for block in blocks}


_SQL = _load(Path(__file__).with_name("spool.sql"))
_AT_ONCE = 150  # rows in one statement: five marks each, and older SQLite takes 999
_BUSY_SECONDS = 1.0  # another process's transaction is a matter of milliseconds
_WAL_BYTES = 4 * 1024 * 1024
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_corrupt(error: BaseException) -> bool:
    """Whether this says that the file is no (intact) SQLite database, rather than busy, full or read-only."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _CORRUPT


class Spool:
    """The rows of one owner in one database. Not thread-safe: its `Outbox` holds a lock.

    Every method may raise sqlite3.Error (disk full, read-only, locked, corrupt), having changed nothing.
    A transaction is durable when its process is killed; WAL with `synchronous=NORMAL` means that a power
    cut may take the last of them, but never damages the file.
    """

    def __init__(self, path: Path | None, owner: str, max_bytes: int) -> None:
        """Opens (creates) the file, or a database in memory for `path=None`."""
        self._owner = owner
        self._path = path
        if path is not None:
            # Made by us first: what is in it is the customers', so nobody else may read it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self.inode: int | None = path.stat().st_ino
        else:
            self.inode = None
        name = ":memory:" if path is None else str(path)
        self._db = sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if path is not None:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.execute(f"PRAGMA journal_size_limit={_WAL_BYTES}")
            self._db.execute("PRAGMA temp_store=MEMORY")
            with self._transaction():
                for statement in ("create_outbox", "create_index_send", "create_index_evict"):
                    self._db.execute(_SQL[statement])
            self._page_size = self._number("PRAGMA page_size")
            # The empty tables' pages do not count against the bound.
            self._max_bytes = max_bytes + 8 * self._page_size
            self._count = self._number(_SQL["count"], owner)
        except BaseException:
            self._db.close()
            raise

    @property
    def count(self) -> int:
        """Rows of this owner."""
        return self._count

    def insert(self, rows: Sequence[Pending]) -> list[Held]:
        """Keeps rows, all or none; returns what had to be given up for them, new rows included."""
        with self._transaction():
            for start in range(0, len(rows), _AT_ONCE):
                part = rows[start : start + _AT_ONCE]
                values = [value for row in part for value in (row.record_id, row.kind, row.rank, self._owner, row.body)]
                self._db.execute(_SQL["insert"] + ", (?, ?, ?, ?, ?)" * (len(part) - 1), values)
            given_up = self._make_room()
        self._count += len(rows) - len(given_up)
        return given_up

    def _make_room(self) -> list[Held]:
        given_up: list[Held] = []
        while (excess := self._used_bytes() - self._max_bytes) > 0:
            # A page is free only when all on it is gone, so some more than the excess goes, in small steps.
            victims = list(self._evictable(excess + self._page_size))
            if not victims:
                break  # the space is other processes' rows, which they look after
            self._delete([row.seq for row in victims])
            given_up += victims
        return given_up

    def _evictable(self, size: int) -> Iterator[Held]:
        for seq, record_id, length, body in self._db.execute(_SQL["evictable"], (self._owner, 1000)).fetchall():
            yield Held(seq, record_id, 0, body)
            size -= length
            if size <= 0:
                return

    def _used_bytes(self) -> int:
        pages = self._number("PRAGMA page_count") - self._number("PRAGMA freelist_count")
        return pages * self._page_size

    def next_batch(self, limit: int, max_bytes: int, skip: set[int]) -> tuple[Kind, list[Held]]:
        """The oldest rows that go in one request: of one kind, at most `limit`, and `max_bytes` (but one row)."""
        first = self._db.execute(_SQL["next_kind"], (self._owner,)).fetchone()
        if first is None:
            return EVENT, []
        rows: list[Held] = []
        for kind in (IDENTITY, EVENT) if first[0] == IDENTITY else (EVENT, IDENTITY):
            size = 0
            for held in self._rows(kind, limit + len(skip)):
                if held.seq in skip:
                    continue
                size += len(held.body) + 1
                if rows and (size > max_bytes or len(rows) >= limit):
                    break
                rows.append(held)
            if rows:
                return kind, rows
        return EVENT, []

    def _rows(self, kind: Kind, limit: int) -> Iterator[Held]:
        columns = self._db.execute(_SQL["next_rows"], (self._owner, kind, limit)).fetchone()
        if columns[0] is None:
            return
        # No body has a line break in it: JSON writes those as \\n.
        for seq, record_id, rank, body in zip(*(str(column).split("\n") for column in columns), strict=True):
            yield Held(int(seq), record_id, int(rank), body.encode())

    def delete(self, seqs: Iterable[int]) -> None:
        """Forgets rows for good."""
        with self._transaction():
            before = self._db.total_changes
            self._delete(list(seqs))
            gone = self._db.total_changes - before
        self._count -= gone

    def _delete(self, seqs: list[int]) -> None:
        for start in range(0, len(seqs), _AT_ONCE):
            part = seqs[start : start + _AT_ONCE]
            marks = "(" + "?, " * (len(part) - 1) + "?)"
            self._db.execute(_SQL["delete"].replace("(?)", marks), part)

    def adopt(self, is_dead: Callable[[str], bool]) -> int:
        """Takes over the rows that have no owner, or whose owner `is_dead`; returns how many."""
        owners = [owner for (owner,) in self._db.execute(_SQL["owners"], (self._owner,)).fetchall()]
        dead = [owner for owner in owners if is_dead(owner)]
        if not dead:
            return 0
        with self._transaction():
            number = sum(self._db.execute(_SQL["adopt"], (self._owner, owner)).rowcount for owner in dead)
        self._count += number
        return number

    def highest(self) -> int:
        """The place of the newest row of this owner; 0 when it has none."""
        return self._number(_SQL["highest"], self._owner)

    def has_up_to(self, seq: int) -> bool:
        """Whether a row of this owner up to that place still waits."""
        return bool(self._number(_SQL["any_up_to"], self._owner, seq))

    def is_in_place(self) -> bool:
        """Whether the file is still where it was opened: rows in one that was removed die with the process."""
        try:
            return self._path is None or self._path.stat().st_ino == self.inode
        except OSError:
            return False

    def close(self) -> None:
        self._db.close()

    def _number(self, sql: str, *values: object) -> int:
        (value,) = self._db.execute(sql, values).fetchone()
        return int(value)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
