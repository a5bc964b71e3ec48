"""What waits for the writers: each request divided by customer, and answered when the last of its parts is stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from milepost.errors import Problem
from milepost.ingest.events import EventRow, Held, IdentityCall, Notice, Receipt, Rejection

#: What an event takes in memory beside its own bytes, at most.
_ROW_BYTES = 1024


class Work(msgspec.Struct):
    """What one request brings: rows with their places in it, its identity calls, and who waits for the receipt."""

    rows: list[EventRow]
    places: Sequence[int] = ()
    identity_calls: Sequence[IdentityCall] = ()
    #: Bytes of the events as they were sent.
    size: int = 0
    done: asyncio.Future[Receipt] = msgspec.field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def memory(self) -> int:
        """Bytes it takes while it waits."""
        return self.size + _ROW_BYTES * len(self.rows)


class Request:
    """A work under way: it is answered when the last of its parts is, and as its worst part was."""

    __slots__ = ("_left", "_problem", "_receipt", "work")

    def __init__(self, work: Work, parts: int) -> None:
        self.work = work
        self._left = parts
        self._receipt = Receipt(0, 0, [])
        self._problem: Problem | None = None

    def end(self, outcome: Receipt | Problem) -> bool:
        """Takes the outcome of a part. Answers whether it was the last."""
        if isinstance(outcome, Problem):
            self._problem = outcome
        else:
            self._receipt.accepted += outcome.accepted
            self._receipt.duplicates += outcome.duplicates
            self._receipt.rejected += outcome.rejected
            self._receipt.notices += outcome.notices
        self._left -= 1
        if self._left == 0:
            self._answer(self.work.done)
        return self._left == 0

    def _answer(self, done: asyncio.Future[Receipt]) -> None:
        if done.done():
            return
        if self._problem is None:
            self._receipt.rejected.sort(key=lambda rejection: rejection.index)
            self._receipt.notices.sort(key=lambda notice: notice.index)
            done.set_result(self._receipt)
        else:
            done.set_exception(self._problem)
            with contextlib.suppress(Exception):
                done.exception()  # marked as seen: the client may have gone already


class Part(msgspec.Struct):
    """What of a request goes through one lane."""

    request: Request
    rows: list[EventRow]
    places: Sequence[int]
    identity_calls: Sequence[IdentityCall]

    def receipt(self, new: set[str], unstorable: dict[str, str], held: Mapping[str, Sequence[Held]]) -> Receipt:
        """Claims its new ids: the same id in a second request of the same commit is its duplicate."""
        receipt = Receipt(0, 0, [])
        for index, row in zip(self.places, self.rows, strict=True):
            if row.event_id in new:
                new.remove(row.event_id)
                receipt.accepted += 1
                receipt.notices += [
                    Notice(index, row.event_id, one.code, one.field, one.message) for one in held.get(row.event_id, ())
                ]
            elif row.event_id in unstorable:
                receipt.rejected.append(Rejection(index, row.event_id, "unstorable", None, unstorable[row.event_id]))
            else:
                receipt.duplicates += 1
        return receipt


class Lane(msgspec.Struct):
    """What waits for one connection, in the order it came.

    `up`: the connection stands. `roused`: it is to look whether something waits.
    """

    waiting: deque[Part] = msgspec.field(default_factory=deque)
    up: bool = False
    roused: asyncio.Event = msgspec.field(default_factory=asyncio.Event)


def divide(work: Work, lanes: Sequence[Lane]) -> None:
    """Puts each row into its customer's lane. With identity calls it stays whole: they go before their events."""
    if len(lanes) == 1 or len(work.rows) == 1 or work.identity_calls:
        lane = lanes[lane_of(work.rows[0], len(lanes))]
        lane.waiting.append(Part(Request(work, 1), work.rows, work.places, work.identity_calls))
        return
    rows: list[list[EventRow]] = [[] for _ in lanes]
    places: list[list[int]] = [[] for _ in lanes]
    for place, row in zip(work.places, work.rows, strict=True):
        number = lane_of(row, len(lanes))
        rows[number].append(row)
        places[number].append(place)
    request = Request(work, sum(map(bool, rows)))
    for lane, its_rows, its_places in zip(lanes, rows, places, strict=True):
        if its_rows:
            lane.waiting.append(Part(request, its_rows, its_places, ()))


def lane_of(row: EventRow, lanes: int) -> int:
    """The same for what adds to the same customer, as far as the row says whose it is."""
    return hash(row.customer_id or row.user_id or row.anonymous_id) % lanes
