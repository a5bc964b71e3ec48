"""What bodies that are coming in take in memory, so that slow senders cannot fill it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from milepost.errors import Overloaded

_RETRY_AFTER: Final = 2


class Receiving:
    """The bytes of bodies that are coming in, in memory: of known senders and of others."""

    def __init__(self, most_bytes: int, most_unknown: int = 8 << 20) -> None:
        self._most = {True: most_bytes, False: most_unknown}
        self._held = {True: 0, False: 0}
        # One broken batch after the other: each keeps a thread busy for up to a second.
        self.broken = asyncio.Semaphore(1)
        # One table of customers after the other: each is read whole.
        self.tables = asyncio.Semaphore(1)

    @contextmanager
    def body(self) -> Iterator[Body]:
        """One body, for as long as it takes to come."""
        body = Body(self)
        try:
            yield body
        finally:
            self._held[body.known] -= len(body.received)

    def hold(self, size: int, *, known: bool) -> None:
        """Raises Overloaded."""
        if self._held[known] and self._held[known] + size > self._most[known]:
            raise Overloaded(retry_after=_RETRY_AFTER)
        self._held[known] += size

    def is_known(self, size: int) -> None:
        self._held[False] -= size
        self._held[True] += size


class Body:
    """What has come of one body. `known`: its sender has shown a key."""

    def __init__(self, receiving: Receiving) -> None:
        self._receiving = receiving
        self.received = bytearray()
        self.known = False

    def add(self, piece: bytes) -> None:
        self._receiving.hold(len(piece), known=self.known)
        self.received += piece

    def is_known(self) -> None:
        self._receiving.is_known(len(self.received))
        self.known = True
