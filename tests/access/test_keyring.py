"""Keys while the database is away: what was valid stays valid, and nobody waits for nothing."""

from __future__ import annotations

import pytest

from milepost.access.keys import KeyInfo, KeyRing, create_key, list_keys, revoke_key
from milepost.errors import DatabaseUnavailable
from milepost.store.database import Database


async def test_a_key_that_was_valid_outlives_the_database(dsn: str) -> None:
    now = 100.0
    database = Database(dsn, size=1, query_seconds=5)
    await database.open()
    key = await create_key(database, "browser", "web", by=None)
    ring = KeyRing(database, {"mpw_preset": KeyInfo("browser", "preset")}, clock=lambda: now)
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


async def test_keys_nobody_has_cost_the_database_nothing(dsn: str) -> None:
    now = 100.0
    database = Database(dsn, size=1, query_seconds=5)
    await database.open()
    ring = KeyRing(database, {}, clock=lambda: now)
    assert await ring.find("mpw_made_up") is None
    key = await create_key(database, "browser", "web", by=None)
    # Within the second nobody looks again, however many are tried.
    async with database.transaction():  # the pool's only connection: a question would wait for it
        for number in range(500):
            assert await ring.find(f"mpw_made_up_{number}") is None
    assert await ring.find(key) is None
    now += 1
    assert (await ring.find(key)) is not None, "a new key is known after a second"
    record = (await list_keys(database))[0]
    assert record.last_used_at is not None
    await revoke_key(database, record.key_id)
    assert (await ring.find(key)) is not None
    now += 2
    assert await ring.find(key) is None, "a revoked one is good for two seconds at most"
    await database.close()
