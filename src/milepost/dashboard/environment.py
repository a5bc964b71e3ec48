"""The Jinja environment every page is rendered in: strict, escaping, with the helpers templates use."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from milepost.dashboard import charts, markup
from milepost.dashboard import format as fmt
from milepost.dashboard.questions.spans import fresh
from milepost.dashboard.settings.tabs import TABS
from milepost.dashboard.static_files import static
from milepost.dashboard.views import EXPLORE, Shell, customer_url
from milepost.vocabulary import IMPACTS, MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_TEXT_LENGTH, MAX_WORD_LENGTH

TEMPLATES_DIR: Final = Path(__file__).parent / "templates"
PARTS_DIR: Final = TEMPLATES_DIR / "parts"


@pass_context
def _ago(context: Context, moment: datetime | None) -> Markup:
    shell: Shell = context["shell"]
    return markup.ago(moment, shell.now, shell.zone)


@pass_context
def _moment(context: Context, moment: datetime | None, style: str = "full") -> Markup:
    shell: Shell = context["shell"]
    return markup.moment(moment, shell.zone, style)


@pass_context
def _called(context: Context, email: str | None) -> str:
    shell: Shell = context["shell"]
    return shell.called(email)


@pass_context
def _whom(context: Context, email: str) -> str:
    """To choose from, where two may have one name."""
    shell: Shell = context["shell"]
    return f"{name} ({email})" if (name := shell.names.get(email)) else email


@pass_context
def _day_heading(context: Context, day: date) -> str:
    shell: Shell = context["shell"]
    return fmt.day_heading(day, fmt.in_zone(shell.now, shell.zone).date())


def _moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


class _Parts:
    """The macros of templates/parts/, which every template has as `ui`. They use each other, and take no context: what
    a part shows is given to it. They are compiled for the first page: a server's start does not wait for it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._compiled = False

    def __getattr__(self, name: str) -> object:
        """Asked for what is not there yet. Raises ValueError for a name that two files have."""
        if name.startswith("_") or self._compiled:
            raise AttributeError(f"No file of {PARTS_DIR.name}/ has a macro called {name}.")
        found: dict[str, object] = {}
        for file in sorted(PARTS_DIR.glob("*.html")):
            made = vars(self._environment.get_template(f"{PARTS_DIR.name}/{file.name}").module)
            macros = {called: macro for called, macro in made.items() if not called.startswith("_")}
            if twice := found.keys() & macros.keys():
                raise ValueError(f"{file.name} has a second part called {min(twice)}. Give it another name.")
            found |= macros
        vars(self).update(found, _compiled=True)
        return getattr(self, name)


def pages_environment(notice: str = "") -> Environment:
    """For `JinjaTemplateEngine.from_environment`. Templates take `shell` (Shell; not on the sign-in
    pages), `view` (one of views.py) and, from Litestar, `csrf_input`. `notice`: a line on every page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        static=static,
        notice=notice,
        ago=_ago,
        moment=_moment,
        day_heading=_day_heading,
        day=markup.day,
        number=markup.number,
        amount=markup.amount,
        share=markup.share,
        change=markup.change,
        sparkline=charts.sparkline,
        minute_bars=charts.minute_bars,
        plural=fmt.plural,
        settings_tabs=TABS,
        customer_url=customer_url,
        EXPLORE=EXPLORE,
        fresh=fresh,
        IMPACTS=IMPACTS,
        MAX_ID_LENGTH=MAX_ID_LENGTH,
        MAX_WORD_LENGTH=MAX_WORD_LENGTH,
        MAX_NAME_LENGTH=MAX_NAME_LENGTH,
        MAX_TEXT_LENGTH=MAX_TEXT_LENGTH,
    )
    environment.filters.update(
        duration=fmt.duration,
        visible=fmt.visible_name,
        words=fmt.words,
        event_words=fmt.event_words,
        compact=fmt.compact,
        axis_day=fmt.axis_day,
        short_date=fmt.short_date,
        moment_of=_moment_of,
        called=_called,
        whom=_whom,
    )
    environment.globals["ui"] = _Parts(environment)
    return environment
