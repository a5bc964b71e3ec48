"""What examples/dbt says of the data sets is what the code says: `make dbt-sources` writes it anew."""

from __future__ import annotations

import runpy

from tests.export.dbt_project import PROJECT, ROOT


def test_sources_and_staging_models_are_as_the_data_sets_are() -> None:
    wanted: dict[str, str] = runpy.run_path(str(ROOT / "scripts/write_dbt_sources.py"))["written"]()
    held = {path.name: path.read_text("utf-8") for path in (PROJECT / "models/staging").iterdir()}
    assert held == wanted, "run `make dbt-sources`"
