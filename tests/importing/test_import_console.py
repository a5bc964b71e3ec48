"""The command's face: the bar on a terminal only, the closing report, the dry run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from milepost.demo.data import MAP_FILE, data_files
from milepost.importing.closing import exit_code
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


def test_unknown_tools_and_a_file_that_is_all_wrong_are_told(tmp_path: Path) -> None:
    """SHOP_MAP's tools are none of the plan's; of a file in which no time can be read nothing could be stored."""
    (tmp_path / "map.toml").write_text(SHOP_MAP)
    codes = {}
    for name, bad_every in (("some.csv", 50), ("all.csv", 1)):
        file = shop_csv(tmp_path / name, 60, bad_every=bad_every)
        for dry_run in (True, False):
            console, out = _console(terminal=False)
            report = import_command(
                file, tmp_path / "map.toml", MemorySink(), plan=PLAN, now=NOW, console=console, dry_run=dry_run
            )
            codes[name, dry_run] = exit_code(report, dry_run=dry_run, old=None)
            text = " ".join(out.getvalue().split())
            assert ("The plan has no such tools: tool-" in text) is (name == "some.csv"), text
            assert ("Every row is refused" in text) is (name == "all.csv"), text
    assert codes == {("some.csv", True): 3, ("some.csv", False): 3, ("all.csv", True): 1, ("all.csv", False): 1}


def test_nothing_is_said_of_what_is_as_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(SHOP_MAP.replace('"{what}"', '"icp-analysis"'))
    file = shop_csv(tmp_path / "events.csv", 60)
    console, out = _console(terminal=False)
    report = import_command(file, tmp_path / "map.toml", MemorySink(), plan=PLAN, now=NOW, console=console)
    assert exit_code(report, dry_run=False, old=None) == 0
    assert "plan" not in out.getvalue()
