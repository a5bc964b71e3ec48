"""One export for the server, in a process of its own: `python -m milepost.export.process`.

What is to be exported comes as JSON on the standard input. The standard output begins with a line of JSON, the
watermark or a problem; what follows is the export. To be rid of it, kill it: PostgreSQL notices within a second.
"""

from __future__ import annotations

import os
import sys

import msgspec
import psycopg

from milepost.errors import DatabaseUnavailable, Problem
from milepost.export.asked import Chosen
from milepost.export.formats import Sink
from milepost.export.stream import stream
from milepost.processes import DSN, watch_parent


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: `watermark`, or why there is nothing."""

    watermark: str | None = None
    status: int = 500
    code: str = ""
    message: str = ""
    field: str | None = None
    retry_after: int | None = None


def main() -> int:
    """The process; the exit code."""
    watch_parent()
    os.nice(5)
    chosen = msgspec.json.decode(sys.stdin.buffer.read(), type=Chosen)
    out = sys.stdout.buffer
    begun = False

    def begin(watermark: str) -> Sink:
        nonlocal begun
        begun = True
        _tell(Head(watermark=watermark))
        return out

    try:
        stream(os.environ[DSN], chosen, begin, progress=_quietly)
        out.flush()
    except (Problem, psycopg.Error) as error:
        problem = error if isinstance(error, Problem) else _of_database(error)
        if begun:
            sys.stderr.write(f"milepost: an export broke off: {problem.message}\n")
            return 1
        _tell(
            Head(
                status=problem.status,
                code=problem.code,
                message=problem.message,
                field=problem.field,
                retry_after=problem.retry_after,
            )
        )
    return 0


def _of_database(error: psycopg.Error) -> Problem:
    said = str(error).strip().splitlines()[0]
    if isinstance(error, psycopg.OperationalError):
        return DatabaseUnavailable(f"The database cannot be read right now: {said}", retry_after=10)
    return Problem(f"The database did not answer: {said}")


def _quietly(done: int, of: int) -> None:
    """Nobody watches."""


def _tell(head: Head) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(head) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
