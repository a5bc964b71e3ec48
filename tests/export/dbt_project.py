"""What warehouses are tested with: examples/dbt, run as an analyst would by the dbt of `make dbt` (in an environment of
its own: its pins and ours would not meet), the guide's questions, and the views."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = ROOT / "examples/dbt"
BIN: Final = ROOT / ".venv-dbt/bin"
_DBT: Final = BIN / "dbt"
#: As Superset asks a database, by its release of SQLAlchemy.
_ASK: Final = """
import sys, sqlalchemy
with sqlalchemy.create_engine(sys.argv[1]).connect() as connection:
    print(len(connection.execute(sqlalchemy.text(sys.argv[2])).fetchall()))
"""


class Project(msgspec.Struct, frozen=True):
    """A copy of the project in a folder of its own, and the folder that exports go into."""

    folder: Path

    @classmethod
    def copied(cls, to: Path) -> Project:
        shutil.copytree(PROJECT, to, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb*"))
        return cls(to)

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"

    @property
    def duckdb(self) -> Path:
        return self.folder / "milepost.duckdb"

    def build(self, target: str, now: str, *, dsn: str = "") -> Counter[str]:
        """`dbt build`: makes every model and asks every test; how many ended how. Fails where one did not pass."""
        assert _DBT.exists(), f"There is no {_DBT}. `make dbt` installs it."
        done = subprocess.run(
            [str(_DBT), "--no-use-colors", "build", "--target", target, "--vars", json.dumps({"now": now})],
            cwd=self.folder,
            env={**os.environ, **_signing_in(dsn), "DBT_PROFILES_DIR": ".", "DBT_SEND_ANONYMOUS_USAGE_STATS": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        results = json.loads((self.folder / "target/run_results.json").read_text("utf-8"))["results"]
        ended = Counter(str(one["status"]) for one in results)
        assert set(ended) == {"success", "pass"}, done.stdout
        assert "deprecat" not in done.stdout.lower(), done.stdout
        return ended


def _signing_in(dsn: str) -> Mapping[str, str]:
    """What the profile reads of its environment."""
    known: dict[str, Any] = conninfo_to_dict(dsn)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {name: str(known[key]) for key, name in names.items() if known.get(key)}


def rows_by_superset(address: str, question: str) -> int:
    """How many rows a question has, by an address as it stands in Superset."""
    asked = [str(BIN / "python"), "-W", "ignore", "-c", _ASK, address, question]
    return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def guide_questions(of: str) -> list[str]:
    """The questions of docs/warehouse.md that are asked of a schema, as `reporting.`."""
    text = (ROOT / "docs/warehouse.md").read_text("utf-8")
    return [question for question in re.findall(r"```sql\n(.*?)```", text, re.DOTALL) if of in question]


@contextmanager
def guide_roles(admin_dsn: str) -> Iterator[None]:
    """The roles `dbt` and `metabase`, made by the guide's own statements."""
    text = (ROOT / "docs/warehouse.md").read_text("utf-8")
    statements = [one.strip() for one in re.findall(r"^    ((?:create|grant|alter|select) .*;)$", text, re.MULTILINE)]
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement.encode())
        try:
            yield
        finally:
            for role in ("metabase", "dbt"):
                admin.execute(f"drop owned by {role} cascade; drop role {role}".encode())
