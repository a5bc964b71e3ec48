"""A validation in a process of its own, behind all others: its arithmetic would hold up the server's requests.

`python -m milepost.insights.validate_process ID`, with the database in the environment, is what `run_apart` starts.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import psycopg

from milepost.insights.validate_runs import Interrupted, run
from milepost.processes import PARENT, watch_parent

_DSN: Final = "MILEPOST_DATABASE_URL"
#: Exit codes: to be tried again, as sysexits.h has it; failed for good, which the run's row tells of.
_AGAIN, _FAILED = 75, 1
_LOOK_SECONDS: Final = 0.2


async def run_apart(dsn: str, validation_id: int, *, stopped: Callable[[], bool]) -> None:
    """Runs it and waits for the end. Raises Interrupted where it is to be tried again: `stopped`, or no database."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "milepost.insights.validate_process", str(validation_id),
        env={**os.environ, _DSN: dsn, PARENT: str(os.getpid())},
    )  # fmt: skip
    ending = asyncio.create_task(process.wait(), name="a validation's process")
    try:
        while not (await asyncio.wait({ending}, timeout=_LOOK_SECONDS))[0]:
            if stopped():
                process.terminate()
    finally:
        if not ending.done():
            process.terminate()
    code = ending.result()
    # Ended by a signal, it could not say why: it was not its own doing.
    if code == _AGAIN or code < 0:
        raise Interrupted


def main() -> int:
    """The process; the exit code."""
    watch_parent()
    os.nice(10)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        with psycopg.connect(
            os.environ[_DSN], autocommit=True, application_name="milepost-validate", options="-c jit=off"
        ) as connection:
            run(connection, int(sys.argv[1]), now=lambda: datetime.now(UTC), stopped=ended.is_set)
    except (psycopg.OperationalError, Interrupted):
        return _AGAIN
    except psycopg.Error as error:
        sys.stderr.write(f"milepost: the score could not be compared: {str(error).strip().splitlines()[0]}\n")
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
