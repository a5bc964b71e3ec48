"""The SDKs' types of the wire are what the server's OpenAPI document makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_committed_types_are_what_the_document_makes(tmp_path: Path, seed: str) -> None:
    made = tmp_path / "wire.gen.ts"
    # Whatever order the server's sets come in, the text is the same.
    environ = {**os.environ, "PYTHONHASHSEED": seed}
    subprocess.run([sys.executable, "scripts/write_wire_types.py", str(made)], check=True, cwd=ROOT, env=environ)
    committed = ROOT / "sdk/browser/src/wire.gen.ts"
    assert committed.read_text("utf-8") == made.read_text("utf-8"), "stale: run `make types` and commit it"
