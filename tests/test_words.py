"""The list of what people read has the words of every kind of place, whole, and none of the code's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_kind_of_place() -> None:
    ran = subprocess.run([sys.executable, "scripts/words.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = {part.partition("\n")[0]: part.splitlines()[1:] for part in ran.stdout.split("\n# ")}
    template = files["dashboard/templates/sign_in.html"]
    assert any("sign-in link" in one.lower() or "sign in" in one.lower() for one in template), template
    assert "No customer …. It appears with its first event." in files["work/bulk.py"]
    assert any("Searching…" in one for one in files["dashboard/static/js/command_list.js"])
    assert not any("select " in one and " from " in one for one in files["work/bulk.py"])
    # One figure has one name: health for the team; the customer is told of progress.
    told = {
        file: [one for one in found if re.search(r"\bscores?\b", one, re.IGNORECASE)] for file, found in files.items()
    }
    assert {file: found for file, found in told.items() if found and file.startswith("dashboard/templates/")} == {}
    assert told["plan/coach.py"] == []
