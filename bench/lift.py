"""`python -m bench.lift`: how often a lift that is looked at every week for a year claims what is not so, and how often
it finds what is. docs/coach.md has the figures."""

from __future__ import annotations

import argparse
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.coach.watching import Playbook, ever

#: Nothing changes. Shares from rare to nearly all, hold-outs, sizes that the plan did not expect, all at once.
_NOTHING: Final = tuple(
    Playbook(customers, hold_out, base, at_once=at_once)
    for customers, hold_out, at_once in (
        (1000, 0.1, False),
        (1000, 0.5, False),
        (1000, 0.5, True),
        (300, 0.1, False),
        (4000, 0.1, False),
    )
    for base in (0.05, 0.3, 0.6, 0.95)
)
_SOMETHING: Final = (
    Playbook(1000, 0.5, 0.3, 0.1),
    Playbook(1000, 0.5, 0.3, 0.1, at_once=True),
    Playbook(1000, 0.5, 0.5, 0.1),
    Playbook(1000, 0.1, 0.4, 0.18),
    Playbook(4000, 0.5, 0.3, 0.1),
)
_TOGETHER: Final = 9


def main() -> None:
    """Prints a line a setting."""
    parser = argparse.ArgumentParser(prog="python -m bench.lift", description=__doc__)
    parser.add_argument("--playbooks", type=int, default=2000, help="simulated a setting")
    playbooks: int = parser.parse_args().playbooks
    table = Table("customers", "held out", "move up", "changed by", "claims a change", "of these wrong way")
    for setting in (*_NOTHING, *_SOMETHING):
        found = [ever(setting, seed) for seed in range(playbooks)]
        wrong = sum("worse" in one for one in found)
        table.add_row(
            f"{setting.customers:,}{' at once' if setting.at_once else ''}",
            f"{setting.hold_out:.0%}",
            f"{setting.base:.0%}",
            f"{setting.effect * 100:g} points",
            f"{100 * sum(map(bool, found)) / playbooks:.1f} %",
            f"{100 * wrong / playbooks:.1f} %" if setting.effect else "",
        )
    together = Playbook(hold_out=0.5, compared=_TOGETHER)
    families = range(0, playbooks * _TOGETHER, _TOGETHER)
    wrong = sum(any(ever(together, first + number) for number in range(_TOGETHER)) for first in families)
    table.add_row("1,000", "50%", "30%", f"0, {_TOGETHER} at a time", f"{100 * wrong / playbooks:.1f} % (any)", "")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
