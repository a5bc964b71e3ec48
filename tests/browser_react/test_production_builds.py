"""The widgets in products built as for production, from the packages as people install them: minifiers rewrite styles
for older browsers, and what they wrote must still be the widgets' colours, light and dark."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

_HERE = Path(__file__).parent / "production"
_SDK = Path(__file__).parents[2] / "sdk"
#: How each is built, and the folder that it writes.
_BUILDS = {
    "vite": (["npx", "--no-install", "vite", "build"], "dist"),
    "next": (["npx", "--no-install", "next", "build"], "out"),
}
#: What the widgets' own stylesheet says: text, notes and the accent, in red, green and blue.
_COLOURS = {
    "light": {"div": (36, 33, 29), "small": (107, 101, 93), ".mp-main": (23, 106, 92)},
    "dark": {"div": (235, 232, 228), "small": (164, 158, 149), ".mp-main": (110, 192, 179)},
}
_CLOSE = 4


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        pass


def _run(command: list[str], folder: Path) -> str:
    environ = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, f"{command}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Both packages as `make dist` makes them. They are built already: to build them anew would pull them from under
    the tests beside this one."""
    folder = tmp_path_factory.mktemp("packages")
    for name in ("browser", "react"):
        _run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder)], _SDK / name)
    return sorted(map(str, folder.glob("*.tgz")))


@pytest.fixture(params=["vite", pytest.param("next", marks=pytest.mark.soak)])
def site(request: pytest.FixtureRequest, packages: list[str], tmp_path: Path) -> Iterator[str]:
    """The address of a built product."""
    product, (command, written) = tmp_path / "product", _BUILDS[request.param]
    shutil.copytree(_HERE / request.param, product)
    _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], product)
    _run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", *packages], product)
    _run(command, product)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(product / written)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.timeout(240)
def test_the_colours_are_the_widgets_own(site: str, page: Page) -> None:
    page.goto(site)
    page.wait_for_selector(".mp-widget")
    for scheme, wanted in _COLOURS.items():
        page.evaluate("(scheme) => { document.documentElement.style.colorScheme = scheme }", scheme)
        for selector, colour in wanted.items():
            where = ".mp-widget" if selector == "div" else f".mp-widget {selector}"
            said = page.eval_on_selector(where, "(element) => getComputedStyle(element).color")
            found = [float(part) for part in re.findall(r"[\d.]+", said.removeprefix("color(srgb"))][:3]
            found = [255 * part for part in found] if said.startswith("color(srgb") else found
            off = max(abs(one - other) for one, other in zip(found, colour, strict=True))
            assert off <= _CLOSE, (scheme, selector, said, colour)
