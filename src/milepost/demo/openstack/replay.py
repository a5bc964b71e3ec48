"""Keeps the demo alive by what really followed: the next events of the data, in their order, one at a time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from milepost.client.uuid7 import uuid7

#: An event as `POST /v1/events` takes it.
Event = dict[str, object]
_FIELDS: Final = frozenset({"name", "at", "company", "person", "project", "area"})


class Replay:
    """Sends `following` one by one, each at the moment it is sent, until told to stop or there is no more.

    Not by the SDK, which would say who worked at one sitting: the data does not know.
    """

    def __init__(
        self,
        send: Callable[[Event], bool],
        following: Sequence[Mapping[str, object]],
        *,
        now: Callable[[], datetime],
        wait: Callable[[float], bool],
        rate: float,
        sent: Callable[[int], None] = lambda _: None,
        seed: int = 20,
    ) -> None:
        """`rate` is events a minute. `send` says whether an event was stored; what was not is sent again.
        `wait(seconds)` is an `Event.wait`: True means stop. `sent` is told after each how many there were."""
        if rate <= 0:
            raise ValueError(f"rate is {rate}; it takes events a minute, more than 0")
        self._send, self._following = send, following
        self._now, self._wait, self._rate, self._sent = now, wait, rate, sent
        self._random = random.Random(seed)  # noqa: S311 -- when somebody acts in a demo is no secret

    def run(self) -> int:
        """Blocks until it is stopped or done; returns how many events were stored."""
        for count, event in enumerate(self._following):
            if self._pause():
                return count
            made = self._made(event)
            while not self._send(made):
                if self._pause():
                    return count
            self._sent(count + 1)
        return len(self._following)

    def _pause(self) -> bool:
        return self._wait(self._random.expovariate(self._rate / 60))

    def _made(self, event: Mapping[str, object]) -> Event:
        known = {name: value for name, value in event.items() if name not in _FIELDS and value not in (None, "")}
        made: Event = {
            # With its id and time it is stored once, however often it is sent.
            "event_id": uuid7(time.time_ns()),
            "timestamp": self._now().isoformat(),
            "event_name": event["name"],
            "customer_id": event["company"],
            "user_id": event["person"],
            "tool_id": event["project"],
            "event_metadata": {**known, "replayed": True},
        }
        return {**made, "tool_section": event["area"]} if event["area"] else made
