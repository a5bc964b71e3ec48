"""Predictions where the team reads them: on a customer's page and by the API; never by a customer's token."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import psycopg

from milepost.plan.predictions import PlannedTarget
from milepost.predict import keeping
from milepost.predict.models import fit
from milepost.predict.reasons import usual_row
from milepost.predict.report import Report
from milepost.predict.said import Beside, Figures, PredictionReason
from milepost.predict.score_keeping import say_scores
from milepost.predict.score_report import ScoreReport
from milepost.predict.score_said import ScoreBeside, ScoreFigures, ScoreTenth
from milepost.predict.score_training import Said
from milepost.predict.targets import Target
from milepost.predict.training import Trained
from tests.predict.test_training import NAMES, TARGET, rows_of
from tests.support.dashboard import member
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, customer_token

_WHO = "likely-gone"
_WHY = "Last seen 40 days ago; 3 days is usual."


def _trained() -> Trained:
    rows = rows_of(20)
    figures = Figures(400, 20, 90, 0.9, 0.88, 0.92, 0.8, 0.07, 0.17, 0.3, 0.02, [])
    beside = [Beside("events in 91 days", 0.8, 0.5, 0.1, 0.08, 0.12)]
    model = fit("rhythm", rows.known.values, NAMES, rows.happened, horizon_days=28)
    return Trained(model, NAMES, Report(TARGET, "rhythm", NAMES, 400, figures, 0.93, beside, {}, {}))


def test_the_team_reads_how_likely_and_why(shared_server: Server) -> None:
    now = datetime.now(UTC)
    with shared_server.client(WRITE_KEY) as sender:
        events = [{"customer_id": one, "event_type": "navigation"} for one in (_WHO, "not-predicted")]
        assert sender.post("/v1/events", json={"events": events}).json()["accepted"] == 2
    with psycopg.connect(shared_server.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into milepost.numbers (kind, id) values ('customer', %s) on conflict do nothing", (_WHO,)
        )
        number = connection.execute(
            "select number from milepost.numbers where kind = 'customer' and id = %s", (_WHO,)
        ).fetchone()
        assert number is not None
        usual = usual_row(rows_of(20).known.values)
        kept = keeping.keep(connection, _trained(), usual=usual, first=now.date(), last=now.date(), now=now)
        why = [[PredictionReason("away", 1.5, _WHY)]]
        for target, likely in (("milestone", 0.34), ("no-target-of-the-plan", 0.99)):
            keeping.say(connection, target, kept, np.array([number[0]]), np.array([likely]), [[]], as_of=now.date())
        moved = [[PredictionReason("score", -4.1, "A score of 62, 71 four weeks before.")]]
        said = Said(*(np.array([end]) for end in (49.2, 57.8, 66.0)))
        say_scores(connection, "score", kept, np.array([number[0]]), said, moved, as_of=now.date())
        figures = ScoreFigures(1_786, 90, 11.7, 0.797, 32.8, [ScoreTenth(30, 20, 40, 31, 0.8, 178)] * 10)
        guess = [ScoreBeside("stays as it is", 13.1, 1.4, 0.7, 2.1)]
        score = Target(asks=PlannedTarget("score", "score"))
        of_score = ScoreReport(score, "score", NAMES, 400, 400, figures, guess)
        keeping.keep_report(connection, of_score, b"fitted", first=now.date(), last=now.date(), now=now)
        with member(shared_server, "127.0.0.92") as early:
            assert "from tonight on" in early.get("/predictions").text
        keeping.say(connection, "goes_quiet", kept, np.array([number[0]]), np.array([0.674]), why, as_of=now.date())

    with member(shared_server, "127.0.0.91") as dana:
        page = dana.get(f"/customers/{_WHO}").text
        assert re.search(r"Going quiet .*67%</data> likely", page)
        assert _WHY in page
        assert re.search(r"Next milestone</bdi> within .*28.* days: .*34%", page)
        assert re.search(
            r"Health in four weeks</bdi>: .*58.*\(.*49.* to .*66.*A score of 62, 71 four weeks before", page
        )
        assert "99%" not in page
        # The other targets as columns, orders and filters.
        listed = dana.get("/customers?col=prediction.milestone&col=prediction.score&sort=prediction.milestone").text
        row = rf'value="{_WHO}".*?data-label="Next milestone"><data[^>]*>34%.*?Health in four weeks"><data[^>]*>58<'
        assert re.search(row, listed, re.DOTALL)
        assert re.search(r'name="id" value="([^"]*)"', listed)[1] == _WHO  # type: ignore[index]
        for field, value, found in (("milestone", "0.3", [_WHO]), ("milestone", "0.4", []), ("score", "57", [_WHO])):
            only = dana.get(f"/customers?field=prediction.{field}&op=above&value={value}").text
            assert re.findall(r'name="id" value="([^"]*)"', only) == found
        segment = dana.get("/segments/new?field=prediction.milestone&op=above&value=0.3").text
        assert "Next milestone is above 0.3" in segment
        told = dana.get("/predictions?target=score").text
        assert re.search(r"Health in four weeks</bdi> is told .*better than.* by “stays as it is”", told)
        assert "80 of 100 came to lie in an interval that says 80" in told
        first = dana.get("/customers?col=quiet&sort=quiet").text
        assert re.search(rf'name="id" value="{_WHO}".*?data-label="Going quiet"><data[^>]*>67%', first, re.DOTALL)
        assert re.search(r'name="id" value="([^"]*)"', first)[1] == _WHO  # type: ignore[index]
        narrowed = dana.get("/customers?field=insight.going_quiet&op=at_least&value=0.5").text
        assert re.findall(r'name="id" value="([^"]*)"', narrowed) == [_WHO]
        assert "Likely to go quiet" in narrowed
        home = dana.get("/").text
        assert re.search(rf"Likely to go quiet:.*{_WHO}.*67%.*{_WHY}", home, re.DOTALL)
        report = dana.get("/predictions").text
        assert re.search(r"can be told .*better than.* by events in 91 days", report)
        assert "90.0 of 100 pairs" in report
        # A target that was never trained, and one that the plan does not have.
        assert "Nothing was learned yet" in dana.get("/predictions?target=milestone").text
        assert dana.get("/predictions?target=nonsense").text.count("90.0 of 100 pairs") == 1
        assert 'href="/predictions"' in dana.get("/settings/scoring").text
        lines = dana.get(f"/customers.csv?col=quiet&q={_WHO}").text.splitlines()
        assert lines[0].split(",")[2] == "Going quiet"
        assert lines[1].split(",")[2].startswith("0.67")
    with shared_server.client(SECRET_KEY) as program:
        listed = program.get("/v1/customers?sort=-quiet&limit=1").json()
        assert [one["customer_id"] for one in listed["items"]] == [_WHO]
        behind = program.get("/v1/customers", params={"sort": "-quiet", "limit": 1, "cursor": listed["next"]}).json()
        assert behind["items"][0]["customer_id"] != _WHO
        filters = '[{"field": "insight.going_quiet", "op": "above", "values": [0.7]}]'
        assert program.get("/v1/customers", params={"filters": filters}).json()["items"] == []
        assert program.get("/v1/predictions?target=nonsense").json()["field"] == "target"
        by_score = program.get("/v1/customers?sort=-prediction.score&limit=1").json()
        assert [one["customer_id"] for one in by_score["items"]] == [_WHO]
        refused = [
            program.get("/v1/customers", params=asked)
            for asked in (
                {"sort": "prediction.nonsense"},
                {"filters": '[{"field": "prediction.nonsense", "op": "is_set"}]'},
                {"filters": '[{"field": "prediction.milestone", "op": "contains", "values": ["a"]}]'},
            )
        ]
        assert [(one.status_code, one.json()["field"]) for one in refused] == [
            (400, "sort"), (400, "filters"), (400, "filters[0].op"),
        ]  # fmt: skip
        likely_one = [{"field": "prediction.milestone", "op": "at_least", "values": [0.3]}]
        made = program.post("/v1/segments", json={"name": "Nearly there", "conditions": likely_one}).json()
        assert made["customers"] == 1
        nobody = [{"field": "prediction.nonsense", "op": "is_set"}]
        assert program.post("/v1/segments", json={"name": "No", "conditions": nobody}).status_code == 400
        expected = program.get("/v1/predictions?target=score").json()
        assert expected["worth"] is None
        assert expected["score_worth"]["covers"] == 0.797
        assert expected["predictions"][0]["score"] == {"expected": 57.8, "low": 49.2, "high": 66.0}
        told = program.get("/v1/predictions?limit=5").json()
    assert told["worth"]["rival"] == "events in 91 days"
    assert (told["worth"]["auc"], told["worth"]["holds"], told["horizon_days"]) == (0.9, True, 28)
    assert [(one["customer_id"], one["reasons"][0]["says"]) for one in told["predictions"]] == [(_WHO, _WHY)]
    for key, answer in ((WRITE_KEY, 403), (customer_token(_WHO), 401)):
        with shared_server.client(key) as stranger:
            assert stranger.get("/v1/predictions").status_code == answer
