"""The page and the API that say whether the score holds: with nothing, too little, a report; asked for, cancelled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import msgspec
import psycopg
import pytest

from milepost.dashboard.score.view import score_page
from milepost.insights.validate import validate
from milepost.insights.validate_report import ValidationReport
from milepost.insights.validate_runs import Run, Runs, keep
from tests.insights.test_validate import planted
from tests.support.dashboard import member, send_form, visitor
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running, wait_for

_NOW = datetime.now(UTC)
_CUSTOMERS = 60


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("score"), database_url=dsn)) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def reader(served: Server) -> Iterator[httpx.Client]:
    with member(served) as client:
        yield client


@pytest.fixture
def connection(served: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(served.database_url, autocommit=True) as connection:
        yield connection


def text_of(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def send_history(served: Server) -> None:
    """120 days: the n-th customer comes every (n mod 7 + 1)-th day; half of them stop on the 70th."""
    events = [
        {
            "customer_id": f"c-{number:02}",
            "event_type": "tool_usage",
            "tool_id": "icp-analysis",
            "competency_area": "sales_execution",
            "timestamp": (_NOW - timedelta(days=121 - day)).isoformat(),
        }
        for number in range(_CUSTOMERS)
        for day in range(0, 70 if number % 2 else 120, number % 7 + 1)
    ]
    with served.client(WRITE_KEY) as sender:
        for start in range(0, len(events), 1000):
            part = events[start : start + 1000]
            assert sender.post("/v1/events", json={"events": part}).json()["accepted"] == len(part)


def test_from_nothing_to_a_report(served: Server, reader: httpx.Client, connection: psycopg.Connection) -> None:
    empty = reader.get("/score")
    assert empty.status_code == 200
    assert "Nobody has asked yet" in empty.text
    assert "Compare now" in empty.text
    assert reader.get("/v1/insights/validation").json() == {
        "finished": None, "report": None, "newest": None, "outdated": False,
    }  # fmt: skip

    # Without events, a report that says that there is too little.
    keep(connection, validate(connection, now=_NOW), most=10_000, now=_NOW, by=None)
    little = reader.get("/score")
    assert "There is not enough data yet" in little.text
    assert "It takes 20 customers" in text_of(little)
    assert "data-spec" not in little.text

    send_history(served)
    answer = send_form(reader, "/score", "/score/run")
    assert (answer.status_code, answer.headers["location"]) == (303, "/score")
    under_way = reader.get("/score")
    # It may be over already: then there is nothing to cancel.
    going_on = "score/progress" in under_way.text
    assert ("Cancel" in under_way.text) == going_on
    assert ("Compare again" in under_way.text) != going_on
    ended: list[str | None] = []

    def done() -> bool:
        answer = reader.get("/score/progress", headers={"HX-Request": "true"})
        ended.append(answer.headers.get("hx-refresh"))
        return bool(ended[-1] == "true")

    wait_for(done, 90, "the comparison to end")
    page = reader.get("/score")
    said = text_of(page)
    assert "Health ranks who stays active" in said
    assert "Compare again" in said
    assert "60" in said
    for panel in ("outcomes", "tenths", "parts", "strata", "slices"):
        assert f'id="{panel}"' in page.text, panel
    assert "Milestones" in said, "there were none, which the table says as well"

    told = reader.get("/v1/insights/validation").json()
    report = msgspec.convert(told["report"], ValidationReport)
    assert report.customers == _CUSTOMERS
    assert told["finished"]["asked_by"] == "dana@example.com"
    score = report.of("score", "active")
    assert score is not None
    assert score.somers is not None
    assert f"AUC {(score.somers + 1) / 2:.2f}" in said
    assert f"in the {report.after_days} days after" in said.lower()


def test_an_outcome_may_be_chosen_and_nonsense_is_none(reader: httpx.Client) -> None:
    assert "What each tenth did next: points" in text_of(reader.get("/score?outcome=points"))
    for nonsense in ("milestones", "<b>", "%00", "outcomes&outcome=active"):
        page = reader.get(f"/score?outcome={nonsense}")
        assert page.status_code == 200, nonsense
        assert "<b>" not in page.text


def test_one_under_way_can_be_cancelled(served: Server, reader: httpx.Client, connection: psycopg.Connection) -> None:
    # As a run on another server would stand: it is not this one's to finish.
    connection.execute(
        "insert into milepost.validations (state, every_days, after_days, most_customers, asked_at, progress_at, done,"
        " total) values ('running', 28, 28, 10, now(), now(), 30, 120)"
    )
    page = reader.get("/score")
    assert "25%" in text_of(page)
    assert reader.get("/v1/insights/validation").json()["newest"]["state"] == "running"
    part = reader.get("/score/progress", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'max="120" value="30"' in part.text
    assert send_form(reader, "/score", "/score/run").status_code == 303
    counted = connection.execute("select count(*) from milepost.validations where state = 'running'").fetchone()
    assert counted == (1,), "no second one beside it"
    assert send_form(reader, "/score", "/score/cancel").status_code == 303
    page = reader.get("/score")
    assert "The last comparison was cancelled" in text_of(page)
    assert "Health ranks who stays active" in text_of(page), "the one before is still there"


def test_a_failure_and_new_formulas_are_told(reader: httpx.Client, connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into milepost.validations (state, every_days, after_days, most_customers, asked_at, progress_at,"
        " finished_at, problem) values ('failed', 28, 28, 10, now(), now(), now(), 'the <disk> is full')"
    )
    connection.execute("update milepost.validations set score_version = 1 where state = 'done'")
    page = reader.get("/score")
    assert "The last comparison failed" in text_of(page)
    assert "the &lt;disk&gt; is full" in page.text
    assert "compare again to see whether the health figure still holds" in page.text


def test_what_was_compared_in_another_way_is_not_shown(reader: httpx.Client, connection: psycopg.Connection) -> None:
    connection.execute("update milepost.validations set report = report - 'method' where state = 'done'")
    said = text_of(reader.get("/score"))
    assert "compared in a stricter way now than the last time: compare again" in said
    assert "Compare now" in said
    assert "Health ranks" not in said


def test_strangers_and_customers_learn_nothing(served: Server) -> None:
    with visitor(served) as stranger:
        for path in ("/score", "/score/progress"):
            assert stranger.get(path).status_code == 303
        assert stranger.post("/score/run").status_code in (303, 403)
        assert stranger.get("/v1/insights/validation").status_code == 401
    with served.client(WRITE_KEY) as sender:
        assert sender.get("/v1/insights/validation").status_code == 403
    with served.client(SECRET_KEY) as program:
        assert program.get("/v1/insights/validation").status_code == 200


# -- What the page makes of a report, without a server ------------------------------------------------


def made(report: ValidationReport) -> Runs:
    run = Run(
        validation_id=1, state="done", every_days=28, after_days=28, most_customers=10_000, asked_at=_NOW,
        asked_by=None, finished_at=_NOW, done=1, total=1, problem=None,
    )  # fmt: skip
    return Runs(finished=run, report=report, newest=None, outdated=False)


def of_samples(*, score_knows: bool) -> ValidationReport:
    from milepost.insights.validate_compare import compare_slice, pool

    samples = planted(7, score_knows=score_knows)
    return ValidationReport(
        as_of=_NOW, every_days=28, after_days=28, customers=600, of_customers=100_000, customer_slices=600, unscored=3,
        plan_version=1, score_version=2, predictors=["score", "days_since_last_activity"], outcomes=["active_days"],
        slices=[compare_slice(sample) for sample in samples],
        pooled=pool(samples, ["score", "days_since_last_activity"], ["active_days"], lambda: None),
    )  # fmt: skip


def test_the_answer_says_plainly_who_won() -> None:
    won, lost = (score_page(made(of_samples(score_knows=knows)), "") for knows in (True, False))
    assert '<span class="better">better than</span> days since last activity' in won.answer
    assert '<span class="worse">worse than</span> days since last activity' in lost.answer
    assert "Better than its rival at: <strong>active days</strong>." in won.summary
    assert "Worse than its rival at: <strong>active days</strong>." in lost.summary
    assert "of 100,000, chosen by a hash of their ids" in won.figures[0].hint
    tenths = won.panels[0]
    assert len(tenths.table.rows) == 10
    assert tenths.spec is not None
