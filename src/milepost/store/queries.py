"""SQL lives in `.sql` files beside its caller: one statement per question, each under a `-- name:` line."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: *(\w+)\s*$", re.MULTILINE)


@cache
def load(package: str, file: str) -> dict[str, LiteralString]:
    """The statements of `file` in `package`, by name.

    Raises KeyError at the caller for a name that is not there, FileNotFoundError for a file that is not.
    """
    text = resources.files(package).joinpath(file).read_text("utf-8")
    parts = _NAME.split(text)
    # parts: what stands before the first name, then name and statement in turn.
    names, statements = parts[1::2], parts[2::2]
    # Our own files are as trusted as a literal in the code.
    return {
        name: cast(LiteralString, statement.strip().rstrip(";"))
        for name, statement in zip(names, statements, strict=True)
    }
