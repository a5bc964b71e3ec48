"""Milepost: behaviour intelligence for B2B software. This front door is the SDK's.

    import milepost

    tracker = milepost.Tracker("mpsv_...", customer_id="acme")
    tracker.track_export("icp-analysis", "pdf")

`milepost.connect(url, key)` reads a server, in a notebook: that alone needs more (`milepost[notebook]`).

Importing it loads neither a third-party module nor the SDK itself: the names below are loaded when
they are first used, so the server and its commands, which live in this package too, do not pay for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from milepost.client.aio import AsyncTracker
    from milepost.client.report import Stats, TrackerError
    from milepost.client.send import SendReport, send
    from milepost.client.tracker import Tracker
    from milepost.notebook.connection import connect
    from milepost.signature import identity_signature

__all__ = [
    "AsyncTracker",
    "SendReport",
    "Stats",
    "Tracker",
    "TrackerError",
    "__version__",
    "connect",
    "identity_signature",
    "send",
]

_HOME = {
    "AsyncTracker": "milepost.client.aio",
    "SendReport": "milepost.client.send",
    "Stats": "milepost.client.report",
    "Tracker": "milepost.client.tracker",
    "TrackerError": "milepost.client.report",
    "connect": "milepost.notebook.connection",
    "identity_signature": "milepost.signature",
    "send": "milepost.client.send",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'milepost' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
