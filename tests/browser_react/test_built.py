"""The committed build of the example is what its sources make; it is small and holds to a strict policy."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser_react.bundle import ROOT

_BUILT = ROOT / "src" / "milepost" / "demo" / "tools_app"
_APP = Path("examples") / "tools-app"
#: What the build reads, beside the packages npm installs.
_SOURCES = (
    Path("sdk") / "tsconfig.base.json",
    *(
        Path("sdk") / package / part
        for package in ("browser", "react")
        for part in ("package.json", "tsconfig.json", "src")  # tsconfig says how classes are compiled
    ),
    Path("src") / "milepost" / "dashboard" / "static" / "fonts",
)
_MOST_BYTES = 400_000
_AGAIN = "Build it again: npm --prefix examples/tools-app ci && npm --prefix examples/tools-app run build"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources in a folder of their own, with what package-lock.json names installed."""
    folder = tmp_path_factory.mktemp("build")
    for source in _SOURCES:
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target)
        else:
            shutil.copy(ROOT / source, target)
    shutil.copytree(ROOT / _APP, folder / _APP, ignore=shutil.ignore_patterns("node_modules"))
    _npm(folder / _APP, "ci", "--no-audit", "--no-fund", "--prefer-offline")
    return folder


def _npm(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["npm", *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"npm {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"


def test_the_committed_build_is_what_its_sources_make(copy: Path) -> None:
    _npm(copy / _APP, "run", "build")
    made, committed = _files(copy / "src" / "milepost" / "demo" / "tools_app"), _files(_BUILT)
    stale = sorted(name for name in made.keys() | committed.keys() if made.get(name) != committed.get(name))
    assert not stale, f"stale in src/milepost/demo/tools_app: {', '.join(stale)}. {_AGAIN}"


def test_its_types_hold(copy: Path) -> None:
    _npm(copy / _APP, "run", "typecheck")


def test_its_words_are_the_plans() -> None:
    """A wrong tool id is a compile error, as long as the generated types are the default plan's."""
    command = [sys.executable, "-m", "milepost", "types", "--lang", "ts"]
    made = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT / "docs").stdout
    assert (ROOT / _APP / "src" / "plan.gen.d.ts").read_text() == made


def test_it_is_small() -> None:
    sizes = {name: len(content) for name, content in _files(_BUILT).items()}
    assert sum(sizes.values()) < _MOST_BYTES, sizes


def test_nothing_in_it_is_inline() -> None:
    page = (_BUILT / "index.html").read_text()
    assert not re.search(r"<style|style=|<script(?![^>]*\ssrc=)| on\w+=", page)
    assert re.findall(r'(?:src|href)="(?!\./)[^"]*"', page) == []
