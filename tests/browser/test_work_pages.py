"""Notes, tasks and tags in Chromium: what the team does with them, by mouse, by keyboard, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.asking import Hands
from tests.browser.complaints import complaints_of
from tests.browser.signing_in import cookies_of
from tests.support.axe import DESKTOP, PHONE, assert_clean
from tests.support.dashboard import EMAIL, member
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running

#: West of Greenwich a day that went through a clock would be the one before.
_ZONE = "America/Los_Angeles"


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("work"), database_url=dsn)) as server,
        server.client(WRITE_KEY) as client,
    ):
        names = ["acme", "keys-inc", "plain", "listed-a", "listed-b", "looked-at", "handed-mouse", "handed-keyboard"]
        events = [{"customer_id": name, "event_type": "navigation"} for name in names]
        assert client.post("/v1/events", json={"events": events}).json()["accepted"] == len(names)
        yield server


@pytest.fixture(scope="module")
def signed_in(server: Server, browser: Browser) -> StorageState:
    return cookies_of(server, browser)


@pytest.fixture
def context(server: Server, browser: Browser, signed_in: StorageState) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport=DESKTOP, locale="en-GB", timezone_id=_ZONE, reduced_motion="reduce", storage_state=signed_in
    )
    context.add_cookies([{"name": "tz", "value": "America%2FLos_Angeles", "url": server.url}])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    complaints = complaints_of(page)
    yield page
    assert complaints == []


def test_a_note_a_task_and_a_tag_are_there_after_a_reload(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/customers/acme#actions")
    work, timeline = page.locator("#work"), page.locator("#timeline")
    work.get_by_label("Write a note").fill("They renew in May.\n<b>Sam</b> decides.")
    work.get_by_role("button", name="Write it").click()
    expect(work.locator(".note")).to_contain_text("<b>Sam</b> decides.")
    expect(work.get_by_label("Write a note")).to_have_value("")
    expect(work.locator(".note")).to_contain_text(EMAIL)

    work.get_by_text("Set a task").click()
    work.get_by_label("What is to be done?").last.fill("Ask about the renewal")
    work.get_by_label("Due").last.fill("2031-05-01")
    work.get_by_role("button", name="Set it").click()
    expect(work.locator(".task")).to_contain_text("Due 1 May 2031 · yours")
    work.get_by_label("Add a tag").fill("Beta")
    work.get_by_label("Add a tag").press("Enter")
    expect(work.get_by_role("list", name="Tags")).to_contain_text("Beta")
    for said in ("They renew in May", "Ask about the renewal", "Due 1 May 2031", "Beta", f"by {EMAIL}"):
        expect(timeline).to_contain_text(said)

    page.reload()
    expect(work.locator(".note")).to_contain_text("They renew in May")
    expect(work.get_by_role("list", name="Tags")).to_contain_text("Beta")
    work.get_by_role("button", name="Done: Ask about the renewal").click()
    expect(work).to_contain_text("Nothing is to be done here.")
    expect(timeline).to_contain_text("Task done")
    page.reload()
    expect(work).to_contain_text("Nothing is to be done here.")
    work.get_by_text("Done lately").click()
    expect(work.locator(".task.is-done")).to_contain_text(f"by {EMAIL}")
    work.get_by_role("button", name="Done: Ask about the renewal").click()
    expect(work.locator(".task:not(.is-done)")).to_have_count(1)

    work.locator(".note .edit > summary").click()
    work.get_by_label("The note").fill("They renew in June.")
    work.get_by_role("button", name="Save").first.click()
    expect(work.locator(".note")).to_contain_text("They renew in June.")
    expect(work.locator(".note")).to_contain_text("changed")
    work.get_by_role("button", name=re.compile("^Pin")).click()
    expect(work.locator(".note.pinned")).to_have_count(1)
    work.get_by_role("button", name="Remove the tag Beta").click()
    expect(work.get_by_role("list", name="Tags")).to_have_count(0)
    work.locator(".note .edit > summary").click()
    work.get_by_role("button", name="Delete the note").click()
    expect(work).to_contain_text("No notes yet.")
    expect(timeline).not_to_contain_text("They renew")


def test_all_of_it_by_keyboard(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/customers/keys-inc#actions")
    work = page.locator("#work")
    work.get_by_label("Add a tag").focus()
    page.keyboard.type("Pilot")
    page.keyboard.press("Enter")
    expect(work.get_by_role("list", name="Tags")).to_contain_text("Pilot")
    expect(work.get_by_label("Add a tag")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(work.locator("#new-task summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Call Sam")
    page.keyboard.press("Enter")
    expect(work.locator(".task")).to_contain_text("Call Sam")
    work.get_by_role("button", name="Done: Call Sam").focus()
    page.keyboard.press("Space")
    expect(work).to_contain_text("Nothing is to be done here.")
    work.get_by_label("Write a note").focus()
    page.keyboard.type("Sam prefers e-mail.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(work.locator(".note")).to_contain_text("Sam prefers e-mail.")
    expect(work.locator("#note-button")).to_be_focused()


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_note_and_a_task_for_a_colleague_take_three_each(server: Server, page: Page, way: str) -> None:
    with member(server, "127.0.0.88", "kim@example.com"):
        page.goto(f"{server.url}/customers/handed-{way}")
    hands, work = Hands(page, keyboard=way == "keyboard"), page.locator("#work")
    hands.press(page.get_by_role("link", name="Add a note"))
    hands.write(work.get_by_label("Write a note"), "They renew in May.")
    hands.press(work.get_by_role("button", name="Write it"))
    expect(work.locator(".note")).to_contain_text("They renew in May.")
    assert hands.count <= 3
    hands.count = 0
    hands.press(page.get_by_role("link", name="Set a task"))
    hands.write(work.locator("#task-title"), "Ask about the renewal")
    hands.select("task-assignee", re.compile("^kim@example.com$"))
    hands.press(work.get_by_role("button", name="Set it"))
    expect(work.locator(".task")).to_contain_text("kim@example.com")
    assert hands.count <= 3


def test_what_will_not_do_is_said_and_what_was_typed_stays(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/customers/acme#actions")
    work = page.locator("#work")
    work.get_by_label("Write a note").fill("   ")
    work.get_by_role("button", name="Write it").click()
    expect(work.get_by_role("alert")).to_have_text("Write something, in 4,000 characters at most.")
    expect(work.get_by_label("Write a note")).to_have_accessible_description(
        "Write something, in 4,000 characters at most."
    )
    work.get_by_text("Set a task").click()
    work.get_by_label("What is to be done?").last.fill(" ")
    work.get_by_label("More about it").last.fill("and why")
    work.get_by_role("button", name="Set it").click()
    expect(work.get_by_role("alert")).to_have_text("Say what is to be done, in 200 characters at most.")
    expect(work.get_by_label("More about it").last).to_have_value("and why")


def test_it_works_without_scripts(server: Server, browser: Browser, signed_in: StorageState) -> None:
    with browser.new_context(java_script_enabled=False, storage_state=signed_in, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{server.url}/customers/plain")
        page.get_by_label("Write a note").fill("  ")
        page.get_by_role("button", name="Write it").click()
        expect(page.get_by_text("Write something, in 4,000 characters at most.")).to_be_visible()
        page.get_by_label("Write a note").fill("By hand")
        page.get_by_role("button", name="Write it").click()
        expect(page).to_have_url(f"{server.url}/customers/plain#work")
        expect(page.locator("#work .note")).to_contain_text("By hand")
        page.locator("#new-task summary").click()
        page.get_by_label("What is to be done?").fill("Look again")
        page.get_by_role("button", name="Set it").click()
        page.goto(f"{server.url}/tasks")
        page.get_by_role("button", name="Done: Look again").click()
        expect(page).to_have_url(f"{server.url}/tasks")
        expect(page.locator(".is-done", has_text="Look again")).to_be_visible()


def test_everybodys_tasks_are_in_their_parts_and_checked_off_in_place(server: Server, page: Page) -> None:
    today = datetime.now(UTC).date()
    with server.client() as team:
        for title, days, assignee in (("late", -3, None), ("late and mine", -2, EMAIL), ("soon", 3, None),
                                      ("far", 40, EMAIL), ("whenever", None, None)):  # fmt: skip
            due = None if days is None else (today + timedelta(days=days)).isoformat()
            task = {"title": title, "due": due, "assignee": assignee}
            assert team.post("/v1/customers/listed-a/tasks", json=task).status_code == 201
    page.goto(f"{server.url}/tasks")

    def titles(part: str) -> list[str]:
        return page.locator(f"section:has(#part-{part}) .task-title").all_inner_texts()

    expect(page.locator("#part-overdue")).to_have_text("Overdue 2")
    assert titles("overdue") == ["late and mine", "late"], "mine first"
    assert titles("week") == ["soon"]
    assert "far" in titles("later")
    assert "whenever" in titles("whenever")
    page.get_by_label("Whose").select_option("Mine")
    expect(page.locator("#part-overdue")).to_have_text("Overdue 1")
    expect(page).to_have_url(re.compile("assignee=dana%40example.com"))
    tick = page.get_by_role("button", name="Done: late and mine")
    tick.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".is-done", has_text="late and mine")).to_be_visible()
    expect(tick).to_be_focused()
    expect(tick).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("#part-overdue")).to_have_count(0)
    expect(page.locator("section:has(#part-done)")).to_contain_text("late and mine")
    page.get_by_role("button", name="Done: late and mine").click()
    expect(page.locator(".is-done", has_text="late and mine")).to_have_count(0)
    page.locator(".task-of a").first.click()
    expect(page).to_have_url(f"{server.url}/customers/listed-a#work")


def test_customers_are_listed_by_tag(server: Server, page: Page) -> None:
    with server.client() as team:
        team.post("/v1/tags/batch", json={"customer_ids": ["listed-a", "listed-b"], "add": ["Spring & <b>autumn</b>"]})
        team.post("/v1/tags/batch", json={"customer_ids": ["listed-b"], "add": ["Other"]})
    page.goto(f"{server.url}/customers")
    page.get_by_label("Tag", exact=True).select_option("Spring & <b>autumn</b>")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    expect(page.locator("#customers-answer")).to_have_text("2 customers with the tag “Spring & <b>autumn</b>”.")
    expect(page).to_have_url(re.compile("tag=Spring"))
    page.get_by_label("Search by name or id").fill("listed-b")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.locator("#results tbody tr")).to_contain_text("Other")
    page.get_by_role("link", name="Quiet").click()
    expect(page.get_by_text("No customer with this tag")).to_be_visible()
    page.get_by_role("link", name="Show them whatever their tags").click()
    expect(page.get_by_label("Tag", exact=True)).to_have_value("")
    page.goto(f"{server.url}/customers?tag=SPRING+%26+%3Cb%3Eautumn%3C%2Fb%3E&sort=score")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    page.locator("#results").get_by_role("link", name="listed-a").click()
    page.locator("[data-tabs]").get_by_role("link", name="Actions", exact=True).click()
    page.get_by_role("link", name="Spring & <b>autumn</b>").click()
    expect(page.locator("#results tbody tr")).to_have_count(2)


def test_axe_finds_no_fault(server: Server, page: Page) -> None:
    with server.client() as team:
        home = "/v1/customers/looked-at"
        for place in range(7):
            team.post(
                f"{home}/notes", json={"text": "A long line. " * 60 if place % 2 else "Short", "pinned": not place}
            )
            team.post(f"{home}/tasks", json={"title": f"Task {place}", "due": "2026-01-01" if place % 2 else None})
        team.put(f"{home}/tags/Beta")
        traits = {"owner": "dana@example.com", "mrr": 1200.5, "renewal_date": "2027-01-31", "x" * 200: "y" * 500}
        team.put("/v1/customers/looked-at", json={"traits": traits})
        events = [{"event_name": name, "customer_id": "looked-at"} for name in ("Invoice Sent", "x" * 200, "<b>")]
        team.post("/v1/events", json={"events": events})
    for address in ("/customers/looked-at", "/tasks", "/event-names"):
        page.goto(f"{server.url}{address}")
        for summary in page.locator("#work details > summary, #traits details > summary, .event-name > summary").all():
            summary.dispatch_event("click")
        assert_clean(page)
