"""`AsyncTracker`: the asyncio twin. Same words, same queue, spool and sender; the loop is never blocked."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from milepost.client.tracker import BaseTracker


class AsyncTracker(BaseTracker):
    """As `Tracker`, for asyncio. The track methods only queue, so they are plain calls, not awaited;
    what waits for something is awaited. `async with` shuts it down at the end.
    """

    __doc__ = f"{__doc__}\n{BaseTracker.__doc__}"

    async def flush(self, timeout: float = 10.0) -> bool:  # noqa: ASYNC109 -- the twin of Tracker.flush
        """Sends now and waits; True when everything tracked before has its receipt (or was given up)."""
        return await _within(self._pipeline.flush(), timeout)

    async def persist(self, timeout: float = 2.0) -> bool:  # noqa: ASYNC109 -- the twin of Tracker.persist
        """Waits until everything tracked before is in the spool on disk; False when it is not."""
        return await _within(self._pipeline.persist(), timeout)

    async def shutdown(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109 -- the twin of Tracker.shutdown
        """Sends what can be sent and ends the threads, within `timeout` seconds (default: shutdown_timeout)."""
        seconds = self._shutdown_timeout if timeout is None else timeout
        return await asyncio.to_thread(self._pipeline.shutdown, seconds)

    async def get_insights(self, customer_id: str | None = None) -> dict[str, object] | None:
        """A customer's insights; None when there are none or they cannot be had (`on_error` says why)."""
        return await asyncio.to_thread(self._reader.insights, customer_id or self._defaults.get("customer_id"))

    async def get_recent_events(self, limit: int = 50, *, customer_id: str | None = None) -> list[dict[str, object]]:
        """A customer's newest events, newest first; [] when they cannot be had (`on_error` says why)."""
        who = customer_id or self._defaults.get("customer_id")
        return await asyncio.to_thread(self._reader.events, who, limit)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shutdown()


async def _within(done: Future[bool], seconds: float) -> bool:
    try:
        return await asyncio.wait_for(asyncio.wrap_future(done), seconds)
    except TimeoutError:
        return False
