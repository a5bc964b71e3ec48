"""A planted signal is found and told in probabilities; shuffled, nothing holds; too little is said to be too little."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from milepost.predict import measures
from milepost.predict.curves import curve
from milepost.predict.enough import NotEnough
from milepost.predict.features import STANDING, Known, with_standing
from milepost.predict.folds import ahead, groups, number
from milepost.predict.models import KINDS, fit
from milepost.predict.reasons import contributions, reasons, usual_row
from milepost.predict.rows import Rows, days_to_ask
from milepost.predict.said import GRID
from milepost.predict.targets import Target
from milepost.predict.training import Trained, train, usable

TARGET = Target()
NAMES = ("recency", "tenure", "active_days", "active_days_28", "active_days_91", "events_91", "long_gap", "tools_28")
_WEEKS = 20


def rows_of(customers: int, *, seed: int = 1, signal: float = 1.0) -> Rows:
    """Customers asked every week. Whether they go quiet lies in two features, beyond what either says by itself."""
    chance = np.random.default_rng(seed)
    count = customers * _WEEKS
    whose = np.repeat(np.arange(customers), _WEEKS)
    recency = chance.integers(1, 57, count)
    tools = chance.integers(0, 9, count)
    days = chance.integers(1, 60, count)
    values = np.stack(
        [recency, recency + chance.integers(0, 300, count), days, days // 3, days // 2, days * 2,
         chance.integers(1, 30, count), tools],
        axis=1,
    ).astype(np.float32)  # fmt: skip
    odds = signal * (np.log1p(recency) * 1.5 - np.log1p(tools) * 2.0 - 2.5)
    happened = chance.uniform(size=count) < 1 / (1 + np.exp(-odds))
    at = number(date(2026, 1, 5)) + 7 * np.tile(np.arange(_WEEKS), customers)
    known = Known(date(2026, 6, 1), NAMES, whose.astype(np.int64), np.full(count, "", dtype=np.str_), values)
    return Rows(with_standing(known), at.astype(np.int64), happened)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(TARGET, rows_of(150))


def test_a_planted_signal_is_found_and_calibrated(trained: Trained) -> None:
    report = trained.report
    assert report.holds
    assert report.figures.auc > report.beside[0].auc + 0.02
    assert report.figures.calibration_error < 0.05
    fresh = rows_of(150, seed=2)
    said = trained.probability(fresh)
    assert measures.auc(fresh.happened, said) > 0.75
    assert measures.calibration_error(fresh.happened, said) < 0.05


def test_curves_are_of_the_same_rows_and_people_are_told_of_only_where_they_are_known(trained: Trained) -> None:
    report = trained.report
    assert report.without_people is None
    assert report.drawn is not None
    assert sum(week.rows for week in report.drawn.weeks) == report.figures.rows
    assert sum(week.happened for week in report.drawn.weeks) == report.figures.happened
    # The area under what is drawn, by trapezes of the grid, is the AUC.
    for drawn, auc in ((report.drawn.model, report.figures.auc), (report.drawn.rival, report.beside[0].auc)):
        assert np.trapezoid(drawn.roc, GRID) == pytest.approx(auc, abs=0.01)
        assert drawn.precision[-1] == pytest.approx(report.figures.happened / report.figures.rows, abs=0.02)
    by_hand = curve(np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1]))
    assert (by_hand.roc[0], by_hand.roc[10], by_hand.roc[20]) == (0.5, 1, 1)
    assert by_hand.precision[10:12] == [1, pytest.approx(2 / 3, abs=1e-4)]


def test_what_people_add_is_told_and_they_earn_their_place_or_leave_it() -> None:
    """The planted signal lies in a figure of people here."""
    rows = rows_of(150)
    names = tuple("people_28" if name == "tools_28" else name for name in rows.known.names)
    named = Rows(msgspec.structs.replace(rows.known, names=names), rows.at, rows.happened)
    report = train(TARGET, named).report
    assert report.without_people is not None
    assert report.without_people.low > 0.02
    assert "people_28" in report.features
    # What is of no use is left out.
    idle = np.concatenate([rows.known.values, np.random.default_rng(5).uniform(size=(len(rows.at), 1))], axis=1)
    known = msgspec.structs.replace(rows.known, names=(*rows.known.names, "people_28"), values=idle.astype(np.float32))
    trained = train(TARGET, Rows(known, rows.at, rows.happened))
    assert trained.report.without_people is not None
    assert not trained.report.uses_people
    assert trained.features == trained.model.features == trained.report.features == usable(rows.known)


def test_shuffled_outcomes_hold_nothing(trained: Trained) -> None:
    rows = rows_of(150)
    chance = np.random.default_rng(3)
    dealt = Rows(rows.known, rows.at, chance.permutation(rows.happened))
    report = train(TARGET, dealt).report
    assert not report.holds
    assert report.figures.low < 0.5 < report.figures.high


def test_fewer_than_fifty_are_too_few() -> None:
    rows = rows_of(150)
    rare = Rows(rows.known, rows.at, rows.happened & (np.arange(len(rows.at)) % 60 == 0))
    with pytest.raises(NotEnough, match=r"history: \d\d? of 50 customers' days"):
        train(TARGET, rare)


def test_too_little_to_learn_from_is_said_and_no_number_is_made_up() -> None:
    rows = rows_of(60)
    everybody = np.ones(len(rows.at), dtype=bool)
    alike = msgspec.structs.replace(rows.known, values=np.full_like(rows.known.values, 3))
    days = "0 of 50 customers' days"
    for broken, says in (
        (rows.chosen(rows.known.customers == 7), days),
        (Rows(rows.known, rows.at, everybody), days),
        (Rows(rows.known, rows.at, ~everybody), days),
        (rows.chosen(rows.at == rows.at[0]), days),
        (rows.chosen(~everybody), days),
        # Each of a few customers over and over again.
        (rows.chosen(rows.known.customers < 15), "15 of 20 customers"),
        (Rows(alike, rows.at, rows.happened), "the same of every customer"),
    ):
        with pytest.raises(NotEnough, match=says):
            train(TARGET, broken)


def test_what_is_the_same_for_everybody_teaches_nothing_and_breaks_nothing() -> None:
    rows = rows_of(80)
    values = rows.known.values.copy()
    values[:, NAMES.index("tools_28")] = 3
    values[:, NAMES.index("long_gap")] = np.nan
    same = Rows(msgspec.structs.replace(rows.known, values=values), rows.at, rows.happened)
    assert set(usable(same.known)) == {*NAMES, *STANDING} - {"tools_28", "long_gap"}


def test_of_many_customers_some_are_taken_whole() -> None:
    rows = rows_of(60)
    some = rows.of_some(510, seed=1)
    assert len(some.at) == 500
    assert set(np.unique(some.known.customers, return_counts=True)[1].tolist()) == {_WEEKS}
    assert np.array_equal(some.at, rows.of_some(510, seed=1).at)
    assert len(rows.of_some(5000).at) == len(rows.at)


def test_the_same_rows_give_the_same_model(trained: Trained) -> None:
    rows = rows_of(40)
    for kind in KINDS:
        one, other = (
            fit(kind, rows.known.values, rows.known.names, rows.happened, horizon_days=28).probability(
                rows.known.values
            )
            for _ in range(2)
        )
        assert np.array_equal(one, other)
    with pytest.raises(ValueError, match="all or to none"):
        fit("logistic", rows.known.values, rows.known.names, np.ones(len(rows.at), dtype=bool), horizon_days=28)


def test_no_fold_learns_from_what_it_checks_nor_from_its_future() -> None:
    rows = rows_of(60)
    group = groups(rows.known.customers, rows.known.segments)
    folds = list(ahead(rows.at, group, 28))
    assert len(folds) == 16
    for fold in folds:
        learned, checked = rows.known.customers[fold.learn], rows.known.customers[fold.check]
        assert not set(learned.tolist()) & set(checked.tolist())
        assert rows.at[fold.learn].max() + 28 <= rows.at[fold.check].min()


def test_reasons_add_up_to_what_the_model_says(trained: Trained) -> None:
    values = rows_of(5, seed=4).known.columns(trained.features)[:20]
    usual = usual_row(values)
    added = contributions(trained.model, values, usual)
    far = trained.model.slope * (trained.model.odds(values) - trained.model.odds(usual))
    assert np.allclose(sum(added.values()), far, atol=1e-5)
    values[0, trained.features.index("recency")] = 56
    first = reasons(trained.model, values, usual)[0][0]
    assert first.group == "away"
    assert first.says.startswith("Last seen 56 days ago")


def test_days_leave_a_whole_horizon_and_a_month_before() -> None:
    days = days_to_ask(Target(horizon_days=28, every_days=7), date(2026, 1, 1), date(2026, 6, 30))
    assert days[-1] == date(2026, 6, 3)
    assert days[0] >= date(2026, 1, 29)
    assert {(b - a).days for a, b in pairwise(days)} == {7}
    assert days_to_ask(Target(), date(2026, 1, 1), date(2026, 1, 20)) == []
