"""The newest messages of the live feed, and who waits for the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from milepost.live.messages import LiveMessage

#: A minute of messages, or so many bytes.
_REMEMBERED: Final = 240
_REMEMBERED_BYTES: Final = 8 << 20
#: So many readers are handed a message at once, and then others have the thread for so many seconds: a thousand in
#: one go would keep every request waiting for as long.
_AT_ONCE: Final = 25
_BREATH: Final = 0.006


class Told:
    """Messages that all readers share. A reader counts how many it had; who falls behind what is remembered is left."""

    def __init__(self) -> None:
        #: Each with the position before it.
        self._messages: deque[tuple[str, LiveMessage]] = deque()
        self._bytes = 0
        self._waiting: dict[asyncio.Future[None], None] = {}
        #: How many there were in all, and the last one's position.
        self.in_all = 0
        self.at = ""

    def begin(self, at: str) -> None:
        """Goes on from another position: what was told before is no longer followed by what will be."""
        self._messages.clear()
        self._bytes = 0
        self.at = at

    def since(self, position: str | None) -> int | None:
        """How many messages whoever was told this position has had; None where nobody remembers."""
        if position in (None, self.at):
            return self.in_all
        for back, (before, _) in enumerate(reversed(self._messages), 1):
            if before == position:
                return self.in_all - back
        return None

    def is_left(self, had: int) -> bool:
        """Whether the next message for who had so many is forgotten."""
        return self.in_all - had > len(self._messages)

    def after(self, had: int) -> LiveMessage | None:
        """The next message for who had so many, where there is one."""
        return self._messages[had - self.in_all][1] if had < self.in_all else None

    async def more(self, seconds: float) -> bool:
        """Waits for the next message; whether it came within so many seconds."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = None
        try:
            await asyncio.wait((waiter,), timeout=seconds)
        finally:
            del self._waiting[waiter]
        return waiter.done()

    async def tell(self, message: LiveMessage) -> None:
        """Remembers a message, and wakes who waits, some at a time."""
        self._messages.append((self.at, message))
        self._bytes += len(message.text)
        self.in_all += 1
        self.at = message.batch.position
        while len(self._messages) > _REMEMBERED or (self._bytes > _REMEMBERED_BYTES and len(self._messages) > 1):
            self._bytes -= len(self._messages.popleft()[1].text)
        waiting = list(self._waiting)  # Whoever waits from now on has this one.
        for first in range(0, len(waiting), _AT_ONCE):
            if first:
                await asyncio.sleep(_BREATH)
            for waiter in waiting[first : first + _AT_ONCE]:
                if not waiter.done():
                    waiter.set_result(None)
