"""The thread that sends what waits in the outbox, and decides when."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from milepost.client.capture import EVENT, iso
from milepost.client.config import Config
from milepost.client.outbox import Batch, Mark, Outbox
from milepost.client.policy import Backoff, Move, Receipt, Rejection, Verdict, judge
from milepost.client.report import Reporter
from milepost.client.spool import Held
from milepost.vocabulary import DropReason

if TYPE_CHECKING:
    from milepost.client.transport import Transport

#: Called with every batch that got its receipt: the records, and by index those that were refused.
Listener = Callable[[Sequence[Held], Mapping[int, Rejection]], object]


class Sender:
    """Sends from one outbox. `run` is its thread; the other methods may be called from any."""

    def __init__(self, config: Config, outbox: Outbox, reporter: Reporter, listeners: Sequence[Listener]) -> None:
        self._config = config
        self._outbox = outbox
        self._reporter = reporter
        self._listeners = listeners
        self._transport: Transport | None = None
        self._backoff = Backoff(config.backoff_base, config.backoff_cap)
        self._limit = config.max_batch
        self._changed = threading.Condition()
        # What follows is guarded by `_changed`; moments are of the monotonic clock.
        self._due = math.inf  # when what waits should go
        self._not_before = 0.0  # the backoff
        self._floor = 0.0  # what not even a flush may shorten: Retry-After, a refused key
        self._last_try = -math.inf
        self._flushes: list[tuple[Mark, Future[bool]]] = []
        self._closing = False
        self._aborted = False
        self.left: int | None = None  # rows without a receipt when it ended

    # -- asked by others ------------------------------------------------------------------------

    def nudge(self, within: float) -> None:
        """Something waits: send within so many seconds."""
        with self._changed:
            due = time.monotonic() + within
            if due < self._due:
                self._due = due
                self._changed.notify()

    def flush(self, mark: Mark, done: Future[bool]) -> None:
        """Send now; `done` gets True when all from before `mark` has left, False if the sender ends before."""
        with self._changed:
            self._flushes.append((mark, done))
            self._due = 0.0
            # Someone waits for it, so one early try is fair; not more often than the first backoff.
            self._not_before = max(self._floor, min(self._not_before, self._last_try + self._config.backoff_base))
            self._changed.notify()

    def close(self) -> None:
        """Send what waits, once; then end."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def abort(self) -> None:
        """End as soon as possible, whatever is in flight."""
        with self._changed:
            self._closing = self._aborted = True
            self._changed.notify()
        if self._transport is not None:
            self._transport.abort()

    # -- the thread -----------------------------------------------------------------------------

    def run(self) -> None:
        """Until closed. Errors of its own are reported, and do not end it."""
        next_tidy = 0.0
        while not self._closing:
            try:
                now = time.monotonic()
                if now >= next_tidy:
                    next_tidy = now + self._config.tidy_interval
                    self._tidy()
                if self._wait_until(next_tidy):
                    self._send_all()
            except Exception as error:  # noqa: BLE001 -- the thread must live on
                self._reporter.error("internal", f"the sender failed: {error!r}")
                self._put_off(self._backoff.next_delay(), 0.0)
        self._finish()

    def _wait_until(self, moment: float) -> bool:
        """True as soon as there is something to send; False at `moment`, or when closing."""
        with self._changed:
            while not self._closing:
                now = time.monotonic()
                start = max(self._due, self._not_before)
                if start <= now:
                    return True
                if moment <= now:
                    return False
                self._changed.wait(min(start, moment) - now)
            return False

    def _tidy(self) -> None:
        adopted = self._outbox.adopt()
        if adopted:
            self._reporter.count(adopted=adopted)
            self.nudge(0.0)
        for row in self._outbox.recover():
            self._drop(row, "spool_full")
        self._resolve_flushes()

    def _send_all(self) -> None:
        """Sends until nothing waits or the server cannot take it."""
        while not self._aborted:
            with self._changed:
                self._due = math.inf  # before looking: what comes in meanwhile sets it again
            batch = self._outbox.next_batch(self._limit, self._config.max_batch_bytes)
            if not batch.rows:
                break
            verdict = self._post(batch)
            if verdict.move is Move.DONE and verdict.receipt is not None:
                self._done(batch, verdict.receipt)
            elif verdict.move is Move.HALVE:
                self._halve(batch, verdict)
            else:
                floor = verdict.floor
                if verdict.move is Move.PAUSE:
                    floor = max(floor, self._config.pause)
                # Aborting a request is our own doing, not the network's.
                if not self._aborted:
                    self._reporter.error(verdict.code, f"{verdict.message} {self._kept()}", once=True)
                self._put_off(self._backoff.next_delay(floor), floor)
                break
        self._resolve_flushes()

    def _post(self, batch: Batch) -> Verdict:
        config = self._config
        if not config.write_key:
            message = "There is no key to write with. Give Tracker(write_key=...) or set MILEPOST_SERVER_KEY."
            return Verdict(Move.PAUSE, code="unauthorised", message=message)
        sent_at = iso(time.time_ns()).encode()
        rows = b",".join(row.body for row in batch.rows)
        if batch.kind == EVENT:
            path, body = "/v1/events", b'{"events":[%b],"sent_at":"%b"}' % (rows, sent_at)
        else:
            path, body = "/v1/batch", b'{"batch":[%b],"sentAt":"%b"}' % (rows, sent_at)
        from milepost.client.transport import FAILURES, Transport  # loaded by `Pipeline`

        if self._transport is None:
            self._transport = Transport(config.host, config.timeout)
        self._last_try = time.monotonic()
        try:
            reply = self._transport.post(path, body, config.write_key)
        except FAILURES as error:
            return Verdict(Move.RETRY, code="network", message=f"{config.host} cannot be reached ({error!r}).")
        except ValueError as error:
            return Verdict(Move.PAUSE, code="misconfigured", message=f"The request cannot be made: {error}.")
        return judge(reply, batch.kind, len(batch.rows), time.time())

    def _done(self, batch: Batch, receipt: Receipt) -> None:
        self._outbox.remove(batch)
        self._reporter.count(delivered=receipt.accepted, duplicates=receipt.duplicates, rejected=len(receipt.rejected))
        for refusal in receipt.rejected:
            row = batch.rows[refusal.position]
            message = f"The server refused it ({refusal.code}): {refusal.message}"
            self._reporter.error("rejected", message, event_id=row.record_id, field=refusal.field)
            self._drop(row, "rejected", counted=False)
        for notice in receipt.notices:
            event_id = batch.rows[notice.position].record_id
            self._reporter.error("notice", f"{notice.code}: {notice.message}", event_id=event_id, field=notice.field)
        for listener in self._listeners:
            listener(batch.rows, {refusal.position: refusal for refusal in receipt.rejected})
        self._reporter.solved("network", "server", "throttled", "unauthorised", "misconfigured", "bad_receipt")
        self._backoff.reset()
        self._limit = min(self._config.max_batch, self._limit * 2)
        self._resolve_flushes()

    def _halve(self, batch: Batch, verdict: Verdict) -> None:
        """The request as a whole was refused: smaller ones, until the one event that is the cause is alone."""
        if len(batch.rows) > 1:
            self._limit = len(batch.rows) // 2
            return
        row = batch.rows[0]
        self._outbox.remove(batch)
        self._reporter.error("rejected", verdict.message, event_id=row.record_id)
        self._reporter.count(rejected=1)
        self._drop(row, "rejected", counted=False)
        refusal = Rejection(0, "request_refused", None, verdict.message)
        for listener in self._listeners:
            listener(batch.rows, {0: refusal})

    def _put_off(self, delay: float, floor: float) -> None:
        with self._changed:
            now = time.monotonic()
            self._due = min(self._due, now)
            self._not_before = now + delay
            self._floor = now + floor

    def _resolve_flushes(self) -> None:
        with self._changed:
            flushes = list(self._flushes)
        gone = [(mark, done) for mark, done in flushes if self._outbox.gone(mark)]
        if gone:
            with self._changed:
                self._flushes = [entry for entry in self._flushes if entry not in gone]
            for _, done in gone:
                resolve(done, result=True)

    def _finish(self) -> None:
        """The last try. What is on disk may stay there, so one failure ends it; memory is lost with us."""
        try:
            self._tidy()
            while not self._aborted and self._outbox.waiting and time.monotonic() >= self._floor:
                self._send_all()
                if not self._outbox.in_memory:
                    break
                with self._changed:
                    if not self._aborted:
                        self._changed.wait(max(0.01, min(self._not_before - time.monotonic(), 0.25)))
        except Exception as error:  # noqa: BLE001 -- nothing of ours may reach the host
            self._reporter.error("internal", f"the sender failed while closing: {error!r}")
        finally:
            if self._transport is not None:
                self._transport.close()
            self.left = self._outbox.waiting
            lost = self._outbox.close()
            self._reporter.count(released=self.left - len(lost))
            for row in lost:
                self._drop(row, "spool_full")
            with self._changed:
                flushes, self._flushes = self._flushes, []
            for _, done in flushes:
                resolve(done, result=False)

    def _kept(self) -> str:
        if self._outbox.in_memory:
            return "Events wait in memory and are sent later."
        return "Events are kept in the spool and sent later."

    def _drop(self, row: Held, reason: DropReason, *, counted: bool = True) -> None:
        self._reporter.drop(json.loads(row.body), reason, counted=counted)


def resolve(done: Future[bool], *, result: bool) -> None:
    """Sets the result, unless the one who waited has cancelled."""
    if done.set_running_or_notify_cancel():
        done.set_result(result)
