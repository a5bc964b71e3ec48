"""Real processes: killed, forked, sharing one spool, ending. Each writes the ids it tracked to a file,
so that what arrived can be held against what was tracked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.client.receiving import Answer, Receiver, eventually

_PRELUDE = """
import os, sys, time, threading
import milepost
host, spool, log = sys.argv[1:4]
out = open(log, "a", buffering=1)
tracker = milepost.Tracker("wk", host=host, customer_id="acme", spool_dir=spool, backoff_base=0.02, backoff_cap=0.1,
                           on_error=lambda error: None, flush_interval=0.05)
def track(name):
    event_id = tracker.track_click(name)
    return event_id
"""


def _script(tmp_path: Path, code: str) -> list[str]:
    file = tmp_path / f"script-{time.monotonic_ns()}.py"
    file.write_text(_PRELUDE + textwrap.dedent(code))
    return [sys.executable, str(file)]


def _run(server: Receiver, tmp_path: Path, code: str, log: str = "log") -> subprocess.Popen[bytes]:
    command = [*_script(tmp_path, code), server.host, str(tmp_path / "spool"), str(tmp_path / log)]
    process = subprocess.Popen(command)
    _started.append(process)
    return process


_started: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _leave_none_running() -> Iterator[None]:
    yield
    for process in _started:
        process.kill()
        process.wait(10)
    _started.clear()


def _logged(tmp_path: Path) -> set[str]:
    return {line for file in tmp_path.glob("log*") for line in file.read_text().split()}


def _all_grown(logs: list[Path]) -> bool:
    return all(log.exists() and log.stat().st_size > 2000 for log in logs)


# Ids are written down only once `persist` said that they are in the spool.
_LOOP = """
n = 0
while True:
    ids = [track(f"b{n}-{i}") for i in range(7)]
    n += 1
    if tracker.persist(5):
        out.write("\\n".join(ids) + "\\n")
"""


def test_kill_9_of_four_processes_on_one_spool_loses_nothing_and_doubles_nothing(
    server: Receiver, tmp_path: Path
) -> None:
    flaky = iter(range(10**9))

    def sometimes(_: object) -> Answer | None:
        turn = next(flaky) % 7
        return {3: Answer(503), 5: Answer(drop=True, store=True)}.get(turn)

    server.always = sometimes
    for turn in range(3):
        before = len(_logged(tmp_path))
        running = [_run(server, tmp_path, _LOOP, f"log{turn}-{number}") for number in range(4)]
        logs = [tmp_path / f"log{turn}-{number}" for number in range(4)]
        eventually(partial(_all_grown, logs), 20)
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert len(_logged(tmp_path)) > before
    server.always = lambda _: None
    last = _run(server, tmp_path, "time.sleep(0)\nwhile not os.path.exists(log + '.stop'): time.sleep(0.02)")
    persisted = _logged(tmp_path)
    eventually(lambda: persisted <= set(server.stored), 20)
    (tmp_path / "log.stop").touch()
    assert last.wait(10) == 0
    # The owners' files of the killed are gone with their rows.
    assert list((tmp_path / "spool").glob("*.owners/*")) == []


def test_live_processes_that_share_a_spool_never_send_the_same_row(server: Receiver, tmp_path: Path) -> None:
    code = "ids = [track(f'b{n}') for n in range(300)]\nout.write('\\n'.join(ids))\nassert tracker.flush(20)"
    running = [_run(server, tmp_path, code, f"log{number}") for number in range(4)]
    assert [process.wait(30) for process in running] == [0, 0, 0, 0]
    assert set(server.stored) == _logged(tmp_path)
    assert len(server.stored) == 1200
    assert set(server.sent.values()) == {1}


def test_what_did_not_go_at_exit_is_sent_by_the_next_process(server: Receiver, tmp_path: Path) -> None:
    server.always = lambda _: Answer(503)
    first = _run(server, tmp_path, "out.write(track('b') + '\\n')")  # nothing else: exit does the rest
    assert first.wait(10) == 0
    assert not server.stored
    server.always = lambda _: None
    second = _run(server, tmp_path, "")
    assert second.wait(10) == 0
    assert set(server.stored) == _logged(tmp_path) != set()


def test_exit_is_bounded_while_the_server_hangs(server: Receiver, tmp_path: Path) -> None:
    import threading

    release = threading.Event()
    server.always = lambda _: Answer(hang=release, drop=True)
    code = "out.write(track('b') + '\\n'); tracker.track_export('t', 'pdf'); time.sleep(0.3); print(time.time())"
    command = [*_script(tmp_path, code), server.host, str(tmp_path / "spool"), str(tmp_path / "log")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    took = time.time() - float(result.stdout)
    release.set()
    assert took < 3.5  # 2 s, and the interpreter's own end


_FORK = """
parent = [track(f"p{n}") for n in range(50)]      # still in memory, perhaps half in the spool
children = []
for number in range(3):
    pid = os.fork()
    if pid == 0:
        assert tracker.stats().captured == 0, tracker.stats()
        mine = [track(f"c{number}-{n}") for n in range(50)]
        out.write("\\n".join(mine) + "\\n")
        assert tracker.flush(10), tracker.stats()
        assert tracker.stats().delivered == 50, tracker.stats()
        sys.exit(0)
    children.append(pid)
    parent += [track(f"p-{number}-{n}") for n in range(50)]
for pid in children:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
out.write("\\n".join(parent) + "\\n")
assert tracker.flush(10)
assert tracker.stats().delivered == 200, tracker.stats()
"""


def test_a_fork_sends_nothing_twice_and_loses_nothing(server: Receiver, tmp_path: Path) -> None:
    assert _run(server, tmp_path, _FORK).wait(30) == 0
    assert set(server.stored) == _logged(tmp_path)
    assert len(server.stored) == 350
    assert set(server.sent.values()) == {1}


def test_forks_while_a_request_is_in_flight_and_threads_track(server: Receiver, tmp_path: Path) -> None:
    code = """
    stop = threading.Event()
    ids = []
    def work():
        while not stop.is_set():
            ids.append(tracker.track_export("t", "pdf"))
            time.sleep(0.0005)
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads: thread.start()
    pids = []
    for number in range(10):
        time.sleep(0.01)
        pid = os.fork()
        if pid == 0:
            mine = track("c")
            ok = tracker.flush(10)
            os.write(out.fileno(), (mine + "\\n").encode())
            os._exit(0 if ok else 1)
        pids.append(pid)
    for pid in pids:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    stop.set()
    for thread in threads: thread.join()
    out.write("\\n".join(ids) + "\\n")
    assert tracker.flush(10)
    """
    assert _run(server, tmp_path, code).wait(30) == 0
    assert set(server.stored) == _logged(tmp_path)
    assert set(server.sent.values()) == {1}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_multiprocessing_deliver_at_their_end(server: Receiver, tmp_path: Path, method: str) -> None:
    code = f"""
    import multiprocessing
    def child(number):
        os.write(out.fileno(), (track(f"c{{number}}") + "\\n").encode())
    if __name__ == "__main__":
        context = multiprocessing.get_context({method!r})
        workers = [context.Process(target=child, args=(n,)) for n in range(2)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]
        os.kill(os.getpid(), 9)   # so that the parent cannot have sent it
    """
    assert _run(server, tmp_path, code).wait(30) == -signal.SIGKILL
    assert set(server.stored) == _logged(tmp_path)
    assert len(server.stored) == 2


def test_tracking_from_a_signal_handler_does_not_lock_up(server: Receiver, tmp_path: Path) -> None:
    code = """
    import signal
    ids = []
    signal.signal(signal.SIGALRM, lambda *_: ids.append(track("signal")))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        ids.append(track("main"))
    signal.setitimer(signal.ITIMER_REAL, 0)
    given_up = tracker.stats().dropped.get("queue_full", 0)
    assert tracker.flush(20)
    assert tracker.stats().delivered == len(ids) - tracker.stats().dropped.get("queue_full", 0)
    """
    assert _run(server, tmp_path, code).wait(40) == 0


def test_tracking_while_the_interpreter_ends_reaches_the_spool(server: Receiver, tmp_path: Path) -> None:
    code = """
    import atexit
    # Registered after the tracker's own, so it runs before; and one from within, which runs after it.
    atexit.register(lambda: out.write(track("late") + "\\n"))
    """
    early = "import atexit, sys\natexit.register(lambda: out.write(track('very late') + '\\n'))\n"
    file = tmp_path / "late.py"
    file.write_text(early + _PRELUDE + textwrap.dedent(code))
    command = [sys.executable, str(file), server.host, str(tmp_path / "spool"), str(tmp_path / "log")]
    assert subprocess.run(command, timeout=20, check=False).returncode == 0
    assert _run(server, tmp_path, "").wait(10) == 0
    eventually(lambda: set(server.stored) == _logged(tmp_path))
    assert len(server.stored) == 2


def test_this_process_may_fork_too(server: Receiver, tmp_path: Path) -> None:
    from milepost import Tracker

    tracker = Tracker("wk", host=server.host, customer_id="acme", spool_dir=tmp_path / "spool")
    tracker.track_click("parent")
    pid = os.fork()
    if pid == 0:
        tracker.track_click("child")
        os._exit(0 if tracker.flush(5) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert tracker.flush()
    assert tracker.shutdown()
    assert sorted(event["event_metadata"]["button_id"] for event in server.stored.values()) == ["child", "parent"]
