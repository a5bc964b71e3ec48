"""Eight readers ask at once and go away at random: whatever is answered with a 200 is the answer to its question."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.columns.events import insert
from tests.support.columns import Owner
from tests.support.examples import repeatable
from tests.support.server import SECRET_KEY, Server, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]
READERS = 8
ASKED_IN_THE_GATE, ASKED_IN_A_SOAK = 60, 20_000
_ALL_DAYS = {"first": "2026-03-28", "last": "2026-06-30"}
_USED = {"event_type": "tool_usage"}
_TOOLS = [{"field": "tool_id", "values": [f"tool {n}"]} for n in range(1, 5)]
#: Ways to ask, each with an answer of its own.
_QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    *(("trends", {"measure": "events", "filters": [tool]}) for tool in _TOOLS),
    *(("trends", {"measure": "units", "period": {**_ALL_DAYS, "last": f"2026-04-{day:02}"}}) for day in range(1, 9)),
    *(("trends", {"unit": unit, "breakdown": "tool_id"}) for unit in ("customer", "user")),
    *(("funnel", {"steps": [_USED, {**_USED, "filters": [tool]}]}) for tool in _TOOLS),
    *(("retention", {"interval": interval, "intervals": 5}) for interval in ("day", "week")),
    *(("paths", {"label": label}) for label in ("tool_id", "event_type")),
    ("lifecycle", {"interval": "week"}),
    ("stickiness", {}),
    ("tools", {}),
    ("sessions", {}),
    *(("trends/who", {"asked": {"breakdown": "tool_id", "period": _ALL_DAYS}, "place": {"series": 0, "value": v}})
      for v in ("tool 1", "tool 2")),
]  # fmt: skip


class Readers:
    """Asks until `left` is 0; `answers` are those that each question got when nobody else asked."""

    def __init__(self, client: httpx.AsyncClient, seed: int, left: int) -> None:
        self._client = client
        self._chance = random.Random(seed)
        self.left = left
        self.answers: list[dict[str, Any]] = []
        self.tally: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def learn(self) -> None:
        for place in range(len(_QUESTIONS)):
            response = await self._ask(place)
            assert response.status_code == HTTPStatus.OK, response.text
            self.answers.append(_figures(response))
        assert len({str(answer) for answer in self.answers}) > len(_QUESTIONS) * 3 // 4, "most differ from each other"

    async def read(self) -> None:
        while self.left > 0:
            self.left -= 1
            place = self._chance.randrange(len(_QUESTIONS))
            patience = self._chance.uniform(0, 0.1) if self._chance.random() < 0.4 else 60
            try:
                async with asyncio.timeout(patience):
                    response = await self._ask(place)
            except TimeoutError:
                self.tally["left"] += 1
                continue
            self.tally[str(response.status_code)] += 1
            if response.status_code == HTTPStatus.OK and _figures(response) != self.answers[place]:
                self.wrong.append(f"{_QUESTIONS[place]}: {response.text[:500]}")

    async def _ask(self, place: int) -> httpx.Response:
        path, asked = _QUESTIONS[place]
        question = asked if path.endswith("who") else {"period": _ALL_DAYS, **asked}
        return await self._client.post(f"/v1/query/{path}", json=question)


def _figures(response: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()
    found.pop("fresh_as_of", None)
    return found


async def test_every_answer_is_that_of_its_question(dsn: str, tmp_path: Path, connection: psycopg.Connection) -> None:
    insert(connection, 8_000, customers=397)
    seed = 5 if repeatable() else random.SystemRandom().randrange(10**6)
    # On a busy machine a question waits long for its turn.
    server = Server(tmp_path / "server", database_url=dsn, columns=True, environ={"MILEPOST_QUERY_SECONDS": "60"})
    with running(server):
        await asyncio.to_thread(Owner(server.data_dir, dsn).wait_until_level, 60)
        async with httpx.AsyncClient(
            verify=False, base_url=server.url, headers={"Authorization": f"Bearer {SECRET_KEY}"}, timeout=60
        ) as client:
            readers = Readers(client, seed, ASKED_IN_THE_GATE if repeatable() else ASKED_IN_A_SOAK)
            await readers.learn()
            await asyncio.gather(*(readers.read() for _ in range(READERS)))
    assert readers.wrong == [], f"seed {seed}: {readers.tally}"
    assert set(readers.tally) <= {"200", "left", "503"}, f"seed {seed}: {readers.tally}"
    assert min(readers.tally["200"], readers.tally["left"]) > 5, readers.tally
