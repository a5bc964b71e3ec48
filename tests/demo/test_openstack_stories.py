"""The demo tells true stories: who went quiet and whose champion left, by the changes, are whom its pages show."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import httpx
import psycopg
import pytest
from rich.console import Console

from milepost.demo.openstack import data
from milepost.demo.openstack.dataset import OpenStack
from milepost.demo.place import Place
from milepost.plan import load_plan
from milepost.settings import Settings
from tests.analytics.reference.events import World
from tests.demo import openstack as known
from tests.demo.walk import Walk
from tests.insights.at_risk_model import at_risk
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import Server, running, wait_for


class Demo(NamedTuple):
    client: httpx.Client  # somebody who is signed in
    team: httpx.Client
    place: Place


@pytest.fixture(scope="module")
def demo(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The companies of middling size, as `milepost demo` stores them."""
    folder = tmp_path_factory.mktemp("openstack")
    plan = {"MILEPOST_PLAN_FILE": str(data.PLAN_FILE)}
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, columns=True, environ=plan)) as server,
        server.client() as team,
        member(server, "127.0.4.9") as client,
    ):
        settings = Settings(data_dir=folder, database_url=dsn)
        place = Place(settings, dsn, load_plan(data.PLAN_FILE), Console(quiet=True))
        OpenStack(known.cut()).fill(place)
        wanted = len(_seen().events)

        def mirrored() -> bool:
            answer = team.post("/v1/query/trends", json={"interval": "month", "period": {"days": 800}})
            return answer.is_success and int(answer.json()["lines"][0]["total"]) >= wanted

        wait_for(mirrored, 60, "the column store")
        yield Demo(client, team, place)


def _seen() -> World:
    return known.world(known.cut(), known.now_there(datetime.now(UTC)))


def test_who_fell_against_their_own_past(demo: Demo) -> None:
    seen, days = _seen(), defaultdict[str, set[int]](set)
    for event in seen.events:
        days[event.customer_id].add(event.at.toordinal())
    wanted = at_risk({name: sorted(theirs) for name, theirs in days.items()}, seen.now.toordinal())

    def shown() -> list[str]:
        page = demo.client.get("/").text
        needs = page[page.index('id="needs-title"') : page.index('id="due-title"')].partition('class="risen"')[0]
        return re.findall(r'class="clip" href="/customers/([^"?#]+)"', needs)

    wait_for(lambda: shown() == wanted[:7], 60, f"Home to show {wanted[:7]}")
    assert wanted
    assert not any(known.comes_back(seen.now, company=name) for name in wanted[:3])


def test_whose_champion_left(demo: Demo) -> None:
    wanted = known.champions_gone(_seen())
    assert wanted
    # And some of whom there is nothing of the kind to tell.
    asked = {name for name, _ in wanted} | set(sorted(known.cut())[:3])
    people = {name: demo.team.get(f"/v1/customers/{name}/people").json() for name in asked}
    found = [
        (name, reason["evidence"]["user_id"])
        for name, answer in people.items()
        for reason in answer["reasons"]
        if reason["code"] == "champion_gone_quiet"
    ]
    assert sorted(found) == wanted
    name, person = wanted[0]
    page = demo.client.get(f"/customers/{name}/people").text
    assert f"Engineer {int(person.removeprefix('p'))} has not been seen for" in page


def test_pages_speak_of_companies_and_changes(demo: Demo) -> None:
    name = known.quiet(_seen())[0]
    person = next(event.user_id for event in known.by_company()[name])
    pages = f"""/ /customers /customers/{name} /customers/{name}/people /people/{person} /tools /actions /practice
        /game /event-names"""
    for path in pages.split():
        answer = demo.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        words = re.sub(r"<[^>]*>", " ", answer.text)
        assert not re.search(r"\b(students?|tutors?|courses?|assignments?|forum|Open University)\b", words, re.I), path
    names = demo.client.get("/event-names").text
    assert "Change merged" in names
    assert "Release note written" in names


def test_numbers_that_mean_the_same_are_the_same(demo: Demo) -> None:
    """Of every page, panel, file and answer of the API."""
    walk = Walk(demo.client, demo.team)

    def same() -> bool:
        # While customers are settled, or a busy column store lets a panel stand without a number.
        with suppress(AssertionError):
            return walk.everything().differing() == {}
        return False

    with suppress(AssertionError):  # which numbers they are is said below
        wait_for(same, 60, "every number to be there, and the same")
    assert walk.differing() == {}
    several = [what for what, places in walk.said.items() if len(places) > 1]
    assert len(several) > 5 * len(known.cut()), several


def test_started_again_it_adds_nothing_twice(demo: Demo) -> None:
    def stored() -> int:
        with psycopg.connect(demo.place.dsn) as connection:
            row = connection.execute("select count(*) from public.behavior_events").fetchone()
        return 0 if row is None else int(row[0])

    before = stored()
    OpenStack(known.cut()).fill(demo.place)
    # What has come in the meantime may be there.
    assert before <= stored() <= len(_seen().events)
