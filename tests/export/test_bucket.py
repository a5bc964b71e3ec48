"""A bucket: the same as a folder, over the protocol itself, spoken by a server that runs here."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest
from pyarrow import parquet

from milepost.export.asked import Asked, Chosen
from milepost.export.follow import export_into
from milepost.export.manifest import Manifest, Runs
from milepost.export.places import Place, PlaceUnavailable
from tests.columns.events import insert
from tests.export.test_follow import _NOW, held_by
from tests.support.server import free_port, wait_for

_EVENTS = Chosen(Asked(data_set="events"), None)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address of an empty bucket, of moto's server."""
    url = f"http://127.0.0.1:{free_port()}"
    with (tmp_path / "moto.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-p", url.rpartition(":")[2]], stderr=log, stdout=log
        )
    try:
        wait_for(lambda: _answers(url), 60, "moto's server to answer")
        assert httpx.put(f"{url}/warehouse").status_code == 200
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_ENDPOINT_URL", url),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        yield "s3://warehouse/of/milepost"
    finally:
        process.kill()
        process.wait()


class _Broken(Exception):
    """Whatever may go wrong while a file is written."""


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def _run(dsn: str, bucket: str, chosen: Chosen = _EVENTS) -> Manifest:
    return export_into(dsn, chosen, Place(bucket), now=_NOW, progress=lambda done, of: None)


def test_a_bucket_is_kept_up_and_shows_nothing_half(
    bucket: str, dsn: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(connection, 500)
    place = Place(bucket)
    assert _run(dsn, bucket).rows == 500
    connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
    second = _run(dsn, bucket)
    assert (second.kind, second.rows) == ("increment", 46)
    assert Runs(place, "events").newest() == second
    held: dict[str, str] = {}
    for name in place.names("events"):
        if name.endswith(".parquet"):
            data = place.read(name)
            assert data is not None
            rows = parquet.read_table(io.BytesIO(data)).to_pylist()
            held.update((row["event_id"], row["_change"]) for row in rows)
    assert {event for event, change in held.items() if change == "upsert"} == set(held_by(connection))
    # More than a part of an upload, which is not there before its last part is.
    with place.writing("large") as file:
        for _ in range(3):
            file.write(b"x" * (6 << 20))
        assert place.read("large") is None
    assert len(place.read("large") or b"") == 18 << 20
    with suppress(_Broken), place.writing("broken") as file:
        file.write(b"half of it")
        raise _Broken
    assert place.read("broken") is None
    with pytest.raises(PlaceUnavailable, match="specified bucket does not exist"):
        _run(dsn, "s3://nowhere/of/milepost")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(PlaceUnavailable, match="Could not connect"):
        _run(dsn, bucket)
