"""Reads a plan's file, and says by line what is wrong with it and how to mend it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from milepost.errors import PlanError
from milepost.plan.check import faults
from milepost.plan.model import Plan
from milepost.plan.version_2 import as_version_3, kept_playbooks


def load_plan(path: Path | None = None) -> Plan:
    """Reads the plan at `path`, else ./milepost.toml, else the default that ships with Milepost.

    Raises PlanError, its message naming the file, the line and the fix.
    """
    if (found := plan_file(path)) is None:
        return parse_plan(default_text(), "the default plan")
    return parse_plan(read_plan_file(found), str(found))


def plan_file(path: Path | None) -> Path | None:
    """The file a plan is read from: the one named, else ./milepost.toml if there is one."""
    usual = Path("milepost.toml")
    return path or (usual if usual.is_file() else None)


def read_plan_file(path: Path) -> str:
    """A plan's file as it was written. Raises PlanError."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read ({error}). Check the path and that it is UTF-8.") from error


def default_text() -> str:
    """The plan that comes with Milepost, as it was written."""
    return resources.files("milepost.plan").joinpath("default.toml").read_text("utf-8")


def parse_plan(text: str, name: str) -> Plan:
    """Parses and checks a plan's text; `name` is how errors call it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{name}: not valid TOML: {error}.", field="toml") from error
    try:
        plan = msgspec.convert(as_version_3(document)[0], Plan)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at ")
        raise _fault(text, name, _written(document, where.rpartition("$")[2].strip("`.")), message) from error
    for path, message in faults(plan):
        raise _fault(text, name, _written(document, path), message)
    return plan


def _written(document: Mapping[str, Any], path: str) -> str:
    """A path of the plan as it was read, as one of its text: there a playbook may stand before that was set aside."""
    found = re.match(r"playbooks\[(\d+)\]", path)
    kept = kept_playbooks(document)
    if found is None or int(found[1]) >= len(kept):
        return path
    return f"playbooks[{kept[int(found[1])]}]{path[found.end() :]}"


def read_otherwise(text: str) -> list[str]:
    """What a plan's text, which is one, says for an older version of the scores, and how that is read: sentences."""
    return as_version_3(tomllib.loads(text))[1]


def _fault(text: str, name: str, path: str, message: str) -> PlanError:
    line = line_of(text, path)
    return PlanError(f"{name}, line {line}: {path or 'the plan'}: {message}.", field=path or None)


def line_of(text: str, path: str) -> int:
    """The line of a path such as `tools[1].competency`: its key, else the table it would stand in."""
    best, table, seen = 1, "", dict[str, int]()

    def placed(name: str) -> str:
        """A table's name with the number of each list it stands in: `playbooks.when` is in the last playbook so far."""
        outer, dot, inner = name.rpartition(".")
        outer = placed(outer) if outer else ""
        whole = f"{outer}{dot}{inner}"
        return f"{whole}[{seen[whole]}]" if whole in seen else whole

    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if header := re.match(r"\[\[\s*([\w.\-]+)\s*\]\]", stripped):
            outer, dot, inner = header[1].rpartition(".")
            whole = f"{placed(outer) if outer else ''}{dot}{inner}"
            seen[whole] = seen.get(whole, -1) + 1
            table = where = f"{whole}[{seen[whole]}]"
        elif header := re.match(r"\[\s*([\w.\-]+)\s*\]", stripped):
            table = where = placed(header[1])
        elif key := re.match(r"([\w\-]+)\s*=", stripped):
            where = f"{table}.{key[1]}" if table else key[1]
        else:
            continue
        if path == where:
            return number
        if path.startswith((where + ".", where + "[")):
            best = number
    return best
