"""The `milepost` command as a person types it, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.importing.exported import posthog
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, wait_for


class Shell:
    """Runs `milepost` on one database, from one folder."""

    def __init__(self, folder: Path, dsn: str, **environ: str) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
        self.environ = {**clean, "MILEPOST_DATABASE_URL": dsn, "MILEPOST_DATA_DIR": str(folder / "data"), **environ}

    def run(self, *arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "milepost", *map(str, arguments)]
        return subprocess.run(
            command, env=self.environ, cwd=self.folder, input=stdin, capture_output=True, text=True, check=False
        )

    def ok(self, *arguments: object, stdin: str = "") -> str:
        result = self.run(*arguments, stdin=stdin)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout


@pytest.fixture
def shell(dsn: str, tmp_path: Path) -> Shell:
    return Shell(tmp_path, dsn)


def test_help_names_every_command(shell: Shell) -> None:
    out = shell.ok("--help")
    for command in ("serve", "demo", "migrate", "import", "send", "backup", "restore", "plan", "keys"):
        assert command in out


def test_explain_says_what_each_number_is_made_of(shell: Shell, connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into public.behavior_events (customer_id, event_type, tool_id, business_impact, competency_area,"
        """ "timestamp") select '[red]acme', 'export_action', 'icp-analysis', 'high', 'customer_intelligence',"""
        " now() - n * interval '6 days' from generate_series(0, 9) as n"
    )
    row = connection.execute(
        "select current_scaling_score, score_components from public.behavior_insights where customer_id = '[red]acme'"
    ).fetchone()
    assert row is not None
    score, components = row
    out = shell.ok("explain", "[red]acme")
    assert f"Health: {score:.1f} of 100" in out
    assert "[red]acme" in out
    for part in components:
        assert part["name"] in out
        if part["contribution"] is not None:
            assert f"{part['contribution']:.1f}" in out
    assert "customer_intelligence" in out
    nobody = shell.run("explain", "nobody")
    assert nobody.returncode == 1
    assert "No customer 'nobody'" in nobody.stderr


def test_the_plan_is_checked_with_the_line_and_the_fix(shell: Shell) -> None:
    assert "4 tools" in shell.ok("plan", "check")
    shown = shell.ok("plan", "show")
    assert "icp-analysis" in shown
    assert "Growth stages: early_scaling, rapid_scaling, mature_scaling" in shown
    default = Path(__file__).parents[2] / "src" / "milepost" / "plan" / "default.toml"
    wrong = shell.folder / "wrong.toml"
    wrong.write_text(default.read_text().replace("half_life_days = 90", "half_life_days = 0"))
    result = shell.run("plan", "check", wrong)
    assert result.returncode == 1
    said = " ".join(result.stderr.split())
    line = next(n for n, text in enumerate(wrong.read_text().splitlines(), 1) if text.startswith("half_life_days"))
    assert f"line {line}: scoring.half_life_days: is 0.0; it takes" in said
    assert "Traceback" not in result.stderr


def test_keys_are_made_used_and_revoked(shell: Shell, shared_server: Server, tmp_path: Path, cluster: object) -> None:
    shell = Shell(tmp_path, shared_server.database_url)
    key = shell.ok("keys", "create", "from a test").strip()
    assert key.startswith("mpw_")
    event = {"events": [{"event_type": "navigation", "customer_id": "keys"}]}
    bearer = {"Authorization": f"Bearer {key}"}
    answer = httpx.post(shared_server.url + "/v1/events", json=event, headers=bearer)
    assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": [], "notices": []}
    assert httpx.get(shared_server.url + "/v1/customers", headers=bearer).status_code == 403

    with psycopg.connect(shared_server.database_url) as connection:
        row = connection.execute("select key_id, key_hash, public_key from milepost.keys where prefix = %s", (key[:8],))
        key_id, _, public = row.fetchone() or (None, None, None)
    assert public == key
    assert key in shell.ok("keys", "list").replace("\n", "") or str(key_id)[:8] in shell.ok("keys", "list")
    shell.ok("keys", "revoke", key_id)
    assert shell.run("keys", "revoke", key_id).returncode == 1

    def refused() -> bool:
        return httpx.post(shared_server.url + "/v1/events", json=event, headers=bearer).status_code == 401

    wait_for(refused, 15, "the server to notice that the key was revoked")


def test_of_a_secret_key_only_a_hash_is_kept(shell: Shell, dsn: str) -> None:
    key = shell.ok("keys", "create", "reader", "--kind", "secret").strip()
    assert key.startswith("mps_")
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select row_to_json(k)::text from milepost.keys k").fetchall()
    assert len(rows) == 1
    assert key not in rows[0][0]


def test_a_token_reads_its_own_customer(shell: Shell, server: Server) -> None:
    shell.environ["MILEPOST_TOKEN_SECRET"] = "a secret that is only for tests, of 32 bytes or more"
    token = shell.ok("tokens", "create", "--customer", "acme").strip()
    events = {"events": [{"event_type": "navigation", "customer_id": name} for name in ("acme", "other")]}
    with server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json=events).json()["accepted"] == 2
    mine = httpx.get(server.url + "/v1/me/insights", headers={"Authorization": f"Bearer {token}"})
    assert mine.json()["customer_id"] == "acme"
    other = httpx.get(server.url + "/v1/customers/other", headers={"Authorization": f"Bearer {token}"})
    assert other.status_code == 401


def test_tokens_are_revoked_and_listed(shell: Shell) -> None:
    made = shell.run("tokens", "create", "--customer", "acme")
    token, token_id = made.stdout.strip(), made.stderr.split()[-1]
    assert token_id in shell.ok("tokens", "revoke", token)
    assert token_id in shell.ok("tokens", "revoke", token_id)
    assert "acme" in shell.ok("tokens", "revoke", "--customer", "acme")
    listed = shell.ok("tokens", "list")
    assert token_id[:8] in listed
    assert "acme" in listed
    for wrong in ((), (token_id, "--customer", "acme"), ("eyJ.x.y",)):
        assert shell.run("tokens", "revoke", *wrong).returncode == 2, wrong


def test_send_reads_lines_and_names_the_bad_ones(shell: Shell, server: Server, dsn: str) -> None:
    shell.environ |= {"MILEPOST_HOST": server.url, "MILEPOST_WRITE_KEY": WRITE_KEY}
    shell.environ["MILEPOST_SPOOL_DIR"] = str(shell.folder / "spool")
    lines = [json.dumps({"event_type": "tool_usage", "customer_id": "lines", "tool_id": "x"})] * 3
    result = shell.run("send", stdin="\n".join([lines[0], "{not json", lines[1], "", lines[2]]))
    assert result.returncode == 1, "1 says that some lines were bad"
    assert "line 2" in result.stderr
    with psycopg.connect(dsn) as connection:
        count = connection.execute("select total_events from milepost.standing where customer_id = 'lines'").fetchone()
    assert count == (3,)


def test_recompute_and_cleanup_say_what_they_did(shell: Shell, connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into public.behavior_events (customer_id, event_type, timestamp, retention_days)"
        " values ('old', 'navigation', now() - interval '3 days', 1), ('new', 'navigation', now(), 1)"
    )
    assert "2 customers" in shell.ok("recompute")
    assert "1 expired" in shell.ok("cleanup")
    assert connection.execute("select customer_id from milepost.standing").fetchall() == [("new",)]


def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    result = Shell(tmp_path, "postgresql://127.0.0.1:9/none").run("recompute")
    assert result.returncode == 1
    assert "the database cannot be reached" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_setting_names_the_variable(tmp_path: Path) -> None:
    result = Shell(tmp_path, "", MILEPOST_PORT="http").run("serve")
    assert result.returncode == 1
    assert "MILEPOST_PORT is 'http'; it takes a whole number." in " ".join(result.stderr.split())


def test_only_migrate_changes_a_schema(shell: Shell, connection: psycopg.Connection) -> None:
    """Beneath an older server that still runs, a command of a newer release must not replace its functions."""
    older = "update milepost.routines set checksum = 'older' where name = 'functions/game/monday.sql'"
    connection.execute(older)
    for command in (["keys", "list"], ["recompute"], ["verify"], ["explain", "acme"], ["sign-in-link"]):
        refused = shell.run(*command)
        assert refused.returncode == 1, command
        said = " ".join(refused.stderr.split())
        assert "it lacks functions/game/monday.sql" in said
        assert "milepost migrate" in said
    assert connection.execute("select checksum from milepost.routines where checksum = 'older'").fetchone()
    assert "current" in shell.ok("migrate")
    assert "kind" in shell.ok("keys", "list")


def test_a_database_without_milepost_says_how_to_begin(cluster: Cluster, tmp_path: Path) -> None:
    with cluster.database(empty=True) as dsn:
        shell = Shell(tmp_path, dsn)
        refused = shell.run("keys", "create", "web")
        assert refused.returncode == 1
        assert "not been set up for Milepost yet" in refused.stderr
        assert "milepost serve" in refused.stderr
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select to_regnamespace('milepost')").fetchone() == (None,)


def test_an_export_is_imported_without_a_map(shell: Shell, connection: psycopg.Connection) -> None:
    file = shell.folder / "export.json"
    file.write_text("".join(line.text + "\n" for line in posthog(400, people=9)))
    out = shell.ok("import", file)
    assert "An export of PostHog's events." in out
    assert "The customer is company (" in out
    (named,) = connection.execute(
        "select count(*) from public.behavior_events where event_name = 'Invoice Sent' and customer_id like 'c%'"
    ).fetchone() or (0,)
    assert named > 20
    assert "0 events stored" in shell.ok("import", file)
    shell.ok("verify")
    (shell.folder / "map.toml").write_text("")
    refused = shell.run("import", file, "--map", "map.toml", "--customer-property", "team")
    assert refused.returncode != 0
    assert "is for exports" in refused.stdout + refused.stderr
    refused = shell.run("import", shell.folder / "map.toml")
    assert refused.returncode != 0
    assert "--map" in refused.stdout + refused.stderr
