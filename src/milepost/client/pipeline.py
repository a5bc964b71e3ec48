"""From the queue to the spool to the server: two threads, their start and their bounded end.

The spooler empties the queue into the outbox, within milliseconds, also while a request hangs; the
sender sends from there. Both start with the first event of a process, so a fork finds none running
that was not needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue

from milepost.client.capture import EVENT, Record, encode
from milepost.client.config import Config
from milepost.client.fork import is_exiting, register
from milepost.client.outbox import Outbox
from milepost.client.queue import BoundedQueue
from milepost.client.report import Reporter, Stats
from milepost.client.sender import Listener, Sender, resolve
from milepost.client.session import Sessions
from milepost.client.spool import Held, Pending
from milepost.vocabulary import MAX_EVENT_BYTES, DropReason

_NAP = 0.002  # seconds an event may wait in memory for others to share its transaction
_CHUNK = 1000  # rows in one SQLite transaction
HIGH = 2

#: What wakes the spooler: None (there are events), or one that waits for them.
_Call = tuple["Future[bool]", str] | None


@dataclass(slots=True)
class _Threads:
    spooler: threading.Thread
    sender_thread: threading.Thread
    sender: Sender


class Pipeline:
    """One tracker's machinery in one process."""

    def __init__(self, config: Config, reporter: Reporter) -> None:
        self.config = config
        self.reporter = reporter
        self.listeners: list[Listener] = []
        self.outbox = Outbox(config.spool_file, reporter, config.max_spool_bytes, config.max_memory_bytes)
        # Not by `import milepost`, which should be quick; nor by the sender's thread: a process that forked
        # meanwhile would wait for ever for an import that the thread left half done. The same goes for the
        # codec with which the first connection looks up its host.
        import milepost.client.transport  # noqa: F401

        "".encode("idna")
        self.sessions = Sessions()
        self.ends_with = 0  # the process that will end us with it
        self._reset()
        register(self)

    def _reset(self) -> None:
        self._queue: BoundedQueue[tuple[Record, int]] = BoundedQueue(self.config.max_queue)
        self._wake: SimpleQueue[_Call] = SimpleQueue()
        self._lock = threading.RLock()
        self._turn = threading.Lock()  # one sender at a time, also when a shutdown meets a restart
        self._threads: _Threads | None = None
        self._asleep = True
        self._in_hand = 0  # taken from the queue, not yet in the outbox

    # -- the host's thread ----------------------------------------------------------------------

    def put(self, record: Record, rank: int) -> None:
        """Queues a record; its rank (0-2) says how long it is held on to when there is no room."""
        self._queue.put((record, rank), rank)
        if self._asleep:
            self._asleep = False
            self._rouse(None)

    def flush(self) -> Future[bool]:
        """Sends now; True when everything captured until here has its receipt (or was given up)."""
        return self._ask("flush")

    def persist(self) -> Future[bool]:
        """True when everything captured until here is in the spool on disk."""
        return self._ask("persist")

    def _ask(self, what: str) -> Future[bool]:
        done: Future[bool] = Future()
        with self._lock:  # a shutdown at the same time must not leave the call behind
            self._rouse((done, what))
        return done

    def admit(self, rows: Sequence[Pending]) -> None:
        """Takes encoded records straight into the outbox, in the caller's time (for bulk sending)."""
        self.reporter.count(drained=len(rows))
        self._keep(rows)
        self._rouse(None)
        if (threads := self._threads) is not None:
            threads.sender.nudge(0.0)

    def start(self) -> None:
        """Starts the threads; else the first event does."""
        self._rouse(None)

    def _rouse(self, call: _Call) -> None:
        self._wake.put(call)
        if self._threads is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._threads is not None:
                return
            if is_exiting():
                self._spool_now()
                return
            sender = Sender(self.config, self.outbox, self.reporter, self.listeners)
            threads = _Threads(
                threading.Thread(
                    target=self._spool_loop, args=(sender, self._wake), name="milepost-spooler", daemon=True
                ),
                threading.Thread(target=self._send_loop, args=(sender,), name="milepost-sender", daemon=True),
                sender,
            )
            self._threads = threads
            try:
                threads.sender_thread.start()
                threads.spooler.start()
            except RuntimeError:
                self._threads = None
                self._spool_now()
                return
            self._wake.put(None)  # the event that woke us may have told the spooler that just ended
        _end_with_multiprocessing(self)

    def _spool_now(self) -> None:
        """The interpreter is ending, so threads start no more or end at any point: in the caller's time."""
        self._asleep = True
        self._drain(None)
        while not self._wake.empty():
            if (call := self._wake.get()) is not None:
                resolve(call[0], result=call[1] == "persist" and self.outbox.on_disk)

    # -- the threads ----------------------------------------------------------------------------

    def _spool_loop(self, sender: Sender, wake: SimpleQueue[_Call]) -> None:
        while True:
            call = wake.get()
            if call is None:
                time.sleep(_NAP)  # one transaction for what comes together
            self._asleep = True  # before the queue is looked at: what comes later wakes us again
            try:
                self._drain(sender)
                if call is not None:
                    done, what = call
                    if what == "stop":
                        resolve(done, result=True)
                        return
                    if what == "persist":
                        resolve(done, result=self.outbox.on_disk and not self.outbox.in_memory)
                    elif self.outbox.waiting:
                        sender.flush(self.outbox.mark(), done)
                    else:
                        resolve(done, result=True)
            except Exception as error:  # noqa: BLE001 -- the thread must live on
                self.reporter.error("internal", f"the spooler failed: {error!r}")
                if call is not None:
                    resolve(call[0], result=False)

    def _send_loop(self, sender: Sender) -> None:
        with self._turn:
            sender.run()

    def _drain(self, sender: Sender | None) -> None:
        """Moves the queue to the outbox."""
        for record, _ in self._queue.take_casualties():
            self.reporter.drop(_as_event(record), "queue_full", counted=False)
        taken = self._queue.take_all()
        taken.sort()  # by time: the lanes come one after the other
        self._in_hand = len(taken)
        for start in range(0, len(taken), _CHUNK):
            chunk = taken[start : start + _CHUNK]
            self.reporter.count(drained=len(chunk))
            self._keep([row for record, rank in chunk if (row := self._encode(record, rank)) is not None])
            self._in_hand -= len(chunk)
        if sender is not None and taken:
            urgent = any(rank == HIGH and record[2] == EVENT for record, rank in taken)
            full = self.outbox.waiting >= self.config.flush_at
            sender.nudge(0.0 if urgent or full else self.config.flush_interval)

    def _encode(self, record: Record, rank: int) -> Pending | None:
        try:
            body = encode(record)
        except Exception as error:  # noqa: BLE001 -- the host's objects may raise anything when turned to text
            self._invalid(record, "invalid", f"The event cannot be written as JSON: {error!r}")
            return None
        if len(body) > MAX_EVENT_BYTES:
            self._invalid(record, "too_large", f"The event has {len(body)} bytes of at most {MAX_EVENT_BYTES}.")
            return None
        return Pending(record[1], record[2], rank, body)

    def refuse(self, event_id: str, message: str) -> None:
        """Counts and reports an event that could not even be queued."""
        self.reporter.count(drained=1)
        self.reporter.error("invalid", message, event_id=event_id)
        self.reporter.drop({"event_id": event_id}, "invalid")

    def _invalid(self, record: Record, reason: DropReason, message: str) -> None:
        self.reporter.error("invalid", message, event_id=record[1])
        self.reporter.drop(_as_event(record), reason)

    def _keep(self, rows: Sequence[Pending]) -> None:
        given_up: Sequence[Held] = self.outbox.insert(rows) if rows else ()
        for row in given_up:
            self.reporter.drop(json.loads(row.body), "spool_full")

    # -- the end --------------------------------------------------------------------------------

    def shutdown(self, timeout: float) -> bool:
        """Ends both threads within `timeout` seconds; True when nothing is left without a receipt.

        What could not be sent stays in the spool. An event tracked afterwards starts the threads again.
        """
        deadline = time.monotonic() + max(0.0, timeout)
        with self._lock:
            threads, self._threads = self._threads, None
            if threads is None:
                return not self.outbox.waiting
            stopped: Future[bool] = Future()
            self._wake.put((stopped, "stop"))
            self._wake = SimpleQueue()  # the next spooler's
        with contextlib.suppress(TimeoutError):
            stopped.result(_left(deadline))
        threads.sender.close()
        threads.sender_thread.join(_left(deadline))
        if threads.sender_thread.is_alive():
            threads.sender.abort()
            threads.sender_thread.join(0.2)
        return threads.sender.left == 0

    def stats(self) -> Stats:
        counters, queue = self.reporter.counters, self._queue
        queued, given_up = len(queue) + self._in_hand, queue.given_up
        dropped = dict(counters.dropped)
        if given_up:
            dropped["queue_full"] = dropped.get("queue_full", 0) + given_up
        return Stats(
            captured=counters.drained + len(queue) + self._in_hand + given_up,
            adopted=counters.adopted,
            delivered=counters.delivered,
            duplicates=counters.duplicates,
            rejected=counters.rejected,
            dropped=dropped,
            queued=queued,
            spooled=self.outbox.waiting,
            released=counters.released,
            errors=counters.errors,
            on_disk=self.outbox.on_disk,
        )

    # -- fork -----------------------------------------------------------------------------------

    @property
    def shutdown_timeout(self) -> float:
        return self.config.shutdown_timeout

    def before_fork(self, timeout: float) -> bool:
        return self.outbox.before_fork(timeout)

    def after_fork_in_parent(self) -> None:
        self.outbox.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """A fresh start: what is queued, spooled or in flight is the parent's to send. Sessions go on."""
        self.outbox.after_fork_in_child()
        self.reporter.reset()
        self.sessions.reset_lock()
        self._reset()


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _as_event(record: Record) -> Mapping[str, object]:
    return {"event_id": record[1], **record[3]}


def _end_with_multiprocessing(pipeline: Pipeline) -> None:
    """Children of multiprocessing and of Celery end by `os._exit`: atexit does not run there, and of Celery's not even
    the finalizers of its multiprocessing."""
    pid, timeout = os.getpid(), pipeline.config.shutdown_timeout
    if pipeline.ends_with == pid:
        return
    pipeline.ends_with = pid

    def end(**_: object) -> None:
        if os.getpid() == pid:
            pipeline.shutdown(timeout)

    for name in ("multiprocessing.util", "billiard.util"):
        if (util := sys.modules.get(name)) is not None:
            util.Finalize(None, end, exitpriority=10)
    if (signals := sys.modules.get("celery.signals")) is not None:
        signals.worker_process_shutdown.connect(end, weak=False)
