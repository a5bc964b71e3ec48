"""What an id of a plan is, be it a tool's, a competency's, a growth stage's, a playbook's or a badge's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from milepost.vocabulary import MAX_WORD_LENGTH

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


def is_id(word: str) -> bool:
    """Whether it can be one."""
    return _ID.match(word) is not None and len(word) <= MAX_WORD_LENGTH


def id_faults(table: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the ids of a plan's table, as (path, what is wrong and how to mend it)."""
    seen: set[str] = set()
    for index, word in enumerate(ids):
        if not is_id(word):
            fix = f"use up to {MAX_WORD_LENGTH} letters, digits, '-', '_' and '.', starting with a letter or digit"
            yield f"{table}[{index}].id", f"{word!r} is not a valid id; {fix}"
        elif word in seen:
            yield f"{table}[{index}].id", f"{word!r} appears twice; remove one"
        seen.add(word)
