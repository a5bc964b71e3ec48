"""The weekly training and the nightly predictions, in a process of their own, behind all others.

`python -m milepost.predict.process train|score`, with the server's settings and the database in the environment:
`predict_apart` starts it. It says on the standard error what came of it, which is the server's log.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import psycopg

from milepost.columns.client import Columns
from milepost.columns.reading import ColumnsUnavailable
from milepost.processes import AGAIN, DSN, run_apart, watch_parent
from milepost.settings import load_settings

if TYPE_CHECKING:
    from milepost.predict.run import Learned

_FAILED: Final = 1


async def predict_apart(dsn: str, what: Literal["train", "score"], *, stopped: Callable[[], bool]) -> None:
    """Does it and waits for the end. Raises Interrupted."""
    await run_apart(__name__, what, dsn=dsn, stopped=stopped)


def main() -> int:
    """The process; the exit code."""
    watch_parent()
    os.nice(10)
    what = sys.argv[1]
    settings = load_settings()
    if not settings.columns:
        return 0
    try:
        with psycopg.connect(os.environ[DSN], autocommit=True, application_name="milepost-predict") as connection:
            _say(asyncio.run(_work(what, Columns(settings.data_dir), connection)))
    except (psycopg.OperationalError, ColumnsUnavailable) as error:
        _say(f"predictions wait: {str(error).strip().splitlines()[0]}")
        return AGAIN
    except psycopg.Error as error:
        _say(f"predictions failed: {str(error).strip().splitlines()[0]}")
        return _FAILED
    return 0


async def _work(what: str, columns: Columns, connection: psycopg.Connection[Any]) -> str:
    # Here, and not above: to import what learns takes seconds, and the server imports `predict_apart`.
    from milepost.insights.settle import read_plan
    from milepost.predict.run import learn, predict
    from milepost.predict.watching import watch

    plan, now = read_plan(connection), datetime.now(UTC)
    if plan is None:
        return "predictions: the database has no plan yet"
    if what == "train":
        learned = await learn(columns.query, connection, plan[0], now=now, progress=lambda _done, _of: None)
        # After it: what this training finds predicts only if what was said before came true.
        watched = await watch(columns.query, connection, plan[0], now=now)
        return "\n".join(
            [f"predictions of {one.target.id}: {_what(one)}" for one in learned]
            + [f"predictions watched: {line}" for line in watched]
        )
    said = await predict(columns.query, connection, plan[0], now=now)
    told = [f"{target} of {count:,} customers" for target, count in said.items() if count is not None]
    none = [target for target, count in said.items() if count is None]
    return "predictions: " + "; ".join(told + ([f"no model holds for {', '.join(none)}"] if none else []))


def _what(learned: Learned) -> str:
    if learned.trained is None:
        return learned.says
    report = learned.trained.report
    if report.kind == "score":
        return f"trained on {report.trained_rows:,} rows, {report.figures.error:.1f} points off. {learned.says}"
    return f"trained on {report.trained_rows:,} rows, AUC {report.figures.auc:.3f}. {learned.says}"


def _say(lines: str) -> None:
    sys.stderr.writelines(f"milepost: {line}\n" for line in lines.splitlines())


if __name__ == "__main__":
    sys.exit(main())
