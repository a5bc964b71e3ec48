"""The live feed with a thousand readers, some of whom stop reading, while one sender goes on sending.

    python -m bench.live_readers --readers 1000 --stalled 20

Each sends without readers and with them, in the same run: at a pace of which the feed shows every event, then as fast
as one connection can. A request has ten events of one customer. What a reader saw is compared with what was sent: every
event, each customer's in order. Sender and readers are processes of their own on the same machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.live_sending import Sent, send_all
from tests.support.dashboard import member
from tests.support.live_readers import Seen, read_all
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, SERVER_KEY, Server


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--readers", type=int, default=1_000)
    asked.add_argument("--stalled", type=int, default=20, help="of them, who stop reading after the first message")
    asked.add_argument("--seconds", type=float, default=15.0, help="of each measurement")
    asked.add_argument("--rate", type=float, default=100.0, help="events a second where every one is to be seen")
    asked.add_argument("--members", action="store_true", help="they are signed in, as on the page; else a key reads")
    given = asked.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        cluster = Cluster(Path(folder) / "pg")
        try:
            with cluster.database() as dsn:
                server = Server(
                    Path(folder) / "server",
                    database_url=dsn,
                    environ={"MILEPOST_CONNECTIONS_PER_ADDRESS": str(given.readers + 100)},
                )
                server.start()
                try:
                    with _who(server, given.members) as who:
                        return _measure(server, who, given, console)
                finally:
                    server.stop()
        finally:
            cluster.stop()


@contextmanager
def _who(server: Server, members: bool) -> Iterator[str]:
    """The header that says who reads."""
    if not members:
        yield f"Authorization: Bearer {SECRET_KEY}"
        return
    with member(server) as client:
        yield "Cookie: " + "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def _measure(server: Server, who: str, given: argparse.Namespace, console: Console) -> int:
    assert server.process is not None
    send_all(server.port, SERVER_KEY, seconds=3, rate=0, first=0)  # what is made once is made
    table = Table("", "events/s", "POST p50, ms", "p99, ms", "server's CPU")
    alone = _sending(server, given, 1_000_000, table, "no readers")
    before = _memory(server.process.pid)
    context = get_context("spawn")
    here, there = context.Pipe()
    reading = context.Process(target=read_all, args=(there, server.port, who, given.readers, given.stalled))
    reading.start()
    try:
        connected: float = here.recv()
        held = _memory(server.process.pid)
        beside = _sending(server, given, 2_000_000, table, f"{given.readers} readers")
        time.sleep(3)
        after = _memory(server.process.pid)
        here.send("enough")
        seen: Seen = here.recv()
    finally:
        reading.join()
    console.print(table)
    load = os.getloadavg()[0]
    console.print(f"{given.readers} readers connected in {connected:.1f} s; load of the machine {load:.1f}")
    each = [(now - before) / given.readers / 1024 for now in (held, after)]
    console.print(f"memory of the server a reader: {each[0]:.0f} KB connected, {each[1]:.0f} KB at the end")
    good = _compare(seen, beside[0], given, console)
    slower = beside[0].percentile(0.99) / alone[0].percentile(0.99)
    console.print(
        f"POST at a pace, p99 with readers: {slower:.2f} of without; rate {beside[1].rate / alone[1].rate:.2f}"
    )
    return 0 if good else 1


def _sending(server: Server, given: argparse.Namespace, first: int, table: Table, who: str) -> tuple[Sent, Sent]:
    """At a pace, then as fast as can be."""
    both: list[Sent] = []
    for rate, how in ((given.rate, f"{given.rate:g} a second"), (0, "as fast as can be")):
        assert server.process is not None
        began = _cpu(server.process.pid)
        sent = send_all(server.port, SERVER_KEY, seconds=given.seconds, rate=rate, first=first + len(both) * 500_000)
        share = (_cpu(server.process.pid) - began) / given.seconds
        table.add_row(f"{who}, {how}", f"{sent.rate:,.0f}", f"{sent.percentile(0.5) * 1e3:.1f}",
                      f"{sent.percentile(0.99) * 1e3:.1f}", f"{share:.2f}")  # fmt: skip
        both.append(sent)
    return both[0], both[1]


def _compare(seen: Seen, paced: Sent, given: argparse.Namespace, console: Console) -> bool:
    """Prints what was seen of what was sent at a pace; whether who kept reading saw all of it, in order."""
    wanted = set(paced.answered)
    whole = stalled_whole = in_order = 0
    delays: list[float] = []
    for place, messages in enumerate(seen.readers):
        numbers = [number for message, _ in messages for number in seen.messages[message]]
        mine = [number for number in numbers if number in wanted]
        ordered = all(_is_ordered(numbers, customer) for customer in range(20))
        in_order += ordered
        if place < given.stalled:
            stalled_whole += ordered and set(mine) == wanted
            continue
        whole += ordered and set(mine) == wanted and len(mine) == len(wanted)
        if place % 10 == 0:
            delays += [
                at - paced.answered[number]
                for message, at in messages
                for number in seen.messages[message]
                if number in wanted
            ]
    reading = given.readers - given.stalled
    delays.sort()
    console.print(f"{whole} of {reading} who kept reading saw every event of the pace, in order, once")
    console.print(f"{stalled_whole} of {given.stalled} who stopped and went on saw all of it; {seen.cut} were cut off")
    console.print(f"{in_order} of {given.readers} saw each customer's events in order, of both")
    if delays:
        half, most = (delays[int(len(delays) * share)] * 1e3 for share in (0.5, 0.99))
        console.print(
            f"after the commit's answer: median {half:.0f} ms, p99 {most:.0f} ms, at most {delays[-1] * 1e3:.0f}"
        )
    return bool(whole == reading)


def _is_ordered(numbers: list[int], customer: int) -> bool:
    mine = [number for number in numbers if number // 10 % 20 == customer]
    return mine == sorted(mine)


def _tree(pid: int) -> list[psutil.Process]:
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def _memory(pid: int) -> int:
    return sum(process.memory_full_info().uss for process in _tree(pid))


def _cpu(pid: int) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in _tree(pid))


if __name__ == "__main__":
    raise SystemExit(main())
