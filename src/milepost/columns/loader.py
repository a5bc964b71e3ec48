"""Keeps the mirror up with PostgreSQL: loads what changed, builds it anew where it cannot go on, proves it equal."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import psycopg
from psycopg import Connection

from milepost.columns import follow, traits
from milepost.columns.follow import Moment
from milepost.columns.mending import Damaged, mend
from milepost.columns.mirror import Load, Mirror
from milepost.columns.reading import (
    ColumnsDamaged,
    ColumnsUnavailable,
    DayDifference,
    Freshness,
    Progress,
    Proof,
    QuestionFailed,
)
from milepost.columns.rollup import Rollup
from milepost.columns.traits import Traits
from milepost.store.patience import watchful
from milepost.supervisor import in_a_line

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_BUSY_POLL_SECONDS, _BUSY_ROWS = 1.0, 1_000
#: How often a moment with nothing new is noted all the same, so that a start does not look back too far.
_NOTE_SECONDS = 60.0
_WIPE_SECONDS = 600.0
#: More changed events than this at once are quicker to load with everything else.
_MOST_CHANGED = 2_000_000
_TRIES = 20
#: Two servers that share one ClickHouse have one loader between them.
_LOCK = "select pg_try_advisory_lock(hashtext('milepost.columns.loader'))"


class Loader:
    """Reads PostgreSQL at `dsn`, writes into `mirror`. `run` is its thread; the rest may be called from any."""

    def __init__(self, mirror: Mirror, dsn: str, *, shared: bool) -> None:
        """`shared`: the mirror is a ClickHouse server that other servers of ours may load as well."""
        self._mirror = mirror
        self._rollup = Rollup(mirror.engine)
        self._traits = Traits(mirror.engine)
        self._dsn = dsn
        self._shared = shared
        self._turn = threading.Lock()  # one load, rebuild or copy at a time
        self._stop = threading.Event()
        self._building: tuple[int, int] | None = None
        self._load = mirror.last_load()
        self._seen = self._load.at if self._load else None
        self._noted = self._wiped = time.monotonic()
        self._opened = self._checked = False
        self._suspected = threading.Event()
        self._mended = 0.0  # when it was last found out which parts are damaged
        self._trouble = ""
        self._loaded = 0  # events of the newest load
        try:
            self._rollup.look()
        except ColumnsDamaged:
            self.suspect(time.monotonic())

    def freshness(self) -> Freshness:
        return Freshness(self._seen, self._building, sorted(self._rollup.months), self._trouble)

    def suspect(self, since: float) -> None:
        """A statement that began at `since` (monotonic) could not read a part: they are looked through, and mended.
        Not for one that began before the last time.
        """
        if since > self._mended and not self._shared:
            self._suspected.set()

    def stop(self) -> None:
        self._stop.set()

    def run(self, works: Callable[[], None]) -> None:
        """Until stopped; calls `works` whenever the mirror has come up to PostgreSQL.

        Raises Damaged when the mirror's files are, and could not be mended. Raises psycopg.Error while PostgreSQL is
        away and Problem when a load failed: then call it again.
        """
        if not self._opened and not self._shared and self._mirror.is_damaged():
            self.suspect(time.monotonic())
        self._opened = True
        try:
            with self._connect() as connection:
                while not self._stop.is_set():
                    if self._suspected.is_set():
                        self._mend(connection)
                    began = time.monotonic()
                    try:
                        self._turn_once(connection)
                    except ColumnsDamaged:
                        if self._shared:  # a server's files are not ours to mend
                            raise
                        self.suspect(began)
                        continue
                    self._trouble = ""
                    works()
                    # Large loads cost less a row: with much to do, do it less often.
                    self._stop.wait(_BUSY_POLL_SECONDS if self._loaded > _BUSY_ROWS else _POLL_SECONDS)
        except (QuestionFailed, ColumnsDamaged) as error:
            raise Damaged(error.message) from error
        except ColumnsUnavailable as error:
            self._trouble = error.message
            raise
        except psycopg.ProgrammingError as error:
            if self._seen is not None:
                raise
            # It is started beside the migrations, so what it reads may not be there yet.
            raise ColumnsUnavailable(f"The database is not ready for it: {in_a_line(error)}", retry_after=5) from error

    def _turn_once(self, connection: Connection) -> None:
        if self._shared and not self._has_turn(connection):
            load = self._mirror.last_load()
            self._seen = load.at if load else None
            return
        self.sync(connection)
        if not self._checked:
            self._check()
        with self._turn:
            self._rollup.build_one(self._require_load().batch, self._require_load().at)
        if time.monotonic() - self._wiped > _WIPE_SECONDS:
            self._wiped = time.monotonic()
            with self._turn:
                self._mirror.wipe_deleted()
                self._traits.wipe_deleted()

    def _has_turn(self, connection: Connection) -> bool:
        row = connection.execute(_LOCK).fetchone()
        return bool(row and row[0])

    def sync(self, connection: Connection) -> Moment:
        """Brings the mirror up to this moment, and answers it."""
        with self._turn:
            now = self._catch_up(connection)
            self._seen = now.at
            return now

    def rebuild(self, progress: Progress) -> int:
        """Loads everything anew; answers the events loaded."""
        with self._connect() as connection, self._turn:
            now = follow.moment(connection)
            done = self._rebuild(connection, now, progress)
            self._seen = now.at
            return done

    def verify(self) -> Proof:
        """Compares the two stores by day, as they are at one moment; loading goes on meanwhile."""
        with self._connect() as connection, self._connect() as other:
            try:
                with self._turn:
                    self._come_level(connection, other)
                    self._mirror.copy_table("events_compared")
                    traits_there = self._traits.sum()
                theirs = self._mirror.days("events_compared")
                ours = follow.days(connection)
                traits_here = traits.sum_of(connection)
            finally:
                self._mirror.drop_table("events_compared")
        differences = [
            DayDifference(day, ours.get(day), theirs.get(day))
            for day in sorted(ours.keys() | theirs.keys())
            if ours.get(day) != theirs.get(day)
        ]
        if traits_here != traits_there:
            differences.append(DayDifference("traits", traits_here, traits_there))
        return Proof(len(ours), sum(count for count, _ in ours.values()), traits_here[0], differences)

    def _mend(self, connection: Connection) -> None:
        with self._turn:
            if self._load is None:  # how far it had come is lost: everything is loaded
                self._catch_up(connection)
            else:
                load = self._load
                ver, others = mend(connection, self._mirror, self._says)
                if "traits" in others:
                    self._replace_traits(connection, ver + 1)
                if "loads" in others:
                    self._mirror.forget_loads()
                # Up to when everything is there has not changed: what came since is loaded once more, as a change.
                self._finish(ver, Moment(load.snapshot, load.at, load.epoch, None))
                if others & {"activity", "rollups"}:
                    self._rollup.forget()
                else:
                    self._rollup.look()
            self._mirror.drop_broken()
            self._mended = time.monotonic()
            self._suspected.clear()

    def _says(self, trouble: str) -> None:
        self._trouble = trouble

    # -- the steps, in the loader's turn ---------------------------------------------------------

    def _catch_up(self, connection: Connection) -> Moment:
        """Loads what has changed, or everything where there is nothing to go on from; answers up to when."""
        now = follow.moment(connection)
        if self._load is None or self._is_of_another(connection, self._load, now):
            self._rebuild(connection, now)
        else:
            self._load_changes(connection, self._load, now)
        return now

    def _is_of_another(self, connection: Connection, load: Load, now: Moment) -> bool:
        if load.epoch != now.epoch or follow.is_behind(connection, load.snapshot):
            log.warning("the column store belongs to another database or release: rebuilding it")
            return True
        if follow.missed(connection, load.snapshot, now.cleaned_xid):
            log.warning("the column store has not been loaded for too long: rebuilding it")
            return True
        return False

    def _load_changes(self, connection: Connection, load: Load, now: Moment) -> None:
        changes = follow.changes(connection, load.snapshot, now.snapshot)
        self._loaded = 0
        if not changes and not traits.changed(connection, load.snapshot):
            if time.monotonic() - self._noted > _NOTE_SECONDS:
                self._finish(load.batch * 2, now)
            return
        emptied = any(change.kind == "emptied" for change in changes)
        if emptied or sum(change.events for change in changes) > _MOST_CHANGED:
            self._rebuild(connection, now)
            return
        changed = [change.change_id for change in changes]
        self._loaded = sum(change.events for change in changes)
        # Mostly everybody has a number. Whoever comes while others get theirs makes it once more.
        for _ in range(_TRIES):
            try:
                with connection.transaction():
                    connection.execute(follow.READ_ONLY)
                    self._write(connection, changed, load, now)
                return
            except follow.Unnumbered:
                follow.number_people(connection, changed)
                traits.number(connection, load.snapshot)
        raise ColumnsUnavailable("New customers are arriving faster than they can be numbered. Try again.")

    def _come_level(self, connection: Connection, other: Connection) -> None:
        """Begins a transaction and brings the mirror to exactly what it sees, neither less nor more."""
        for _ in range(_TRIES):
            self._catch_up(other)
            connection.execute("begin isolation level repeatable read read only")
            now = follow.moment(connection)
            load = self._require_load()
            changes = follow.changes(connection, load.snapshot, now.snapshot)
            changed = [change.change_id for change in changes]
            if all(change.kind != "emptied" for change in changes):
                try:
                    if changed or traits.changed(connection, load.snapshot):
                        self._write(connection, changed, load, now)
                    return
                except follow.Unnumbered:
                    # Of people who came within these milliseconds it cannot see the numbers: once more, then.
                    log.debug("the column store could not be brought level: new customers came in the meantime")
            connection.rollback()
        raise ColumnsUnavailable(
            "New customers are arriving faster than the two stores can be brought level. Try again."
        )

    def _write(self, connection: Connection, changed: list[int], load: Load, now: Moment) -> None:
        ver = self._mirror.next_ver()
        if changed:
            gone = follow.gone(connection, changed)
            self._mirror.change(follow.copy_changed(connection, changed, ver + 1), gone, ver)
            self._rollup.touched(ver)
        self._traits.change(connection, load.snapshot, ver)
        self._finish(ver, now)

    def _rebuild(self, connection: Connection, now: Moment, progress: Progress | None = None) -> int:
        # Who comes while the others get their numbers is left out of the copy: that is after `now`, and so it is loaded
        # as a change afterwards.
        follow.number_people(connection)
        ver = self._mirror.next_ver()
        self._replace_traits(connection, ver + 1)
        done = 0

        def loaded(rows: int) -> None:
            nonlocal done
            done = rows
            self._building = (rows, max(rows, total))
            if progress is not None:
                progress(*self._building)

        with connection.transaction():
            connection.execute(follow.READ_ONLY)
            total = follow.count_all(connection)
            try:
                loaded(0)
                self._mirror.replace(follow.copy_all(connection, ver + 1), ver, now, loaded)
            finally:
                self._building = None
        self._noted_load(ver, now)
        self._rollup.forget()
        log.info("the column store was built: %d events", done)
        return done

    def _replace_traits(self, connection: Connection, ver: int) -> None:
        for _ in range(_TRIES):
            traits.number(connection, None)
            try:
                with connection.transaction():
                    connection.execute(follow.READ_ONLY)
                    self._traits.replace(connection, ver)
                return
            except follow.Unnumbered:
                log.debug("traits came of customers without a number: once more, then")
        raise ColumnsUnavailable("New customers are arriving faster than they can be numbered. Try again.")

    def _finish(self, ver: int, now: Moment) -> None:
        self._mirror.finish(ver, now)
        self._noted_load(ver, now)

    def _noted_load(self, ver: int, now: Moment) -> None:
        self._noted = time.monotonic()
        self._load = Load(ver // 2, now.snapshot, now.at, now.epoch)

    def _require_load(self) -> Load:
        if self._load is None:
            raise ColumnsUnavailable
        return self._load

    def _check(self) -> None:
        """After a start: a power cut may have taken loads that were noted. Counts by day show whether it did."""
        with self._connect() as connection, self._connect() as other, self._turn:
            self._come_level(connection, other)
            if follow.day_counts(connection) != self._mirror.day_counts():
                log.warning("the column store differs from PostgreSQL: rebuilding it")
                self._rebuild(other, follow.moment(other))
        self._checked = True

    def _connect(self) -> Connection:
        connection = psycopg.connect(watchful(self._dsn), autocommit=True, application_name="milepost-columns")
        connection.execute("set timezone = 'UTC'; set jit = off")
        return connection
