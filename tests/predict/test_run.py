"""From events to what is said of each customer, by the plan's targets: learned, predicted, asked anew, erased."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import psycopg

from milepost.plan import load_plan
from milepost.plan.predictions import PlannedTarget, Predictions
from milepost.predict import keeping
from milepost.predict.run import learn, predict
from milepost.predict.targets import targets_of
from milepost.predict.training import Trained
from tests.predict.stored import Act, Store

_TODAY = datetime(2026, 6, 29, 3, tzinfo=UTC)
_DAYS = 150


def _lives(count: int) -> list[Act]:
    """Customers come on three days of five; each week a tenth of them uses nothing but the help, and leaves."""
    chance = np.random.default_rng(4)
    began = datetime(2026, 6, 29, 9, tzinfo=UTC) - timedelta(days=_DAYS)
    acts = []
    for who in range(1, count + 1):
        leaves = int(chance.geometric(0.1)) * 7 + 14
        for day in range(int(chance.integers(0, 28)), _DAYS):
            if day > leaves and chance.uniform() < 0.98:
                continue
            if chance.uniform() < 0.6:
                tool = "help" if 0 <= leaves - day < 5 else str(chance.choice(["a", "b", "c"]))
                acts.append(Act(who, who, "person", tool, "Opened", began + timedelta(days=day)))
    return acts


async def test_all_targets_of_the_plan_are_learned_and_said(tmp_path: Path, connection: psycopg.Connection) -> None:
    store, customers = Store(tmp_path), 150
    store.add(_lives(customers))
    asked = Predictions(targets=(PlannedTarget("up", "level_up"), PlannedTarget("renews", "trait_grows", trait="arr")))
    plan = msgspec.structs.replace(load_plan(None), predictions=asked)
    with psycopg.connect(connection.info.dsn, autocommit=True) as own:
        own.execute(
            "insert into milepost.numbers (kind, id, number) overriding system value"
            " select 'customer', 'c' || n, n from generate_series(1, %s) as n", (customers,),
        )  # fmt: skip
        learned = await learn(store.ask, own, plan, now=_TODAY, progress=lambda _done, _of: None)
        assert [one.target.id for one in learned] == ["goes_quiet", "up", "renews"]
        quiet, *others = learned
        assert isinstance(quiet.trained, Trained)
        assert [one.says for one in others] == ["not enough history: 0 of 50 customers' days of either outcome"] * 2
        tried = own.execute("select target, says is null from milepost.prediction_trainings order by 1").fetchall()
        assert tried == [("goes_quiet", True), ("renews", False), ("up", False)]
        # Whatever was found, it is made to hold, to see what is said.
        for_all = msgspec.structs.replace(quiet.trained.report, beside=[])
        kept = msgspec.structs.replace(quiet.trained, report=for_all)
        usual = np.zeros((1, len(kept.features)), dtype=np.float32)
        keeping.keep(own, kept, usual=usual, first=date(2026, 1, 1), last=date(2026, 6, 1), now=_TODAY)

        said = await predict(store.ask, own, plan, now=_TODAY)
        assert (said["up"], said["renews"]) == (None, None)
        likely = keeping.likely(own, "goes_quiet", most=500)
        assert len(likely) == said["goes_quiet"]
        assert likely[0].reasons
        again = await predict(store.ask, own, plan, now=_TODAY)
        assert again == said
        assert keeping.likely(own, "goes_quiet", most=500) == likely

        own.execute("select milepost.forget_customer(%s)", (likely[0].customer_id,))
        for table in ("predictions", "past_predictions"):
            whose = own.execute(
                f"select count(*), count(*) filter (where customer_id = %s) from milepost.{table}",
                (likely[0].customer_id,),
            ).fetchone()
            assert whose == (len(likely) - 1, 0)

        # Another question than it learned an answer to, and no question at all.
        sooner = msgspec.structs.replace(plan, predictions=Predictions(quiet_days=14))
        assert keeping.predicting(own, targets_of(sooner)[0]) is None
        assert await predict(store.ask, own, sooner, now=_TODAY) == {"goes_quiet": None}
        assert keeping.likely(own, "goes_quiet", most=5) == []
        assert own.execute("select target from milepost.prediction_trainings").fetchall() == [("goes_quiet",)]
    store.engine.close()
