"""Fixtures every test may use: a PostgreSQL, a fresh database, a running server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import Cluster
from tests.support.server import Server, running


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL for the session."""
    # Not pytest's own folder: another run beside this one closes that to PostgreSQL's system user.
    with tempfile.TemporaryDirectory(prefix="milepost-test-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder))
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def dsn(cluster: Cluster) -> Iterator[str]:
    """A fresh, migrated database with the default plan, as its owner (no superuser)."""
    with cluster.database() as dsn:
        yield dsn


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def server(dsn: str, tmp_path: Path) -> Iterator[Server]:
    """A running server on a fresh database."""
    with running(Server(tmp_path / "server", database_url=dsn)) as server:
        yield server


@pytest.fixture(scope="module")
def shared_server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server for a whole file; its tests use customers of their own."""
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("server"), database_url=dsn)) as server,
    ):
        yield server
