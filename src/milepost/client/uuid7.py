"""UUIDv7: an event's id carries the time it was captured, so ids sort as their events do."""

from __future__ import annotations

import os
import random

# An own generator, so that a host that seeds `random` does not get the same ids in every process.
_random = random.Random()  # noqa: S311 -- an id must be unique, not secret
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)  # else parent and child would make the same ids

_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_MAX_MS = (1 << 48) - 1


def uuid7(at_ns: int) -> str:
    """A UUIDv7 for a time in nanoseconds since 1970, in the usual text form.

    The 12 bits after the version hold the fraction of the millisecond (RFC 9562, method 3), so ids
    of one process sort by capture time to a quarter of a microsecond. The other 62 bits are random.
    """
    ms, rest = divmod(at_ns, 1_000_000)
    ms = min(max(ms, 0), _MAX_MS)
    number = (ms << 80) | ((rest * 4096 // 1_000_000) << 64) | _random.getrandbits(62) | _VERSION_AND_VARIANT
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
