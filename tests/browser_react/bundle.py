"""Builds the test page from the packages' sources, and serves folders to Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk"
FIXTURES = Path(__file__).parent / "fixtures"


def esbuild(entry: Path, out: Path, *arguments: str) -> None:
    """Development code, so that StrictMode does what it does there. Raises CalledProcessError with esbuild's words."""
    command = [
        str(SDK / "node_modules" / ".bin" / "esbuild"),
        str(entry),
        "--bundle",
        "--jsx=automatic",
        "--format=esm",
        "--log-level=warning",
        '--define:process.env.NODE_ENV="development"',
        f"--outfile={out}",
        *arguments,
    ]
    subprocess.run(command, check=True, cwd=SDK, env={**os.environ, "NODE_PATH": str(SDK / "node_modules")})


def build_page(folder: Path) -> str:
    """Writes the page to `folder`; answers what a server renders of it. Both packages are in it twice."""
    one, two = folder / "one.js", folder / "two.js"
    browser = f"--alias:@milepost/browser={SDK / 'browser' / 'src' / 'index.ts'}"
    esbuild(SDK / "react" / "src" / "index.ts", one, browser, "--external:react", "--external:react/jsx-runtime")
    shutil.copy(one, two)
    copies = (f"--alias:@milepost/react={one}", f"--alias:milepost-second-copy={two}")
    esbuild(FIXTURES / "visits.tsx", folder / "visits.js", *copies)
    esbuild(FIXTURES / "server.tsx", folder / "server.cjs", *copies, "--platform=node", "--format=cjs")
    rendered = subprocess.run(
        ["node", str(folder / "server.cjs")], check=True, capture_output=True, text=True
    ).stdout.strip()
    page = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="root">{}</div>{}'
    script = '<script type="module" src="visits.js"></script>'
    (folder / "index.html").write_text(page.format("", script))
    (folder / "rendered.html").write_text(page.format(rendered, script))
    return rendered


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name it overrides
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The folder's address, while the block runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
