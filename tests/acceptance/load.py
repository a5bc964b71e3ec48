"""Several products under load at once, and what they say they tracked and delivered."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import WRITE_KEY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the senders did: every id they tracked, how many have a receipt saying "stored", how many were dropped."""

    tracked: list[str]
    delivered: int
    dropped: int


class Load:
    """Starts `senders` processes with the public SDK; `finish` ends them and answers what they did."""

    def __init__(self, folder: Path, url: str, *, senders: int = 4, per_second: float = 100) -> None:
        self._stop = folder / "stop"
        self._ids = [folder / f"sender{n}.ids" for n in range(senders)]
        self._processes = [
            subprocess.Popen(
                [
                    sys.executable, "-m", "tests.acceptance.sender", url, WRITE_KEY, str(folder / f"spool{n}"),
                    str(ids), str(self._stop), str(per_second),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for n, ids in enumerate(self._ids)
        ]  # fmt: skip

    def tracked(self) -> int:
        """Events tracked so far, by all senders."""
        return sum(path.read_bytes().count(b"\n") for path in self._ids if path.exists())

    def finish(self, within: float = 120) -> Outcome:
        self._stop.touch()
        said = []
        for process in self._processes:
            out, _ = process.communicate(timeout=within)
            assert process.returncode == 0, f"a sender ended with {process.returncode}"
            said.append(json.loads(out))
        tracked = [line for path in self._ids for line in path.read_text().split()]
        assert len(tracked) == sum(one["tracked"] for one in said)
        return Outcome(tracked, sum(one["delivered"] for one in said), sum(one["dropped"] for one in said))

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
