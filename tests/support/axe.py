"""What axe-core finds wrong with a page: WCAG 2.2 A and AA and axe's best practices."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Page, ViewportSize

DESKTOP: Final[ViewportSize] = {"width": 1440, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
_AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
_ALL: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: What a scheme, and what a narrow window can break of a page that is otherwise clean.
COLOURS: Final = ("color-contrast",)
SIZES: Final = ("target-size",)
COLOURS_AND_SIZES: Final = (*COLOURS, *SIZES)


def faults(page: Page, rules: tuple[str, ...] = _ALL) -> list[str]:
    """Each fault with the elements that have it, three at most; [] of a clean page."""
    if page.evaluate("!window.axe"):
        page.evaluate(_AXE)
    # Of what passes axe would describe every element too, which takes three times as long as all the rules.
    options = {"runOnly": list(rules), "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"][:3]
    ]


# A page hears of its window's new size some frames later: it lays itself out for it, is told in the next frame, and
# then draws its charts again. On a busy machine one frame was seen too wide: what stays so for two seconds is.
_SIDEWAYS = """width => new Promise((tell) => {
  const page = document.documentElement;
  let frames = 0;
  const look = () => {
    frames += innerWidth === width;
    const over = page.scrollWidth - page.clientWidth;
    if (frames > 3 && (over <= 0 || frames > 120)) tell(over); else requestAnimationFrame(look);
  };
  look();
})"""


def sideways(page: Page) -> int:
    """Pixels the page is wider than its window, once it has drawn itself at that width."""
    assert page.viewport_size is not None, "a page without a window"
    width: int = page.evaluate(_SIDEWAYS, page.viewport_size["width"])
    return width


def assert_clean(page: Page) -> None:
    """No fault on desktop, light and dark, and on a phone; no scrolling sideways."""
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    _none(faults(page), "on a desktop")
    assert sideways(page) <= 0, "scrolls sideways on a desktop"
    page.emulate_media(color_scheme="dark")
    _none(faults(page, COLOURS), "in the dark")
    page.set_viewport_size(PHONE)
    _none(faults(page, COLOURS_AND_SIZES), "on a phone")
    assert sideways(page) <= 0, "scrolls sideways on a phone"


def _none(found: list[str], where: str) -> None:
    # pytest says of a support module's assertion no more than its message.
    assert found == [], f"{where}: {found}"
