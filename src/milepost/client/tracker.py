"""`Tracker`: the SDK's public face."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from milepost.client.capturing import Capturing
from milepost.client.config import Config, normalise_host
from milepost.client.outbox import default_spool_dir, spool_file
from milepost.client.pipeline import Pipeline
from milepost.client.reading import Reader
from milepost.client.report import OnDrop, OnError, Reporter
from milepost.vocabulary import DEFAULT_HOST, FLUSH_AT_EVENTS, FLUSH_INTERVAL_SECONDS, ActorType

_MB = 1024 * 1024


class BaseTracker(Capturing):
    """What the tracker and its asyncio twin are made from. All arguments but the write key go by name.

    Args:
        write_key: a server key from the server's keys page; default `MILEPOST_SERVER_KEY`. A browser key (default
            `MILEPOST_WRITE_KEY`) works too, within its rules: the server's notices go to `on_error`.
        host: the server's address; default `MILEPOST_HOST`, else http://127.0.0.1:8321.
        customer_id, user_id, anonymous_id: whose events these are, where a call names nobody else.
        actor_type: who does it, where a call says nothing else: `person` (default), `service` or `agent`.
        current_arr, target_arr, growth_stage: the scaling context; see `set_scaling_context`.
        secret_key: for `get_insights` and `get_recent_events` of any customer; never in a client's hands.
        token: a customer's token, for the same of that customer alone.
        spool_dir: where undelivered events are kept; default `MILEPOST_SPOOL_DIR`, else
            ~/.local/state/milepost/spool. Processes may share it; give containers a volume.
        spool: False keeps events in memory alone, so they are lost with the process.
        flush_at, flush_interval: send at so many events, and after so many seconds.
        max_queue: events in memory before the spool has them; beyond it the oldest of low impact go.
        max_spool_mb, max_memory_mb: bounds of the spool, and of what stands in for it while the disk fails.
        max_batch: most events in one request.
        timeout: seconds for connecting, and for each wait on the server.
        shutdown_timeout: most seconds the tracker may hold up the process's exit.
        backoff_base, backoff_cap: seconds; the wait after failures grows from one to the other.
        on_error: called with a `TrackerError`, on a background thread; without it errors go to the
            log `milepost`, each kind at most once a minute.
        on_drop: called with the event and the reason for each event given up.
        clock: nanoseconds since 1970, for tests.
    """

    def __init__(
        self,
        write_key: str | None = None,
        *,
        host: str | None = None,
        customer_id: str | None = None,
        user_id: str | None = None,
        anonymous_id: str | None = None,
        actor_type: ActorType | None = None,
        current_arr: str | None = None,
        target_arr: str | None = None,
        growth_stage: str | None = None,
        secret_key: str | None = None,
        token: str | None = None,
        spool_dir: str | os.PathLike[str] | None = None,
        spool: bool = True,
        flush_at: int = FLUSH_AT_EVENTS,
        flush_interval: float = FLUSH_INTERVAL_SECONDS,
        max_queue: int = 10_000,
        max_spool_mb: float = 64,
        max_memory_mb: float = 16,
        max_batch: int = 500,
        timeout: float = 10.0,
        shutdown_timeout: float = 2.0,
        backoff_base: float = 0.5,
        backoff_cap: float = 60.0,
        on_error: OnError | None = None,
        on_drop: OnDrop | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        reporter = Reporter(on_error, on_drop)
        address = host or os.environ.get("MILEPOST_HOST") or DEFAULT_HOST
        try:
            address = normalise_host(address)
        except ValueError as error:
            # A wrong setting must not keep the host from starting; the events wait in the spool.
            reporter.error("misconfigured", f"{error}. Events are kept until this is fixed.")
        file: Path | None = None
        if spool:
            directory = Path(spool_dir) if spool_dir is not None else default_spool_dir()
            file = spool_file(directory, address)
        config = Config(
            host=address,
            write_key=write_key or os.environ.get("MILEPOST_SERVER_KEY") or os.environ.get("MILEPOST_WRITE_KEY") or "",
            spool_file=file,
            flush_at=max(1, flush_at),
            flush_interval=max(0.0, flush_interval),
            max_queue=max(1, max_queue),
            max_batch=min(max(1, max_batch), 500),
            max_spool_bytes=int(max_spool_mb * _MB),
            max_memory_bytes=int(max_memory_mb * _MB),
            timeout=timeout,
            shutdown_timeout=shutdown_timeout,
            backoff_base=backoff_base,
            backoff_cap=backoff_cap,
        )
        super().__init__(
            Pipeline(config, reporter),
            {
                "customer_id": customer_id,
                "user_id": user_id,
                "anonymous_id": anonymous_id,
                "actor_type": actor_type,
                "current_arr": current_arr,
                "target_arr": target_arr,
                "growth_stage": growth_stage,
            },
            clock,
        )
        self._reader = Reader(address, reporter, secret_key, token, timeout)
        self._shutdown_timeout = shutdown_timeout
        if self._pipeline.outbox.has_leftovers():
            self._pipeline.start()  # an earlier process could not send them; they need not wait for an event

    @property
    def host(self) -> str:
        """The server's address."""
        return self._pipeline.config.host

    @property
    def spool_file(self) -> Path | None:
        """Where undelivered events are kept; None for memory alone."""
        return self._pipeline.config.spool_file

    @property
    def defaults(self) -> Mapping[str, object]:
        """The fields events get where a call names none."""
        return self._defaults

    @property
    def pipeline(self) -> Pipeline:
        """The machinery below, for this package's own parts."""
        return self._pipeline


class Tracker(BaseTracker):
    """Tracks what customers do, for ordinary (threaded, forked) programs. Threads may share one.

    Nothing here raises into the host, and only `flush`, `persist`, `shutdown`, `get_insights` and
    `get_recent_events` wait for anything. As a context manager it shuts down at the end.
    """

    __doc__ = f"{__doc__}\n{BaseTracker.__doc__}"

    def flush(self, timeout: float = 10.0) -> bool:
        """Sends now and waits; True when everything tracked before has its receipt (or was given up)."""
        try:
            return self._pipeline.flush().result(timeout)
        except TimeoutError:
            return False

    def persist(self, timeout: float = 2.0) -> bool:
        """Waits until everything tracked before is in the spool on disk; False when it is not."""
        try:
            return self._pipeline.persist().result(timeout)
        except TimeoutError:
            return False

    def shutdown(self, timeout: float | None = None) -> bool:
        """Sends what can be sent and ends the threads, within `timeout` seconds (default: shutdown_timeout).

        True when nothing is left. What is left stays in the spool for the next process. It runs by
        itself when the process exits.
        """
        return self._pipeline.shutdown(self._shutdown_timeout if timeout is None else timeout)

    def get_insights(self, customer_id: str | None = None) -> dict[str, object] | None:
        """A customer's insights; None when there are none or they cannot be had (`on_error` says why)."""
        return self._reader.insights(customer_id or self._defaults.get("customer_id"))

    def get_recent_events(self, limit: int = 50, *, customer_id: str | None = None) -> list[dict[str, object]]:
        """A customer's newest events, newest first; [] when they cannot be had (`on_error` says why)."""
        return self._reader.events(customer_id or self._defaults.get("customer_id"), limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
