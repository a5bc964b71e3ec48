"""Thousands of ties beside undoings, late events and killed connections: the same end as a plain Python model."""

from __future__ import annotations

import psycopg

from milepost.identity.follow import verify_identity
from milepost.insights.verify import verify_standing
from tests.store.tying import Tying


def test_many_ties_end_where_plain_python_puts_them(dsn: str) -> None:
    tying = Tying(dsn, seed=20261129, people=60)
    tying.run(900, kill_every=30)
    assert tying.kills > 20
    assert tying.undoings > 60
    tying.finish()
    assert tying.owners() == tying.identity.owners()
    with psycopg.connect(dsn, autocommit=True) as connection:
        proof = verify_identity(connection)
        assert (proof.misplaced, bool(proof.waiting)) == (0, False)
        standing = verify_standing(connection)
        assert (standing.differing, standing.totals) == ([], 0)
