"""`python -m bench.score_ahead {oulad,openstack}`: how well a score in four weeks is told, on the demo's real data.

The data is imported and settled as the demo does it, all students of OULAD; the rest is the product's.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
from rich.console import Console

from milepost.cli.predict_report import print_report
from milepost.demo.place import Place
from milepost.demo.run import data_set
from milepost.insights.settle import settle, unsettled
from milepost.plan.load import load_plan
from milepost.plan.predictions import PlannedTarget, Predictions
from milepost.predict.run import learn
from milepost.settings import Settings
from milepost.settling import STEPS
from milepost.store.setup import set_up
from tests.support.columns import Owner
from tests.support.postgres import Cluster


def main() -> None:
    """Prints the report of one data set."""
    parser = argparse.ArgumentParser(prog="python -m bench.score_ahead", description=__doc__)
    parser.add_argument("data", choices=("oulad", "openstack"))
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--active-days", type=int, default=56)
    asked = parser.parse_args()
    console, began = Console(width=110), time.monotonic()
    data = data_set(asked.data, everyone=asked.data == "oulad")
    target = PlannedTarget("score", "score", days=asked.days, active_days=asked.active_days)
    plan = msgspec.structs.replace(load_plan(data.plan_file), predictions=Predictions(targets=(target,)))
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        cluster = Cluster(Path(folder) / "pg", durable=False)
        try:
            with cluster.database() as dsn:
                set_up(dsn, plan, Settings())
                data.fill(Place(replace(Settings(), data_dir=Path(folder)), dsn, plan, console))
                now = datetime.now(UTC)
                with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c jit=off") as connection:
                    while unsettled(connection):
                        settle(connection, STEPS, now=now)
                    console.print(f"Imported and settled after {time.monotonic() - began:.0f} s.")
                    owner = Owner(Path(folder) / "data", dsn, {"MILEPOST_QUERY_SECONDS": "600"})
                    owner.start()
                    try:
                        owner.wait_until_level(600)
                        told = asyncio.run(
                            learn(
                                owner.columns.query, connection, plan, now=now, progress=lambda _done, _of: None,
                            )
                        )  # fmt: skip
                    finally:
                        owner.stop()
        finally:
            cluster.stop()
    for one in told:
        if one.trained is None:
            console.print(f"{one.target.label}: nothing was learned: {one.says}.")
        else:
            print_report(one.trained.report, console)
            console.print(f"{len(one.trained.report.features)} features, {one.trained.report.rows:,} rows.")
    console.print(f"{time.monotonic() - began:.0f} s in all.")


if __name__ == "__main__":
    main()
