"""`python -m bench.predict {oulad,openstack,onlineshop} FOLDER`: what predictions are worth on real histories.

The folder's events are loaded into a column store of its own, and everything else is the product's: the statement of
features, the folds, the choice of a model. OULAD is split by course: each is told by what was learned of all others.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from milepost.columns import ddl
from milepost.columns.engine import Engine
from milepost.columns.reading import QueryResult, Value
from milepost.plan.predictions import PlannedTarget
from milepost.predict.baselines import guesses
from milepost.predict.features import Ask, span
from milepost.predict.measures import Floats
from milepost.predict.models import expit, fit
from milepost.predict.report import beside, figures
from milepost.predict.rows import Rows, days_to_ask, gather
from milepost.predict.said import Beside
from milepost.predict.targets import Target
from milepost.predict.training import Trained, train, usable

_COLUMNS = ["event_id", "customer", "user", "event_type", "event_name", "actor_type", "tool_id", "ts", "ver"]
_TRAITS = ["name", "number", "since", "until", "text", "figure", "ver"]
#: A day before this one, days since 1970, was a wrong clock.
_FIRST_CHANGE = 14_000
_SEGMENT = "segment"
#: Rows come in no order of time.
_MANY_MONTHS = {"max_partitions_per_insert_block": 0}


class Act(NamedTuple):
    """One event: whose, by whom, when, with what, and which it is."""

    customer: str
    user: str
    when: datetime
    tool: str
    name: str
    segment: str = ""


def main() -> None:
    """Prints the figures of one data set."""
    parser = argparse.ArgumentParser(prog="python -m bench.predict", description=__doc__)
    parser.add_argument("data", choices=("oulad", "openstack", "onlineshop"))
    parser.add_argument("folder", type=Path, help="where the data set's files are")
    parser.add_argument("--active-days", type=int, help="ask of customers active in so many days before")
    parser.add_argument("--most", type=int, action="append", help="learn from so many rows at most; oulad only")
    parser.add_argument("--event", help="ask for an event of this name instead")
    parser.add_argument("--longer-quiet", action="store_true", help="ask who is quiet for longer than usual instead")
    parser.add_argument("--calendar", action="store_true", help="the season is known, too")
    asked = parser.parse_args()
    acts = {"oulad": oulad, "openstack": openstack, "onlineshop": onlineshop}[asked.data](asked.folder)
    target = {
        "oulad": Target(horizon_days=28, active_days=56, every_days=7, segment=_SEGMENT),
        "openstack": Target(horizon_days=91, active_days=91, every_days=28),
        "onlineshop": Target(horizon_days=28, active_days=56, every_days=7),
    }[asked.data]
    if asked.active_days:
        target = msgspec.structs.replace(target, active_days=asked.active_days)
    if asked.event:
        target = msgspec.structs.replace(target, asks=PlannedTarget("event", "event", event=asked.event))
    if asked.longer_quiet:
        target = msgspec.structs.replace(target, horizon_days=91, asks=PlannedTarget("longer_quiet", "longer_quiet"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        engine = filled(Path(folder), acts)
        rows = asyncio.run(_rows(engine, target, by_segment=asked.data == "oulad"))
        engine.close()
    if asked.calendar:
        rows = _with_season(rows, target.horizon_days)
    print(f"{len(rows.at):,} rows of {len(np.unique(rows.known.customers)):,} customers, "
          f"{100 * rows.happened.mean():.1f} % of them; {time.monotonic() - began:.0f} s")  # fmt: skip
    if asked.data == "oulad" and target.asks is None:
        for most in asked.most or [len(rows.at)]:
            _apart(rows, most)
    else:
        _tell(train(target, rows))
    print(f"{time.monotonic() - began:.0f} s in all")


def _with_season(rows: Rows, horizon_days: int) -> Rows:
    """Adds where in the year the middle of the time asked about is, as a point on a circle: December is beside
    January."""
    angle = (2 * np.pi / 365.25 * (rows.at + horizon_days / 2)).astype(np.float32)
    season = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    values = np.concatenate([rows.known.values, season], axis=1)
    names = (*rows.known.names, "season_sin", "season_cos")
    return msgspec.structs.replace(rows, known=msgspec.structs.replace(rows.known, names=names, values=values))


def _apart(rows: Rows, most: int) -> None:
    """Each segment told by all others, and all of them together."""
    print(f"Learned from {most:,} rows at most.")
    odds = np.full(len(rows.at), np.nan)
    for segment in np.unique(rows.known.segments):
        mine = rows.known.segments == segment
        others = rows.chosen(~mine).of_some(most)
        features = usable(others.known)
        model = fit("mix", others.known.columns(features), features, others.happened, horizon_days=28)
        told = rows.chosen(mine)
        odds[mine] = model.odds(told.known.columns(features))
        _figures(str(segment), told, expit(odds[mine]))
    _figures("all", rows, expit(odds))


def _figures(name: str, rows: Rows, probability: Floats) -> None:
    found = figures(rows, probability)
    print(f"{name}: {found.rows:,} rows, {100 * rows.happened.mean():.1f} % go quiet, "
          f"AUC {found.auc:.3f} ({found.low:.3f} to {found.high:.3f}), Somers' D {found.somers_d:.3f}, "
          f"Brier {found.brier:.4f} (base {found.brier_of_base:.4f}), log-loss {found.log_loss:.4f}, "
          f"ECE {found.calibration_error:.3f}")  # fmt: skip
    _print_beside(beside(rows, probability, guesses(rows.known)))


def _tell(trained: Trained) -> None:
    report = trained.report
    found = report.figures
    print(f"{report.kind}, {len(report.features)} features; tried: "
          + ", ".join(f"{kind} {loss:.4f}" for kind, loss in report.tried.items()))  # fmt: skip
    print(f"later and apart: {found.rows:,} rows of {found.customers:,} customers, AUC {found.auc:.3f} "
          f"({found.low:.3f} to {found.high:.3f}), Somers' D {found.somers_d:.3f}, Brier {found.brier:.4f} "
          f"(base {found.brier_of_base:.4f}), log-loss {found.log_loss:.4f}, ECE {found.calibration_error:.3f}; "
          f"customers apart only: AUC {report.apart_auc:.3f}")  # fmt: skip
    if (people := report.without_people) is not None:
        print(f"without people: AUC {people.auc:.3f}, so they add {people.more:+.3f} ({people.low:+.3f} to "
              f"{people.high:+.3f}) and are {'used' if report.uses_people else 'left out'}")  # fmt: skip
    _print_beside(report.beside)


def _print_beside(rivals: list[Beside]) -> None:
    table = Table("beside", "AUC", "Somers' D", "the model is better by")
    for one in rivals:
        table.add_row(
            one.name, f"{one.auc:.3f}", f"{one.somers_d:.3f}", f"{one.more:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
        )
    Console(width=100).print(table)


async def _rows(engine: Engine, target: Target, *, by_segment: bool) -> Rows:
    async def ask(sql: str, parameters: dict[str, Value]) -> QueryResult:
        return engine.query(sql, parameters)

    found = await span(ask, date(2100, 1, 1))
    assert found is not None
    if not by_segment:
        return await gather(
            ask, target, days_to_ask(target, found.first, found.last, warm_up=364 if target.horizon_days > 28 else 28)
        )
    rows = await gather(ask, target, days_to_ask(target, found.first, found.last))
    within = np.zeros(len(rows.at), dtype=bool)
    for segment, (first, last) in (await _courses(ask)).items():
        # A course has an end, which is nobody's going quiet, and a first month in which nothing can be known.
        mine = rows.known.segments == segment
        within |= mine & (rows.at >= first + target.horizon_days) & (rows.at <= last + 1 - target.horizon_days)
    return rows.chosen(within)


async def _courses(ask: Ask) -> dict[str, tuple[int, int]]:
    """The first and last day of each segment, days since 1970."""
    answer = await ask(
        "select t.text, toInt32(min(toDate(e.ts))), toInt32(max(toDate(e.ts))) from events e"
        " inner join traits t on t.number = e.customer group by t.text",
        {},
    )
    return {str(row[0]): (int(str(row[1])), int(str(row[2]))) for row in answer.rows}


def filled(folder: Path, acts: Iterator[Act]) -> Engine:
    """A column store with these events, and each customer's segment as a trait."""
    engine = Engine(folder / "columns")
    engine.command(ddl.create_events())
    engine.command(ddl.create_traits())
    customers: dict[str, int] = {}
    users: dict[str, int] = {}
    segments: dict[int, str] = {}
    lines: list[str] = []
    for index, act in enumerate(acts):
        customer = customers.setdefault(act.customer, len(customers) + 1)
        user = users.setdefault(act.user, len(users) + 1)
        if act.segment:
            segments[customer] = act.segment
        # Nobody's words have a tab or a line's end in these files.
        lines.append(
            f"{UUID(int=index)}\t{customer}\t{user}\tcontent_interaction\t{act.name}\tperson\t{act.tool}"
            f"\t{act.when:%Y-%m-%d %H:%M:%S}\t1\n"
        )
        if len(lines) == 100_000:
            engine.insert("events", _COLUMNS, "".join(lines).encode(), settings=_MANY_MONTHS)
            lines.clear()
    if lines:
        engine.insert("events", _COLUMNS, "".join(lines).encode(), settings=_MANY_MONTHS)
    told = [
        f"{_SEGMENT}\t{number}\t2000-01-01 00:00:00\t2200-01-01 00:00:00\t{text}\tnan\t1\n"
        for number, text in segments.items()
    ]
    if told:
        engine.insert("traits", _TRAITS, "".join(told).encode())
    return engine


def oulad(folder: Path) -> Iterator[Act]:
    """Students' days by activity; a course is its students' segment. Noon stands for the hour, which is not told."""
    with gzip.open(folder / "events.csv.gz", "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            course = row["pres"]
            began = datetime(int(course[-5:-1]), 10 if course.endswith("J") else 2, 1, 12, tzinfo=UTC)
            whose = f"{course} {row['id_student']}"
            name = "submission" if row["kind"] == "submission" else row["activity_type"]
            yield Act(whose, whose, began + timedelta(days=int(row["date"])), row["activity_type"], name, course)


def openstack(folder: Path) -> Iterator[Act]:
    """Companies' changes, by when they were written."""
    with gzip.open(folder / "changes.csv.gz", "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            written = int(row["written_at"])
            if row["company"] and written >= _FIRST_CHANGE * 86_400:
                when = datetime.fromtimestamp(written, UTC)
                yield Act(row["company"], row["person"], when, row["project"], "Change written")


def onlineshop(folder: Path) -> Iterator[Act]:
    """A shop's clients."""
    with (folder / "events.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["event"] != "event":
                when = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
                yield Act(row["client_id"], row["client_id"], when, "", row["event"])


if __name__ == "__main__":
    main()
