"""Writes src/milepost/store/schema.sql: the whole schema as the migrations leave it, for reading.

Run it after adding a migration: `python scripts/write_schema.py`. A test compares the file with a migrated database.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import psycopg

from milepost.store.embedded import EmbeddedPostgres
from milepost.store.embedded_cluster import BIN
from milepost.store.migrate import migrate

TARGET = Path(__file__).parents[1] / "src/milepost/store/schema.sql"
HEAD = """\
-- Milepost's whole schema, for reading. Written by scripts/write_schema.py from the migrations: do not edit.
--
-- Left out: the monthly partitions of public.behavior_events (milepost.ensure_partitions makes them) and the schema
-- milepost_jobs, which is Procrastinate's own (migrations/0007_jobs.sql). `milepost migrate` sets a database up; this
-- file needs the roles milepost_server and milepost_reader, and the owner as a member of both.

set search_path = '';
set check_function_bodies = off;

"""
_PARTITIONS = re.compile(r"behavior_events_\d{4}_\d\d")


def dumped(dsn: str) -> str:
    """What pg_dump says of the two schemas, without its boilerplate."""
    command = [
        str(BIN / "pg_dump"),
        "--schema-only",
        "--no-owner",
        "--schema=public",
        "--schema=milepost",
        "--exclude-table=milepost.behavior_events_2*",
        f"--dbname={dsn}",
    ]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tidied(text)


def tidied(dump: str) -> str:
    """Drops session settings, headers and the blank lines they leave; keeps function bodies as they are."""
    lines: list[str] = []
    for line in dump.splitlines():
        if line.startswith(("SET ", "SELECT pg_catalog.set_config", "\\", "--")):
            continue
        if not line.strip() and (not lines or not lines[-1].strip()):
            continue
        lines.append(line)
    text = "\n".join(lines).strip() + "\n"
    # Every database has it already.
    text = re.sub(r"^(CREATE|COMMENT ON) SCHEMA public\b[^\n]*;\n+", "", text, flags=re.MULTILINE)
    # One-line statements of a kind belong together.
    for kind in ("GRANT", "REVOKE", "ALTER TABLE", "CREATE INDEX", "CREATE POLICY", "CREATE TRIGGER"):
        text = re.sub(rf"^({kind} [^\n]*;)\n\n(?={kind} )", r"\1\n", text, flags=re.MULTILINE)
    return text


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="milepost-schema-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                migrate(connection)
            text = dumped(server.dsn)
        finally:
            server.stop()
    assert not _PARTITIONS.search(text), "a monthly partition is in the dump"
    TARGET.write_text(HEAD + text, encoding="utf-8")
    print(f"wrote {TARGET} ({len(text.splitlines())} lines)")


if __name__ == "__main__":
    main()
