"""The browser's packages by their own means: types, what is published, unit tests. `make test` has built them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SDK = Path(__file__).parents[1] / "sdk"


@pytest.mark.parametrize("script", ["check", "test"])
def test_script(script: str) -> None:
    ran = subprocess.run(["npm", "--prefix", str(SDK), "run", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"npm --prefix sdk run {script}\n{ran.stdout[-8000:]}\n{ran.stderr[-8000:]}"
