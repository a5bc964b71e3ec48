"""Predictions where the team reads them: on a customer's page and by the API; never by a customer's token."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import psycopg

from milepost.predict import keeping
from milepost.predict.models import fit
from milepost.predict.reasons import usual_row
from milepost.predict.said import PredictionReason
from milepost.predict.training import Beside, Figures, Report, Trained
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
        keeping.say(connection, kept, np.array([number[0]]), np.array([0.674]), why, as_of=now.date())

    with member(shared_server, "127.0.0.91") as dana:
        page = dana.get(f"/customers/{_WHO}").text
        assert re.search(r"Going quiet .*67%</data> likely", page)
        assert _WHY in page
        first = dana.get("/customers?col=quiet&sort=quiet").text
        assert re.search(rf'name="id" value="{_WHO}".*?data-label="Going quiet"><data[^>]*>67%', first, re.DOTALL)
        assert re.search(r'name="id" value="([^"]*)"', first)[1] == _WHO  # type: ignore[index]
        lines = dana.get(f"/customers.csv?col=quiet&q={_WHO}").text.splitlines()
        assert lines[0].split(",")[2] == "Going quiet"
        assert lines[1].split(",")[2].startswith("0.67")
    with shared_server.client(SECRET_KEY) as program:
        listed = program.get("/v1/customers?sort=-quiet&limit=1").json()
        assert [one["customer_id"] for one in listed["items"]] == [_WHO]
        behind = program.get("/v1/customers", params={"sort": "-quiet", "limit": 1, "cursor": listed["next"]}).json()
        assert behind["items"][0]["customer_id"] != _WHO
        told = program.get("/v1/predictions?limit=5").json()
    assert told["worth"]["rival"] == "events in 91 days"
    assert (told["worth"]["auc"], told["worth"]["holds"], told["quiet_days"]) == (0.9, True, 28)
    assert [(one["customer_id"], one["reasons"][0]["says"]) for one in told["predictions"]] == [(_WHO, _WHY)]
    for key, answer in ((WRITE_KEY, 403), (customer_token(_WHO), 401)):
        with shared_server.client(key) as stranger:
            assert stranger.get("/v1/predictions").status_code == answer
