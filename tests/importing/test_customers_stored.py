"""`milepost import-customers`: stored as the API stores, the same file twice changes nothing, in good time."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from milepost.cli import main
from milepost.cli.commands import app
from milepost.importing.customers import store as storing

_EXPORTS = Path(__file__).parent / "exports"
_RIGHT = 10_000


@pytest.fixture
def folder(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILEPOST_DATABASE_URL", dsn)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def _run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["import-customers", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def _traits(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select kind, id, name, value, since, until, source, xmin::text from milepost.traits order by 1, 2, 3, 5"
    ).fetchall()


def test_a_file_twice_changes_nothing(folder: Path, connection: psycopg.Connection) -> None:
    for name, whom in (("hubspot-companies", "3 customers"), ("hubspot-contacts", "3 people")):
        file = folder / f"{name}.csv"
        file.write_bytes((_EXPORTS / file.name).read_bytes())
        assert f"{whom} changed, 0 unchanged" in _run(file)
        before = _traits(connection)
        assert "0 {1} changed, {0} unchanged".format(*whom.split()) in _run(file)
        assert _traits(connection) == before
        assert {row[-2] for row in before} == {"import"}
    now = connection.execute(
        "select value from milepost.traits where kind = 'customer' and id = '200000000001' and name = 'employees'"
    )
    assert now.fetchall() == [(120,)]
    assert list(folder.glob("*.ndjson")) == []


def test_the_coach_waits_for_its_end(
    folder: Path, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, seen = storing.__dict__["keep"], []

    async def look(*arguments: Any) -> Any:
        seen.append(connection.execute("select count(*) from milepost.imports").fetchone())
        return await keep(*arguments)

    monkeypatch.setattr(storing, "keep", look)
    file = folder / "stripe.csv"
    file.write_bytes((_EXPORTS / "stripe-customers.csv").read_bytes())
    _run(file)
    assert seen == [(1,)]
    assert connection.execute("select count(*) from milepost.imports").fetchone() == (0,)


def test_a_dry_run_shows_every_column_and_writes_nothing(folder: Path, connection: psycopg.Connection) -> None:
    file = folder / "stripe.csv"
    file.write_bytes((_EXPORTS / "stripe-customers.csv").read_bytes() + b"cus_Bad,only two\n")
    out = _run(file, "--dry-run")
    assert "its headings are those of Stripe customers" in out
    assert "use --id COLUMN" in out
    assert "Created (UTC)" in out
    assert "created_at" in out
    assert "3 would be stored. Nothing was." in out
    assert "Line 5: has 2 cells where the header has 18" in out
    (fault,) = map(json.loads, (folder / "stripe.csv.dry-run.errors.ndjson").read_text().splitlines())
    assert (fault["line"], fault["code"]) == (5, "invalid_value")
    assert _traits(connection) == []


def test_good_rows_are_stored_and_the_others_are_listed_by_line(folder: Path, connection: psycopg.Connection) -> None:
    file = folder / "[red]crm.csv"
    rows = [f"c{n};Firma {n} ü;{n},5;{n:02}/01/2026" for n in range(1, 20)]
    rows[3] = "c4;Firma 4;viel;04/01/2026"
    rows[5] = ";Niemand;1,5;06/01/2026"
    rows[7] = "c8;kurz"
    rows[9] = "c10;Firma 10;1,5;31/02/2026"
    file.write_bytes("\n".join(["account_id;name;arr;seit", *rows]).encode("cp1252"))
    out = _run(file, "--errors", folder / "faults")
    assert "cp1252, separated by semicolons" in out
    assert "read as DD/MM/YYYY" in out
    assert "17 customers changed" in out
    assert "2 rows refused, 2 values left out" in out
    faults = [json.loads(line) for line in (folder / "faults").read_text().splitlines()]
    assert [(one["line"], one["field"], one["value"]) for one in faults] == [
        (5, "arr", "viel"),
        (7, "account_id", ""),
        (9, None, None),
        (11, "seit", "31/02/2026"),
    ]
    assert "such as 1.200,50" in faults[0]["message"]
    kept = connection.execute("select name from milepost.traits where id = 'c4' order by 1").fetchall()
    assert kept == [("name",), ("seit",)]


def test_a_map_is_read_and_its_mistakes_are_named(folder: Path, connection: psycopg.Connection) -> None:
    (folder / "crm.csv").write_text("nr,segment\n7,smb\n")
    (folder / "map.toml").write_text('id = "nr"\n[columns]\nsegment = { trait = "size", type = "text" }\n')
    assert "1 customers changed" in _run(folder / "crm.csv", "--map", folder / "map.toml")
    assert connection.execute("select id, name, value from milepost.traits").fetchall() == [("7", "size", "smb")]
    (folder / "map.toml").write_text('id = "nr"\n[columns]\nsegment = { trait = "size", typ = "text" }\n')
    result = CliRunner().invoke(app, ["import-customers", str(folder / "crm.csv"), "--map", str(folder / "map.toml")])
    assert result.exit_code == 1
    assert "map.toml" in str(result.exception)


def test_where_nothing_could_be_taken_the_command_fails(folder: Path) -> None:
    (folder / "crm.csv").write_text("id,name\n,Nobody\n")
    assert "1 rows refused" in _run(folder / "crm.csv", code=1)
    assert "1 rows refused" in _run(folder / "crm.csv", "--dry-run", code=1)


def test_an_error_quotes_a_heading_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "crm.csv").write_text(",".join(["[/b]", *(f"column {n}" for n in range(60))]) + "\n1\n")
    monkeypatch.setattr("sys.argv", ["milepost", "import-customers", str(folder / "crm.csv")])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().err
    assert "There are: [/b], column 0" in said
    assert "and 11 more" in " ".join(said.split())


@pytest.mark.alone
def test_ten_thousand_customers_come_in_within_ten_seconds(folder: Path, connection: psycopg.Connection) -> None:
    heads = "id,Name,Plan,MRR,Renewal Date,Created At,Owner,Lifecycle Stage,Website,Employees,Industry,Health"
    file = folder / "crm.csv"
    first, letter = 0.0, ""
    # Of two, others of as many, where the first took longer: what else the machine does only adds.
    for letter in "cd":
        with file.open("w") as out:
            out.write(heads + "\n")
            for n in range(_RIGHT):
                day = f"{n % 12 + 1:02}/{n % 28 + 1:02}/2026"
                out.write(
                    f'{letter}{n},"Firm {n}, Inc.",plan-{n % 5},"${n:,}.50",{day},2020-01-{n % 28 + 1:02} 10:00,'
                    f"o{n % 20}@example.com,stage-{n % 4},firm-{n}.example,{n % 900},sector-{n % 30},{n % 101}\n"
                )
        start = time.perf_counter()
        assert "10,000 customers changed, 0 unchanged" in _run(file)
        first = time.perf_counter() - start
        if first < 10:
            break
    start = time.perf_counter()
    assert "0 customers changed, 10,000 unchanged" in _run(file)
    second = time.perf_counter() - start
    print(f"10,000 customers of 12 columns: {first:.1f} s, the same again {second:.1f} s")
    assert first < 10
    assert second < 10
    imported = "select count(*) from milepost.traits where source = 'import' and id like %s"
    count = connection.execute(imported, (f"{letter}%",)).fetchone()
    assert count == (_RIGHT * 12,)  # eleven columns beside the id, and the currency of the MRR
