"""`milepost demo`: the server, data in it, and live traffic. Everything but the server runs in one thread."""

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

import psycopg
from rich.console import Console

from milepost.access.members import make_link
from milepost.coach.learn import learn
from milepost.demo.openstack.dataset import OpenStack
from milepost.demo.oulad_set import Oulad
from milepost.demo.place import DataName, DataSet, Place, claim
from milepost.demo.scaling.dataset import Scaling
from milepost.errors import SettingsError
from milepost.insights.settle import unsettled
from milepost.plan import Plan
from milepost.plan.load import plan_file, read_plan_file
from milepost.serve import run_server
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.embedded import attach_or_start
from milepost.store.saved_plans import DEFAULT, plan_in_force, save_plan

_log = logging.getLogger(__name__)
_console = Console()
#: So few customers that change all the time, as the simulated ones do.
_HARDLY_ANY = 20


def data_set(name: DataName, *, everyone: bool = False) -> DataSet:
    """The data of that name. Raises SettingsError where `everyone` asks for more students than there are."""
    if everyone and name != "oulad":
        raise SettingsError(f"--everyone asks for all students; {name} has none. Add --data oulad.", field="everyone")
    found: dict[DataName, DataSet] = {
        "openstack": OpenStack(),
        "oulad": Oulad(everyone=everyone),
        "scaling": Scaling(),
    }
    return found[name]


def settings_for(settings: Settings, data: DataSet) -> Settings:
    """A demo's: keys made up, and on every page what the data has to say of itself."""
    return replace(
        settings,
        # Another product's plan, where the demo happens to be started, is not that of this data.
        plan_file=settings.plan_file or (data.plan_file if plan_file(None) else None),
        write_key=settings.write_key or "mpw_demo_" + secrets.token_hex(8),
        server_key=settings.server_key or "mpsv_demo_" + secrets.token_hex(8),
        log_level="warning" if settings.log_level == "info" else settings.log_level,
        log_format="text",
        greet=False,
        tools_app=data.tools_app,
        notice=data.notice or settings.notice,
    )


def run_demo(settings: Settings, data: DataSet, *, browser: bool, rate: float | None) -> int:
    """Serves the demo until it is stopped; answers the exit code. Call it from the main thread. `rate`: events a minute
    in place of the data's own. Raises SettingsError where the data folder has other data."""
    claim(settings.data_dir, data.name)
    chosen = settings_for(settings, data)
    stop = threading.Event()
    arguments = (chosen, data, stop, browser, rate or data.rate)
    guide = threading.Thread(target=_guide, args=arguments, name="demo", daemon=True)
    guide.start()
    try:
        return run_server(chosen)
    finally:
        stop.set()
        guide.join(5)


def _guide(settings: Settings, data: DataSet, stop: threading.Event, browser: bool, rate: float) -> None:
    try:
        _console.print("[bold]Milepost[/bold] is starting…")
        if not _wait_until_ready(settings, stop):
            return
        with _dsn(settings) as dsn:
            link = _link(settings, dsn)
            _console.print(f"\n  Dashboard     {settings.url}\n  Sign in       [bold]{link}[/bold]", soft_wrap=True)
            if data.tools_app:
                _console.print(f"  Be a customer {settings.url}/tools-app/", soft_wrap=True)
            else:
                _console.print("  Be a customer [dim]of the simulated product: milepost demo --data scaling[/dim]")
            _console.print()
            if browser:
                webbrowser.open(link)
            place = Place(settings, dsn, plan_for(settings, dsn, data), _console)
            data.fill(place)
            _console.print(data.attribution, style="dim")
            _console.print("\nLive traffic trickles in now. Press Ctrl-C to stop.")
            learning = threading.Thread(target=_learn, args=(dsn, stop), name="demo-learning", daemon=True)
            learning.start()
            data.live(place, stop, rate)
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


def plan_for(settings: Settings, dsn: str, data: DataSet) -> Plan:
    """The plan in force; in a new database the data's own is saved first, as if somebody had on the pages, so that it
    can be changed there."""
    with psycopg.connect(dsn, autocommit=True, application_name="milepost-demo") as connection:
        found = plan_in_force(connection, settings.plan_file)
        if found.file is None and found.newest == DEFAULT:
            text, now = read_plan_file(data.plan_file), datetime.now(UTC)
            change = f"The plan of the demo's data, {data.name}"
            found = save_plan(connection, text, onto=DEFAULT, by="milepost demo", change=change, now=now)
    return found.plan


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
