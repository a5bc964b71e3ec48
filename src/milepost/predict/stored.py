"""What is stored of a target's training and of what came of its predictions, for its page. Nothing here learns."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from milepost.predict.said import Beside, Drawn, Figures
from milepost.predict.score_said import ScoreBeside, ScoreFigures
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.predict", "reading.sql")


class StoredReport(msgspec.Struct, frozen=True):
    """As `report.Report`, without what only a training needs."""

    kind: str
    trained_rows: int
    figures: Figures
    apart_auc: float
    beside: list[Beside]
    segments: dict[str, float]
    older_goes_on: bool = False
    rows: int = 0
    drawn: Drawn | None = None
    without_people: Beside | None = None


class StoredModel(msgspec.Struct, frozen=True):
    """The newest. `predicts`: it is the one that does."""

    trained_at: datetime
    first_day: date
    last_day: date
    holds: bool
    predicts: bool
    withdrawn_why: str | None
    report: StoredReport


class StoredScoreReport(msgspec.Struct, frozen=True):
    """As `score_report.ScoreReport`."""

    trained_rows: int
    figures: ScoreFigures
    beside: list[ScoreBeside]
    rows: int = 0


class StoredScoreModel(msgspec.Struct, frozen=True):
    """As `StoredModel`, of a score."""

    trained_at: datetime
    first_day: date
    last_day: date
    holds: bool
    predicts: bool
    withdrawn_why: str | None
    report: StoredScoreReport


class StoredScoreFigures(msgspec.Struct, frozen=True):
    """As `score_run.ScoreCheck`."""

    rows: int
    error: float | None
    error_of_now: float | None
    covers: float | None
    shifted: dict[str, float]
    fails: bool


class StoredScoreCheck(msgspec.Struct, frozen=True):
    """What came of the scores expected on a day."""

    as_of: date
    figures: StoredScoreFigures


class StoredFigures(msgspec.Struct, frozen=True):
    """As `watching.Check`."""

    rows: int
    happened: int
    said: float
    auc: float | None
    calibration_error: float | None
    rival: str
    rival_auc: float | None
    shifted: dict[str, float]
    fails: bool


class StoredCheck(msgspec.Struct, frozen=True):
    """What came of the predictions of a day."""

    as_of: date
    figures: StoredFigures


class Stored(msgspec.Struct, frozen=True):
    """`tried_at`: the newest training, None before the first; `says`: why nothing could be learned then. `predicted`:
    customers of whom something is said now, as of `as_of`. Checks, the newest first."""

    model: StoredModel | None = None
    tried_at: datetime | None = None
    says: str | None = None
    predicted: int = 0
    as_of: date | None = None
    checks: tuple[StoredCheck, ...] = ()
    #: Of a target that is a score, in place of `model` and `checks`.
    score: StoredScoreModel | None = None
    score_checks: tuple[StoredScoreCheck, ...] = ()


async def read_stored(connection: DictConnection, target: str, *, is_score: bool = False) -> Stored:
    """All of a target; as of one that was never trained, nothing."""
    asked = {"target": target}
    model = await (await connection.execute(_SQL["model"], asked)).fetchone()
    tried = await (await connection.execute(_SQL["tried"], asked)).fetchone()
    said = await (await connection.execute(_SQL["said_of"], asked)).fetchone()
    checks = await (await connection.execute(_SQL["checks"], asked)).fetchall()
    names = ("score", "score_checks") if is_score else ("model", "checks")
    return msgspec.convert({names[0]: model, **(tried or {}), **(said or {}), names[1]: checks}, Stored)
