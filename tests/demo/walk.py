"""Reads every page and answer that says a number of the demo, and notes what it says of what."""

from __future__ import annotations

import csv
import io
import re
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import httpx

#: What the pages and the API count over.
DAYS: Final = 28
_COLUMNS: Final = "&".join(f"col={name}" for name in ("score", "events", "sessions", "people"))
_FIGURE: Final = re.compile(r'<dt[^>]*>([^<]+)</dt>\s*<dd>\s*<span class="figure"><data value="([^"]*)"')
_COUNT: Final = r'<data value="([\d.]+)" data-number>'


class Walk:
    """`said`: of each number, by what it means and of whom, what each place says it is. A walk raises AssertionError
    where a number is not there yet."""

    def __init__(self, client: httpx.Client, team: httpx.Client) -> None:
        self._client = client
        self._team = team
        self._client.cookies.set("tz", "UTC")
        self.said: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def differing(self) -> dict[str, dict[str, float]]:
        """Numbers that two places say otherwise."""
        return {what: places for what, places in self.said.items() if len(set(places.values())) > 1}

    def everything(self) -> Walk:
        """The team's pages, then those of each customer; what an earlier walk noted is forgotten."""
        self.said.clear()
        rows = self._exported(f"/customers.csv?{_COLUMNS}")
        self.note("customers", "/customers.csv", len(rows))
        self.note("events ever", "/customers.csv", sum(float(row["Events"]) for row in rows))
        self._home()
        self._lists(rows)
        self._questions()
        for row in rows:
            _sooner_or_later(partial(self._customer, row))
        return self

    def note(self, what: str, place: str, value: object) -> None:
        self.said[what][place] = round(float(str(value)), 6)

    def _page(self, path: str) -> str:
        answer = self._client.get(path)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code}"
        return answer.text[answer.text.index("<main") : answer.text.index("</main>")]

    def _ask(self, path: str, **asked: Any) -> Any:
        answer = self._team.post(path, json={"period": {"days": DAYS}, **asked}) if asked else self._team.get(path)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.text}"
        return answer.json()

    def _exported(self, path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self._client.get(path).text.removeprefix("\ufeff"))))

    def _home(self) -> None:
        page = self._page(f"/?days={DAYS}&wait=1")
        figures = _figures(page)
        self.note("active customers", "Home", figures["Active customers"])
        self.note("events", "Home", figures["Events"])
        chart = page[page.index('id="events"') : page.index('id="active-customers"')]
        self.note("events", "Home's chart", sum(_numbers(chart[chart.index("<tbody") : chart.index("</tbody>")])))
        # All of them are counted only where there is no room for each.
        more = re.search(rf"All {_COUNT}[^<]*</data> at risk", page)
        self.note("at risk", "Home", more[1] if more else page.count('class="next-steps"'))

    def _lists(self, rows: list[dict[str, str]]) -> None:
        self.note("customers", "list", _told(_answer(self._page("/customers")))[0])
        at_risk = _told(_answer(self._page("/customers?show=at_risk")))
        self.note("customers", "list of those at risk", at_risk[-1])
        self.note("at risk", "list", at_risk[0])
        self.note("at risk", "its CSV", len(self._exported("/customers.csv?show=at_risk")))
        listed = self._ask("/v1/customers?limit=200")["items"]
        self.note("customers", "API", len(listed))
        self.note("at risk", "API", sum(one["at_risk"] is not None for one in listed))
        self.note("events ever", "API", sum(one["total_events"] for one in listed))
        badges = re.search(r'Customers with a badge.*?of (?:<data value=")?(\d+)', self._page("/game"), re.S)
        assert badges is not None
        self.note("customers", "Game", badges[1])
        actions = self._page("/actions")
        self.note("open actions", "Actions", _told(_answer(actions))[0])
        self.note("open actions", "its rows", actions.count("data-action-row"))
        names = {row["customer_id"]: row for row in rows}
        for one in listed:
            who = one["customer_id"]
            self.note(f"score of {who}", "list of the API", one["current_scaling_score"])
            self.note(f"score of {who}", "CSV", names[who]["Health"])

    def _questions(self) -> None:
        events = self._ask("/v1/query/trends", measure="events")
        self.note("events", "trends of the API", events["lines"][0]["total"])
        ever = self._ask("/v1/query/trends", period={"days": 1000}, interval="month")
        self.note("events ever", "trends of the API", ever["lines"][0]["total"])
        page = self._page(f"/trends?days={DAYS}&tz=UTC&view=table&wait=1")
        self.note("events", "Trends", sum(_numbers(_body(page))))
        tools = self._ask("/v1/query/tools", unit="customer")
        self.note("active customers", "tools of the API", tools["active"])
        users = self._ask("/v1/query/trends", measure="units")
        self.note("active customers", "trends of the API", users["lines"][0]["total"])

    def _customer(self, row: dict[str, str]) -> None:
        who, path = row["customer_id"], f"/customers/{row['customer_id']}"
        page, brief = self._page(path), self._client.get(f"{path}/brief").text
        figures = _figures(page)
        insights = self._ask(f"/v1{path}/insights")
        for label, key in (("Events", "total_events"), ("Sessions", "total_sessions")):
            self.note(f"{label} of {who}", "account", figures[label])
            self.note(f"{label} of {who}", "API", insights[key])
            self.note(f"{label} of {who}", "CSV", row[label])
        score = f"score of {who}"
        self.note(score, "insights of the API", insights["current_scaling_score"])
        self.note(score, "account", _after(page, 'id="score-title"'))
        self.note(f"score of {who}, as shown", "account's sentence", _after(page, '<p class="answer">'))
        self.note(f"score of {who}, as shown", "panel's sentence", _after(brief, '<p class="brief-answer">'))
        self._people(who, path, row, brief)

    def _people(self, who: str, path: str, row: dict[str, str], brief: str) -> None:
        people = self._ask(f"/v1{path}/people")
        active, recent = f"people active of {who}", f"recent events of {who}"
        filters = [{"field": "customer_id", "values": [who]}]
        users = self._ask("/v1/query/trends", filters=filters, measure="units", unit="user")
        events = self._ask("/v1/query/trends", filters=filters)
        self.note(active, "people of the API", people["breadth"])
        self.note(active, "trends of the API", users["lines"][0]["total"])
        self.note(active, "CSV", row["People"])
        self.note(active, "panel", _after(brief, "People active"))
        self.note(active, "people's page", _figures(self._page(f"{path}/people"))["Active people"])
        by = ("person_events_28", "software_events_28", "visitor_events_28")
        self.note(recent, "people of the API", sum(people[key] for key in by))
        self.note(recent, "trends of the API", events["lines"][0]["total"])


def _sooner_or_later(read: Callable[[], None]) -> None:
    """On a busy machine the column store lets a panel stand without a number at first."""
    until = time.monotonic() + 30
    while True:
        try:
            read()
        except (AssertionError, KeyError):
            if time.monotonic() > until:
                raise
        else:
            return


def _figures(page: str) -> dict[str, str]:
    found = {label.strip(): value for label, value in _FIGURE.findall(page)}
    assert found, "no figures are there yet"
    return found


def _numbers(text: str) -> list[float]:
    return [float(value) for value in re.findall(_COUNT, text)]


def _after(page: str, mark: str) -> str:
    """The first number behind a mark, as exact as the page knows it."""
    found = re.search(r'<data value="(-?[\d.]+)"', page.partition(mark)[2])
    assert found is not None, mark
    return found[1]


def _answer(page: str) -> str:
    found = re.search(r'<p class="answer".*?</p>', page, re.S)
    assert found is not None
    return found[0]


def _told(sentence: str) -> list[float]:
    """The numbers of a sentence; none here needs a thousands' separator."""
    found = [float(value) for value in re.findall(r"\d+", re.sub(r"<[^>]*>", "", sentence))]
    assert found, sentence
    return found


def _body(page: str) -> str:
    return page[page.index("<tbody") : page.index("</tbody>")]
