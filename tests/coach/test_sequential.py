"""Must hold: a lift looked at every week for a year claims what is not so in one case of twenty at most, and finds ten
points with a thousand customers half and half in four of five. `python -m bench.lift` does it with 2,000 of each."""

from __future__ import annotations

from math import sqrt

import msgspec
import pytest

from milepost.coach.intervals import wilson
from milepost.coach.lift import kinds_of, reports_of
from milepost.coach.playbooks import is_held_out
from milepost.coach.power import in_words, plan_in_words, smallest_found
from milepost.coach.sequential import LEVEL, multiplier
from milepost.plan import load_plan
from milepost.plan.coach import Coach, Learned
from tests.coach.people import plan_with
from tests.coach.watching import Playbook, ever

_SEEN = {"fact": "total_events", "at_least": 1}


@pytest.mark.parametrize(
    "playbook", [Playbook(hold_out=0.5), Playbook(hold_out=0.1, base=0.1), Playbook(hold_out=0.5, expected=200)]
)
def test_where_nothing_changes_hardly_anything_is_claimed_however_often_one_looks(playbook: Playbook) -> None:
    assert sum(bool(ever(playbook, seed)) for seed in range(300)) <= 0.05 * 300


def test_points_that_few_have_very_many_of_claim_no_more() -> None:
    """Of few who are held out hardly any is among those few, so their mean looked low and sure: 12 % were wrong."""
    assert sum(bool(ever(Playbook(), seed, points=True)) for seed in range(200)) <= 0.05 * 200


@pytest.mark.parametrize("at_once", [False, True])
def test_ten_points_are_found_with_a_thousand_customers(at_once: bool) -> None:
    found = [ever(Playbook(hold_out=0.5, effect=0.1, at_once=at_once), seed) for seed in range(300)]
    assert sum("better" in one for one in found) >= 0.8 * 300
    assert not any("worse" in one for one in found)


@pytest.mark.parametrize(("customers", "hold_out"), [(300, 0.5), (1500, 0.1)])
def test_what_is_said_to_be_found_is_found(customers: int, hold_out: float) -> None:
    difference = smallest_found(customers, hold_out, 0.3)
    assert difference is not None
    playbook = Playbook(customers, hold_out, 0.3, difference, at_once=True, expected=customers)
    assert 0.76 * 300 <= sum("better" in ever(playbook, seed) for seed in range(300)) <= 0.88 * 300


def test_the_smallest_difference_that_is_found() -> None:
    """2.384 standard errors wide at the expected size, and 0.842 more for a power of 80 %: of many customers so many
    standard errors, of few what the interval around it leaves out."""
    assert multiplier(1) == pytest.approx(2.3839, abs=1e-4)
    many = smallest_found(10**7, 0.03, 0.3)
    assert many is not None
    share = 0.3 + many
    error = sqrt(share * (1 - share) / 9.7e6 + 0.21 / 3e5)
    assert many / error == pytest.approx(2.3839 + 0.8416, abs=6e-3)
    few = smallest_found(400, 0.25, 0.4)
    assert few is not None
    low = few - 0.8416 * sqrt((0.4 + few) * (0.6 - few) / 300 + 0.24 / 100)
    held_high, shown_low = wilson(40, 100, multiplier(1))[1], wilson((0.4 + few) * 300, 300, multiplier(1))[0]
    assert low == pytest.approx(sqrt((held_high - 0.4) ** 2 + (0.4 + few - shown_low) ** 2), abs=1e-5)
    assert smallest_found(190, 0.1) is None  # 19 held out
    assert smallest_found(300, 0.1, 0.9) is None  # there is no room for as much
    assert in_words(300, 0.1) == (
        "300 customers, 10% held out, of whom 40% move up: finds 31 percentage points or more; "
        "50%: 19 percentage points."
    )
    assert "cannot be measured" in in_words(300, 0)
    assert "too few" in in_words(100, 0.1)
    assert len(list(plan_in_words(load_plan()))) == 1


def test_the_bound_is_tightest_where_it_is_expected_and_wider_for_many() -> None:
    sizes = [0.02, 0.1, 0.3, 1, 3, 10, 1000]
    widths = [multiplier(size) for size in sizes]
    assert min(widths) == widths[3]
    # It never falls to what a single look takes, and what is known still grows with every customer.
    assert all(width > 2.3 for width in widths)
    assert [w / sqrt(s) for w, s in zip(widths, sizes, strict=True)] == sorted(
        (w / sqrt(s) for w, s in zip(widths, sizes, strict=True)), reverse=True
    )
    assert multiplier(1, LEVEL / 9) > multiplier(1, LEVEL / 2) > multiplier(1)


def _arm(measured: int, moved_up: int) -> dict[str, int]:
    counts = dict.fromkeys(("made", "shown", "accepted", "dismissed", "done", "open"), measured)
    return counts | {"measured": measured, "moved_up": moved_up, "points_sum": 0, "points_squares": 0}


def test_playbooks_share_the_error_and_those_of_a_kind_tell_more_together() -> None:
    """Three of one kind that each might be chance, and one of another kind, alone in it."""
    books = [{"id": f"b{n}", "kind": "win back" if n < 3 else "breadth", "when": [_SEEN]} for n in range(4)]
    plan = plan_with(*books, coach=Coach(hold_out=0.5, learned=Learned(active=False)))
    tallies = {(f"b{n}", held): _arm(400, 120 if held else 150) for n in range(4) for held in (False, True)}
    reports = reports_of(tallies, plan)
    alone = reports_of({key: arm for key, arm in tallies.items() if key[0] == "b0"}, plan)[0].lift.moved_up
    assert alone is not None
    by_id = {report.playbook: report for report in reports}
    one = by_id["b0"].lift.moved_up
    assert one is not None
    assert one.low < alone.low < alone.high < one.high
    assert one.low < 0
    (kind,) = kinds_of(reports, plan.coach)
    assert (kind.kind, kind.playbooks, kind.customers) == ("win back", ["b0", "b1", "b2"], 2400)
    assert kind.moved_up.estimate == pytest.approx(0.075)
    assert kind.moved_up.low > 0
    assert "3 playbooks, 2,400 customers measured: they help (+8 percentage points" in kind.says
    # What it would find is said of each, by how many of those held out moved up, and of none that is no longer there.
    assert "of whom 30% move up" in (by_id["b0"].finds_says or "")
    gone = {report.playbook: report for report in reports_of(tallies, plan_with(coach=plan.coach))}["b0"]
    assert (gone.hold_out, gone.finds, gone.finds_says) == (None, None, None)
    # A playbook's own share goes before the coach's.
    own = msgspec.structs.replace(plan.playbooks[0], hold_out=0.2)
    plan = msgspec.structs.replace(plan, playbooks=(own,))
    assert next(iter(reports_of({}, plan))).hold_out == 0.2


def test_who_is_held_out_of_a_smaller_share_is_held_out_of_a_larger() -> None:
    customers = [f"c{number}" for number in range(2000)]
    small, large = ({c for c in customers if is_held_out("seed", c, "book", share)} for share in (0.1, 0.4))
    assert small < large
    assert 0.35 < len(large) / len(customers) < 0.45
