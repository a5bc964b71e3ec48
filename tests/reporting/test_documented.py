"""Every statement of docs/sql.md runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from milepost.reporting.running import Analyst
from tests.support.postgres import Cluster

_STATEMENTS = re.findall(
    r"^```sql\n(.*?)^```", (Path(__file__).parents[2] / "docs" / "sql.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("statement", _STATEMENTS)
async def test_a_documented_statement_runs(cluster: Cluster, dsn: str, tmp_path: Path, statement: str) -> None:
    assert (await Analyst(cluster.login("milepost_sql", dsn), tmp_path).run(statement, rows=10)).rows == []
