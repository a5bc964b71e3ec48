"""`make soak ARGS="--minutes 60"`: kills the server, its worker and PostgreSQL at random under load, for as long as you
like, and then counts: everything that was tracked is stored, once."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
from rich.console import Console

from milepost.store.embedded import attach_or_start
from tests.acceptance.load import Load
from tests.acceptance.test_nothing_lost import counted, stored_ids, victims
from tests.support.server import Server, wait_for


def main() -> None:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--per-second", type=float, default=100, help="events a second of each of four senders")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="milepost-soak-") as folder:
        sys.exit(soak(Path(folder), options.minutes, options.per_second, options.seed, Console()))


def soak(folder: Path, minutes: float, per_second: float, seed: int, console: Console) -> int:
    """Answers 0 when nothing was lost and nothing was counted twice."""
    chance, pause, killed = random.Random(seed), threading.Event(), Counter[str]()
    console.print(f"Seed {seed}, {minutes:g} minutes, 4 senders of {per_second:g} events a second.")
    server = Server(folder / "server")
    server.start()
    load = Load(folder, server.url, per_second=per_second)
    try:
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            pause.wait(chance.uniform(0.2, 15))
            kind = chance.choice(("server", "worker", "postgres"))
            if (pid := victims(server).get(kind)) is None:
                continue
            os.kill(pid, signal.SIGKILL)
            killed[kind] += 1
            if kind == "server":
                assert server.process is not None
                server.process.wait()
                server.start()
            memory = sum(one.memory_info().rss for one in psutil.Process(os.getpid()).children(recursive=True)) >> 20
            console.print(f"{sum(killed.values())} kills, {load.tracked():,} events tracked, {memory:,} MB in all")
        wait_for(server.is_ready, 120, "the server to be back after the last kill")
        outcome = load.finish(600)
        with attach_or_start(server.data_dir) as dsn:
            stored, total = Counter(stored_ids(dsn)), counted(dsn)
    finally:
        load.kill()
        server.stop()
    lost = len(set(outcome.tracked) - set(stored))
    twice = sum(count > 1 for count in stored.values())
    console.print(
        f"{dict(killed)}: {len(outcome.tracked):,} tracked, {lost} lost, {twice} stored twice, {total:,} counted"
    )
    return 0 if lost == 0 and twice == 0 and total == len(outcome.tracked) else 1


if __name__ == "__main__":
    main()
