"""Commands of other files, which are imported when they are called: `milepost serve` waits for none of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

if TYPE_CHECKING:  # it has no public name
    from typer._click import Command

#: Where in `milepost.cli` a command is: a function, or a Typer of several.
_PLACES: Final = {
    "plan": "plans:app",
    "keys": "access:keys",
    "tokens": "access:tokens",
    "columns": "columns:columns",
    "insights": "insights:app",
    "coach": "coach:app",
    "predict": "predict:app",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "explain": "explain:explain",
    "verify": "columns:verify",
    "identity-secret": "access:print_identity_secret",
    "sign-in-link": "access:sign_in_link",
    "query": "query:query",
    "sql": "sql:sql",
    "mcp": "assistant:mcp",
    "export": "export:export",
    "import-actions": "import_actions:import_actions",
    "import-customers": "import_customers:import_customers",
}


class Commands(TyperGroup):
    """The group of all commands, of which those elsewhere are not there until somebody asks for them."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 -- Typer names it
        return list(dict.fromkeys((*self.commands, *_PLACES)))

    def get_command(self, ctx: object, cmd_name: str) -> Command | None:  # noqa: ARG002
        if cmd_name not in self.commands:
            # A name that is none of them is likened to all.
            for name in (cmd_name,) if cmd_name in _PLACES else _PLACES:
                self.commands.setdefault(name, _imported(name))
        return self.commands.get(cmd_name)


def _imported(name: str) -> Command:
    module, _, attribute = _PLACES[name].partition(":")
    found = getattr(import_module(f"milepost.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return get_command(alone)
