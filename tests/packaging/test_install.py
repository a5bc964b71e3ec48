"""What `pip install .` gives: the SDK alone, without a single third-party package, and everything the server needs."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_the_code_reads(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("milepost/")}
    here = ROOT / "src" / "milepost"
    wanted = {
        f"milepost/{path.relative_to(here)}"
        for path in here.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= packed
    sizes = sum(path.stat().st_size for path in (here / "demo" / "data").iterdir())
    assert sizes <= 2.5 * 2**20, "the demo's data is at most 2.5 MB"


def test_the_sdk_works_without_any_other_package(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", str(wheel)], check=True)
    program = """
import sys
from milepost import AsyncTracker, Tracker
tracker = Tracker("mpw_x", host="http://127.0.0.1:9", spool_dir=sys.argv[1], customer_id="acme")
tracker.track_export("icp-analysis", "pdf")
assert tracker.persist(5)
tracker.shutdown(1)
assert tracker.stats().captured == 1
foreign = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"milepost", "__main__"}
assert not {name for name in foreign if not name.startswith("_")}, foreign
"""
    subprocess.run([python, "-c", program, str(tmp_path / "spool")], check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    ).stdout
    assert {line.partition("==")[0] for line in listed.split()} <= {"milepost", "pip", "setuptools"}
