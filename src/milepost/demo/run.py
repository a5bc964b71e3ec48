"""`milepost demo`: the server, real data in it, and live traffic. Everything but the server runs in one thread."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import urllib.error
import urllib.request
import webbrowser
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import msgspec
import psycopg
from rich.console import Console

from milepost import Tracker
from milepost.access.members import make_link
from milepost.coach.learn import learn
from milepost.dashboard.tools_app import EXAMPLE_CUSTOMER
from milepost.demo.data import ATTRIBUTION, customers, data_files, demo_mapping, first_day
from milepost.demo.offline import recorder, store_offline
from milepost.demo.simulator import Simulator
from milepost.importing.console import with_progress
from milepost.importing.database import DatabaseSink
from milepost.insights.settle import unsettled
from milepost.plan import load_plan
from milepost.serve import run_server
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.embedded import attach_or_start
from milepost.traits.keep import rows
from milepost.traits.values import read

_log = logging.getLogger(__name__)
_console = Console()
#: So few customers that change all the time, as the simulated ones do.
_HARDLY_ANY = 20


def run_demo(settings: Settings, *, browser: bool, everyone: bool, rate: float) -> int:
    """Serves the demo until it is stopped; answers the exit code. Call it from the main thread."""
    chosen = replace(
        settings,
        plan_file=settings.plan_file or Path(str(resources.files("milepost.demo").joinpath("milepost.toml"))),
        write_key=settings.write_key or "mpw_demo_" + secrets.token_hex(8),
        server_key=settings.server_key or "mpsv_demo_" + secrets.token_hex(8),
        log_level="warning" if settings.log_level == "info" else settings.log_level,
        log_format="text",
        greet=False,
        tools_app=True,
    )
    stop = threading.Event()
    guide = threading.Thread(target=_guide, args=(chosen, stop, browser, everyone, rate), name="demo", daemon=True)
    guide.start()
    try:
        return run_server(chosen)
    finally:
        stop.set()
        guide.join(5)


def _guide(settings: Settings, stop: threading.Event, browser: bool, everyone: bool, rate: float) -> None:
    try:
        _console.print("[bold]Milepost[/bold] is starting…")
        if not _wait_until_ready(settings, stop):
            return
        with _dsn(settings) as dsn:
            link = _link(settings, dsn)
            _console.print(f"\n  Dashboard     {settings.url}\n  Sign in       [bold]{link}[/bold]", soft_wrap=True)
            _console.print(f"  Be a customer {settings.url}/tools-app/\n", soft_wrap=True)
            if browser:
                webbrowser.open(link)
            _fill(settings, dsn, everyone=everyone)
        _console.print(ATTRIBUTION.strip(), style="dim")
        _console.print("\nLive traffic trickles in now. Press Ctrl-C to stop.")
        with _dsn(settings) as dsn:
            learning = threading.Thread(target=_learn, args=(dsn, stop), name="demo-learning", daemon=True)
            learning.start()
            _simulate(settings, dsn, stop, rate)
            learning.join()
    except Exception:  # noqa: BLE001
        # A thread's failure would go unseen, and the server without its data would look like the whole demo.
        if not stop.is_set():
            _log.exception("the demo's data could not be loaded; the server continues without it")


def _wait_until_ready(settings: Settings, stop: threading.Event) -> bool:
    while not stop.wait(0.2):
        try:
            with urllib.request.urlopen(settings.url + "/ready", timeout=2) as answer:  # noqa: S310 -- our own server
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            continue
    return False


def _dsn(settings: Settings) -> AbstractContextManager[str]:
    return nullcontext(settings.database_url) if settings.database_url else attach_or_start(settings.data_dir)


def _link(settings: Settings, dsn: str) -> str:
    async def make() -> str:
        database = Database(dsn, size=1, query_seconds=10)
        await database.open()
        try:
            return await make_link(database, settings.url, now=datetime.now(UTC))
        finally:
            await database.close()

    return asyncio.run(make())


def _fill(settings: Settings, dsn: str, *, everyone: bool) -> None:
    """Names first, so that the customers have theirs from their first event; then the events."""
    now, plan = datetime.now(UTC), load_plan(settings.plan_file)
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        known = [(EXAMPLE_CUSTOMER, "Example, Inc. (you, in the tools app)", {}), *customers(everyone=everyone)]
        told = [
            one
            for customer, name, traits in known
            for one in rows("customer", customer, read({"name": name, **traits})[0], now, "import")
        ]
        cursor.execute("select count(*) from milepost.tell_traits(%s::json)", (msgspec.json.encode(told).decode(),))
    mapping = demo_mapping(now.date(), first_day(settings.data_dir, now.date()))
    with DatabaseSink(dsn) as sink:
        for file in data_files(everyone=everyone):
            # The package may be read-only, so what an import writes beside its file goes to the data folder.
            errors = settings.data_dir / f"{file.name}.errors.ndjson"
            report = with_progress(file, mapping, sink, plan=plan, now=now, console=_console, errors_path=errors)
            _console.print(
                f"{report.accepted:,} events of real students imported; {report.duplicates:,} were there already."
            )
    started = first_day(settings.data_dir, now.date())
    new = store_offline(dsn, plan, now=now, started=started, everyone=everyone)
    _console.print(f"{new:,} offline actions: real marks, and made-up workshops and calls.")


def _learn(dsn: str, stop: threading.Event) -> None:
    """What the server learns every night, as soon as what was imported is settled."""
    try:
        with psycopg.connect(dsn, autocommit=True, application_name="milepost-demo") as connection:
            while unsettled(connection) > _HARDLY_ANY:
                if stop.wait(2):
                    return
            learn(connection, now=datetime.now(UTC))
    except psycopg.Error as error:
        _log.warning("the demo's coach learns tonight instead: %s", str(error).strip().splitlines()[0])


def _simulate(settings: Settings, dsn: str, stop: threading.Event, rate: float) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    record = recorder(dsn, load_plan(settings.plan_file), now)
    spool = settings.data_dir / "demo-spool"
    tracker = Tracker(settings.server_key, host=settings.url, spool_dir=spool, flush_interval=1.0)
    try:
        Simulator(tracker, now=now, wait=stop.wait, rate=rate, record=record).run()
    finally:
        tracker.shutdown()
