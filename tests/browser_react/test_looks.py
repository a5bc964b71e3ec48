"""The example with something in it: WCAG AA, light and dark, desktop to phone, by keyboard, and set up wrongly."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser_react.bundle import ROOT, serving
from tests.support.axe import COLOURS, COLOURS_AND_SIZES, faults, sideways
from tests.support.server import Server

_WIDTHS = (1280, 900, 390)


def check(page: Page) -> None:
    """WCAG AA by axe in light and dark, and no scrolling sideways down to a phone."""
    page.emulate_media(color_scheme="light")
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, COLOURS) == []
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert sideways(page) <= 0, f"scrolls sideways at {width} px"
    assert faults(page, COLOURS_AND_SIZES) == []


def _icp(page: Page, tab: str) -> None:
    page.get_by_role("button", name="Fill in an example").click()
    page.get_by_role("tab", name="Rating framework").click()
    page.get_by_role("button", name="Generate rating framework").click()
    page.get_by_role("tab", name=tab).click()
    if tab == "Personas":
        page.get_by_role("button", name="Draft personas").click()


def _failed(page: Page) -> None:
    page.get_by_role("tab", name="Personas").click()
    page.get_by_role("button", name="Draft personas").click()
    expect(page.get_by_role("alert")).to_contain_text("needs 4 answers")


def _cost(page: Page) -> None:
    page.get_by_role("button", name="Work out the cost").click()
    page.get_by_text("As a table").click()


def _written(page: Page) -> None:
    page.get_by_role("tab", name="Write").click()


_STATES = {
    "icp-failed": ("icp-analysis", _failed),
    "icp-framework": ("icp-analysis", lambda page: _icp(page, "Rating framework")),
    "icp-personas": ("icp-analysis", lambda page: _icp(page, "Personas")),
    "icp-summary": ("icp-analysis", lambda page: _icp(page, "Summary")),
    "cost-results": ("cost-calculator", _cost),
    "case-outline": ("business-case", None),
    "case-writing": ("business-case", _written),
    "library": ("resource-library", None),
    "article": ("resource-library/champion", None),
}


@pytest.mark.parametrize("state", _STATES)
def test_a_tool_is_clean(page: Page, complaints: list[str], tools: Server, state: str) -> None:
    path, prepare = _STATES[state]
    page.goto(f"{tools.url}/tools-app/#/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if prepare:
        prepare(page)
    check(page)
    assert complaints == []


def test_tabs_by_keyboard(page: Page, tools: Server) -> None:
    page.goto(tools.url + "/tools-app/")
    page.get_by_role("tab", name="Product details").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Summary")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Summary")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.get_by_role("tab", name="Product details")).to_have_attribute("aria-selected", "true")


def test_without_a_configuration_it_says_what_is_missing(page: Page) -> None:
    with serving(ROOT / "src" / "milepost" / "demo" / "tools_app") as address:
        page.goto(address)
        expect(page.get_by_role("heading", name="The tools are not set up")).to_be_visible()
        expect(page.get_by_text("config.json answered 404.")).to_be_visible()
