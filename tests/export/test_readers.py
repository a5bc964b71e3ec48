"""What others read of the files is what PostgreSQL says: DuckDB, pandas, Polars, pyarrow, chDB, Spark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from milepost.export.asked import FORMATS, Asked, Chosen, Format
from milepost.export.formats import ENDINGS
from milepost.export.places import Place, Written
from milepost.export.stream import stream
from tests.export.data import fill
from tests.export.dbt_project import BIN
from tests.export.test_follow import held_by, run

pytestmark = pytest.mark.soak

#: Each prints of a file how many rows, addresses and customers it has, the last moment in microseconds, and the sum of
#: durations. A dash: the reader does not tell a null from a text without characters.
_DUCKDB = """
import duckdb, sys, pyarrow as pa
path, format_ = sys.argv[1:3]
duckdb.sql("set timezone = 'UTC'")
if format_ == "arrow":
    rows = pa.ipc.open_stream(open(path, "rb")).read_all()
source = {
    "parquet": f"read_parquet('{path}')", "arrow": "rows", "ndjson": f"read_json('{path}')",
    "csv": f"read_csv('{path}', nullstr='', allow_quoted_nulls=false)",
}[format_]
print(*duckdb.sql(f'''select count(*), count(page_url), count(distinct customer_id),
  max(epoch_us("timestamp"::timestamptz)), sum(time_on_page) from {source}''').fetchall()[0])
"""
_PANDAS = """
import pandas, sys, pyarrow as pa
path, format_ = sys.argv[1:3]
rows = {
    "parquet": lambda: pandas.read_parquet(path),
    "arrow": lambda: pa.ipc.open_stream(open(path, "rb")).read_pandas(),
    "ndjson": lambda: pandas.read_json(path, lines=True, dtype={"customer_id": str}, convert_dates=["timestamp"]),
    "csv": lambda: pandas.read_csv(path, parse_dates=["timestamp"], keep_default_na=False,
        dtype={"customer_id": str}),
}[format_]()
us = pandas.Timestamp(rows["timestamp"].max()).value // 1000
duration = pandas.to_numeric(rows["time_on_page"], errors="coerce")
# In CSV, pandas does not tell a null from a text without characters.
addresses = "-" if format_ == "csv" else rows["page_url"].count()
print(len(rows), addresses, rows["customer_id"].nunique(), us, int(duration.sum()))
"""
_POLARS = """
import polars, sys
path, format_ = sys.argv[1:3]
rows = {
    "parquet": lambda: polars.read_parquet(path), "arrow": lambda: polars.read_ipc_stream(path),
    "ndjson": lambda: polars.read_ndjson(path, infer_schema_length=None).with_columns(
        polars.col("timestamp").str.to_datetime(time_unit="us", time_zone="UTC")),
    "csv": lambda: polars.read_csv(path, infer_schema_length=None,
        schema_overrides={"customer_id": polars.String}).with_columns(
        polars.col("timestamp").str.to_datetime(time_unit="us", time_zone="UTC")),
}[format_]()
addresses = "-" if format_ == "csv" else rows["page_url"].count()
print(rows.height, addresses, rows["customer_id"].n_unique(), rows["timestamp"].dt.epoch("us").max(),
      int(rows["time_on_page"].cast(polars.Float64).sum() or 0))
"""
_PYARROW = """
import pyarrow as pa, sys
from pyarrow import compute, csv, json, parquet
path, format_ = sys.argv[1:3]
rows = {
    "parquet": lambda: parquet.read_table(path), "arrow": lambda: pa.ipc.open_stream(open(path, "rb")).read_all(),
    "ndjson": lambda: json.read_json(path, parse_options=json.ParseOptions(
        explicit_schema=pa.schema([("timestamp", pa.timestamp("us", "UTC"))]))),
    "csv": lambda: csv.read_csv(path, parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""],
            column_types={"timestamp": pa.timestamp("us", "UTC"), "customer_id": pa.string()})),
}[format_]()
last = compute.max(rows["timestamp"]).cast(pa.int64()).as_py()
print(rows.num_rows, rows.num_rows - rows["page_url"].null_count, len(rows["customer_id"].unique()), last,
      compute.sum(rows["time_on_page"].cast(pa.int64())).as_py() or 0)
"""
_CHDB = """
import chdb, sys
path, format_ = sys.argv[1:3]
name = {"parquet": "Parquet", "arrow": "ArrowStream", "ndjson": "JSONEachRow", "csv": "CSVWithNames"}[format_]
moment = "timestamp" if format_ in ("parquet", "arrow") else "parseDateTime64BestEffort(toString(timestamp), 6, 'UTC')"
addresses = "'-'" if format_ == "csv" else "count(page_url)"
said = chdb.query(f'''select count(), {addresses}, uniqExact(toString(customer_id)),
  toUnixTimestamp64Micro(max({moment})), ifNull(sum(time_on_page), 0) from file('{path}', '{name}')
  settings date_time_input_format = 'best_effort' ''', "TSV")
print(*str(said).split())
"""
_SPARK = """
import sys, pyarrow as pa
from pyspark.sql import SparkSession
path, format_ = sys.argv[1:3]
spark = (SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC")
         .config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1").getOrCreate())
rows = {
    "parquet": lambda: spark.read.parquet(path),
    "arrow": lambda: spark.createDataFrame(pa.ipc.open_stream(open(path, "rb")).read_all()),
    "ndjson": lambda: spark.read.json(path),
    "csv": lambda: spark.read.csv(path, header=True, multiLine=True, escape='"'),
}[format_]()
rows.createOrReplaceTempView("events")
# In CSV, Spark does not tell a null from a text without characters.
addresses = "'-'" if format_ == "csv" else "count(page_url)"
print(*spark.sql(f'''select count(*), {addresses}, count(distinct customer_id),
  max(unix_micros(cast(timestamp as timestamp))), cast(sum(time_on_page) as bigint) from events''').first())
"""
#: Who reads, by which Python: Spark's, half a gigabyte, is with dbt's (make dbt).
_READERS = {
    "duckdb": (_DUCKDB, sys.executable),
    "pandas": (_PANDAS, sys.executable),
    "polars": (_POLARS, sys.executable),
    "pyarrow": (_PYARROW, sys.executable),
    "chdb": (_CHDB, sys.executable),
    "spark": (_SPARK, str(BIN / "python")),
}


def _write(dsn: str, format_: Format, file: Written) -> None:
    asked = Asked(data_set="events", format=format_)
    stream(dsn, Chosen(asked, None), lambda _: file, progress=lambda done, of: None)


@pytest.mark.parametrize("reader", _READERS)
def test_others_read_every_format(reader: str, dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    fill(connection)
    row = connection.execute(
        """select count(*), count(page_url), count(distinct customer_id),
        max((extract(epoch from "timestamp") * 1000000)::bigint), sum(time_on_page)::bigint
        from public.behavior_events where deleted_at is null"""
    ).fetchone()
    assert row is not None
    script, python = _READERS[reader]
    assert Path(python).exists(), f"There is no {python}. `make dbt` installs it."
    for format_ in FORMATS:
        name = f"events.{ENDINGS[format_]}"
        with Place(str(tmp_path)).writing(name) as file:
            _write(dsn, format_, file)
        done = subprocess.run(
            [python, "-c", script, str(tmp_path / name), format_], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{reader} of {format_}: {done.stderr[-3000:]}"
        said = done.stdout.split()
        wanted = [str(one) for one in row]
        if said[1] == "-":
            wanted[1] = "-"
        assert said == wanted, f"{reader} of {format_}"


def test_duckdb_makes_the_table_of_a_folder(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    """By the statement of docs/export.md."""
    import duckdb

    fill(connection)
    run(dsn, tmp_path)
    connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
    connection.execute("update public.behavior_events set tool_id = 'other' where customer_id = 'customer 4'")
    run(dsn, tmp_path)
    document = (Path(__file__).parents[2] / "docs/export.md").read_text("utf-8")
    statement = document.partition("```sql\n")[2].partition("```")[0].replace("warehouse/", f"{tmp_path}/")
    found = duckdb.sql(f"select event_id, tool_id from ({statement})")
    assert found is not None
    rows = found.fetchall()
    assert dict(rows) == {event: told[2] for event, told in held_by(connection).items()}
