"""The settings in Chromium: somebody is invited, comes in and is removed, by mouse and keyboard; another password."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.complaints import complaints_of
from tests.browser.signing_in import sign_in
from tests.support.axe import DESKTOP, assert_clean
from tests.support.dashboard import EMAIL, PASSWORD, sign_in_link
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, Server, running

_GUEST = "kim@example.com"
_NEW = "another password 7"


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("settings"), database_url=dsn)) as server,
        server.client(SECRET_KEY) as secret,
    ):
        secret.put("/v1/customers/acme", json={"traits": {"owner": _GUEST}}).raise_for_status()
        yield server


@pytest.fixture
def somebody(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a browser of their own for each who is asked for."""
    opened = []
    complaints: list[list[str]] = []

    def open_one() -> Page:
        context = browser.new_context(viewport=DESKTOP, locale="en-GB", timezone_id="Europe/Berlin")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.append(context)
        page = context.new_page()
        complaints.append(complaints_of(page))
        return page

    yield open_one
    for context in opened:
        context.close()
    assert [one for told in complaints for one in told] == []


def _come_in(page: Page, link: str, email: str | None) -> None:
    page.goto(link)
    if email is not None:
        page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


@pytest.mark.parametrize("keyboard", [False, True], ids=["mouse", "keyboard"])
def test_invited_in_and_removed(server: Server, somebody: Callable[[], Page], keyboard: bool) -> None:
    dana, kim = somebody(), somebody()

    def press(page: Page, role: str, name: str) -> None:
        found = page.get_by_role(role, name=name)  # type: ignore[arg-type]
        if keyboard:
            found.focus()
            found.press("Enter")
        else:
            found.click()

    _come_in(dana, sign_in_link(server), EMAIL)
    press(dana, "link", "Settings")
    press(dana, "link", "Team")
    dana.get_by_label("Email").fill(_GUEST)
    press(dana, "button", "Make a link")
    press(dana, "button", "Copy")
    link = dana.evaluate("() => navigator.clipboard.readText()")
    assert link == dana.locator(".created code").inner_text()
    expect(dana.get_by_text("Open invitations")).to_be_visible()
    assert_clean(dana)
    dana.set_viewport_size(DESKTOP)

    kim.goto(link)
    expect(kim.get_by_label("Email")).to_have_value(_GUEST)
    kim.get_by_label("Your name").fill("Kim Adeyemi")
    kim.get_by_label("Password").fill(PASSWORD)
    press(kim, "button", "Save and continue")
    # A page that asks for nothing by itself, so that it is the reload that tells.
    press(kim, "link", "Kim Adeyemi")
    expect(kim.get_by_role("heading", name="Profile")).to_be_visible()

    press(dana, "link", "Team")
    expect(dana.get_by_role("row", name="Kim Adeyemi")).to_be_visible()
    expect(dana.get_by_text("Open invitations")).to_have_count(0)
    press(dana, "link", "Remove Kim Adeyemi")
    whom = dana.get_by_label("Owns 1 customer: hand over to")
    if keyboard:
        whom.focus()
        whom.press_sequentially(EMAIL)
    else:
        whom.select_option(label=f"{EMAIL} (you)")
    assert_clean(dana)
    dana.set_viewport_size(DESKTOP)
    press(dana, "button", "Remove from the team")
    expect(dana.get_by_role("row", name="Kim Adeyemi")).to_have_count(0)
    kim.reload()
    expect(kim.get_by_role("heading", name="Sign in")).to_be_visible()
    with server.client(SECRET_KEY) as secret:
        assert secret.get("/v1/customers/acme").json()["traits"]["owner"] == EMAIL
        secret.put("/v1/customers/acme", json={"traits": {"owner": _GUEST}}).raise_for_status()


def test_a_password_is_changed_and_the_theme_is_chosen(server: Server, somebody: Callable[[], Page]) -> None:
    here, there = somebody(), somebody()
    _come_in(here, sign_in_link(server), "lee@example.com")
    there.goto(f"{server.url}/sign-in")
    there.get_by_label("Email").fill("lee@example.com")
    there.get_by_label("Password").fill(PASSWORD)
    there.get_by_role("button", name="Sign in").click()
    expect(there.get_by_role("heading", name="Home")).to_be_visible()

    here.get_by_role("link", name="lee@example.com").click()
    expect(here.get_by_text("Europe/Berlin")).to_be_visible()
    expect(here.get_by_role("button", name="Sign out everywhere else")).to_be_visible()
    here.get_by_label("Present password").fill(PASSWORD)
    here.get_by_label("New password").fill(_NEW)
    here.get_by_label("New password").press("Enter")
    expect(here.get_by_role("status")).to_have_text("Your password is changed. You are signed out everywhere else.")
    expect(here.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)
    there.reload()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()

    here.get_by_role("link", name="Appearance").click()
    here.get_by_label("Dark").check()
    expect(here.locator("html")).to_have_attribute("data-theme", "dark")
    here.get_by_role("link", name="About").click()
    expect(here.locator("html")).to_have_attribute("data-theme", "dark")
    here.get_by_role("link", name="Appearance").click()
    expect(here.get_by_label("Dark")).to_be_checked()
    here.get_by_label("As the system is").check()
    assert here.evaluate("() => localStorage.getItem('milepost-theme')") is None


def test_a_schedule_of_a_segment(server: Server, somebody: Callable[[], Page]) -> None:
    """Added by keyboard, and ended; whose events it takes stands with it."""
    conditions = [{"field": "trait.owner", "values": [_GUEST]}]
    with server.client(SECRET_KEY) as secret:
        secret.post("/v1/segments", json={"name": "Kim’s", "conditions": conditions}).raise_for_status()
    page = somebody()
    sign_in(page, server)
    page.goto(f"{server.url}/settings/export")
    form = page.locator("form", has=page.get_by_role("button", name="Add the schedule"))
    form.get_by_label("Where to").fill("kims")
    form.get_by_label("Of the segment").select_option("Kim’s")
    form.get_by_role("button", name="Add the schedule").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The schedule is kept")
    line = page.get_by_role("list", name="By schedule").get_by_role("listitem")
    expect(line).to_contain_text("In “Kim’s”")
    expect(line).to_contain_text("everything each time")
    assert_clean(page)
    page.get_by_role("button", name="End the schedule to kims").click()
    expect(page.get_by_text("No schedule yet")).to_be_visible()
