"""docs/export.md says of every data set what the code says: its columns are written here as they stand there."""

from __future__ import annotations

from pathlib import Path

from milepost.export.data_sets import CHANGE, DATA_SETS, RUN, Column, DataSet

_DOCUMENT = Path(__file__).parents[2] / "docs/export.md"


def described(of: DataSet) -> str:
    """A data set's part of the document."""
    time = f"; a period is of `{of.time}`" if of.time else "; it has no period"
    lines = [
        f"### {of.name}",
        "",
        f"{of.says}. Version {of.version}; key: {', '.join(f'`{one}`' for one in of.key)}{time}.",
        "",
        "| column | kind | |",
        "| --- | --- | --- |",
        *(_line(column) for column in of.columns),
    ]
    return "\n".join(lines) + "\n"


def _line(column: Column) -> str:
    return f"| `{column.name}` | {column.kind} | {column.says} |"


def test_the_document_says_what_the_code_says() -> None:
    text = _DOCUMENT.read_text("utf-8")
    wanted = [described(of) for of in DATA_SETS.values()]
    missing = [part for part in wanted if part not in text]
    assert not missing, "docs/export.md should have:\n\n" + "\n".join(missing)
    assert text.count("\n### ") == len(wanted)
    for column in (CHANGE, RUN):
        assert _line(column) in text, _line(column)
