"""The process that answers: uvicorn with the application, on a socket that the parent holds."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import Server

from milepost.logs import configure_logging
from milepost.serve.door import Door, Limits, Visitors
from milepost.serve.workers import DRAIN_SECONDS
from milepost.settings import Settings

#: Files the process needs beside connections: databases, the column store, logs.
_OTHER_FILES: Final = 128


def work(target: str, listener: socket.socket, settings: Settings) -> None:
    """Runs in the worker's process until SIGTERM: finishes what was accepted, for DRAIN_SECONDS at most.

    `target` is `module:factory` of an ASGI application.
    """
    # Nothing of what is made until everything stands is garbage.
    gc.disable()
    configure_logging(settings)
    module, _, factory = target.partition(":")
    make: Callable[[], Any] = getattr(import_module(module), factory)
    limits = Limits(
        connections=min(Limits().connections, _most_files() - _OTHER_FILES),
        per_address=settings.connections_per_address,
    )
    visitors = Visitors(limits, settings.proxies)
    server = Uvicorn(configured(make(), visitors), visitors)
    # What stands now stays: looking through all of it for garbage, whenever a batch has many values, costs a second.
    gc.freeze()
    gc.enable()
    server.run(sockets=[listener])


def configured(application: Any, visitors: Visitors) -> Config:
    """Uvicorn's settings for an ASGI application behind our door."""
    return Config(
        application,
        http=type("ItsDoor", (Door,), {"visitors": visitors}),
        loop="uvloop",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(visitors.proxies),
        forwarded_allow_ips=[str(network) for network in visitors.proxies],
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


class Uvicorn(Server):
    """Uvicorn that closes what is past its deadline, and ends when its parent says so."""

    def __init__(self, config: Config, visitors: Visitors) -> None:
        super().__init__(config)
        self._visitors = visitors

    async def on_tick(self, counter: int) -> bool:
        if counter % 2 == 0:
            self._visitors.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends quietly; uvicorn would raise the signal once more when it is done."""
        signal.signal(signal.SIGTERM, self.handle_exit)
        # A terminal sends these to the whole family; it is the parent who says when to stop.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        yield


def _most_files() -> int:
    """Raises the limit of open files, which is 1,024 by habit, as far as the system lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
