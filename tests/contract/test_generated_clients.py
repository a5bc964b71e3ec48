"""Clients that people generate from /openapi.json: both generators take all of it, and what they write compiles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from milepost.app import create_app
from milepost.settings import Settings

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")

_ROOT = Path(__file__).parents[2]
_WIRE = _ROOT / "sdk/wire"
#: What a TypeScript program says, with the types of openapi-typescript at its default settings.
_PROGRAM = """
import type { paths } from "./client.js";
type Taken = paths["/v1/events"]["post"]["requestBody"]["content"]["application/json"];
export const batch: Taken = {
  events: [{ event_type: "export_action", customer_id: "acme", event_metadata: { format: "pdf", pages: 3 } }],
};
type Asked = paths["/v1/query/retention"]["post"]["requestBody"]["content"]["application/json"];
export const question: Asked = {
  question: "retention",
  start: { filters: [{ field: "metadata.plan", values: ["pro"] }] },
};
"""
_WRITE_TYPES = """
import openapiTS, { astToString } from "openapi-typescript";
import { readFileSync, writeFileSync } from "node:fs";
const [document, target] = process.argv.slice(-2);
writeFileSync(target, astToString(await openapiTS(JSON.parse(readFileSync(document, "utf8")))));
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    app = create_app(Settings(database_url="postgresql://nowhere", token_secret="x" * 32))
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_bytes(msgspec.json.encode(schema))
    return path, schema


def _run(command: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)
    assert done.returncode == 0, f"{command}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout + done.stderr


@pytest.mark.timeout(180)
def test_a_python_client(document: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, schema = document
    tool, target = tmp_path / "tool", tmp_path / "client"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run([*pip, "--require-hashes", "--target", str(tool), "-r", str(_ROOT / "requirements/openapi-client.txt")])
    # It tidies what it writes with ruff.
    path_to_ruff = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PYTHONPATH": str(tool), "PATH": path_to_ruff}
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    said = _run([*generate, "--path", str(path), "--output-path", str(target)], env=environ)
    assert "Warning" not in said, said
    assert "not be generated" not in said, said
    written = {file.stem for folder in (target / "api").iterdir() if folder.is_dir() for file in folder.glob("*.py")}
    wanted = {operation["operationId"] for methods in schema["paths"].values() for operation in methods.values()}
    assert len(written - {"__init__"}) == len(wanted)
    _run([sys.executable, "-m", "compileall", "-q", str(target)])
    _run([sys.executable, "-c", "import client, client.models, client.api"], cwd=tmp_path)


@pytest.mark.timeout(120)
def test_a_typescript_client(document: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, _ = document
    client = tmp_path / "client.ts"
    _run(["node", "--input-type=module", "-e", _WRITE_TYPES, "--", str(path), str(client)], cwd=_WIRE)
    (tmp_path / "program.ts").write_text(_PROGRAM)
    compiler = _WIRE / "node_modules/typescript/bin/tsc"
    strictly = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "false"]
    _run(["node", str(compiler), *strictly, str(tmp_path / "program.ts")], cwd=tmp_path)
    # An object of which nothing is known takes anything: what says otherwise could not send metadata.
    (tmp_path / "wrong.ts").write_text(_PROGRAM.replace('"export_action"', '"export"'))
    wrong = subprocess.run(
        ["node", str(compiler), *strictly, str(tmp_path / "wrong.ts")], cwd=tmp_path, capture_output=True, check=False
    )
    assert wrong.returncode != 0, "the types say nothing"
