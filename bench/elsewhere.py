"""Load from a process of its own, so that making it takes nothing of what is measured but the machine's cores."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context


def result_of(main: Callable[..., None], *given: object) -> object:
    """What `main` sends through the pipe that is its first argument; the others are `given`."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=main, args=(there, *given))
    process.start()
    try:
        result: object = here.recv()
    finally:
        process.join()
    return result
