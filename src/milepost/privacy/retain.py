"""Retention: events past their own `retention_days` go, in short transactions that do not hold up ingest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import psycopg

from milepost.store.retry import retried

#: Events deleted in one transaction: about a tenth of a second of work.
_BATCH = 2_000


def delete_expired(
    connection: psycopg.Connection,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Deletes every event that expired by `now`, and answers how many; insights follow in the same transactions.

    `connection` must be in autocommit, so that each batch is a commit of its own; `stopped` is asked before each.
    Raises psycopg.Error; what was deleted before it stays deleted.
    """
    gone = 0
    while not stopped():
        deleted = retried(connection, lambda: _delete_batch(connection, now))
        gone += deleted
        progress(gone)
        if deleted < _BATCH:
            break
    return gone


def _delete_batch(connection: psycopg.Connection, now: datetime) -> int:
    row = connection.execute("select public.cleanup_expired_behavior_events(%s, %s)", (_BATCH, now)).fetchone()
    return int(row[0]) if row else 0
