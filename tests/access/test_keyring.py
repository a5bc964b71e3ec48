"""Keys while the database is away: what was valid stays valid, and nobody waits for nothing."""

from __future__ import annotations

import pytest

from milepost.access.keys import KeyInfo, KeyRing, create_key
from milepost.errors import DatabaseUnavailable
from milepost.store.database import Database


async def test_a_key_that_was_valid_outlives_the_database(dsn: str) -> None:
    now = 100.0
    database = Database(dsn, size=1, query_seconds=5)
    await database.open()
    key = await create_key(database, "write", "web", by=None)
    ring = KeyRing(database, {"mpw_preset": KeyInfo("write", "preset")}, clock=lambda: now)
    found = await ring.find(key)
    assert found is not None
    assert found.name == "web"
    await database.close()
    now += 60
    assert await ring.find(key) == found
    assert await ring.find("mpw_preset") is not None
    for _ in range(50):  # each would wait seconds for a connection, were it not remembered
        with pytest.raises(DatabaseUnavailable):
            await ring.find("mpw_never_seen")
