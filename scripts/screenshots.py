"""Takes the screenshots of the README and the docs from a running demo: `make demo` in one shell, then here
`python scripts/screenshots.py http://127.0.0.1:8321 LINK`, LINK being the sign-in link the demo printed
(or a fresh one from `milepost sign-in-link`). Needs Playwright and Chromium, as the tests do."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from page_pictures import sign_in
from playwright.sync_api import Page, sync_playwright

_OUT = Path(__file__).parent.parent / "docs" / "images"
_MOST_BYTES = 300_000
_SIZE = {"width": 1280, "height": 860}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="where the demo runs, such as http://127.0.0.1:8321")
    parser.add_argument("link", help="a one-time sign-in link")
    parser.add_argument("--out", type=Path, default=_OUT)
    arguments = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        # In UTC, so that the charts need not say that their days are.
        context = browser.new_context(
            viewport=_SIZE,  # type: ignore[arg-type]
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
            color_scheme="light",
        )
        page = context.new_page()
        sign_in(page, arguments.link)
        _take_all(page, arguments.url, arguments.out)
        browser.close()


def _take_all(page: Page, url: str, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    _take(page, f"{url}/", out / "overview.png", height=1060)
    _take(page, f"{url}/paths?per=unit", out / "paths.png")
    # Whose champion has gone quiet.
    _take(page, f"{url}/customers/nttdata.com", out / "customer.png", height=1060)


def _take(page: Page, address: str, file: Path, height: int = 860) -> None:
    page.set_viewport_size({"width": 1280, "height": height})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=file)
    size = file.stat().st_size
    print(f"{file}  {size / 1000:.0f} KB")
    if size > _MOST_BYTES:
        raise SystemExit(f"{file} has {size:,} bytes; {_MOST_BYTES:,} is the most that belongs into the repository")


if __name__ == "__main__":
    main()
