"""What a hold-out can find, said before it starts: the smallest difference that is found in four of five cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import ceil, sqrt
from statistics import NormalDist
from typing import Final

from milepost.coach.intervals import wilson
from milepost.coach.sequential import LEVEL, multiplier
from milepost.plan import Plan
from milepost.plan.coach import hold_out_of

#: Measured customers either group needs before anything is said of a difference.
AT_LEAST: Final = 20
#: The share that moves up anyway, where nothing is known of it yet.
BASE: Final = 0.4
#: In four of five cases a figure is not further below what is expected of it, in standard errors.
_BELOW: Final = NormalDist().inv_cdf(0.8)
#: No hold-out tells more of as many customers.
_BEST: Final = 0.5


def smallest_found(customers: int, hold_out: float, base: float = BASE, level: float = LEVEL) -> float | None:
    """The smallest difference of shares that is found with a power of 80 % once `customers` were measured, `hold_out`
    of them held out, of whom the share `base` moves up; None where even the largest is not.

    It takes that many to be what the plan expects: the interval (newcombe, as wide as sequential.py has it) around d
    just leaves zero out with d as low as it is in one of five cases. Looks before the end only add to the power.
    """
    held = customers * hold_out
    shown = customers - held
    if min(held, shown) < AT_LEAST:
        return None
    z = multiplier(1, level)
    above = wilson(base * held, held, z)[1] - base

    def missing(difference: float) -> float:
        share = base + difference
        below = share - wilson(share * shown, shown, z)[0]
        error = sqrt(share * (1 - share) / shown + base * (1 - base) / held)
        return sqrt(below**2 + above**2) + _BELOW * error - difference

    low, high = 0.0, 1 - base
    if missing(high) > 0:
        return None
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if missing(middle) > 0 else (low, middle)
    return high


def in_words(customers: int, hold_out: float, base: float = BASE, level: float = LEVEL) -> str:
    """The same in a sentence, with what half and half would find beside it."""
    if hold_out == 0:
        return "Nobody is held out, so what it changes cannot be measured."
    found, best = (smallest_found(customers, share, base, level) for share in (hold_out, _BEST))
    said = f"{customers:,} customers, {_percent(hold_out)} held out, of whom {base:.0%} move up: {_finds(found)}"
    if hold_out < _BEST:
        said += f"; {_percent(_BEST)}: {_points(best)}"
    return f"{said}."


def plan_in_words(plan: Plan) -> Iterator[str]:
    """For each share that is held out, what it finds, were all of the plan's playbooks measured at a time."""
    by_share: dict[float, int] = defaultdict(int)
    for playbook in (*(one for one in plan.playbooks if one.active), *([None] if plan.coach.learned.active else [])):
        by_share[hold_out_of(playbook, plan.coach)] += 1
    measured = sum(count for share, count in by_share.items() if share)
    for share, count in sorted(by_share.items()):
        which = f"{count} {'playbook' if count == 1 else 'playbooks'}"
        yield f"{which}: {in_words(plan.coach.expected_customers, share, BASE, LEVEL / max(measured, 1))}"


def _finds(found: float | None) -> str:
    return "finds no difference at all, too few" if found is None else f"finds {_points(found)} or more"


def _points(found: float | None) -> str:
    return "none" if found is None else f"{ceil(found * 100 - 1e-6)} percentage points"


def _percent(share: float) -> str:
    return f"{share * 100:g}%"
