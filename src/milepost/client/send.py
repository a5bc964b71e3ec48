"""`send`: events from lines of JSON to the server, through the same spool and sender as tracked ones."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from milepost.client.capture import EVENT, dump, iso, set_kind, to_ns
from milepost.client.policy import Rejection
from milepost.client.session import Sessions
from milepost.client.spool import Held, Pending
from milepost.client.tracker import BaseTracker
from milepost.client.uuid7 import uuid7
from milepost.vocabulary import EVENT_TYPES, IMPACTS, MAX_EVENT_BYTES

_CHUNK = 500  # lines that are put into the spool at once
_AHEAD = 5_000  # most lines waiting for their receipt while more are read
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that did not become an event: its number, from 1, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(slots=True)
class SendReport:
    """What became of the lines."""

    read: int = 0  # lines that were not blank
    delivered: int = 0
    duplicates: int = 0  # the server had them already
    left: int = 0  # in the spool, without a receipt yet; the next tracker sends them
    bad: list[BadLine] = field(default_factory=list)
    stalled: bool = False  # the server took nothing for too long, so reading stopped

    @property
    def exit_code(self) -> int:
        """0: all delivered. 1: some lines were bad. 2: some could not be delivered (yet)."""
        if self.left or self.stalled:
            return 2
        return 1 if self.bad else 0

    def __str__(self) -> str:
        parts = [f"{self.read:,} lines", f"{self.delivered:,} delivered", f"{self.duplicates:,} known before"]
        parts += [f"{len(self.bad):,} bad", f"{self.left:,} waiting in the spool"]
        return ", ".join(parts) + (" (stopped: the server accepts nothing)" if self.stalled else "")


def send(
    stream: TextIO, tracker: BaseTracker, *, progress: TextIO | None = None, stall_seconds: float = 30.0
) -> SendReport:
    """Sends each line of `stream`, a JSON object in the wire form of `POST /v1/events`.

    A line needs `event_type` or `event_name`, and `customer_id` unless the tracker has one; id, time and session are
    made where they are missing. Give lines an `event_id` if the stream may be sent again: the server
    stores each id once. Progress and bad lines go to `progress` (default: standard error). When the
    server takes nothing for `stall_seconds`, reading stops and what was read waits in the spool.
    """
    return _Sending(tracker, sys.stderr if progress is None else progress, stall_seconds).run(stream)


class _Sending:
    def __init__(self, tracker: BaseTracker, progress: TextIO, stall_seconds: float) -> None:
        self._tracker = tracker
        self._progress = progress
        self._stall_seconds = stall_seconds
        self._report = SendReport()
        self._changed = threading.Condition()
        self._lines: dict[str, int] = {}  # records without a receipt, and the line they came from
        self._rows: list[Pending] = []
        self._shown = 0.0

    def run(self, stream: TextIO) -> SendReport:
        listeners = self._tracker.pipeline.listeners
        before = self._tracker.stats()
        listeners.append(self._confirmed)
        try:
            for number, line in enumerate(stream, 1):
                self._take(number, line)
                if len(self._rows) >= _CHUNK and not self._hand_over(_AHEAD):
                    break
            self._hand_over(0)
        finally:
            listeners.remove(self._confirmed)
        after = self._tracker.stats()
        report = self._report
        # The batch's receipt counts its duplicates but does not name them.
        report.duplicates = min(after.duplicates - before.duplicates, report.delivered)
        report.delivered -= report.duplicates
        report.left = len(self._lines)
        report.bad.sort(key=lambda bad: bad.line)
        self._show(force=True)
        return report

    def _take(self, number: int, line: str) -> None:
        text = line.strip()
        if not text:
            return
        self._report.read += 1
        try:
            row = self._to_row(text)
        except (ValueError, RecursionError) as error:
            self._bad(number, str(error))
            return
        with self._changed:
            if row.record_id in self._lines:
                self._bad(number, f"event_id {row.record_id} was on line {self._lines[row.record_id]} already")
                return
            self._lines[row.record_id] = number
        self._rows.append(row)

    def _to_row(self, text: str) -> Pending:
        """Raises ValueError that says what is wrong with the line."""
        try:
            given = json.loads(text)
        except ValueError as error:
            raise ValueError(f"not JSON: {error}") from None
        if not isinstance(given, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004 -- the line's fault, not the program's
        event, rank = complete(
            {name: value for name, value in given.items() if value is not None},
            self._tracker.defaults,
            self._tracker.pipeline.sessions,
            time.time_ns(),
        )
        body = dump(event)
        if len(body) > MAX_EVENT_BYTES:
            raise ValueError(f"the event has {len(body)} bytes of at most {MAX_EVENT_BYTES}")
        return Pending(str(event["event_id"]), EVENT, rank, body)

    def _hand_over(self, most_waiting: int) -> bool:
        """Puts the rows into the spool and waits until at most so many lack a receipt. False: it stalled."""
        if self._rows:
            self._tracker.pipeline.admit(self._rows)
            self._rows = []
        if most_waiting == 0:
            self._tracker.pipeline.flush()
        deadline = time.monotonic() + self._stall_seconds
        with self._changed:
            waiting = len(self._lines)
            while waiting > most_waiting:
                self._changed.wait(0.2)
                self._show()
                if len(self._lines) < waiting:
                    deadline = time.monotonic() + self._stall_seconds
                waiting = len(self._lines)
                if time.monotonic() > deadline:
                    self._report.stalled = True
                    return False
        return True

    def _confirmed(self, rows: Sequence[Held], refused: Mapping[int, Rejection]) -> None:
        """On the sender's thread: these got their receipt."""
        with self._changed:
            for position, row in enumerate(rows):
                number = self._lines.pop(row.record_id, None)
                if number is None:
                    continue  # tracked elsewhere, or left by an earlier process
                refusal = refused.get(position)
                if refusal is None:
                    self._report.delivered += 1
                else:
                    where = f" in {refusal.field}" if refusal.field else ""
                    self._bad(number, f"the server refused it ({refusal.code}{where}): {refusal.message}")
            self._changed.notify_all()

    def _bad(self, number: int, reason: str) -> None:
        bad = BadLine(number, reason)
        self._report.bad.append(bad)
        self._write(f"{bad}\n")

    def _show(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if force or now - self._shown > 1.0:
            self._shown = now
            self._write(f"{self._report}\n" if force else f"{self._report.delivered:,} of {self._report.read:,} sent\n")

    def _write(self, text: str) -> None:
        self._progress.write(text)
        self._progress.flush()


def complete(
    event: Mapping[str, object], defaults: Mapping[str, object], sessions: Sessions, now: int
) -> tuple[dict[str, object], int]:
    """The event with id, time, session and impact, where it had none, and its rank. Raises ValueError naming the bad
    field."""
    whole: dict[str, object] = {**defaults, **event}
    event_type, customer, impact = whole.get("event_type"), whole.get("customer_id"), whole.get("business_impact")
    if not (event_type in EVENT_TYPES or (event_type is None and whole.get("event_name"))):
        raise ValueError(
            f"event_type is {event_type!r}; it takes one of {', '.join(EVENT_TYPES)}, or give an event_name"
        )
    if not isinstance(customer, str) or not customer:
        raise ValueError(f"customer_id is {customer!r}; it takes the customer's id as text")
    metadata = whole.get("event_metadata", {})
    if not isinstance(metadata, Mapping):
        raise ValueError(f"event_metadata is {metadata!r}; it takes an object")  # noqa: TRY004
    if impact is not None and impact not in IMPACTS:
        raise ValueError(f"business_impact is {impact!r}; it takes one of {', '.join(IMPACTS)}")
    kind = None if event_type is None else str(event_type)
    rank = set_kind(whole, kind, success=metadata.get("success") is not False)
    at = to_ns(whole["timestamp"]) if "timestamp" in whole else now
    whole["timestamp"] = iso(at)
    event_id = whole.setdefault("event_id", uuid7(at))
    if not isinstance(event_id, str) or not _UUID.fullmatch(event_id):
        raise ValueError(f"event_id is {event_id!r}; it takes a UUID as text")
    if "session_id" not in whole:
        who = (customer, str(whole.get("user_id") or whole.get("anonymous_id") or ""))
        whole["session_id"], duration = sessions.touch(who, at)
        whole.setdefault("session_duration", duration)
    return whole, rank
