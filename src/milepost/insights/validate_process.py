"""A validation in a process of its own, behind all others: its arithmetic would hold up the server's requests.

`python -m milepost.insights.validate_process ID`, with the database in the environment: `validate_apart` starts it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import psycopg

from milepost.insights.validate_runs import run
from milepost.processes import AGAIN, DSN, Interrupted, run_apart, watch_parent

#: The exit code of what failed for good, which the run's row tells of.
_FAILED: Final = 1


async def validate_apart(dsn: str, validation_id: int, *, stopped: Callable[[], bool]) -> None:
    """Runs it and waits for the end. Raises Interrupted."""
    await run_apart(__name__, str(validation_id), dsn=dsn, stopped=stopped)


def main() -> int:
    """The process; the exit code."""
    watch_parent()
    os.nice(10)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        with psycopg.connect(
            os.environ[DSN], autocommit=True, application_name="milepost-validate", options="-c jit=off"
        ) as connection:
            run(connection, int(sys.argv[1]), now=lambda: datetime.now(UTC), stopped=ended.is_set)
    except (psycopg.OperationalError, Interrupted):
        return AGAIN
    except psycopg.Error as error:
        sys.stderr.write(f"milepost: the score could not be compared: {str(error).strip().splitlines()[0]}\n")
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
