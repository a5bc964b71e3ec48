"""The unmodified SDKs, each told to send the same calls."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import rudderstack.analytics.client as rudder_python
import segment.analytics.client as segment_python

from tests.contract.scenario import Call
from tests.support.server import SERVER_KEY

NODE = Path(__file__).parent / "node"


def send_with_segment_python(calls: Sequence[Call], host: str, *, gzip: bool = False) -> None:
    errors: list[str] = []
    client = segment_python.Client(
        SERVER_KEY,
        host=host,
        gzip=gzip,
        upload_size=50,
        upload_interval=0.1,
        on_error=lambda e, _: errors.append(repr(e)),
    )
    for call in calls:
        getattr(client, call.kind)(**_python_arguments(call))
    client.shutdown()
    assert errors == []


def send_with_rudder_python(calls: Sequence[Call], host: str) -> None:
    errors: list[str] = []
    client = rudder_python.Client(
        SERVER_KEY, host=host, upload_size=50, upload_interval=0.1, on_error=lambda e, _: errors.append(repr(e))
    )
    for call in calls:
        getattr(client, call.kind)(**_python_arguments(call))
    client.shutdown()
    assert errors == []


def _python_arguments(call: Call) -> dict[str, Any]:
    arguments: dict[str, Any] = {"user_id": call.user, "timestamp": call.at}
    if call.kind == "alias":
        return arguments | {"previous_id": call.previous}
    arguments["anonymous_id"] = call.anonymous
    if call.kind == "track":
        arguments |= {"event": call.name, "properties": call.properties}
    elif call.kind in ("page", "screen"):
        arguments |= {"name": call.name, "properties": call.properties}
    else:
        arguments["traits"] = call.traits
    return arguments | ({"group_id": call.group} if call.kind == "group" else {})


def send_with_node(sdk: str, calls: Sequence[Call], host: str) -> None:
    """`sdk` is segment or rudder."""
    lines = "\n".join(json.dumps(asdict(call) | {"at": call.at.isoformat()}) for call in calls)
    command = ["node", str(NODE / "send.js"), sdk, host, SERVER_KEY]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{sdk} for Node failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def install_node_sdks() -> None:
    """Installs the locked packages once; they stay in node_modules until the lock file changes."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.fail("The contract tests need Node 20 with npm on the PATH: they run the SDKs customers run.")
    installed, lock = NODE / "node_modules" / ".package-lock.json", NODE / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.fail(f"npm ci failed in {NODE}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
