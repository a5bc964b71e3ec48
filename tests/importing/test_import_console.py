"""The command's face: the bar on a terminal only, the closing report, the dry run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from milepost.demo.data import MAP_FILE, data_files
from milepost.importing.console import import_command
from tests.importing.import_helpers import NOW, PLAN, SHOP_MAP, MemorySink, run, shop_csv


def _console(terminal: bool) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=terminal, width=100), out


def test_the_bar_shows_on_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(SHOP_MAP)
    file = shop_csv(tmp_path / "events.csv", 12_000)
    for terminal in (True, False):
        console, out = _console(terminal)
        import_command(file, tmp_path / "map.toml", MemorySink(), plan=PLAN, now=NOW, console=console)
        assert ("events.csv" in out.getvalue()) is terminal
        assert "12,000" in out.getvalue()


def test_the_report_says_where_the_errors_are(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(SHOP_MAP)
    file = shop_csv(tmp_path / "events.csv", 100, bad_every=50)
    console, out = _console(terminal=False)
    report = import_command(file, tmp_path / "map.toml", MemorySink(), plan=PLAN, now=NOW, console=console)
    assert report.failed == 2
    assert "98 events stored" in out.getvalue()
    assert f"2 rows failed; their lines and reasons are in {tmp_path / 'events.csv.errors.ndjson'}" in out.getvalue()


def test_a_dry_run_stores_nothing_and_leaves_an_interrupted_import_alone(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(SHOP_MAP)
    file = shop_csv(tmp_path / "events.csv", 12_000)
    with pytest.raises(ConnectionError):
        run(file, SHOP_MAP, sink := MemorySink(crash_at=2))
    console, out = _console(terminal=False)
    untouched = MemorySink()
    import_command(file, tmp_path / "map.toml", untouched, plan=PLAN, now=NOW, console=console, dry_run=True, limit=700)
    assert untouched.chunks == 0
    assert "700 events would be stored" in out.getvalue()
    assert "2026-02-01T00:00:00+00:00 c0 navigation tool-0" in out.getvalue()
    report, _ = run(file, SHOP_MAP, sink)
    assert report.resumed_at == 5_000


def test_made_up_times_are_said(tmp_path: Path) -> None:
    console, out = _console(terminal=False)
    (demo,) = data_files()
    import_command(
        demo, MAP_FILE, None, plan=PLAN, now=NOW, console=console, limit=100, errors_path=tmp_path / "e.ndjson"
    )
    assert "The file has dates only: times within 08:00-22:00 were made up, with seed 20131001." in out.getvalue()
