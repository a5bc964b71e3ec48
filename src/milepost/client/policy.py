"""What an answer of the server means for the batch that got it, and how long to wait. Pure."""

from __future__ import annotations

import enum
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from milepost.client.capture import EVENT, Kind


class Reply(NamedTuple):
    """An answer: its status, the headers that matter here, and its body (cut at 1 MB)."""

    status: int
    retry_after: str | None
    location: str | None
    body: bytes


class Rejection(NamedTuple):
    """One event the server refused for good. `position` counts from 0 within the request."""

    position: int
    code: str
    field: str | None
    message: str


class Receipt(NamedTuple):
    """What became of each event of a request."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
    #: What of the others was stored and does not count, such as whose a user is.
    notices: list[Rejection] = []  # noqa: RUF012 -- never changed


class Move(enum.Enum):
    """What to do with a batch."""

    DONE = "done"  # it has its receipt
    RETRY = "retry"  # later, the same again
    HALVE = "halve"  # something in it is refused: smaller batches find out what
    PAUSE = "pause"  # someone has to mend something first; keep it, ask rarely


@dataclass(frozen=True, slots=True)
class Verdict:
    """The move, and for trouble its code (as in `TrackerError`) and message."""

    move: Move
    receipt: Receipt | None = None
    code: str = ""
    message: str = ""
    floor: float = 0.0  # seconds the server asked to wait at least


def judge(reply: Reply, kind: Kind, size: int, now: float) -> Verdict:
    """The meaning of an answer to a request with `size` records; `now` in seconds since 1970."""
    status = reply.status
    if status == 200:
        receipt = read_receipt(reply.body, kind, size)
        if receipt is None:
            # A captive portal or a proxy's page: nothing says that anything was stored.
            return Verdict(Move.RETRY, code="bad_receipt", message=f"status 200 without a receipt: {_start(reply)}")
        return Verdict(Move.DONE, receipt)
    says = f"status {status}: {_start(reply)}"
    floor = read_retry_after(reply.retry_after, now)
    if status == 429:
        return Verdict(Move.RETRY, code="throttled", message=says, floor=floor)
    if status == 408 or status >= 500:
        return Verdict(Move.RETRY, code="server", message=says, floor=floor)
    if status in (400, 413, 422):
        return Verdict(Move.HALVE, code="rejected", message=says)
    if status in (401, 403):
        return Verdict(Move.PAUSE, code="unauthorised", message=f"{says}. Check the write key.", floor=floor)
    hint = f" It points to {reply.location}." if reply.location else ""
    return Verdict(Move.PAUSE, code="misconfigured", message=f"{says}.{hint} Check the host.", floor=floor)


def read_receipt(body: bytes, kind: Kind, size: int) -> Receipt | None:
    """The receipt for `size` records, or None when this is not one that accounts for all of them."""
    try:
        data = json.loads(body)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    listed = data.get("rejected", [])
    rejected = _rejections(listed, size) if isinstance(listed, list) else None
    if rejected is None:
        return None
    told = data.get("notices", [])
    notices = [notice for one in told for notice in _rejections([one], size) or []] if isinstance(told, list) else []
    if kind != EVENT:
        return Receipt(size - len(rejected), 0, rejected, notices) if data.get("success") is True else None
    accepted, duplicates = data.get("accepted"), data.get("duplicates")
    if type(accepted) is not int or type(duplicates) is not int or min(accepted, duplicates) < 0:
        return None
    if accepted + duplicates + len(rejected) != size:
        return None
    return Receipt(accepted, duplicates, rejected, notices)


def _rejections(listed: list[object], size: int) -> list[Rejection] | None:
    found: dict[int, Rejection] = {}
    for item in listed:
        index = item.get("index") if isinstance(item, dict) else None
        if not isinstance(item, dict) or type(index) is not int or not 0 <= index < size:
            return None
        name = item.get("field")
        found[index] = Rejection(
            index, str(item.get("code", "")), None if name is None else str(name), str(item.get("message", ""))
        )
    return list(found.values()) if len(found) == len(listed) else None


def read_retry_after(value: str | None, now: float) -> float:
    """Seconds of a `Retry-After` header, a number or a date; 0 without one. A day at most."""
    if not value:
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        from email.utils import parsedate_to_datetime  # here, for it is slow to load and rarely needed

        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), 86_400.0) if seconds == seconds else 0.0  # NaN is not itself


def _start(reply: Reply) -> str:
    return reply.body[:200].decode("utf-8", "replace").strip() or "(empty)"


@dataclass(slots=True)
class Backoff:
    """Exponential backoff with full jitter."""

    base: float = 0.5  # seconds
    cap: float = 60.0
    draw: Callable[[float, float], float] = field(default=random.uniform)
    failures: int = 0

    def next_delay(self, floor: float = 0.0) -> float:
        """Seconds to wait after one more failure: never under what the server asked for."""
        ceiling = min(self.cap, self.base * 2.0 ** min(self.failures, 32))
        self.failures += 1
        return floor + self.draw(0.0, ceiling)

    def reset(self) -> None:
        self.failures = 0
