"""A real PostgreSQL for the tests: one cluster a session, a fresh database a test from a migrated template."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.embedded import EmbeddedPostgres
from milepost.store.setup import set_up


class Cluster:
    """One PostgreSQL with a template that `milepost serve` would find ready."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        """`durable`: waits for the disk, as PostgreSQL is run. Without, a database is made and gone in a tenth of the
        time, and what is measured means nothing."""
        self.data_dir = data_dir
        self.server = EmbeddedPostgres(data_dir)
        self.server.start()
        self.dsn = self.server.dsn
        self.admin_dsn = self.server.admin_dsn
        self._strategy = sql.SQL("wal_log" if durable else "file_copy")
        self._let_every_role_in()
        if not durable:
            self._do_not_wait_for_the_disk()
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("create database template_milepost")
        set_up(self.database_dsn("template_milepost"), load_plan(), Settings())

    def database_dsn(self, name: str) -> str:
        return make_conninfo(self.dsn, dbname=name)

    def login(self, role: str, dsn: str) -> str:
        """The dsn of the same database as another role."""
        return make_conninfo(dsn, user=role)

    def _let_every_role_in(self) -> None:
        """Tests sign in as roles of their own; the socket's folder stays closed to other people."""
        with psycopg.connect(self.admin_dsn, autocommit=True) as admin:
            row = admin.execute("select current_setting('hba_file')").fetchone()
            assert row is not None
            hba = Path(row[0])
            hba.write_text("local all all trust\n" + hba.read_text())
            admin.execute("select pg_reload_conf()")

    def _do_not_wait_for_the_disk(self) -> None:
        with psycopg.connect(self.admin_dsn, autocommit=True) as admin:
            for setting in ("fsync", "full_page_writes"):
                admin.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
            admin.execute("select pg_reload_conf()")

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The dsn of a new database, migrated unless `empty`; gone afterwards."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        template = sql.SQL("template0") if empty else sql.Identifier("template_milepost")
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            create = sql.SQL("create database {} template {} strategy {}")
            connection.execute(create.format(sql.Identifier(name), template, self._strategy))
            try:
                yield self.database_dsn(name)
            finally:
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def stop(self) -> None:
        self.server.stop()


def waits_for_a_lock(watcher: psycopg.Connection, waiting: psycopg.Connection) -> Callable[[], bool]:
    """Whether `waiting` waits for another transaction, as `watcher` sees it."""
    question = "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s"
    pid = waiting.info.backend_pid
    return lambda: watcher.execute(question, (pid,)).fetchone() == (True,)
