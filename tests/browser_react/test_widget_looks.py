"""The widgets with nothing, with much and with absurd things in them: WCAG AA, light and dark, desktop to phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser_react.playing import EXPORT, happened, play, playground, recommended, region
from tests.browser_react.test_looks import check
from tests.support.postgres import Cluster
from tests.support.server import Server

_LONG = "Unwahrscheinlichlangesübungswort" * 6
_MORE = f"""
[[badges]]
id = "absurd"
name = "{_LONG}"
description = "{_LONG}"
metric = "exports"
at_least = 1

[[badges]]
id = "out-of-reach"
name = "{_LONG}"
metric = "points"
at_least = 999999999

[[playbooks]]
id = "absurd"
name = "{_LONG}"
priority = 99
action = "{_LONG}"
reason = "{_LONG} {{total_exports_generated}}"

[[playbooks.when]]
fact = "total_exports_generated"
at_least = 1
"""


def _absurd(plan: str) -> str:
    """A plan whose words are as long as it lets them be."""
    named = re.sub(r"(?m)^level_names = .*$", f"level_names = {[_LONG] * 6}".replace("'", '"'), plan)
    assert named != plan
    return named + _MORE


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with playground(cluster, tmp_path_factory.mktemp("looks")) as server:
        yield server


@pytest.fixture(scope="module")
def absurd(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with playground(cluster, tmp_path_factory.mktemp("absurd"), _absurd) as server:
        yield server


def _join(server: Server, customer: str, name: str) -> None:
    profile = {"leaderboard": "named", "display_name": name}
    with server.client() as client:
        client.put(f"/v1/customers/{customer}/game/profile", json=profile).raise_for_status()


def _full(server: Server, customer: str) -> None:
    weeks = [EXPORT | {"days": 7 * week} for week in range(5)]
    reached = {"event_type": "competency_milestone", "event_metadata": {"milestone_description": "A first result"}}
    happened(server, customer, *reversed(weeks), EXPORT, reached)
    recommended(server, customer, 2)


def test_nothing_known_yet(page: Page, complaints: list[str], server: Server) -> None:
    play(page, server, "empty")
    expect(region(page, "Next steps")).to_contain_text("No suggestions right now")
    expect(region(page, "Streak")).to_be_visible()
    check(page)
    assert complaints == []


def test_much_of_everything(page: Page, complaints: list[str], server: Server) -> None:
    for number in range(12):
        happened(server, f"rival-{number}", *[EXPORT] * (number + 1))
        _join(server, f"rival-{number}", f"Rival {number}")
    _full(server, "full")
    _join(server, "full", "Full of it")
    play(page, server, "full")
    board = region(page, "Leaderboard")
    expect(board.get_by_role("listitem").filter(has_text="you")).to_contain_text("Full of it", timeout=6000)
    steps = region(page, "Next steps")
    steps.get_by_text("Why this?").first.click()
    steps.get_by_role("button", name="I’ll do it").first.click()
    expect(steps).to_contain_text("On your list")
    board.get_by_role("button", name="Change").click()
    expect(board.get_by_role("textbox", name="Name")).to_have_value("Full of it")
    board.get_by_role("textbox", name="Name").fill(" ")
    board.get_by_role("button", name="Save").click()
    expect(board.get_by_role("alert")).to_contain_text("Enter the name")
    check(page)
    assert complaints == []


def test_absurd_words_stay_in_their_place(page: Page, complaints: list[str], absurd: Server) -> None:
    _full(absurd, "absurd")
    _join(absurd, "absurd", "W" * 60)
    play(page, absurd, "absurd")
    expect(region(page, "Leaderboard").get_by_role("listitem")).to_contain_text("W" * 60, timeout=6000)
    expect(region(page, "Next steps").get_by_text(_LONG, exact=True).first).to_be_visible()
    expect(region(page, "Badges").get_by_text(_LONG, exact=True).first).to_be_visible()
    check(page)
    play(page, absurd, "absurd", "icp-analysis")
    page.reload()
    expect(region(page, "Next steps").get_by_text(_LONG, exact=True).first).to_be_visible()
    check(page)
    assert complaints == []


def test_a_server_that_is_gone(page: Page, server: Server) -> None:
    _full(server, "left-alone")
    page.route("**/v1/me/**", lambda route: route.abort())
    play(page, server, "left-alone")
    levels = region(page, "Levels")
    expect(levels.get_by_role("button", name="Try now")).to_be_visible()
    check(page)
    # Held, as a try of its own may take it away in this moment.
    button = levels.get_by_role("button", name="Try now").element_handle()
    page.unroute("**/v1/me/**")
    button.evaluate("button => button.click()")
    expect(levels).to_contain_text("Customer intelligence")
