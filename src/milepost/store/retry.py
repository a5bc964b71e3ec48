"""Deadlocks: PostgreSQL ends one of two transactions that wait for each other, and that one is simply done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg.pq import TransactionStatus

_T = TypeVar("_T")
_ATTEMPTS = 10


def retried(connection: psycopg.Connection, work: Callable[[], _T]) -> _T:
    """Does `work` again when a deadlock or a serialization failure undid it, and answers what it answers.

    Inside a transaction of the caller nothing can be done again, so there it is tried once. Raises psycopg.Error.
    """
    own = connection.info.transaction_status == TransactionStatus.IDLE
    for left in range(_ATTEMPTS - 1 if own else 0, -1, -1):
        try:
            return work()
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            if left == 0:
                raise
    raise AssertionError("unreachable")
