"""The docs say which impact an event has whose sender names none."""

from __future__ import annotations

import re
from pathlib import Path

from milepost.vocabulary import EVENT_TYPES, IMPACTS, default_impact

_DOCS = Path(__file__).parents[1] / "docs" / "scores.md"


def test_the_docs_have_every_default_impact() -> None:
    rows = re.findall(r"^\| `(high|medium|low)` \| (.+) \|$", _DOCS.read_text("utf-8"), re.MULTILINE)
    told = {impact: set(re.findall(r"`(\w+)`", types)) & set(EVENT_TYPES) for impact, types in rows}
    worked_out: dict[str, set[str]] = {impact: set() for impact in IMPACTS}
    for kind in EVENT_TYPES:
        for success in (True, False):
            for key_section in (True, False):
                worked_out[default_impact(kind, success=success, key_section=key_section)].add(kind)
    assert told == worked_out
