"""Fixtures every test may use: a PostgreSQL, a fresh database, a running server."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import certifi
import psycopg
import pytest
from xdist.remote import Producer

from tests.support.examples import register_profiles, repeatable
from tests.support.order import Together, longest_first
from tests.support.postgres import Cluster
from tests.support.real_data import oulad_students, write_oulad
from tests.support.server import Server, running

register_profiles()
# One thread to each test's arithmetic: four workers share two cores, and threads that wait for each other spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")
_END = "-----END CERTIFICATE-----\n"
_folders: list[tempfile.TemporaryDirectory[str]] = []


def pytest_configure(config: pytest.Config) -> None:
    # Of all the world's certificates, which each of httpx's clients reads for 40 ms, one: no test talks to the world.
    if "SSL_CERT_FILE" not in os.environ:
        _folders.append(tempfile.TemporaryDirectory(prefix="milepost-certificate-"))
        one = Path(_folders[-1].name, "one.pem")
        one.write_text(Path(certifi.where()).read_text().partition(_END)[0] + _END, "utf-8")
        os.environ["SSL_CERT_FILE"] = str(one)
    # Not the folder that all of pytest's runs share: each closes that to PostgreSQL's system user as it starts.
    if config.option.basetemp is None:
        _folders.append(tempfile.TemporaryDirectory(prefix="milepost-test-", ignore_cleanup_errors=True))
        config.option.basetemp = Path(_folders[-1].name) / "run"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if repeatable() and (left := [item for item in items if item.get_closest_marker("soak")]):
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    longest_first(items, Path(__file__).parent.as_posix())


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_unconfigure() -> None:
    while _folders:
        _folders.pop().cleanup()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One PostgreSQL for the session; it waits for the disk where something is measured."""
    measured = any(item.get_closest_marker("alone") for item in request.session.items)
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), durable=measured)
    yield cluster
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


@pytest.fixture(scope="session")
def oulad_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Open University's events as a packed CSV: an eighth of its students, in a soak all of them."""
    students = oulad_students()[::8] if repeatable() else None
    return write_oulad(tmp_path_factory.mktemp("oulad") / "events.csv.gz", students)


@pytest.fixture(scope="module")
def lone_server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server for a file whose tests look at all that is there, or use up what everybody shares."""
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("server"), database_url=dsn)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def shared_server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server for all files of a worker: a test uses customers of its own, and expects others."""
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("server"), database_url=dsn)) as server,
    ):
        yield server
