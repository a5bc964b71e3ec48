"""Types from the plan: a wrong tool id is an error of the type checker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from milepost.plan import Tool, load_plan
from milepost.plan.types import plan_types

PLAN = load_plan()
SDK = Path(__file__).parents[1] / "sdk"


def test_a_wrong_tool_id_fails_the_type_check(tmp_path: Path) -> None:
    (tmp_path / "plan_words.py").write_text(plan_types(PLAN, "python"))
    program = "from plan_words import ToolId\ntool: ToolId = {!r}\n"
    for tool, good in (("icp-analysis", True), ("icp-anlysis", False)):
        (tmp_path / "use.py").write_text(program.format(tool))
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "use.py"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (result.returncode == 0) is good, result.stdout


def test_a_wrong_word_fails_the_compiler(tmp_path: Path) -> None:
    (tmp_path / "plan.gen.d.ts").write_text(plan_types(PLAN, "ts"))
    paths = {"@milepost/browser": [str(SDK / "browser" / "src" / "index.ts")]}
    options = {"noEmit": True, "types": [], "module": "ESNext", "moduleResolution": "Bundler", "paths": paths}
    config = {"extends": str(SDK / "tsconfig.base.json"), "compilerOptions": options, "include": ["*.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    program = (
        'import type { Tracker } from "@milepost/browser";\n'
        "export const use = (tracker: Tracker): string => tracker.trackToolUsage(%s);\n"
    )
    good = {"toolId": "icp-analysis", "toolSection": "summary", "competencyArea": "sales_execution"}
    for wrong in ({}, {"toolId": "icp-anlysis"}, {"toolSection": "sumary"}, {"competencyArea": "charm"}):
        (tmp_path / "use.ts").write_text(program % json.dumps(good | wrong))
        command = [str(SDK / "node_modules" / ".bin" / "tsc"), "-p", str(tmp_path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (result.returncode == 0) is (wrong == {}), (wrong, result.stdout)
        # Nothing else is wrong with it.
        assert all(word in result.stdout and result.stdout.count("error TS") == 1 for word in wrong.values())


def test_typescript_names_every_word_of_the_plan() -> None:
    text = plan_types(PLAN, "ts")
    assert 'toolId: "icp-analysis" | "cost-calculator" | "business-case" | "resource-library";' in text
    assert '"rating-framework"' in text
    assert 'competencyArea: "customer_intelligence"' in text


@given(st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,30}", fullmatch=True), unique=True, max_size=5))
def test_python_types_are_valid_python_for_any_plan(ids: list[str]) -> None:
    plan = msgspec.structs.replace(PLAN, tools=tuple(Tool(id=one) for one in ids))
    text = plan_types(plan, "python")
    compile(text, "plan_words.py", "exec")
    assert all(f'"{one}"' in text for one in ids)
