"""A tracker's settings, once they are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from milepost.vocabulary import FLUSH_AT_EVENTS, FLUSH_INTERVAL_SECONDS


@dataclass(frozen=True, slots=True)
class Config:
    """Times in seconds, sizes in bytes."""

    host: str
    write_key: str
    spool_file: Path | None  # None: memory only
    flush_at: int = FLUSH_AT_EVENTS
    flush_interval: float = FLUSH_INTERVAL_SECONDS
    max_queue: int = 10_000
    max_batch: int = 500
    max_batch_bytes: int = 4 * 1024 * 1024
    max_spool_bytes: int = 64 * 1024 * 1024
    max_memory_bytes: int = 16 * 1024 * 1024
    timeout: float = 10.0
    shutdown_timeout: float = 2.0
    backoff_base: float = 0.5
    backoff_cap: float = 60.0
    pause: float = 300.0  # after 401, 403 and other answers that somebody has to look into
    tidy_interval: float = 10.0  # between looks for dead processes' rows and a disk that works again


def normalise_host(host: str) -> str:
    """`http://127.0.0.1:8321` of what was given: scheme added, trailing slash cut. Raises ValueError."""
    text = host.strip().rstrip("/")
    if "://" not in text:
        text = f"http://{text}"
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"host is {host!r}; it takes an address such as http://127.0.0.1:8321")
    _ = parts.port  # raises ValueError where it is not a number
    return text
