"""Takes a picture of every page: full, empty and absurd data, on a desktop and a phone, light and dark, into
`build/pages/`, with an index to leaf through. `python scripts/page_pictures.py` takes those that need no server;
`... http://127.0.0.1:8321 LINK` those of a running demo that do: questions and dashboards of real data. Needs
Playwright and Chromium, as the tests do."""

from __future__ import annotations

import argparse
import html
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

_ROOT: Final = Path(__file__).parent.parent
_OUT: Final = _ROOT / "build" / "pages"
_SIZES: Final[dict[str, ViewportSize]] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
_SCHEMES: Final = ("light", "dark")
#: What is not there yet. A question that is being worked out stays so among the previews.
_COMING: Final = "main [hx-trigger~=load]:not([data-waiting]), main .htmx-request"
#: Pages of a running server that the previews have not.
_ASKED: Final = (
    *("/", "/customers", "/trends", "/trends?by=tool_id", "/trends?compare=previous", "/trends?events=nothing-like-it"),
    *("/funnels", "/retention", "/paths?per=unit", "/lifecycle", "/tools", "/sessions", "/cohorts", "/dashboards"),
    *("/actions", "/live", "/predictions", "/score", "/settings/plan"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", help="where a demo runs, such as http://127.0.0.1:8321")
    parser.add_argument("link", nargs="?", help="a one-time sign-in link of it")
    parser.add_argument("--out", type=Path, default=_OUT)
    arguments = parser.parse_args()
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        if arguments.url:
            with _page(browser) as page:
                sign_in(page, arguments.link)
                taken = _take(page, arguments.url, _ASKED, arguments.out)
        else:
            sys.path.insert(0, str(_ROOT))
            from tests.browser.preview import page_paths, preview
            from tests.browser.sample import NOW

            with preview() as site, _page(browser, NOW) as page:
                taken = _take(page, site, page_paths(), arguments.out)
        browser.close()
    index = arguments.out / "index.html"
    index.write_text(_index(taken), "utf-8")
    print(f"{len(taken)} pictures: {index}")


@contextmanager
def _page(browser: Browser, now: datetime | None = None) -> Iterator[Page]:
    """In UTC, with nothing that moves; at `now`, where the data is of one moment."""
    with browser.new_context(locale="en-GB", timezone_id="UTC", reduced_motion="reduce") as context:
        page = context.new_page()
        if now:
            page.clock.set_fixed_time(now)
        yield page


def sign_in(page: Page, link: str) -> None:
    """As the first member, by a one-time link."""
    page.goto(link)
    page.get_by_label("Email").fill("you@example.com")
    page.get_by_label("Password").fill(secrets.token_urlsafe(16))
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url(lambda url: "/welcome/" not in url)


def _take(page: Page, site: str, paths: Iterable[str], out: Path) -> list[str]:
    """The names of the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    taken = []
    for path in paths:
        for size, viewport in _SIZES.items():
            page.set_viewport_size(viewport)
            page.goto(site + path)
            # A live feed never ends, so what is waited for is the page itself.
            page.evaluate("document.fonts.ready")
            page.wait_for_function(f"!document.querySelector('{_COMING}')")
            for scheme in _SCHEMES:
                page.emulate_media(color_scheme=scheme)
                name = f"{path.strip('/').translate(str.maketrans('/?=&', '----')) or 'home'}-{size}-{scheme}.png"
                page.screenshot(path=out / name, full_page=True)
                taken.append(name)
    return taken


def _index(names: Iterable[str]) -> str:
    figures = (
        f'<figure><a href="{name}"><img src="{name}" loading="lazy" width="320"></a>'
        f"<figcaption>{name}</figcaption></figure>"
        for name in map(html.escape, names)
    )
    style = "body{display:flex;flex-wrap:wrap;gap:16px;font:12px sans-serif}figure{margin:0}img{border:1px solid #ddd}"
    return f"<!doctype html><meta charset=utf-8><title>Every page</title><style>{style}</style>{''.join(figures)}"


if __name__ == "__main__":
    main()
