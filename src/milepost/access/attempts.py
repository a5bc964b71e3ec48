"""Guesses at one member's password come to an end soon, from however many addresses they come."""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter

from milepost.errors import TooManyAttempts

_log = logging.getLogger(__name__)
FAILURES = Counter("milepost_sign_in_failures_total", "Sign-ins that were refused, by why.", ("reason",))

_MOST: Final = 10
_WITHIN: Final = timedelta(minutes=15)
#: Accounts that are remembered, whether there is one or not; the oldest is forgotten first.
_MOST_ACCOUNTS: Final = 10_000


class Attempts:
    """Failed sign-ins by account, of the last 15 minutes."""

    def __init__(self) -> None:
        self._failed: dict[str, deque[datetime]] = {}

    def check(self, account: str, now: datetime) -> None:
        """Raises TooManyAttempts after ten failures, until the first is 15 minutes old."""
        failed = self._failed.get(account)
        while failed and failed[0] <= now - _WITHIN:
            failed.popleft()
        if failed and len(failed) >= _MOST:
            FAILURES.labels("limit").inc()
            raise TooManyAttempts(retry_after=int((failed[0] + _WITHIN - now).total_seconds()) + 1)

    def failed(self, account: str, now: datetime) -> None:
        """Counts a failure. No log names the account: anybody may type somebody's address."""
        FAILURES.labels("password").inc()
        failed = self._failed.pop(account, None) or deque()
        failed.append(now)
        self._failed[account] = failed
        if len(self._failed) > _MOST_ACCOUNTS:
            del self._failed[next(iter(self._failed))]
        _log.warning("a sign-in was refused, the %d. of one account in 15 minutes", len(failed))

    def succeeded(self, account: str) -> None:
        self._failed.pop(account, None)
